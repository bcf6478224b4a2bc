"""The slots on one screen: nothing changes without a review, and nothing that was in a slot is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from programmer_tui.actions import UserRole
from programmer_tui.screens.groups import GroupsScreen
from programmer_tui.screens.review import ReviewScreen
from scs.domain.program import Group, replaced
from scs.domain.program_file import parse_program_file
from scs.programmer.client import Client
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import LARGE, SMALL, Person, story

DAY = Group(name="Day", programs=(a_program(amplitude_ua=1_000),))
NIGHT = Group(name="Night", programs=(a_program(amplitude_ua=500, pulse_width_us=300),))


async def show_groups(person: Person) -> GroupsScreen:
    person.app.action_show("groups")
    await person.until(lambda: person.app.link.groups, "the groups that were read back")
    await person.until_seen("0  Day")
    assert isinstance(person.app.screen, GroupsScreen)
    return person.app.screen


async def agree(person: Person) -> None:
    """Acknowledge everything that the review asks, and send."""
    await person.until(lambda: isinstance(person.app.screen, ReviewScreen), "the review")
    for box in person.app.screen.query("Acknowledgement"):
        box.focus()
        await person.press("space")
    person.app.screen.query_one("#send").focus()
    await person.press("enter")


def held(implant: LiveImplant) -> dict[int, Group]:
    with Client.open(implant.connect()) as reader:
        found = {slot: reader.find_group(slot) for slot in range(reader.identity.groups)}
    return {slot: it.group for slot, it in found.items() if it is not None}


def test_a_group_is_copied_into_another_slot_after_a_review() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.until_seen("1  Night", "2  empty", "No slot is the default")
        await person.press("c")
        await person.until_seen("Taken: 'Day' from slot 0")
        await person.press("down", "down", "v")
        await person.until_seen("Send 'Day' to slot 2?")
        await person.press("escape")
        await person.until_seen("Nothing was sent.")
        assert held(implant) == {0: DAY, 1: NIGHT}
        await person.press("v")
        await agree(person)
        await person.until_seen("Confirmed by the implant: slot 2 holds 'Day'")
        assert held(implant) == {0: DAY, 1: NIGHT, 2: DAY}

    with LiveImplant(DAY, NIGHT) as implant:
        story(tell, implant)


def test_a_name_is_changed_by_a_review_and_a_bad_one_is_refused_in_words() -> None:
    async def tell(person: Person) -> None:
        screen = await show_groups(person)
        await person.press("n")
        assert screen.query_one("#asked", Input).value == "Day"
        screen.query_one("#asked", Input).value = ""
        await person.press("enter")
        await person.until_seen("Not renamed: ")
        await person.press("n")
        screen.query_one("#asked", Input).value = "Morning"
        await person.press("enter")
        await person.until_seen("group  Day -> Morning")
        await agree(person)
        await person.until_seen("0  Morning")
        assert held(implant)[0] == replaced(DAY, name="Morning")

    with LiveImplant(DAY) as implant:
        story(tell, implant)


def test_two_slots_change_places_in_two_reviews() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.press("plus")
        await person.until_seen("Send 'Day' to slot 1?")
        await agree(person)
        await person.until_seen("Send 'Night' to slot 0?")
        await agree(person)
        await person.until_seen("0  Night", "1  Day")
        assert held(implant) == {0: NIGHT, 1: DAY}

    with LiveImplant(DAY, NIGHT) as implant:
        story(tell, implant)


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10")
def test_a_change_of_places_that_is_broken_off_loses_no_group() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.press("plus")
        await agree(person)
        await person.until_seen("Send 'Night' to slot 0?")
        await person.press("escape")
        await person.until(lambda: isinstance(person.app.screen, GroupsScreen), "the slots")
        assert held(implant) == {0: DAY, 1: DAY}
        await person.press("v")
        await person.until_seen("Send 'Night' to slot 0?")
        await agree(person)
        await person.until_seen("Confirmed by the implant: slot 0 holds 'Night'")
        assert held(implant) == {0: NIGHT, 1: DAY}

    with LiveImplant(DAY, NIGHT) as implant:
        story(tell, implant)


def test_at_the_edge_nothing_is_moved() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.press("minus")
        await person.until_seen("Slot 0 has no neighbour there; nothing is moved.")

    with LiveImplant(DAY) as implant:
        story(tell, implant)


def test_two_groups_stand_side_by_side_with_what_differs() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.press("b")
        await person.until_seen("Nothing was taken to compare with")
        await person.press("c", "b")
        await person.until_seen("slot 0 of SCS-000001 and slot 0 hold the same in all")
        await person.press("down")
        seen = await person.until_seen("field", "slot 1", "fields differ,")
        rows = [line.split() for line in seen.splitlines()]
        assert any(row[-2:] == ["Day", "Night"] for row in rows if row)
        assert any(row[-4:] == ["1", "mA", "0.5", "mA"] for row in rows)
        await person.press("down")
        await person.until_seen("slot 2 is empty; slot 0 of SCS-000001 holds 'Day'.")

    with LiveImplant(DAY, NIGHT) as implant:
        story(tell, implant, size=LARGE)


def test_a_group_goes_into_a_file_that_names_no_device_and_comes_back_from_it(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"

    async def tell(person: Person) -> None:
        screen = await show_groups(person)
        for words in ("Written: ", "Not written: "):
            await person.press("x")
            screen.query_one("#asked", Input).value = str(path)
            await person.press("enter")
            await person.until_seen(words)
        await person.press("o")
        screen.query_one("#asked", Input).value = str(path)
        await person.press("enter")
        await person.until_seen("Taken: 'Day' from day.toml")
        await person.press("o")
        screen.query_one("#asked", Input).value = str(tmp_path / "nobody.toml")
        await person.press("enter")
        await person.until_seen("Not read: ")
        assert screen.taken is not None
        assert screen.taken.group == DAY, "what was taken before stays taken"

    with LiveImplant(DAY, serial="SCS-000777") as implant:
        story(tell, implant, size=LARGE)
    text = path.read_text(encoding="utf-8")
    assert "000777" not in text
    assert parse_program_file(str(path), text).group == DAY


def test_an_example_for_other_leads_is_taken_with_a_warning() -> None:
    async def tell(person: Person) -> None:
        screen = await show_groups(person)
        await person.press("g")
        await person.until_seen("daily-windows.toml")
        listed = screen.query_one("#examples")
        assert listed.has_focus
        await person.press("enter")
        await person.until(lambda: screen.taken is not None, "an example")
        assert screen.query_one("#slots").has_focus
        screen._import(next(place for place in sorted(EXAMPLES.glob("*.toml")) if "paddle" in place.read_text("utf-8")))
        await person.until_seen("CAREFUL: it is meant for other leads")

    from programmer_tui.screens.groups import EXAMPLES

    with LiveImplant(DAY) as implant:
        story(tell, implant, size=LARGE)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
def test_without_an_implant_it_is_said_what_to_do(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        person.app.action_show("groups")
        await person.until_seen("No implant is connected; F2 connects.")
        await person.press("c")
        await person.until_seen("Slot 0 is empty; there is nothing to take.")
        await person.press("plus")
        await person.until_seen("nothing is moved")

    story(tell, size=size)


def test_a_patient_has_no_groups_screen() -> None:
    async def tell(person: Person) -> None:
        await person.press("f8")
        assert "Groups" not in await person.until_seen("Battery")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.PATIENT)


def test_a_slot_becomes_the_default_that_is_started_and_another_is_emptied_after_a_question() -> None:
    async def tell(person: Person) -> None:
        await show_groups(person)
        await person.press("down", "d")
        await person.until_seen("Confirmed by the implant: it holds groups in 0, 1; slot 1 is the default.", "DEFAULT")
        await person.press("f3")
        await person.until_seen("> slot 1  Night (default)")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "delivery")
        person.app.action_show("groups")
        await person.until_seen("RUNS")
        await person.press("delete", "tab", "enter")
        await person.until_seen("Not confirmed: ", "is running; stop it first")
        await person.press("up", "delete")
        await person.until_seen("Empty slot 0? The implant forgets 'Day'")
        await person.press("enter")
        await person.until_seen("Nothing was emptied.")
        await person.press("delete", "tab", "enter")
        await person.until_seen("it holds groups in 1; slot 1 is the default", "0  empty")
        assert held(implant) == {1: NIGHT}

    with LiveImplant(DAY, NIGHT) as implant:
        story(tell, implant, size=LARGE)
