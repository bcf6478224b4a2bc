"""What holds on every screen and question: nothing cut at 80x24 and 200x60, and every control explains itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from textual.screen import Screen

from programmer_tui.actions import UserRole, may_show
from programmer_tui.app import ProgrammerApp
from programmer_tui.presentation_frame import NEVER_CLINICAL
from programmer_tui.screens.amplitude_entry import AmplitudeEntry
from programmer_tui.screens.base import PLACES, ProgrammerScreen
from programmer_tui.screens.lock import LockScreen, PassphraseEntry
from programmer_tui.screens.pairing import PairingScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.screens.stop_alarm import NO_LINK, StopAlarm
from programmer_tui.screens.typed_question import TypedQuestion
from programmer_tui.screens.unresolved import UnresolvedScreen
from programmer_tui.session_lock import WHY_IDLE
from programmer_tui.setting import Setting
from scs.clock import Instant
from scs.domain.impedance import Impedances
from scs.programmer.worker_events import StopConfirmed
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import DEFAULT, REFERENCE, a_group, an_implant
from tests.support.screen_story import SMALL, Person, story
from tests.support.whole import cut, unexplained

WIDE = (200, 60)
GLANCES = 20
SEEN_LESS = (UserRole.PATIENT, UserRole.SERVICE)
"""They have fewer controls on each screen than the others, and no others."""
ROLES_AND_SIZES = [
    *(pytest.param(SMALL, role, marks=[pytest.mark.slow] * (role in SEEN_LESS)) for role in UserRole),
    (WIDE, UserRole.ENGINEER),
]


def questions() -> list[Screen[Any]]:
    """One of each that is asked over a screen."""
    group = a_group()
    setting = Setting(an_implant(), REFERENCE, DEFAULT, Impedances())
    review = ReviewScreen(0, None, group, setting.judge(group), setting)
    entry = AmplitudeEntry(5_200, REFERENCE.amplitude)
    became = UnresolvedScreen(("starting slot 0 was carried out",))
    own: list[Screen[Any]] = [
        TypedQuestion("It cannot be taken back.", "SCS-000001", "Mark"),
        PairingScreen("SCS-000001"),
        LockScreen(WHY_IDLE),
        PassphraseEntry(),
    ]
    return [Question("Raise it?", "Raise"), review, entry, became, StopAlarm(NO_LINK), *own]


async def cut_at_rest(person: Person) -> list[str]:
    """What is cut once the layout has followed the text that came last, which takes it a moment."""
    found: list[str] = []
    for _ in range(GLANCES):
        await person.press()
        found = list(cut(person.app.screen))
        if not found:
            break
    return found


def _is_built(question: Screen[Any]) -> bool:
    return question.is_current and bool(question.children)


@pytest.mark.parametrize("name", sorted(ProgrammerApp.SCREENS))
def test_what_happens_before_a_screen_is_built_asks_nothing_of_it(name: str) -> None:
    screen = ProgrammerApp.SCREENS[name]()
    assert isinstance(screen, ProgrammerScreen)
    screen.fit_role()
    screen.hear(StopConfirmed(Instant(0)))
    screen.tick()


@pytest.mark.parametrize(("size", "role"), ROLES_AND_SIZES, ids=str)
def test_no_screen_is_cut(size: tuple[int, int], role: UserRole) -> None:
    bad: list[str] = []

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        person.app.link.submit("start", lambda client, show: client.start(0))
        await person.until_seen("therapy on")
        for name in ProgrammerApp.SCREENS:
            if not may_show(role, name):
                continue
            person.app.action_show(name)
            await person.until_seen("F12 or Ctrl+X: STOP", NEVER_CLINICAL)
            places = person.sees().splitlines()[0]
            bad.extend(f"{name}: no {word}" for _, at, word in PLACES if may_show(role, at) and word not in places)
            bad.extend(f"{name}: {said}" for said in await cut_at_rest(person))

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=size, role=role)
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=str)
def test_no_question_is_cut(size: tuple[int, int]) -> None:
    bad: list[str] = []

    async def tell(person: Person) -> None:
        for question in questions():
            person.app.push_screen(question)
            await person.until(partial(_is_built, question), "the question")
            bad.extend(f"{type(question).__name__}: {said}" for said in await cut_at_rest(person))
            bad.extend(f"{type(question).__name__}: {said} has no tooltip" for said in unexplained(question))
            person.app.pop_screen()

    story(tell, size=size)
    assert not bad, "\n".join(bad)


def test_every_control_explains_itself_in_a_line_that_fits() -> None:
    bad: list[str] = []

    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the groups")
        for name in ProgrammerApp.SCREENS:
            person.app.action_show(name)
            await person.until_seen("F12 or Ctrl+X: STOP")
            bad.extend(f"{name}: {said} has no tooltip" for said in unexplained(person.app.screen))
            for control in person.app.screen.focus_chain:
                control.focus()
                tooltip = str(control.tooltip)
                await person.until(lambda said=tooltip: person.said("#explained") == said, f"{name}: {tooltip}")  # type: ignore[misc]
                explained = person.said("#explained")
                room = person.app.screen.query_one("#explained").content_size.width
                if len(explained) > room:
                    bad.append(f"{name}: {control} has {len(explained)} letters for {room}: {explained!r}")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=SMALL)
    assert not bad, "\n".join(bad)
