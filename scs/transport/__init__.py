"""Carriers of bytes, the edge of the system: a serial port, a pseudo-terminal, TCP, a queue in memory."""
