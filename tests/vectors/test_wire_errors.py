"""The wire-error campaign: every small error of real frames, each followed by a good frame.

A wrong frame taken for a right one is a wrong amplitude; a good frame lost behind a damaged one is a STOP that is not
heard. The same campaign with a check of 16 bits lets wrong frames through: that is why ours has 32.
"""

from __future__ import annotations

import binascii
import itertools
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import crcmod.predefined
import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.known_bad import find_known_bad
from scs.testing import wire_errors
from scs.wire.crc import CHECK_VALUE, HD6_BYTES_MAX, crc32c
from scs.wire.framing import BODY_MAX, CRC, HEADER, Decoder, Direction, Frame, FrameType, encode
from tests.support.bitwise_crc import bitwise_crc32c

GOOD = Frame(FrameType.REQUEST, 3, 4, b"intact")
SHORT_FRAMES = {
    "STOP": Frame(FrameType.STOP, 0, 1),
    "watch": Frame(FrameType.REQUEST, 513, 70_000, bytes.fromhex("a2000e011903e8")),
    "64 bytes, many zeros": Frame(FrameType.REQUEST, 7, 9, bytes(16) + bytes(range(48))),
}
LONGEST = Frame(FrameType.REQUEST, 7, 9, bytes(range(256)) + bytes(16) + b"\x55" * (BODY_MAX - 272))


T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """What a campaign saw: damaged streams tried, wrong frames taken for right, good frames behind that were lost."""

    tried: int = 0
    wrong: int = 0
    lost: int = 0


def campaign(receive: Callable[[bytes], list[T]], damaged: Iterable[bytes], sent: T, good: tuple[bytes, T]) -> Outcome:
    """Hand each damaged stream, with a good frame behind it, to a receiver that knows nothing yet."""
    outcome = Outcome()
    for stream in damaged:
        received = receive(stream + good[0])
        outcome.tried += 1
        outcome.lost += received[-1:] != [good[1]]
        outcome.wrong += any(frame != sent for frame in received[:-1])
    return outcome


def with_flipped_bits(stream: bytes, errors: int) -> Iterator[bytes]:
    """Every way to flip so many bits, delimiters included."""
    number, length = int.from_bytes(stream, "big"), len(stream)
    for bits in itertools.combinations(range(8 * length), errors):
        yield (number ^ sum(1 << bit for bit in bits)).to_bytes(length, "big")


def with_one_slip(stream: bytes) -> Iterator[bytes]:
    """Every way to lose a byte, to hear one twice, to hear a foreign one, and to lose the end."""
    for place in range(len(stream)):
        yield stream[:place] + stream[place + 1 :]
        yield stream[: place + 1] + stream[place:]
        yield stream[:place]
        for foreign in (0x00, 0x01, 0x02, 0x7F, 0xFE, 0xFF):
            yield stream[:place] + bytes([foreign]) + stream[place:]
            yield stream[:place] + bytes([foreign]) + stream[place + 1 :]


def with_one_burst(stream: bytes) -> Iterator[bytes]:
    """Every place at which two to four bytes in a row become all zeros, all ones or their opposite."""
    for start, length in itertools.product(range(len(stream)), (2, 3, 4)):
        piece = stream[start : start + length]
        for noise in (bytes(len(piece)), b"\xff" * len(piece), bytes(byte ^ 0xFF for byte in piece)):
            yield stream[:start] + noise + stream[start + length :]


def implant(stream: bytes) -> list[Frame]:
    return Decoder(Direction.TO_IMPLANT).receive(stream)


