"""Ten screens and questions at two sizes look as they did when a person last looked at them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Input

from programmer_tui.actions import UserRole
from programmer_tui.screens.lock import LockScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.screens.stop_alarm import NO_ANSWER, StopAlarm
from programmer_tui.session_lock import WHY_IDLE
from programmer_tui.setting import Setting
from scs.clock import Duration
from scs.domain.impedance import Impedances
from scs.domain.program import ElectrodeConfig, PatientLimits
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import DEFAULT, REFERENCE, a_group, a_program, an_implant
from tests.support.screen_story import LARGE, SMALL, Person, story
from tests.support.snapshots import difference, settled

DAY = a_group(
    a_program(
        name="left leg", contacts=ElectrodeConfig.of({3: -600, 4: -400, 7: 1000}), amplitude_ua=3_200,
        patient=PatientLimits(lowest_ua=0, highest_ua=6_000),
    ),
    a_program(name="low back", contacts=ElectrodeConfig.of({11: -1000, 10: 500, 12: 500}), amplitude_ua=2_400),
)  # fmt: skip
HIGH = a_group(a_program(name="left leg", contacts=ElectrodeConfig.of({3: -1000, 7: 1000}), amplitude_ua=11_000,
                         pulse_width_us=300))  # fmt: skip
"""Shannon's k is above 1.85: a rule to acknowledge."""
PATIENCE = Duration.of_s(40)
"""The footer comes last, and late on a machine that is busy with everything else."""
Way = Callable[[Person], Awaitable[None]]


def at(name: str, *words: str) -> Way:
    async def go(person: Person) -> None:
        person.app.action_show(name)
        await person.until_seen(*words, "All actions", timeout=PATIENCE)

    return go


def over(question: Callable[[], Screen[Any]], *words: str) -> Way:
    async def ask(person: Person) -> None:
        person.app.push_screen(question())
        await person.until_seen(*words, timeout=PATIENCE)

    return ask


def review() -> Screen[Any]:
    setting = Setting(an_implant(), REFERENCE, DEFAULT, Impedances())
    return ReviewScreen(0, DAY, HIGH, setting.judge(HIGH), setting)


async def editor(person: Person) -> None:
    person.app.action_show("editor")
    await person.until_seen("left leg", "All actions", timeout=PATIENCE)
    person.app.screen.query_one("#field-amplitude", Input).value = "10.5 mA"
    person.app.screen.query_one("#field-pulse_width", Input).value = "300 us"
    await person.until_seen("CONFIRM", "E1: off", "All actions", timeout=PATIENCE)


SHOWN: dict[str, Way] = {
    "therapy": at("therapy", "slot 0", "low back"),
    "editor": editor,
    "groups": at("groups", "left leg"),
    "schedule": at("schedule", "Battery, 24 h a day"),
    "more": at("more", "Faults"),
    "settings": at("settings", "(now) textual-dark"),
    "help": at("help", "Everywhere"),
    "question": over(lambda: Question("Raise the amplitude by more than 20 % at once?", "Raise"), "Raise"),
    "review": over(review, "not acknowledged: shannon"),
    "alarm": over(lambda: StopAlarm(NO_ANSWER), "STIMULATION MAY BE ON"),
    "lock": over(lambda: LockScreen(WHY_IDLE), "keeps only stray keys away"),
}


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_screens_look_as_they_did_when_a_person_looked(size: tuple[int, int]) -> None:
    found: list[str] = []

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        for name, go in SHOWN.items():
            before = len(person.app.screen_stack)
            await go(person)
            for typed in person.app.screen.query(Input):
                typed.cursor_blink = False
            await at_rest(person)
            found.append(
                difference(f"{name}-{size[0]}x{size[1]}", person.app.export_screenshot(title="scs programmer"))
            )
            while len(person.app.screen_stack) > before:
                person.app.pop_screen()

    with LiveImplant(DAY) as implant:
        story(tell, implant, size=size, role=UserRole.ENGINEER)
    assert not any(found), "\n\n".join(filter(None, found))


async def at_rest(person: Person) -> None:
    """Wait until two pictures in a row are the same: layout and colours follow the text that came last."""
    before = ""

    def is_still() -> bool:
        nonlocal before
        now = settled(person.app.export_screenshot())
        is_same, before = now == before, now
        return is_same

    await person.until(is_still, "the picture to be still")
