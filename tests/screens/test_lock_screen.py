"""A programmer that was left alone locks itself: STOP works, nothing else does, and words open it again."""

from __future__ import annotations

import pytest

from programmer_tui.habits import Habits
from programmer_tui.passphrase import Passphrase
from programmer_tui.screens.lock import LockScreen
from programmer_tui.session_lock import IDLE, LONGEST
from scs.clock import Duration
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import MovableClock, Person, story


def is_locked(person: Person) -> bool:
    return isinstance(person.app.screen, LockScreen)


async def leave_alone(person: Person, clock: MovableClock, duration: Duration = IDLE) -> None:
    clock.advance(duration)
    await person.until(lambda: is_locked(person), "the lock")


@pytest.mark.req("PR-08", "PR-06")
@pytest.mark.hazard("H32")
@pytest.mark.hazard("H38")
def test_ten_idle_minutes_lock_everything_but_stop() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "the first pulse")
        await leave_alone(person, clock)
        await person.press("f4", "x", "up")
        assert is_locked(person)
        await person.until_seen("LOCKED: nobody has touched it for 10 minutes", "STOP works here too")
        assert implant.is_delivering
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock)


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_the_key_that_comes_after_ten_minutes_does_nothing_but_lock() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        clock.advance(IDLE)
        await person.press("s")
        await person.until(lambda: is_locked(person), "the lock")
        assert not implant.is_delivering
        assert not person.app.link.is_doing("start")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock)


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_the_passphrase_opens_it_and_nothing_else_does() -> None:
    clock, passphrase = MovableClock(), Passphrase()
    passphrase.keep("low back")

    async def tell(person: Person) -> None:
        await leave_alone(person, clock, LONGEST)
        await person.until_seen("LOCKED: it was open for 8 hours", "Your passphrase")
        await person.type("SCS-000001")
        await person.press("enter")
        await person.until_seen("These are not the words")
        await person.press("escape")
        assert is_locked(person)
        await person.type("low back")
        assert "low back" not in person.sees()
        await person.press("enter")
        await person.until(lambda: not is_locked(person), "the screen below")
        assert not person.app.lock.is_locked

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock, habits=Habits(passphrase=passphrase))


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_without_a_passphrase_the_serial_number_is_typed_and_it_is_said_what_that_is_worth() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await leave_alone(person, clock)
        await person.until_seen("Type SCS-000001", "keeps only stray keys away")
        await person.type("SCS-000001")
        await person.press("enter")
        await person.until(lambda: not is_locked(person), "the screen below")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock)


def test_without_an_implant_there_is_nothing_to_lock() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        clock.advance(LONGEST)
        await person.press("f3")
        await person.until_seen("No implant has been heard yet")

    story(tell, clock=clock)


def test_a_passphrase_is_chosen_on_the_settings_screen_and_changed_only_by_whoever_knows_it() -> None:
    habits = Habits()

    async def tell(person: Person) -> None:
        person.app.action_show("settings")
        await person.until_seen("Passphrase...")
        await person.press("p")
        await person.until_seen("the new one again")
        await person.type("low back")
        await person.press("tab")
        await person.type("low bakc")
        await person.press("enter")
        await person.until_seen("Not kept: the two are not the same")
        await person.press("backspace", "backspace", "c", "k", "enter")
        await person.until_seen("The passphrase was kept")
        assert habits.passphrase.is_right("low back")
        await person.press("p")
        await person.until_seen("the former passphrase")
        await person.press("tab")
        await person.type("leg pain")
        await person.press("tab")
        await person.type("leg pain")
        await person.press("enter")
        await person.until_seen("the former passphrase is another one")
        await person.press("escape")
        assert habits.passphrase.is_right("low back")

    story(tell, habits=habits)
