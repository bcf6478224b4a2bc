"""Frames written down byte by byte from docs/protocol.md sections 2 and 3, not by the code that is tested.

How each was derived: write header and body; append the CRC-32C of both, low byte first (the bitwise one of
tests/support/bitwise_crc.py, which the first test repeats); split all of it at its zeros; write each run behind a byte
that is one more than its length, and a run of 254 behind FF with no zero implied; put 00 on both sides.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

from scs.wire.framing import (
    BODY_MAX,
    BUFFER_MAX,
    ENCODED_MAX,
    FRAME_MAX,
    FRAME_MIN,
    Decoder,
    Frame,
    FrameType,
    RejectReason,
    encode,
)
from tests.support.bitwise_crc import bitwise_crc32c
from tests.support.sources import ROOT, text_of


@dataclass(frozen=True, slots=True)
class Golden:
    """A frame, its header and body, its check, and its bytes on the wire."""

    frame: Frame
    content: str
    check: str
    wire: str


GOLDEN = {
    # Type 4, so 14; flags 00; session 0000; counter 1 as 01 00 00 00; no body; check EB 93 06 F4.
    # Runs between the six zeros: [14] [] [] [01] [] [] [EB 93 06 F4].
    "STOP": Golden(
        Frame(FrameType.STOP, 0, 1),
        "14 00 0000 01000000",
        "eb9306f4",
        "00  0214 01 01 0201 01 01 05eb9306f4  00",
    ),
    # Type 1, so 11; session 513 = 0201h as 01 02; counter 3; body A1 00 02 (Close); check D0 CB 6A 90.
    # Runs between the five zeros: [11] [01 02 03] [] [] [A1] [02 D0 CB 6A 90].
    "close": Golden(
        Frame(FrameType.REQUEST, 513, 3, bytes.fromhex("a10002")),
        "11 00 0102 03000000 a10002",
        "d0cb6a90",
        "00  0211 04010203 01 01 02a1 0602d0cb6a90  00",
    ),
    # Type 5, so 15; body A2 00 18 4B 01 1A 00 0F 42 40 (Stopped after one second); check E5 6D AA E4.
    # Runs: [15] [] [] [01] [] [] [A2] [18 4B 01 1A] [0F 42 40 E5 6D AA E4].
    "stopped": Golden(
        Frame(FrameType.STOPPED, 0, 1, bytes.fromhex("a200184b011a000f4240")),
        "15 00 0000 01000000 a200184b011a000f4240",
        "e56daae4",
        "00  0215 01 01 0201 01 01 02a2 05184b011a 080f4240e56daae4  00",
    ),
    # The check of this one ends in a zero, 2A FE F7 00: behind it stands one more run, which is empty.
    # Runs: [12] [01] [B7] [] [] [2A FE F7] [].
    "check that ends in zero": Golden(
        Frame(FrameType.RESPONSE, 1, 183),
        "12 00 0100 b7000000",
        "2afef700",
        "00  0212 0201 02b7 01 01 042afef7 01  00",
    ),
    # Behind the zero of the flags 6 + 244 + 4 = 254 bytes without a zero: one full run, and nothing after it.
    "full run": Golden(
        Frame(FrameType.NOTICE, 0x0101, 0x01010101, b"\x01" * 244),
        "13 00 0101 01010101" + "01" * 244,
        "6c076041",
        "00  0213 ff" + "01" * 250 + "6c076041  00",
    ),
    # One byte more: FF and 254 bytes, then 02 and the last byte of the check.
    "full run and one": Golden(
        Frame(FrameType.REQUEST, 0x0101, 0x01010101, b"\x01" * 245),
        "11 00 0101 01010101" + "01" * 245,
        "5107a5c7",
        "00  0211 ff" + "01" * 251 + "5107a5 02c7  00",
    ),
    # The longest body, all zeros: 7 + 528 zeros make 536 runs, of which 534 are empty.
    "longest, of zeros": Golden(
        Frame(FrameType.REQUEST, 0, 0, bytes(528)),
        "11 00 0000 00000000" + "00" * 528,
        "972e735a",
        "00  0211" + "01" * 534 + "05972e735a  00",
    ),
    # The longest that there is, 543 bytes between the delimiters: behind the flags 6 + 528 + 4 = 254 + 254 + 30 bytes
    # without a zero, so 2 + 255 + 255 + 31.
    "longest, without zeros": Golden(
        Frame(FrameType.REQUEST, 0x0101, 0x01010101, b"\x01" * 528),
        "11 00 0101 01010101" + "01" * 528,
        "e6421801",
        "00  0211 ff" + "01" * 254 + "ff" + "01" * 254 + "1f" + "01" * 26 + "e6421801  00",
    ),
}


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("golden", GOLDEN.values(), ids=GOLDEN)
def test_the_written_check_is_the_one_of_the_definition(golden: Golden) -> None:
    assert bitwise_crc32c(bytes.fromhex(golden.content)).to_bytes(4, "little").hex() == golden.check


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("golden", GOLDEN.values(), ids=GOLDEN)
def test_a_frame_is_the_bytes_that_the_protocol_says(golden: Golden) -> None:
    wire = bytes.fromhex(golden.wire)
    assert encode(golden.frame).hex(" ") == wire.hex(" ")
    assert Decoder(golden.frame.type.direction).receive(wire) == [golden.frame]


def test_the_lengths_are_those_that_the_protocol_says() -> None:
    """528 of body, 8 and 4 around it; COBS adds one byte and one for each whole 254 of the 540: 540 + 2 + 1."""
    assert (BODY_MAX, FRAME_MIN, FRAME_MAX, ENCODED_MAX, BUFFER_MAX) == (528, 12, 540, 543, 544)


IN_A_FRESH_INTERPRETER = """
import json, sys
blocked, wires = json.load(sys.stdin)
sys.modules.update(dict.fromkeys(blocked))
from scs.wire.framing import IS_COMPILED, Decoder, Direction, encode
received = [Decoder(way).receive(bytes.fromhex(wire)) for wire in wires for way in Direction]
print(json.dumps([IS_COMPILED, [encode(frame).hex() for frames in received for frame in frames]]))
"""
EXTENSIONS = ["crcmod._crcfunext", "cobs.cobs._cobs_ext"]


@pytest.mark.parametrize(
    "blocked", [EXTENSIONS, EXTENSIONS[:1], EXTENSIONS[1:], []], ids=["both", "crc", "cobs", "none"]
)
def test_frames_are_the_same_where_no_compiler_was_at_hand(blocked: list[str]) -> None:
    """Both libraries install as plain Python without a word when they cannot be built."""
    wires = [bytes.fromhex(golden.wire).hex() for golden in GOLDEN.values()]
    run = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_INTERPRETER],
        input=json.dumps([blocked, wires]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    is_built = all(find_spec(name) is not None for name in EXTENSIONS)
    assert json.loads(run.stdout) == [is_built and not blocked, wires]


def test_the_example_and_the_reasons_in_the_protocol_are_those_of_the_code() -> None:
    clauses = {line.partition(" ")[0]: line for line in text_of("docs/protocol.md").splitlines()}
    assert f"`{encode(GOLDEN['STOP'].frame).hex(' ').upper()}`" in clauses["2.8"]
    assert re.findall(r"`([a-z-]+)`", clauses["3.3"]) == [reason.value for reason in RejectReason]
