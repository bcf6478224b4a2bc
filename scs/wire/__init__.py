"""The protocol without a port: bytes in, messages out, and the time is an argument (docs/protocol.md)."""
