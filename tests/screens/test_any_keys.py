"""Somebody leans on the keyboard: whatever is pressed, in whatever order and however fast, the programmer goes on.

So it does when they click anywhere meanwhile, when the terminal gets another size, and when another implant is on the
link. A programmer that ends takes STOP with it, so each run ends by pressing that.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from pathlib import Path

import pytest

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp
from programmer_tui.screens.base import FURTHER
from programmer_tui.screens.stop_alarm import StopAlarm
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import EMULATED, LARGE, SMALL, Person, story

BURSTS, TOGETHER = 60, 4
NARROW, TINY = (40, 10), (20, 5)
SIZES = (SMALL, LARGE, NARROW)
KEYS = (
    *(f"f{number}" for number in range(1, 9)), "up", "down", "left", "right", "enter", "escape", "tab", "shift+tab",
    "space", "pageup", "pagedown", "home", "end", "backspace", "delete", "ctrl+o", "ctrl+p", "ctrl+s", "ctrl+y",
    "ctrl+z", "shift+up", "ctrl+right", *string.ascii_lowercase, *string.digits, *"+-=./",
)  # fmt: skip
"""Not F9, which starts a demonstration, and not Ctrl+Q."""


def has_an_end(app: ProgrammerApp) -> bool:
    """Whether STOP was answered, or a person was told that it was not."""
    return app.link.stop_state == "confirmed" or any(isinstance(screen, StopAlarm) for screen in app.screen_stack)


async def stay(_app: ProgrammerApp) -> None:
    """Instead of leaving."""


async def something_else(person: Person, chance: random.Random, implants: Sequence[LiveImplant]) -> None:
    """Most of the time nothing; else what is no key."""
    app = person.app
    match chance.choices(("nothing", "show", "click", "size", "implant", "let go"), (52, 20, 15, 7, 4, 2))[0]:
        case "show":
            app.action_show(chance.choice([name for name, _, _ in FURTHER]))
        case "click":
            width, height = app.size
            await person.click_at(chance.randrange(width), chance.randrange(height))
        case "size":
            await person.resize(chance.choice((*SIZES, TINY)))
        case "implant":
            app.link.connect_through(EMULATED, chance.choice(implants).connect)
        case "let go":
            app.link.let_go()


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
@pytest.mark.parametrize("seed", [1, *(pytest.param(number, marks=pytest.mark.nightly) for number in range(2, 41))])
def test_any_keys_leave_a_programmer_that_stops(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    pressed: list[str] = []
    # What is exported goes into files of its own.
    monkeypatch.chdir(tmp_path)

    # Leaving is what a person may do at any moment; here nobody leaves.
    monkeypatch.setattr(ProgrammerApp, "action_quit", stay)

    async def tell(person: Person) -> None:
        app = person.app
        for _ in range(BURSTS):
            await something_else(person, chance, implants)
            keys = chance.choices(KEYS, k=chance.randint(1, TOGETHER))
            pressed.extend(keys)
            await person.drum(*keys)
            assert app.is_running, pressed
        app.link.connect_through(EMULATED, implants[0].connect)
        await person.press("f12")
        await person.until(lambda: has_an_end(app), f"the end of STOP after {pressed}")

    with LiveImplant(a_group()) as one, LiveImplant(serial="SCS-000002") as another:
        implants = (one, another)
        story(tell, one, size=chance.choice(SIZES), role=chance.choice(list(UserRole)))
