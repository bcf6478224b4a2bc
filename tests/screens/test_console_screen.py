"""The wire console shows what passes, chooses by words, holds still, and copies a trace that others can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.widgets import Input

from programmer_tui.actions import UserRole
from programmer_tui.screens.console import ConsoleScreen, fits
from programmer_tui.wire_log import FRAMES_MAX, WireLog
from scs.cli.main import main
from scs.clock import Instant
from scs.transport.tap import Direction, Heard
from scs.wire.capture import RUN_MAX
from scs.wire.framing import Decoder
from scs.wire.framing import Direction as FrameDirection
from scs.wire.trace import parse_trace
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import Person, story


async def open_console(person: Person) -> ConsoleScreen:
    person.app.action_show("console")
    await person.until(lambda: isinstance(person.app.screen, ConsoleScreen), "the wire console")
    assert isinstance(person.app.screen, ConsoleScreen)
    return person.app.screen


def test_frames_of_both_directions_are_decoded_as_they_pass() -> None:
    async def tell(person: Person) -> None:
        await open_console(person)
        await person.until_seen("live:", "->", "<-", "Status", "never for clinical use")
        before = person.app.link.wire.since(0)[0]
        await person.until(lambda: person.app.link.wire.since(0)[0] > before + 4, "more frames")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


def test_words_choose_frames_and_pausing_holds_the_view_but_not_the_link() -> None:
    async def tell(person: Person) -> None:
        screen = await open_console(person)
        await person.until_seen("Status")
        await person.press("slash")
        await person.type("response")
        await person.press("enter")
        await person.until(lambda: screen._listed, "an answer")
        assert {event.kind for event in screen._listed} == {"from-implant"}
        assert 0 < len(screen._listed) < len(screen._frames)
        await person.press("space")
        await person.until_seen("PAUSED")
        held, heard = len(screen._frames), person.app.link.wire.since(0)[0]
        await person.until(lambda: person.app.link.wire.since(0)[0] > heard + 6, "the link to go on")
        assert len(screen._frames) == held
        await person.press("space")
        await person.until(lambda: len(screen._frames) > held, "the view to go on")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


def test_the_kept_frames_are_copied_to_a_trace_and_no_file_is_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def tell(person: Person) -> None:
        await open_console(person)
        await person.until_seen("Status")
        for path in (target, occupied):
            await person.press("w")
            person.app.screen.query_one("#target", Input).value = str(path)
            await person.press("enter")
            await person.until_seen("copied to" if path is target else "Not copied")

    target, occupied = tmp_path / "link.trace", tmp_path / "occupied"
    occupied.write_text("kept")
    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)
    assert occupied.read_text() == "kept"
    trace = parse_trace(str(target), target.read_text())
    assert trace.header.profile == "reference"
    assert trace.events[0].at_us == 0
    for kind, direction in (("to-implant", FrameDirection.TO_IMPLANT), ("from-implant", FrameDirection.TO_PROGRAMMER)):
        data = b"".join(event.data for event in trace.events if event.kind == kind)
        decoder = Decoder(direction)
        assert len(decoder.receive(data)) == sum(event.kind == kind for event in trace.events)
        assert not decoder.rejects
    capsys.readouterr()
    assert main(["wire", "decode", str(target), "--format", "json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["hex"] for row in rows] == [event.data.hex() for event in trace.events]
    assert {"Open", "Opened", "Status"} <= {row["message"] for row in rows}


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_a_frame_is_whole_however_it_was_read(pieces: int) -> None:
    log = WireLog()
    data = b"\0" + bytes(range(1, 15)) + b"\0\0" + b"\x05\x06\0"
    for start in range(0, len(data), pieces):
        log.hear(Heard(Instant(start), Direction.RECEIVED, data[start : start + pieces]))
    assert [event.data for event in log.since(0)[1]] == [b"\0" + bytes(range(1, 15)) + b"\0", b"\0\x05\x06\0"]


def test_memory_is_bounded_by_frames_and_by_noise() -> None:
    log = WireLog()
    for number in range(FRAMES_MAX + 10):
        log.hear(Heard(Instant(number), Direction.SENT, b"\x01\0"))
    heard, kept = log.since(0)
    assert (heard, len(kept)) == (FRAMES_MAX + 10, FRAMES_MAX)
    assert log.since(heard) == (heard, ())
    assert len(log.since(heard - 3)[1]) == 3
    log.hear(Heard(Instant(0), Direction.RECEIVED, b"\x55" * (RUN_MAX + 1)))
    assert len(log.since(heard)[1][0].data) == RUN_MAX
    assert log.since(heard)[1][0].at_us >= kept[-1].at_us, "a trace's time never goes back"


@pytest.mark.parametrize(
    ("words", "is_shown"),
    [
        ("", True),
        ("RESPONSE status", True),
        ("response #41", False),
        ("!notice", True),
        ("response !status", False),
        ("status !", True),
        ("<- !->", True),
    ],
)
def test_every_word_must_be_there_and_none_behind_an_exclamation_mark(words: str, is_shown: bool) -> None:
    assert fits("    0.250000 <- RESPONSE session 3 #4 Status at_us=12", words) is is_shown
