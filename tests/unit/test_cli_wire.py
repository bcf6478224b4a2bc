"""`scs wire decode` shows a capture in words, JSON and hexadecimal, and picks what was asked for."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scs.cli.main import main
from scs.wire.capture import trace_of
from scs.wire.codec import encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.requests import Identify, SetAmplitude
from scs.wire.responses import Stopped
from scs.wire.schema import MESSAGES
from scs.wire.trace import TraceHeader, trace_text
from tests.support.captures import a_conversation, a_frame, capture_of, packets

TO_IMPLANT, TO_PROGRAMMER = Direction.TO_IMPLANT, Direction.TO_PROGRAMMER
STOP = encode(Frame(FrameType.STOP, 0, 1))
FEW = packets(
    (TO_IMPLANT, a_frame(SetAmplitude(9, 1, 2_000, ("grid",)), 7)),
    (TO_PROGRAMMER, b"\x55\x55\0"),
    (TO_IMPLANT, STOP),
    (TO_PROGRAMMER, STOP),
    (TO_PROGRAMMER, encode(Frame(FrameType.STOPPED, 0, 1, encode_message(Stopped(12))))),
    (TO_IMPLANT, encode(Frame(FrameType.REQUEST, 5, 8, b"\xa1\x00\x18\xff"))),
    (TO_IMPLANT, a_frame(Identify())[:-1]),
)


@pytest.fixture
def few(tmp_path: Path) -> str:
    path = tmp_path / "few.pcapng"
    path.write_bytes(capture_of(FEW))
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert main(["wire", *arguments]) == code
    captured = capsys.readouterr()
    return (captured.out if code == 0 else captured.err).splitlines()


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(capsys, "decode", *arguments, "--format", "json")]


def test_a_line_says_when_which_way_and_what(few: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "decode", few) == [
        "    0.000000 -> REQUEST session 5 #7 SetAmplitude op_id=9 program=1 amplitude_ua=2000 acknowledged=('grid')",
        "    0.001000 <- 3 bytes of no frame: bad-cobs",
        "    0.002000 -> STOP session 0 #1",
        "    0.003000 <- 15 bytes of no frame: direction",
        "    0.004000 <- STOPPED session 0 #1 Stopped at_us=12",
        "    0.005000 -> REQUEST session 5 #8 unreadable: code 255 is no message of this version",
        "    0.006000 -> 17 bytes of no frame: unfinished",
    ]


def test_json_has_every_field_with_its_name_and_the_bytes(few: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, noise, *_, unreadable, _ = rows(capsys, few)
    assert first == {
        "number": 1,
        "at_us": 1_700_000_000_000_000,
        "direction": "to-implant",
        "link": 0,
        "type": "request",
        "session": 5,
        "counter": 7,
        "message": "SetAmplitude",
        "fields": {"op_id": 9, "program": 1, "amplitude_ua": 2_000, "acknowledged": ["grid"]},
        "hex": FEW[0].data.hex(),
    }
    assert (noise["type"], noise["problem"], noise["hex"]) == ("noise", "bad-cobs", "555500")
    assert (unreadable["type"], unreadable["problem"]) == ("request", "code 255 is no message of this version")


def test_every_message_has_a_view_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "all.pcapng"
    path.write_bytes(capture_of(a_conversation(Random(3))))
    assert [row["message"] for row in rows(capsys, str(path))] == [cls.__name__ for cls in MESSAGES.values()]


def test_a_hex_dump_shows_the_bytes_as_they_were_on_the_wire(few: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "decode", few, "--format", "hex", "--type", "stop") == [
        "    0.002000 -> STOP session 0 #1",
        "  0000  00 02 14 01 01 02 01 01 01 05 eb 93 06 f4 00",
    ]


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (("--type", "noise"), [2, 4, 7]),
        (("--type", "STOP", "stopped"), [3, 5]),
        (("--message", "setamplitude", "Stopped"), [1, 5]),
        (("--direction", "to-programmer"), [2, 4, 5]),
        (("--direction", "to-implant", "--type", "request", "noise"), [1, 6, 7]),
        (("--message", "Commit"), []),
    ],
)
def test_type_message_and_direction_choose_together(
    few: str, chosen: tuple[str, ...], numbers: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row["number"] for row in rows(capsys, few, *chosen)] == numbers


def test_a_word_that_can_choose_nothing_is_refused_with_those_that_can(
    few: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (problem,) = said(capsys, "decode", few, "--message", "GetStat", code=2)
    assert problem.startswith("scs: GetStat is no message; use GetStatus, ")
    (problem,) = said(capsys, "decode", few, "--type", "frames", code=2)
    assert problem.startswith("scs: frames is no type; use request, response, notice, stop")


def test_a_trace_is_read_like_a_capture(tmp_path: Path, few: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(trace_text(trace_of(FEW, TraceHeader())), encoding="utf-8")
    assert said(capsys, "decode", str(path)) == said(capsys, "decode", few)


def test_a_capture_that_was_killed_says_what_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "killed.pcapng"
    path.write_bytes(capture_of(FEW)[:-5])
    assert main(["wire", "decode", str(path)]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == len(FEW) - 1
    assert "the last block is cut short; 59 bytes are left out" in captured.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\x7fELF\xff\xff", "neither a capture in pcapng nor a trace"),
        (b"# Title\n", "line 1 is no JSON"),
        (b'{"format": "else"}', "is no trace"),
    ],
)
def test_a_file_that_is_neither_is_refused(
    tmp_path: Path, content: bytes, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert problem in said(capsys, "decode", str(path), code=2)[0]
    assert "cannot be opened" in said(capsys, "decode", str(tmp_path / "absent"), code=2)[0]


def test_a_capture_is_told_where_to_sit_and_overwrites_nothing(few: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--implant URL to sit between" in said(capsys, "capture", "new.pcapng", code=2)[0]
    both = said(capsys, "capture", "new.pcapng", "--implant", "x", "--hear-implant", "y", code=2)
    assert "--implant URL to sit between" in both[0]
    (problem,) = said(capsys, "capture", few, "--hear-implant", "loop://", code=2)
    assert "overwrites nothing" in problem
