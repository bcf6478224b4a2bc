"""Whoever has only a mouse: every screen, STOP, the palette, each button and each list answer to a click."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from programmer_tui.actions import UserRole, may_show
from programmer_tui.app import ProgrammerApp
from programmer_tui.screens.base import FURTHER, PLACES, ProgrammerScreen
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import SMALL, Person, story

WIDE = (200, 60)


def shown(person: Person) -> str:
    assert isinstance(person.app.screen, ProgrammerScreen)
    return person.app.screen.NAME


async def click_place(person: Person, word: str) -> None:
    """Click on the word of a screen in the first line."""
    at = person.sees().splitlines()[0].index(word) + len(word) // 2
    await person.click("#places", offset=(at, 0))


@pytest.mark.parametrize("size", [SMALL, pytest.param(WIDE, marks=pytest.mark.slow)], ids=str)
def test_a_click_on_its_word_shows_each_screen(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        for _, name, word in PLACES:
            await click_place(person, word)
            await person.until(lambda name=name: shown(person) == name, f"the screen {name}")  # type: ignore[misc]

    story(tell, size=size)


def test_a_click_in_the_list_shows_each_further_screen() -> None:
    async def tell(person: Person) -> None:
        for name, word, about in FURTHER:
            await person.press("f8")
            lines = (await person.until_seen(f"{word:<12} {about[:30]}")).splitlines()
            top = person.app.screen.query_one("#further").region.y
            row = next(row for row, line in enumerate(lines) if f"{word:<12} " in line)
            await person.click("#further", offset=(3, row - top))
            await person.until(lambda name=name: shown(person) == name, f"the screen {name}")  # type: ignore[misc]

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


@pytest.mark.req("PR-06")
@pytest.mark.hazard("H38")
@pytest.mark.parametrize("size", [SMALL, pytest.param(WIDE, marks=pytest.mark.slow)], ids=str)
def test_therapy_is_started_changed_and_stopped_by_clicks_alone(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        await click_place(person, "Therapy")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.click("#deeds Button")
        await person.until_seen("therapy on")
        await person.click("#stop", offset=(10, 0))
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=size)


@pytest.mark.slow
def test_the_palette_can_be_clicked_open_on_every_screen() -> None:
    """It lists every action that a role has there, and a click does one, so none needs a key."""

    async def tell(person: Person) -> None:
        for name in ProgrammerApp.SCREENS:
            if may_show(UserRole.ENGINEER, name):
                person.app.action_show(name)
                await person.until_seen("F12 or Ctrl+X: STOP")
                await person.press()
                await person.click_key("ctrl+p")
                await person.until(lambda: isinstance(person.app.screen, CommandPalette), f"the palette over {name}")
                await person.press("escape")
                await person.until(lambda: isinstance(person.app.screen, ProgrammerScreen), "the screen again")

    story(tell, role=UserRole.ENGINEER)


def test_role_and_colours_are_chosen_by_a_click() -> None:
    async def tell(person: Person) -> None:
        person.app.action_show("settings")
        await person.until_seen("(now) clinician")
        await person.click("#themes", offset=(8, 2))
        await person.until_seen("(now) high-contrast ")
        await person.click("#roles", offset=(8, 0))
        await person.until_seen("(now) patient")
        assert person.app.screen.query_one("#roles", OptionList).option_count == len(UserRole)

    story(tell)
