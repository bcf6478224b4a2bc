"""STOP from every screen and over every question, and what the programmer says when nobody confirms it."""

from __future__ import annotations

import pytest

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp
from programmer_tui.screens.base import FURTHER, PLACES, ProgrammerScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.stop_alarm import StopAlarm
from programmer_tui.screens.unresolved import UnresolvedScreen
from scs.clock import Duration
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import MovableClock, Person, story

WAYS = {name: (key.lower(),) for key, name, _ in PLACES} | {
    name: ("f8", "home", *["down"] * place, "enter") for place, (name, _, _) in enumerate(FURTHER)
}
"""The keys that lead to each screen: one of its own, or a place in the list of F8."""


async def start_therapy(person: Person, implant: LiveImplant) -> None:
    await person.press("f3")
    await person.until(lambda: shown(person) == "therapy", "the screen therapy")
    await person.until(lambda: person.app.link.groups, "the group that was read back")
    await person.press("s")
    await person.until(lambda: implant.is_delivering, "the first pulse")


def shown(person: Person) -> str:
    assert isinstance(person.app.screen, ProgrammerScreen)
    return person.app.screen.NAME


def test_every_screen_of_the_app_is_tried() -> None:
    assert set(WAYS) == set(ProgrammerApp.SCREENS)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
@pytest.mark.parametrize("key", ["f12", pytest.param("ctrl+x", marks=pytest.mark.slow)])
def test_stop_works_on_every_screen(key: str) -> None:
    async def tell(person: Person) -> None:
        for screen, way in WAYS.items():
            await start_therapy(person, implant)
            await person.press(*way)
            await person.until(lambda: shown(person) == screen, f"the screen {screen}")  # noqa: B023
            await person.press(key)
            await person.until(lambda: not implant.is_delivering, f"no output after {key} on {screen}")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_works_over_what_an_earlier_session_left_open() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        person.app.push_screen(UnresolvedScreen(("starting slot 0 was carried out",)))
        await person.until_seen("An earlier session ended", "starting slot 0 was carried out")
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.hazard("H38")
@pytest.mark.hazard("H02")
@pytest.mark.req("PR-06", "PR-04")
def test_stop_works_over_the_question_about_a_jump() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        person.app.push_screen(Question("Raise it?", "Raise"))
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.hazard("H38")
@pytest.mark.hazard("H46")
@pytest.mark.req("PR-06", "PR-07")
def test_an_unconfirmed_stop_is_said_in_words_over_everything() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        implant.is_silent = True
        await person.press("f12")
        await person.until_seen("STIMULATION MAY BE ON", "MAGNET")
        implant.is_silent = False
        await person.until(lambda: not implant.is_delivering, "no output once the link is back")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.hazard("H46")
@pytest.mark.req("PR-07")
def test_the_second_of_one_stop_says_nothing_about_the_next() -> None:
    async def tell(person: Person) -> None:
        app = person.app
        await person.press("f12")
        await person.until(lambda: app.link.stop_state == "confirmed", "the first answer")
        implant.is_silent = True
        # Nothing is awaited from here to the assertion, so no second of the later STOP can end in between.
        app.action_stop()
        app._raise_alarm(app._unconfirmed - 1)
        assert not any(isinstance(screen, StopAlarm) for screen in app.screen_stack)
        await person.until_seen("USE THE MAGNET")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_old_data_are_called_stale() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        assert "STALE" not in person.sees()
        implant.is_silent = True
        clock.advance(Duration.of_ms(2_100))
        await person.until_seen("STALE")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock)