def assert_harmless(damaged: Iterable[bytes], sent: Frame, *, at_least: int) -> None:
    outcome = campaign(implant, damaged, sent, (encode(GOOD), GOOD))
    assert outcome == Outcome(outcome.tried, wrong=0, lost=0)
    assert outcome.tried >= at_least


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("frame", SHORT_FRAMES.values(), ids=SHORT_FRAMES)
def test_no_one_or_two_bit_error_makes_a_wrong_frame_or_loses_the_next(frame: Frame) -> None:
    stream = encode(frame)
    bits = 8 * len(stream)
    assert_harmless(with_flipped_bits(stream, 1), frame, at_least=bits)
    assert_harmless(with_flipped_bits(stream, 2), frame, at_least=bits * (bits - 1) // 2)


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("frame", [*SHORT_FRAMES.values(), LONGEST], ids=[*SHORT_FRAMES, "longest"])
def test_no_byte_lost_repeated_or_foreign_makes_a_wrong_frame_or_loses_the_next(frame: Frame) -> None:
    stream = encode(frame)
    assert_harmless(with_flipped_bits(stream, 1), frame, at_least=8 * len(stream))
    assert_harmless(with_one_slip(stream), frame, at_least=15 * len(stream))
    assert_harmless(with_one_burst(stream), frame, at_least=9 * len(stream))


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_million_two_bit_errors_make_no_wrong_frame_and_lose_no_good_one(seed: int) -> None:
    outcome = wire_errors.campaign(1_000_000, seed)
    assert (outcome.wrong, outcome.lost) == (0, 0)
    assert outcome.doubles == 1_000_000
    assert outcome.singles > 2_500


def test_errors_made_in_bulk_are_the_errors_made_one_by_one() -> None:
    """The same flips, handed over in one piece or each with a decoder of its own, are received the same."""
    watch = SHORT_FRAMES["watch"]
    bulk = wire_errors.Outcome()
    wire_errors.flip_all(watch, bulk)
    bits = 8 * len(encode(watch))
    assert (bulk.frames, bulk.singles, bulk.doubles) == (1, bits, bits * (bits - 1) // 2)
    assert (bulk.wrong, bulk.lost) == (0, 0)


@pytest.mark.parametrize(("fault", "wrong", "lost"), [("frame-check-ignored", True, False),
                                                      ("frame-lost-behind-noise", False, True)])  # fmt: skip
def test_a_decoder_that_is_wrong_fails_the_campaign(
    fault: str, wrong: bool, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_errors, "Decoder", find_known_bad(fault).blueprint.links.decoder)
    outcome = wire_errors.campaign(20_000)
    assert (bool(outcome.wrong), bool(outcome.lost)) == (wrong, lost)


def test_the_command_prints_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert wire_errors.main(["--flips", "2000", "--body", "4"]) == 0
    assert "2,000 two-bit errors: 0 wrong frames taken, 0 good frames lost" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        wire_errors.main(["--body", "529"])


# ------------------------------------------------------------------------------------------ why not 16 bits


def sealed_with_16_bits(plain: bytes) -> bytes:
    """The same frame on the wire, but for CRC-16/CCITT in the place of CRC-32C."""
    stuffed: bytes = cobs.encode(plain + binascii.crc_hqx(plain, 0xFFFF).to_bytes(2, "big"))
    return b"\0" + stuffed + b"\0"


def receive_with_16_bits(stream: bytes) -> list[bytes]:
    """A receiver with all of our rules but the length of the check."""
    received = []
    for part in stream.split(b"\0"):
        try:
            plain = cobs.decode(part)
        except cobs.DecodeError:
            continue
        is_long_enough = len(plain) >= HEADER.size + 2
        if is_long_enough and cobs.encode(plain) == part and binascii.crc_hqx(plain, 0xFFFF) == 0:
            received.append(plain[:-2])
    return received


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("seed", [0, 14])
def test_a_16_bit_check_lets_two_bit_errors_through_where_ours_does_not(seed: int) -> None:
    """Nine of the first sixty seeds give a frame of 64 bytes, three in ten of them zero, that a CRC-16 fails on.

    A flip in a length byte of COBS moves the zeros, so that the check sees far more than two bits change.
    """
    chance = random.Random(seed)
    plain = bytes(0 if chance.random() < 0.3 else chance.randrange(256) for _ in range(64))
    with_16_bits = sealed_with_16_bits(plain)
    good = (sealed_with_16_bits(b"a good frame"), b"a good frame")
    outcome = campaign(receive_with_16_bits, with_flipped_bits(with_16_bits, 2), plain, good)
    assert outcome.wrong >= 1
    assert outcome.lost == 0

    ours = wire_errors.Outcome()
    wire_errors.flip_all(Frame(FrameType.REQUEST, 7, 9, plain), ours)
    assert (ours.wrong, ours.lost) == (0, 0)
    assert ours.doubles >= outcome.tried


# ------------------------------------------------------------------------------------------ the check itself


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@given(st.binary(max_size=600))
def test_the_check_is_the_one_of_the_definition(data: bytes) -> None:
    assert crc32c(data) == bitwise_crc32c(data)


def test_the_witness_and_the_library_agree_with_published_values() -> None:
    """The value of the nine digits, and the library's CRC-32 against the one of the standard library."""
    digits = b"123456789"
    assert bitwise_crc32c(digits) == crc32c(digits) == CHECK_VALUE == 0xE3069283
    assert crcmod.predefined.mkCrcFun("crc-32")(digits) == zlib.crc32(digits)


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
def test_every_error_of_up_to_five_bits_in_header_body_and_check_is_found() -> None:
    """Exact search, not sampling: such an error is found unless it is a multiple of the generator.

    The generator has an even number of terms, so no multiple has an odd number. What is left are two and four bits. A
    multiple may be shifted down until it begins with 1, so 1 + x^a and 1 + x^a + x^b + x^c must never be zero. The
    bound is exact: one bit more and there is an error of four bits that is missed.
    """
    generator = 0x11EDC6F41
    bits = 8 * HD6_BYTES_MAX + 3 + 8 * CRC.size
    residues = [1]
    while len(residues) <= bits:
        residue = residues[-1] << 1
        residues.append(residue ^ generator if residue >> 32 else residue)
    within, beyond = residues[:bits], residues[bits]

    assert generator.bit_count() % 2 == 0
    assert 1 not in residues[1:]
    known = set(within)
    assert all(known.isdisjoint(map((1 ^ within[a]).__xor__, within[a + 1 :])) for a in range(1, bits))
    assert not known.isdisjoint(map((1 ^ beyond).__xor__, within[1:]))
