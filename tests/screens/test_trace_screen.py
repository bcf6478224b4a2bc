"""A trace is opened, stepped through and played, and a file that is none is said in words."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from scs.wire.trace import trace_text
from tests.support.pictures import A_TRACE
from tests.support.screen_story import Person, story


async def _open(person: Person, path: Path) -> None:
    person.app.screen.query_one("#file", Input).value = str(path)
    await person.press("enter")


def test_a_trace_is_opened_by_name_and_stepped_through(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text(trace_text(A_TRACE), encoding="utf-8")

    async def tell(person: Person) -> None:
        await person.press("f7")
        await person.until_seen("No trace is open")
        await _open(person, path)
        await person.until_seen("stop-zero, FW-31", "Start op_id=1001 slot=0")
        await person.press("down", "down")
        await person.until_seen("at_us=1000000", "1000310 us  from-implant")

    story(tell)


def test_playing_goes_to_the_end_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text(trace_text(A_TRACE), encoding="utf-8")

    async def tell(person: Person) -> None:
        await person.press("f7")
        await _open(person, path)
        await person.until_seen("3 events")
        await person.press("space")
        await person.until_seen("Playing")
        await person.until_seen("1000310 us  from-implant")

    story(tell)


def test_a_file_that_is_no_trace_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.trace", tmp_path / "bad.trace"
    good.write_text(trace_text(A_TRACE), encoding="utf-8")
    bad.write_text("hello", encoding="utf-8")

    async def tell(person: Person) -> None:
        await person.press("f7")
        await _open(person, good)
        await person.until_seen("3 events")
        await person.press("o")
        await _open(person, bad)
        await person.until_seen("is no JSON", "Start op_id=1001")

    story(tell)
