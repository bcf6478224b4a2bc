"""The MRI mode on its screen: reasons for and against, a question before it, one key out, and help if that fails."""

from __future__ import annotations

import pytest

from firmware_model.bench import Bench
from programmer_tui.actions import UserRole
from programmer_tui.screens.question import Question
from scs.clock import Duration
from scs.domain.status import Mode
from scs.programmer.client import Client
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, SMALL, MovableClock, Person, story

pytestmark = [pytest.mark.hazard("H28", "H29"), pytest.mark.req("FW-33")]


async def show_mri(person: Person) -> None:
    person.app.action_show("mri")
    await person.until_seen("Read 0 s ago")


def mode_of(implant: LiveImplant) -> Mode:
    return implant.device.parts.modes.mode


def test_it_is_entered_after_a_question_whose_cancel_has_the_focus_and_left_by_one_key() -> None:
    async def tell(person: Person) -> None:
        await show_mri(person)
        await person.until_seen("good  output", "ASK   scanner", "For a person to decide: leads, scanner.")
        await person.press("e")
        await person.until_seen("Enter the MRI mode?", "not measured")
        await person.press("enter")
        assert mode_of(implant) is not Mode.MRI
        await person.press("e")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("tab", "enter")
        await person.until_seen("Confirmed by the implant: it is in MRI mode", "After the scan: leave it")
        assert mode_of(implant) is Mode.MRI
        await person.press("l")
        await person.until_seen("it has left the MRI mode. Therapy is off")
        assert mode_of(implant) is Mode.IDLE
        assert not implant.is_delivering

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_what_the_implant_refuses_is_said_beforehand_and_in_its_own_words_afterwards() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until_seen("therapy ")
        await show_mri(person)
        await person.until_seen("NO    output", "NOT READY: the implant will refuse, because of output.")
        await person.press("e")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("tab", "enter")
        await person.until_seen("Not entered, nothing is changed", "therapy is running; stop it first")
        assert mode_of(implant) is Mode.THERAPY

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_what_only_the_implant_knows_it_refuses_in_its_own_words() -> None:
    async def tell(person: Person) -> None:
        await show_mri(person)
        Bench(implant.device).magnet(is_near=True)
        await person.press("e")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("tab", "enter")
        await person.until_seen("Not entered, nothing is changed", "take it")
        assert mode_of(implant) is Mode.IDLE

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_leaving_what_was_not_entered_is_refused_and_the_screen_says_what_to_do() -> None:
    async def tell(person: Person) -> None:
        await show_mri(person)
        await person.press("l")
        await person.until_seen("NOT LEFT", "not in MRI mode", "When leaving fails:", "another programmer holds")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_a_silent_link_changes_nothing_and_the_way_out_stays_on_the_screen() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await show_mri(person)
        await person.until_seen("When leaving fails:", "hold a magnet over the implant for 10 s")
        implant.is_silent = True
        clock.advance(Duration.of_s(30))
        await person.press("l")
        await person.until_seen("LOCKED", "The mode waits.")
        assert mode_of(implant) is Mode.MRI

    with LiveImplant(a_group()) as implant:
        with Client.open(implant.connect()) as other:
            other.enter_mri()
        story(tell, implant, size=LARGE, clock=clock)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
def test_a_patient_leaves_the_mode_and_does_not_enter_it(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        await show_mri(person)
        assert "Enter MRI..." not in person.sees()
        await person.press("l")
        await person.until_seen("it has left the MRI mode")
        await person.press("e")
        assert not isinstance(person.app.screen, Question)

    with LiveImplant(a_group()) as implant:
        with Client.open(implant.connect()) as other:
            other.enter_mri()
        story(tell, implant, role=UserRole.PATIENT, size=size)
