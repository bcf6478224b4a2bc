"""The patient of a training scenario on a screen: asked, moved, and shown as pain over coverage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from programmer_tui.app import ProgrammerApp
from programmer_tui.presentation_patient import body_map_lines
from scs.errors import NoAnswer
from scs.training.live import LiveSession
from scs.training.scenario import find_scenario
from tests.support.screen_story import SMALL, Person, Story


def in_room(tell: Story, room: Any) -> None:
    async def run() -> None:
        app = ProgrammerApp(room=room)
        async with app.run_test(size=SMALL) as pilot:
            person = Person(app, pilot)
            await person.press("f3")
            person.app.action_show("patient")
            await tell(person)

    asyncio.run(run())


def test_a_patient_is_asked_and_lies_down_and_it_is_seen() -> None:
    session = LiveSession(find_scenario("lying-down"))

    async def tell(person: Person) -> None:
        await person.until_seen("sitting, feels: strong", "lower-leg", "L 5.6+")
        await person.press("l")
        await person.until_seen("supine, feels: painful")
        await person.press("a")
        await person.until(lambda: session.world.course.done("ask"), "an answer")
        await person.until_seen(session.world.words.split("; ")[0][:40])
        await person.press("h")
        # What is long goes on in the next line.
        await person.until_seen(session.world.scenario.patient.history[0].gave[:14])
        await person.press("h", "question_mark")
        await person.until_seen("Hint: ", session.world.scenario.hints[0][:30], "lower-leg")
        await person.press("i")
        await person.until_seen("sitting, feels: strong")
        await person.press("c")
        await person.until(lambda: session.world.course.done("cough"), "a cough")

    in_room(tell, session.do)


def test_the_body_map_marks_what_hurts_and_is_reached_and_what_is_not() -> None:
    state = {
        "regions": ["left-foot", "right-foot", "left-hand", "right-hand", "perineum"],
        "pain": {"left-foot": 7.5, "right-foot": 6.0},
        "covered": {"left-foot": 60, "right-foot": 10, "left-hand": 100},
    }
    text = "\n".join(body_map_lines(state))
    assert "L 7.5+ 60%" in text
    assert "R 6.0! 10%" in text
    assert "L   . 100%" in text


def test_every_region_of_the_body_fits_on_a_small_screen() -> None:
    state: Mapping[str, Any] = LiveSession(find_scenario("lying-down")).do({"do": "state"})
    lines = body_map_lines(state)
    assert len(lines) <= 10
    assert max(map(len, lines)) <= SMALL[0] - 2


def test_a_room_that_does_not_answer_is_said_and_stops_nothing() -> None:
    def silent(_asked: Mapping[str, object]) -> dict[str, Any]:
        raise NoAnswer("nobody is there")

    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.screen._trouble, "the trouble")  # type: ignore[attr-defined]
        assert "nobody is there" in person.app.screen._trouble  # type: ignore[attr-defined]

    in_room(tell, silent)


@pytest.mark.parametrize("key", ["a", "l", "c"])
def test_without_a_room_the_screen_says_where_a_patient_comes_from(key: str) -> None:
    async def tell(person: Person) -> None:
        await person.press(key)
        await person.until_seen("There is no patient in the room", "scs train run SCENARIO")

    in_room(tell, None)
