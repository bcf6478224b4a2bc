"""Windows, dose and cycling on their screen: typed, judged as one types, drawn as a day, sent after a review."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from programmer_tui.presentation_slots import day_lines
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.screens.schedule import rescheduled
from scs.domain.program import Cycling, replaced
from scs.domain.schedule import Window
from scs.programmer.client import Client
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import LARGE, SMALL, Person, story

HOUR_US = 3_600_000_000


def type_into(person: Person, name: str, text: str) -> None:
    person.app.screen.query_one(f"#field-{name}", Input).value = text


async def show_schedule(person: Person) -> None:
    await person.until(lambda: person.app.link.groups, "the groups that were read back")
    person.app.action_show("schedule")
    await person.until_seen("Slot 0: 'g'")


def test_what_is_typed_is_drawn_judged_reviewed_and_sent() -> None:
    async def tell(person: Person) -> None:
        await show_schedule(person)
        await person.until_seen("delivered always, once it was started; no daily dose", "Battery, 24 h a day")
        type_into(person, "windows", "07:00-13:00, 22:30-01:00")
        type_into(person, "dose", "6 h")
        type_into(person, "cycling", "30 s / 90 s")
        await person.until_seen("07:00 to 13:00 and 22:30 to 01:00", "at most 6 h of it a day", "Battery, 6 h a day")
        await person.press("ctrl+s")
        await person.until_seen("Send 'g' to slot 0?", "07:00 to 13:00 and 22:30 to 01:00", "daily dose", "- -> 6 h")
        for box in person.app.screen.query("Acknowledgement"):
            box.focus()
            await person.press("space")
        person.app.screen.query_one("#send").focus()
        await person.press("enter")
        await person.until_seen("Confirmed by the implant: slot 0 holds 'g'")
        with Client.open(implant.connect()) as reader:
            group = reader.read_group(0).group
        assert group.schedule == (Window(from_minute=420, to_minute=780), Window(from_minute=1_350, to_minute=60))
        assert group.daily_dose_us == 6 * HOUR_US
        assert group.programs[0].cycling == Cycling(on_us=30_000_000, off_us=90_000_000)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("windows", "07:00", "is no window; write its two ends"),
        ("windows", "07:00-25:00", "is no time of the day"),
        ("windows", "07:00-07:00", "has no length"),
        ("dose", "six hours", "Cannot be read: "),
        ("dose", "6", "Cannot be read: "),
        ("cycling", "30 s", "is no cycling"),
        ("cycling", "30 s / soon", "Cannot be read: "),
    ],
)
def test_what_cannot_be_read_is_said_and_not_sent(field: str, text: str, words: str) -> None:
    async def tell(person: Person) -> None:
        await show_schedule(person)
        type_into(person, field, text)
        await person.until_seen(words)
        await person.press("ctrl+s")
        await person.until_seen("This cannot be sent yet")
        assert not isinstance(person.app.screen, ReviewScreen)
        await person.press("ctrl+r")
        await person.until_seen("as it was read back", "delivered always")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=SMALL)


def test_programs_that_cycle_apart_are_left_apart() -> None:
    slow = Cycling(on_us=60_000_000, off_us=60_000_000)
    group = a_group(a_program(name="a", cycling=slow), a_program(name="b"))
    assert rescheduled(group, windows="", dose="", cycling="=") == group
    together = rescheduled(group, windows="", dose="", cycling="1 min / 1 min")
    assert [program.cycling for program in together.programs] == [slow, slow]
    apart = rescheduled(group, windows="", dose="", cycling="")
    assert [program.cycling for program in apart.programs] == [None, None]


def test_without_an_implant_there_is_nothing_to_edit() -> None:
    async def tell(person: Person) -> None:
        person.app.action_show("schedule")
        await person.until_seen("No group was read back; F2 connects")
        await person.press("ctrl+s")
        await person.until_seen("This cannot be sent yet")

    story(tell)


def test_the_day_is_drawn_by_half_hours_over_midnight() -> None:
    windows = (Window(from_minute=1_350, to_minute=60),)
    bar, hours, said = day_lines(windows, HOUR_US)
    assert bar == "██" + "·" * 43 + "███"
    assert [hours.index(it) // 2 for it in ("00:00", "06:00", "12:00", "18:00")] == [0, 6, 12, 18]
    assert said == "delivered 22:30 to 01:00, once it was started; at most 1 h of it a day"
    assert day_lines(None, None)[0] == "█" * 48


def test_a_cleared_field_takes_the_bound_away() -> None:
    bound = replaced(a_group(), daily_dose_us=HOUR_US, schedule=(Window(from_minute=60, to_minute=120),))
    assert rescheduled(bound, windows="", dose="", cycling="=") == a_group()
