"""After a crash: the programmer asks the implant what became of what was under way, and says so until it was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from programmer_tui.screens.unresolved import UnresolvedScreen
from scs.programmer.unresolved import Notes
from scs.wire.prescription import digest
from scs.wire.requests import Commit, Start
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import Person, story

SERIAL = "SCS-000001"


def left_behind(folder: Path) -> Notes:
    """A programmer died while it wrote slot 0 and again while it started it; the implant never heard of either."""
    times = iter(("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z"))
    notes = Notes(folder, now=lambda: next(times))
    notes.begin(SERIAL, Commit(5, 0, 1, bytes(len(digest(b""))), ()))
    notes.begin(SERIAL, Start(6, 0))
    return notes


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10", "PR-11")
def test_what_was_left_open_is_told_and_taken_away_when_it_was_read(tmp_path: Path) -> None:
    notes = left_behind(tmp_path)

    async def tell(person: Person) -> None:
        await person.until_seen("An earlier session ended", "10:00:00Z: writing slot 0 is not in force")
        assert "it holds 'g' (generation 1), whole" in person.said("#became")
        await person.until_seen("10:05:00Z: starting slot 0 is not the last thing", "Nothing was sent again")
        await person.press("tab", "enter")
        await person.until(lambda: not notes.left(SERIAL), "the notes to be taken away")
        assert not isinstance(person.app.screen, UnresolvedScreen)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, notes=notes)


def test_later_leaves_it_open_for_the_next_connection(tmp_path: Path) -> None:
    notes = left_behind(tmp_path)

    async def tell(person: Person) -> None:
        await person.until_seen("An earlier session ended")
        await person.press("escape")
        await person.until(lambda: not isinstance(person.app.screen, UnresolvedScreen), "the screen below")
        person.app.link.connect_through("emulated", implant.connect)
        await person.until_seen("An earlier session ended")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, notes=notes)
    assert len(notes.left(SERIAL)) == 2


def test_a_change_that_the_programmer_finished_is_not_asked_about(tmp_path: Path) -> None:
    notes = Notes(tmp_path)

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "the first pulse")
        await person.until(lambda: not notes.left(SERIAL), "the note of the start to be taken away")
        assert not isinstance(person.app.screen, UnresolvedScreen)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, notes=notes)
