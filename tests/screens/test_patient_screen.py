"""The patient of a training scenario on a screen: asked, moved, and shown as pain over coverage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from programmer_tui.app import ProgrammerApp
from programmer_tui.presentation_body import BACK, FRONT, HALF, figure_cells, figure_rows, region_at
from programmer_tui.presentation_patient import beside_lines, body_map_lines
from scs.body.body_map import regions
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
        await person.until_seen("sitting, feels: strong", "FRONT", "5.6+ 83% L lower leg", "█6+█")
        await person.press("down", "down", "down")
        await person.until_seen("> right neck", "no pain", "nothing tingles")
        await person.click("#figure", (16, 11))
        await person.until_seen("> left lower leg", "pain 5.6 of 10, reached", "83 % of it tingles")
        await person.press("m")
        await person.until_seen("lower-leg", "L 5.6+ 83%")
        await person.press("m")
        await person.until_seen("> left lower leg")
        await person.press("l")
        await person.until_seen("supine, feels: painful")
        await person.press("a")
        await person.until(lambda: session.world.course.done("ask"), "an answer")
        await person.until_seen(session.world.words.split("; ")[0][:40])
        await person.press("h")
        # What is long goes on in the next line.
        await person.until_seen(session.world.scenario.patient.history[0].gave[:14])
        await person.press("h", "question_mark")
        await person.until_seen("Hint: ", session.world.scenario.hints[0][:30], "lower leg")
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
    assert len(lines) <= 12
    assert max(map(len, lines)) <= SMALL[0] - 2
    beside = beside_lines(state, "right-front-of-thigh", len(FRONT))
    assert len(beside) <= len(FRONT)
    assert max(map(len, beside)) <= SMALL[0] - 4 * HALF - 4
    assert "low-back-middle" in "\n".join(beside_lines(state, "perineum", 40)), "where there is room, every region"


def test_the_figure_has_each_region_on_its_side_and_in_its_view() -> None:
    """From the front the patient's right is on the viewer's left, from behind it is on his right."""
    views: dict[str, set[str]] = {"front": set(), "back": set()}
    for (_row, column), region in figure_cells().items():
        view = "front" if column < 2 * HALF else "back"
        views[view].add(region)
        is_left_of_picture = column % (2 * HALF + 2) < HALF
        if region.startswith(("left-", "right-")):
            assert region.startswith("right-") == (is_left_of_picture == (view == "front")), (region, column)
    assert (views["front"] | views["back"]) - {""} == set(regions())
    only_behind = {"occiput", "low-back-middle"} | {
        f"{side}-{name}" for side in ("left", "right") for name in ("low-back", "buttock", "back-of-thigh")
    }
    assert not only_behind & views["front"]
    assert not {region for region in views["back"] if region.endswith(("chest", "abdomen", "groin", "front-of-thigh"))}
    assert len(FRONT) == len(BACK)


def test_the_figure_says_without_colour_what_hurts_and_how_much_of_it_tingles() -> None:
    state = {
        "regions": list(regions()),
        "pain": {"left-foot": 7.5, "right-knee": 10.0},
        "covered": {"left-foot": 60, "right-knee": 19, "left-hand": 100, "right-hand": 1},
    }
    for scale in (1, 2):
        rows = figure_rows(state, scale)
        assert {sum(len(run.text) for run in row) for row in rows} == {(4 * HALF + 2) * scale}
        shown: dict[str, str] = {}
        for row in rows:
            for run in row:
                shown[run.region] = shown.get(run.region, "") + run.text
        assert set(shown["left-foot"]) == {"▓", "8", "+"}
        assert set(shown["right-knee"]) == {"░", "X", "!"}
        assert set(shown["left-hand"]) == {"█"}
        assert set(shown["right-hand"]) == {"░"}
        assert set(shown["left-neck"]) == {"·"}
    assert region_at(22, 32, 2) == region_at(11, 16) == "left-lower-leg"


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
