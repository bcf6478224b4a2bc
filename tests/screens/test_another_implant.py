"""Another implant answers: nothing that was read from the former one, or meant for it, is shown or sent any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from programmer_tui.screens.groups import GroupsScreen
from programmer_tui.screens.schedule import ScheduleScreen
from programmer_tui.screens.typed_question import TypedQuestion
from programmer_tui.widgets.program_editor import ProgramEditor
from scs.programmer.client import Client
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import Person, story

OTHER = "SCS-000002"
READ = (("battery", "drawn since"), ("usage", "Resets"), ("mri", "scanner"), ("posture", "upright"))
"""Screens that read, and what stands there once they have."""
MINE = a_group(a_program(name="mine"))


async def change_over(person: Person, other: LiveImplant) -> None:
    person.app.link.connect_through("another", other.connect)

    def is_there() -> bool:
        description = person.app.link.description
        return description is not None and description.identity.serial == OTHER and person.app.link.status is not None

    await person.until(is_there, "the other implant")


def holds(implant: LiveImplant, slot: int) -> str | None:
    with Client.open(implant.connect()) as client:
        held = client.find_group(slot)
    return None if held is None else held.group.programs[0].name


@pytest.mark.req("PR-02")
@pytest.mark.hazard("H12")
def test_a_draft_and_a_day_that_were_meant_for_one_implant_are_not_sent_to_another() -> None:
    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        person.app.action_show("schedule")
        await person.until_seen("Slot 0: 'g'")
        await person.press("f4")
        await person.until_seen("mine")
        await change_over(person, other)
        await person.until_seen("Another implant answers (SCS-000002)")
        editor = person.app.screen.query_one(ProgramEditor)
        assert "mine" not in str(editor.history.present)
        editor.action_undo()
        assert "mine" not in str(editor.history.present), "undo brought it back"
        person.app.action_show("schedule")
        await person.until(lambda: isinstance(person.app.screen, ScheduleScreen), "the day")
        await person.until(lambda: "'g'" not in person.sees(), "the former group to be gone")
        await person.press("ctrl+s")
        assert isinstance(person.app.screen, ScheduleScreen), "something was to be reviewed"

    with LiveImplant(MINE) as implant, LiveImplant(serial=OTHER) as other:
        story(tell, implant)


READ_OUT = (("battery", "drawn since"), ("usage", "Resets"), ("mri", "scanner"), ("posture", "upright"))
"""Screens that show what was read of the implant, and a word of it on each."""


@pytest.mark.req("PR-02")
@pytest.mark.hazard("H12")
@pytest.mark.hazard("H13")
def test_what_was_read_of_one_implant_is_not_shown_of_another() -> None:
    async def tell(person: Person) -> None:
        for name, words in READ_OUT:
            person.app.action_show(name)
            await person.until_seen(words)
        await change_over(person, other)
        other.is_silent = True
        for name, words in READ_OUT:
            person.app.action_show(name)
            await person.press()
            if name != "posture":  # It was shown while the other one answered, and may have asked it by now.
                assert words not in person.sees(), f"{name} shows the former implant"
        other.is_silent = False

    with LiveImplant(MINE) as implant, LiveImplant(serial=OTHER) as other:
        story(tell, implant)


@pytest.mark.req("PR-12")
@pytest.mark.hazard("H12")
def test_a_group_that_was_taken_from_another_implant_is_put_only_when_the_serial_number_was_typed() -> None:
    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        person.app.action_show("groups")
        await person.until(lambda: isinstance(person.app.screen, GroupsScreen), "the groups")
        await person.press("c")
        await person.until_seen("Taken: 'g' from slot 0 of SCS-000001")
        await change_over(person, other)
        await person.until_seen("Taken: 'g' from slot 0 of SCS-000001")
        await person.press("v")
        await person.until_seen("type the serial number")
        await person.type("SCS-000001")
        await person.press("enter")
        await person.until_seen("nothing was done")
        await person.press("escape")
        await person.until_seen("Nothing was sent")
        assert holds(other, 0) is None
        await person.press("v")
        await person.type(OTHER)
        await person.press("enter")
        await person.until_seen("Send 'g' to slot 0?")
        await person.press("tab", "enter")
        await person.until(lambda: holds(other, 0) == "mine", "the group in the other implant")

    with LiveImplant(MINE) as implant, LiveImplant(serial=OTHER) as other:
        story(tell, implant)


def test_a_group_goes_back_to_the_implant_that_it_comes_from_without_any_words(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        person.app.action_show("groups")
        await person.until(lambda: isinstance(person.app.screen, GroupsScreen), "the groups")
        await person.press("c", "down", "v")
        await person.until_seen("Send 'g' to slot 1?")
        assert not isinstance(person.app.screen, TypedQuestion)

    with LiveImplant(MINE) as implant:
        story(tell, implant)
