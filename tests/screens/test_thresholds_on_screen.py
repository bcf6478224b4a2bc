"""Perception, comfortable and maximum are noted at what is delivered, and another width clears them."""

from __future__ import annotations

from pathlib import Path

import pytest

from programmer_tui.actions import UserRole
from programmer_tui.thresholds import Thresholds
from scs.clock import WallClock
from scs.programmer.client import Client
from scs.programmer.recording import SessionRecord
from scs.programmer.telling import line_words
from scs.records.book import Book
from scs.records.recorder import Recorder
from tests.support.books import OPENING
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import SMALL, Person, story

QUICK = a_program(name="P1", amplitude_ua=2_000, ramp_us=0)


async def start_therapy(person: Person, implant: LiveImplant) -> None:
    await person.press("f3")
    await person.until(lambda: person.app.link.groups, "the groups")
    await person.press("s")
    await person.until(lambda: implant.delivered_ua == (2_000,), "the committed amplitude")
    await person.until_seen("therapy on", "delivered     2 mA")


def noted(person: Person) -> Thresholds:
    link = person.app.link
    return link.noted.of(0, 0, link.groups[0].programs[0])


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_three_keys_note_what_is_felt_and_another_width_forgets_it() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.until_seen("nothing felt is noted: 1 perception")
        await person.press("1")
        await person.until_seen("Noted: perception at 2 mA.", "felt: perception 2 mA, comfortable -")
        await person.press("3")
        await person.until_seen("maximum 2 mA, usage range 1.0 x")
        await person.press("x")
        await person.until_seen("idle")
        await person.press("2")
        await person.until_seen("Nothing is delivered")
        person.app.link.write_group(0, a_group(a_program(name="P1", ramp_us=0, pulse_width_us=220)), (), 1)
        await person.until(lambda: noted(person) == Thresholds(), "nothing noted for another width")

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant, size=SMALL)


def test_what_is_on_its_way_or_stale_or_noted_by_a_patient_is_not_noted() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("2")
        assert noted(person) == Thresholds()
        assert "felt" not in person.sees()

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant, role=UserRole.PATIENT)

    slow = a_program(name="P1", amplitude_ua=2_000, ramp_us=10_000_000)

    async def ramping(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until_seen("therapy ramping up")
        await person.press("2")
        await person.until_seen("Not noted: the amplitude is still on its way")
        assert noted(person) == Thresholds()

    with LiveImplant(a_group(slow)) as implant:
        story(ramping, implant)


def test_a_maximum_below_the_perception_is_not_noted() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("1")
        await person.until_seen("Noted: perception at 2 mA.")
        await person.press("down")
        await person.until_seen("delivered  1.95 mA")
        await person.press("3")
        await person.until_seen("Not noted: maximum, 1.95 mA, would be below perception, 2 mA")
        assert noted(person) == Thresholds(perception_ua=2_000)

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant)


def test_what_was_felt_is_in_the_record(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book'}"
    troubles: list[str] = []
    recorder = Recorder(url, OPENING, WallClock(), troubles.append)
    recorder.start()
    record = SessionRecord(recorder)
    with LiveImplant(a_group(QUICK)) as implant, Client.open(implant.connect(), record=record):
        record.felt(0, "P1", "comfortable", 2_000)
    assert not troubles
    with Book(url) as book:
        assert "felt as comfortable: 'P1' of slot 0 at 2 mA" in map(line_words, book.entries(1))
