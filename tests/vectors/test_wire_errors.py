"""The wire-error campaign: every one- and two-bit error of real frames, each followed by a good frame.

A 16-bit check on the same stuffed link lets wrong frames through, and the last test shows it: that is why the check has
32 bits. The CRC-32C is compared with a bitwise one written out here.
"""

from __future__ import annotations

import binascii
import itertools
import random

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from scs.wire.crc import CHECK_VALUE, crc32c
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode

GOOD = Frame(FrameType.REQUEST, 3, 4, b"intact")
SHORT_FRAMES = [
    Frame(FrameType.STOP, 0, 0),
    Frame(FrameType.REQUEST, 513, 70_000, bytes.fromhex("a2000e011903e8")),
    Frame(FrameType.REQUEST, 7, 9, bytes(12) + bytes(range(12))),
]


def bitwise_crc32c(data: bytes) -> int:
    """CRC-32C from its definition: reflected polynomial 0x82F63B78, all ones before and after."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@given(st.binary(max_size=600))
def test_the_check_is_the_published_one(data: bytes) -> None:
    assert bitwise_crc32c(b"123456789") == CHECK_VALUE
    assert crc32c(data) == bitwise_crc32c(data)


def flipped(stream: bytes, *bits: int) -> bytes:
    damaged = bytearray(stream)
    for bit in bits:
        damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("frame", SHORT_FRAMES, ids=["stop", "watch", "zeros"])
@pytest.mark.parametrize("errors", [1, 2])
def test_no_bit_errors_make_a_wrong_frame_or_lose_the_next(frame: Frame, errors: int) -> None:
    stream, good = encode(frame), encode(GOOD)
    tried = 0
    for bits in itertools.combinations(range(8 * len(stream)), errors):
        received = Decoder(Direction.TO_IMPLANT).receive(flipped(stream, *bits) + good)
        assert received[-1:] == [GOOD], f"the good frame behind bits {bits} is lost"
        assert all(other == frame for other in received[:-1]), f"bits {bits} gave a wrong frame"
        tried += 1
    assert tried > 8 * len(stream) - 1


@pytest.mark.hazard("H44")
def test_a_16_bit_check_would_let_two_bit_errors_through() -> None:
    """The campaign can fail: with a CRC-16 it does, on frames rich in zeros, as measured for this design."""
    chance = random.Random(11)
    accepted = 0
    for _ in range(2_000_000):
        plain = bytes(0 if chance.random() < 0.3 else chance.randrange(256) for _ in range(40))
        stream = bytearray(cobs.encode(plain + binascii.crc_hqx(plain, 0xFFFF).to_bytes(2, "big")))
        codes = list(_code_bytes(bytes(stream)))
        for place in codes[:-1]:
            accepted += _accepted_after_moving(stream, place, chance)
        if accepted:
            break
    assert accepted


def _code_bytes(stuffed: bytes) -> list[int]:
    """Where the length bytes of the COBS groups stand."""
    places, place = [], 0
    while place < len(stuffed):
        places.append(place)
        place += stuffed[place]
    return places


def _accepted_after_moving(stream: bytearray, place: int, chance: random.Random) -> int:
    """How many two-bit errors, one of them in a length byte, a receiver with CRC-16 takes for a frame."""
    accepted = 0
    for bit in range(8):
        for other in chance.sample(range(8 * len(stream)), 24):
            damaged = flipped(bytes(stream), 8 * place + bit, other)
            if 0 in damaged:
                continue
            try:
                plain = cobs.decode(damaged)
            except cobs.DecodeError:
                continue
            wrong = damaged != bytes(stream) and len(plain) > 2
            accepted += wrong and binascii.crc_hqx(plain[:-2], 0xFFFF) == int.from_bytes(plain[-2:], "big")
    return accepted
