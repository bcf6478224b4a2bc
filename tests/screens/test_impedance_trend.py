"""Impedances against those of an earlier session in the book, and what was measured on the picture of the leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable

from firmware_model.bench import Bench
from programmer_tui.presentation import contact_marks
from programmer_tui.widgets.lead_geometry import CELL_WIDTH, cell_text
from scs.programmer.impedance_trend import earlier_measurement, trends
from scs.programmer.reading import Measurement
from scs.records.book import Book
from scs.wire.terms import ContactState
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.recorded_visit import a_recorded_visit
from tests.support.screen_story import LARGE, Person, story

OK, OPEN, SHORT = ContactState.OK, ContactState.OPEN, ContactState.SHORT


@pytest.mark.parametrize(
    ("was", "now", "word"),
    [
        ((500, OK), (600, OK), "+20 %"),
        ((600, OK), (500, OK), "-17 %"),
        ((500, OK), (502, OK), "as before"),
        ((500, OK), (20_000, OPEN), "was ok"),
        ((20_000, OPEN), (500, OK), "was open"),
        ((20_000, OPEN), (30_000, OPEN), "still open"),
    ],
)
def test_a_trend_is_a_percentage_or_another_state(
    was: tuple[int, ContactState], now: tuple[int, ContactState], word: str
) -> None:
    assert trends(Measurement(2, ((7, *now),)), Measurement(1, ((7, *was),))) == {7: word}


def test_a_contact_that_was_not_there_before_has_no_trend() -> None:
    assert trends(Measurement(2, ((7, 500, OK),)), Measurement(1, ((6, 500, OK),))) == {}


def test_only_a_measurement_of_this_implant_in_an_older_session_counts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book'}"
    a_recorded_visit(url, a_group())
    a_recorded_visit(url, a_group(), measured=False)
    with Book(url) as book:
        found = earlier_measurement(book, "SCS-000001")
        assert found is not None
        assert (found.session, len(found.measurement.contacts)) == (1, 16)
        assert earlier_measurement(book, "SCS-000002") is None
        assert earlier_measurement(book, "SCS-000001", before=1) is None


def test_the_screen_says_how_each_contact_moved_and_since_which_session(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book'}"
    a_recorded_visit(url, a_group())

    async def tell(person: Person) -> None:
        Bench(implant.device).break_lead(3)
        await person.press("f5", "m")
        await person.until_seen("'Since then' is since session 1, 2026-11-23", "OPEN: above")
        table = person.app.screen.query_one(DataTable)
        since = [str(table.get_row_at(row)[4]) for row in range(16)]
        assert since[2] == "was ok"
        assert all(word == "as before" or word.endswith("%") for place, word in enumerate(since) if place != 2)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, records_url=url)


def test_without_an_earlier_session_that_is_said(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await person.press("f5")
        await person.until_seen("No earlier session with this implant")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, records_url=f"sqlite:///{tmp_path / 'book'}")


@pytest.mark.hazard("H46")
@pytest.mark.req("PR-07")
def test_what_was_measured_stands_on_the_leads_in_letters() -> None:
    async def tell(person: Person) -> None:
        Bench(implant.device).break_lead(3)
        await person.press("f5", "m")
        await person.until_seen("OPEN: above")
        await person.press("f4")
        await person.until_seen("! 3!open")
        await person.press("down", "down")
        await person.until_seen("measured OPEN")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_a_mark_fits_its_cell_whatever_the_contact_carries() -> None:
    states = [state for state in ContactState if state is not OK]
    marks = contact_marks(Measurement(1, tuple((at, 1, state) for at, state in enumerate(states, 1))))
    assert sorted(marks.values()) == ["high", "loose", "open", "short"]
    for mark in marks.values():
        for share in (0, -333, 1_000):
            assert len(cell_text(16, share, mark)) == CELL_WIDTH
            assert cell_text(16, share, mark) != cell_text(16, share)
