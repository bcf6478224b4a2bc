"""A recorded session is chosen, stepped through, sought in and played, and shows what was known then."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text
from textual.widgets import Input, OptionList

from programmer_tui.presentation_session import seek_place
from scs.clock import Duration
from scs.records.book import Book
from scs.records.entry import Entry, Kind
from tests.support.books import OPENING, a_record
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.recorded_visit import a_recorded_visit
from tests.support.screen_story import LARGE, Person, story

DAY = a_group(a_program(name="left leg", amplitude_ua=2_000))


def a_book(folder: Path) -> str:
    url = f"sqlite:///{folder / 'records.sqlite'}"
    a_recorded_visit(url, DAY)
    return url


async def _open_session(person: Person) -> None:
    await person.press("f8")
    await person.until_seen("what was done and seen before")
    await person.press("enter")
    await person.until_seen("SCS-000001", "test at memory")
    await person.press("enter")
    await person.until_seen("session opened with implant SCS-000001")


def test_a_session_is_stepped_through_and_shows_what_was_known_then(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await _open_session(person)
        assert person.said("#known") == "Nothing was heard of the implant yet."
        await person.press("end")
        await person.until(lambda: "left leg" in person.said("#known"), "the group that was written")
        assert "16 contacts measured: all sound" in person.said("#known")
        assert person.said("#line") == "session closed"
        await person.press("home")
        await person.until(lambda: "left leg" not in person.said("#known"), "the beginning, when nothing was known")

    story(tell, size=LARGE, records_url=a_book(tmp_path))


def test_the_list_tells_the_session_under_way_from_one_whose_programmer_was_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    with Book(url) as book:
        killed = book.begin(OPENING)

    async def tell(person: Person) -> None:
        await person.press("f8")
        await person.until_seen("what was done and seen before")
        await person.press("enter")
        seen = await person.until_seen("under way", "NOT CLOSED")
        own, other = (line for line in seen.splitlines() if "test at" in line)
        assert "under way" in own
        assert "NOT CLOSED" in other
        assert other.split()[:1] == [str(killed)]

    with LiveImplant() as implant:
        story(tell, implant, size=LARGE, records_url=url, record=lambda _address, say: a_record(url, say))


def test_one_seeks_by_a_time_and_by_ten_seconds(tmp_path: Path) -> None:
    def place(person: Person) -> int | None:
        return person.app.screen.query_one("#lines", OptionList).highlighted

    async def tell(person: Person) -> None:
        await _open_session(person)
        await person.press("t")
        person.app.screen.query_one("#time", Input).value = "1 h"
        await person.press("enter")
        await person.until(lambda: "session closed" in person.said("#line"), "the end")
        last = place(person)
        await person.press("left")
        await person.until(lambda: place(person) == 0, "the beginning, less than ten seconds before")
        await person.press("right")
        await person.until(lambda: place(person) == last, "the end again")
        await person.press("t")
        person.app.screen.query_one("#time", Input).value = "soon"
        await person.press("enter")
        await person.until_seen("soon")
        assert place(person) == last

    story(tell, size=LARGE, records_url=a_book(tmp_path))


def test_playing_goes_to_the_end_by_itself(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await _open_session(person)
        await person.press("space")
        await person.until_seen("Playing")
        await person.until(lambda: "session closed" in person.said("#line"), "the end")

    story(tell, size=LARGE, records_url=a_book(tmp_path))


def test_a_book_that_is_not_whole_is_said(tmp_path: Path) -> None:
    url = a_book(tmp_path)
    engine = create_engine(url)
    with engine.begin() as page:
        page.execute(text("update entries set name = 'x' where sequence = 2"))
    engine.dispose()

    async def tell(person: Person) -> None:
        await person.press("f8", "enter")
        await person.until_seen("test at memory")
        await person.press("enter")
        await person.until_seen("THE BOOK IS NOT WHOLE: session 1: line 2 was changed")

    story(tell, size=LARGE, records_url=url)


def test_a_book_that_cannot_be_read_is_said_and_stop_still_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "delivery")
        await person.press("f8", "enter")
        await person.until_seen("cannot open the session records")
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "STOP")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, records_url=f"sqlite:///{tmp_path / 'file' / 'x'}")


def test_without_a_book_the_screen_says_how_to_get_one() -> None:
    async def tell(person: Person) -> None:
        await person.press("f8", "enter")
        await person.until_seen("Sessions are not recorded here")

    story(tell)


def test_every_place_has_room_on_eighty_columns() -> None:
    async def tell(person: Person) -> None:
        await person.press("f8")
        first = person.sees().splitlines()[0]
        assert "F1 Help" in first
        assert "[F8 More]" in first

    story(tell)


def test_seeking_finds_the_last_line_at_or_before_the_time() -> None:
    lines = tuple(Entry(at_us, Kind.STATUS, "", {}) for at_us in (5, 10, 10, 20))
    assert [seek_place(lines, Duration(wanted)) for wanted in (0, 5, 10, 19, 20, 99)] == [0, 0, 2, 2, 3, 3]


def test_two_sessions_are_compared_and_one_is_written_as_a_report(tmp_path: Path) -> None:
    url = a_book(tmp_path)
    a_recorded_visit(url, a_group(a_program(name="left leg", amplitude_ua=3_000)), measured=False)
    report = tmp_path / "visit.html"

    async def tell(person: Person) -> None:
        person.app.action_show("sessions")
        await person.until_seen("Enter opens one")
        await person.press("c")
        await person.until_seen("Session 2 is to be compared")
        await person.press("down", "c")
        await person.until_seen("Session 1, ", "Session 2, ", "program 1 amplitude", "2 mA -> 3 mA")
        await person.press("l")
        await person.until_seen("Enter opens one")
        await person.press("w")
        await person.until_seen("session-2.html")
        person.app.screen.query_one("#path", Input).value = str(tmp_path / "visit.txt")
        await person.press("enter")
        await person.until_seen("Not written: ", "ends in none of")
        for said in ("Written: ", "Not written: "):
            await person.press("w")
            person.app.screen.query_one("#path", Input).value = str(report)
            await person.press("enter")
            await person.until_seen(said)
        assert "left leg" in report.read_text(encoding="utf-8")

    story(tell, size=LARGE, records_url=url)
