"""Themes: what is drawn stands out, colours that mean something differ for every eye, and the choice is remembered."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from firmware_model.bench import Bench
from programmer_tui.app import ProgrammerApp
from programmer_tui.habits import Habits, RememberedTheme
from programmer_tui.screens.question import Question
from programmer_tui.themes import DEFAULT, OWN, THEMES
from scs.cli import programmer
from tests.support.contrast import DEUTAN, PROTAN, contrast, distance, faint_words, linear, seen_by
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, Person, story

LEAST = {"high-contrast": 7.0, "high-contrast-light": 7.0, "colour-blind": 4.5}
"""WCAG 2 asks for 7 at level AAA and for 4.5 at level AA [recalled]."""


@pytest.mark.req("PR-07")
@pytest.mark.hazard("H46")
@pytest.mark.parametrize(
    "theme", ["high-contrast", "colour-blind", pytest.param("high-contrast-light", marks=pytest.mark.slow)]
)
def test_every_word_of_every_screen_stands_out(theme: str) -> None:
    faint: dict[str, dict[str, float]] = {}

    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the groups")
        Bench(implant.device).break_lead(3)
        await person.press("f5", "m")
        await person.until_seen("OPEN: above", "ok")
        faint["measured"] = faint_words(person, LEAST[theme])
        await person.press("f4")
        person.app.screen.query_one("#field-amplitude", Input).value = "10.5 mA"
        person.app.screen.query_one("#field-pulse_width", Input).value = "900 us"
        await person.until_seen("BLOCK")
        faint["judged"] = faint_words(person, LEAST[theme])
        for name in ProgrammerApp.SCREENS:
            person.app.action_show(name)
            await person.press()
            await person.until_seen("F1 Help")
            faint[name] = faint_words(person, LEAST[theme])
        person.app.push_screen(Question("Raise it?", "Raise"))
        await person.until_seen("Raise it?")
        # What lies behind a question is dimmed on purpose.
        assert not {"Raise it?", "Raise", "Cancel"} & set(faint_words(person, LEAST[theme]))

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, habits=Habits(theme))
    assert not {name: words for name, words in faint.items() if words}


@pytest.mark.req("PR-07")
@pytest.mark.hazard("H46")
@pytest.mark.parametrize("theme", LEAST)
def test_the_alarm_stands_out(theme: str) -> None:
    async def tell(person: Person) -> None:
        await person.press("f12")
        await person.until_seen("USE THE MAGNET", "Escape hides this")
        assert not faint_words(person, LEAST[theme])

    story(tell, habits=Habits(theme))


def test_no_two_meanings_are_one_colour_to_eyes_without_red_or_green() -> None:
    variables = {theme.name: theme.variables for theme in OWN}["colour-blind"]
    meanings = [Color.parse(variables[f"text-{meaning}"]) for meaning in ("error", "warning", "success")]
    for one, other in combinations(meanings, 2):
        assert distance(linear(one), linear(other)) > 25
        for eyes in (PROTAN, DEUTAN):
            assert distance(seen_by(one, eyes), seen_by(other, eyes)) > 25


def test_the_measures_know_black_from_white_and_red_from_green() -> None:
    assert round(contrast(Color.parse("#000000"), Color.parse("#FFFFFF"))) == 21
    assert contrast(Color.parse("#777777"), Color.parse("#777777")) == 1
    red, green = Color.parse("#B06000"), Color.parse("#6B8000")
    assert distance(linear(red), linear(green)) > 25
    assert distance(seen_by(red, DEUTAN), seen_by(green, DEUTAN)) < 25


def test_every_theme_that_is_offered_exists() -> None:
    assert set(THEMES) <= {theme.name for theme in OWN} | set(BUILTIN_THEMES)
    assert tuple(THEMES) == programmer.THEMES


def test_a_chosen_theme_is_there_the_next_time(tmp_path: Path) -> None:
    remembered = RememberedTheme(tmp_path / "state" / "theme")

    async def choose(person: Person) -> None:
        person.app.action_show("settings")
        await person.until_seen("(now) textual-dark")
        await person.press("tab", "down", "down", "enter")
        await person.until_seen("(now) high-contrast ")

    async def look(person: Person) -> None:
        assert person.app.theme == "high-contrast"

    assert remembered.name() == DEFAULT
    story(choose, size=LARGE, habits=Habits(remembered=remembered))
    story(look, habits=Habits(remembered=RememberedTheme(tmp_path / "state" / "theme")))


def test_a_remembered_theme_that_is_none_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "theme").write_text("no such theme\n", encoding="utf-8")
    assert RememberedTheme(tmp_path / "theme").name() == DEFAULT
    (tmp_path / "theme").write_bytes(b"\xff\xfe")
    assert RememberedTheme(tmp_path / "theme").name() == DEFAULT
    RememberedTheme(tmp_path).keep("high-contrast")
    assert RememberedTheme().name() == DEFAULT
