"""Ctrl+P lists what the role can do here, by key and by mouse; STOP works over it."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from textual.dom import DOMNode

from programmer_tui.actions import BY_ID, UserRole, may, may_show
from programmer_tui.app import ProgrammerApp
from programmer_tui.catalogue import EVERYWHERE, Action, actions, owners
from programmer_tui.palette import choices
from programmer_tui.screens.question import Question
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import SMALL, Person, story


def ids(person: Person) -> set[str]:
    return {choice.action_id for choice in choices(person.app, person.app.screen)}


def is_open(person: Person) -> bool:
    return isinstance(person.app.screen, CommandPalette)


@pytest.mark.parametrize(
    "role",
    [
        UserRole.PATIENT,
        UserRole.ENGINEER,
        *(pytest.param(it, marks=pytest.mark.slow) for it in (UserRole.CLINICIAN, UserRole.SERVICE)),
    ],
)
def test_every_action_of_a_role_is_in_the_palette_of_its_screen(role: UserRole) -> None:
    found: set[str] = set()

    async def tell(person: Person) -> None:
        for name in ProgrammerApp.SCREENS:
            person.app.action_show(name)
            await person.press()
            found.update(ids(person))

    with LiveImplant() as implant:
        story(tell, implant, role=role)
    own = {row for row in BY_ID if may(role, row)}
    questions = ("entry", "question", "typed", "review", "alarm", "unresolved", "pairing", "confirm", "passphrase")
    asked = {action.id for action in actions() if action.screen in questions}
    assert found == own - asked - {"palette"}


@pytest.mark.req("PR-06")
@pytest.mark.hazard("H38")
@pytest.mark.parametrize("key", ["f12", "ctrl+x"])
def test_stop_works_over_the_palette(key: str) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "the first pulse")
        await person.press("ctrl+p")
        await person.until(lambda: is_open(person), "the palette")
        await person.press(key)
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
def test_an_action_is_found_by_its_words_and_done(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        await person.press("ctrl+p")
        await person.until(lambda: is_open(person), "the palette")
        await person.type("battery")
        await person.until_seen("Battery: how full")
        await person.press("down", "enter")
        await person.until_seen("No implant is connected")
        assert not is_open(person)

    story(tell, size=size)


def test_the_palette_opens_by_a_click_and_an_action_is_done_by_a_click() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.click_key("ctrl+p")
        await person.until(lambda: is_open(person), "the palette")
        await person.until_seen("Soft-start the chosen slot")
        row = next(row for row, line in enumerate(person.sees().splitlines()) if "Soft-start the chosen slot" in line)
        region = person.app.screen.query_one("CommandList").region
        await person.click("CommandList", offset=(5, row - region.y))
        await person.until(lambda: implant.is_delivering, "the first pulse")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


def test_over_a_question_only_the_question_can_be_answered_and_stop_pressed() -> None:
    async def tell(person: Person) -> None:
        person.app.push_screen(Question("Raise it?", "Raise"))
        await person.until_seen("Raise it?")
        assert ids(person) == {"stop", "quit", "question.cancel"}

    story(tell)


def test_a_patient_finds_nothing_that_programs() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.press("ctrl+p")
        await person.until(lambda: is_open(person), "the palette")
        await person.type("clear fault latched")
        await person.until_seen("No matches found")

    story(tell, role=UserRole.PATIENT)
    assert not may_show(UserRole.PATIENT, "editor")


def test_what_works_on_a_screen_is_named_after_it() -> None:
    """The keymap asks the names whether two keys can be meant at once."""
    rooms: dict[type[DOMNode], set[str]] = {}
    known: dict[str, Action] = {action.id: action for action in actions()}
    for owner in owners():
        rooms[owner] = {known[binding.id].screen for binding in vars(owner)["BINDINGS"]}
    assert {owner.__name__ for owner, at in rooms.items() if EVERYWHERE in at} == {"ProgrammerApp"}
    assert all(len(at) <= 1 for at in rooms.values())
