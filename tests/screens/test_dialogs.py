"""A question over a screen is answered once, and takes away nothing but itself."""

from __future__ import annotations

import pytest
from textual.widgets import Button

from programmer_tui.screens.help import HelpScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.stop_alarm import NO_LINK, StopAlarm
from programmer_tui.widgets.choices import Palette
from tests.support.screen_story import Person, story


def test_a_button_that_is_pressed_twice_answers_once_and_leaves_the_screen_below() -> None:
    async def tell(person: Person) -> None:
        below, question = person.app.screen, Question("Do it?", "Do it")
        person.app.push_screen(Question("What lies between?", "Nothing"))
        between = person.app.screen
        person.app.push_screen(question, answers.append)
        await person.until_seen("Do it?")
        deed = question.query_one("#deed", Button)
        for _ in range(3):
            deed.post_message(Button.Pressed(deed))
        await person.press()
        assert answers == [True]
        assert person.app.screen_stack[-2:] == [below, between]

    answers: list[bool | None] = []
    story(tell)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_an_answer_below_the_red_screen_of_a_stop_leaves_it_there() -> None:
    async def tell(person: Person) -> None:
        below, question = person.app.screen, Question("Do it?", "Do it")
        person.app.push_screen(question, answers.append)
        await person.until_seen("Do it?")
        person.app.push_screen(StopAlarm(NO_LINK))
        await person.until_seen("USE THE MAGNET")
        question.dismiss(True)
        question.dismiss(False)
        await person.press()
        assert "USE THE MAGNET" in person.sees()
        await person.press("escape")
        await person.until(lambda: answers, "the answer, once the red screen is gone")
        assert answers == [True]
        assert person.app.screen is below

    answers: list[bool | None] = []
    story(tell)


def test_a_command_that_is_chosen_twice_at_once_is_done_once() -> None:
    async def tell(person: Person) -> None:
        depth = len(person.app.screen_stack)
        await person.press("ctrl+p")
        palette = person.app.screen
        assert isinstance(palette, Palette)
        await person.type("every key")
        await person.until_seen("Help")
        await person.press("down")
        await person.drum("enter", "enter", "enter")
        await person.until(lambda: isinstance(person.app.screen, HelpScreen), "what was chosen")
        assert palette not in person.app.screen_stack
        assert len(person.app.screen_stack) == depth

    story(tell)
