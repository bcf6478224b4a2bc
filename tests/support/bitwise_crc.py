"""CRC-32C from its definition, bit by bit: the witness that shares nothing with the library."""

from __future__ import annotations


def bitwise_crc32c(data: bytes) -> int:
    """CRC-32C with the reflected polynomial 0x82F63B78, all ones before and all ones after."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF
