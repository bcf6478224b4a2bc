"""A person at the programmer: presses keys through Textual's pilot, and waits for what the screens then say.

`story` runs an async function with a programmer, perhaps already connected to a live implant. Waiting lets the
programmer work and names what is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from textual import _wait
from textual.events import Key, MouseDown, MouseUp
from textual.pilot import Pilot
from textual.widgets import Static

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp, RecordOf
from programmer_tui.habits import Habits
from programmer_tui.pairs import Pairs
from programmer_tui.widgets.key_line import KeyLine
from scs.cli.report import write_report
from scs.clock import Clock, Duration, Instant, WallClock
from scs.errors import ScsError
from scs.programmer.pairing_keys import SecretStore, SharedSecret
from scs.programmer.unresolved import Notes
from scs.transport.announcements import Announcer
from tests.support.live_implant import LiveImplant

PATIENCE = Duration.of_s(15)
EMULATED = "emulated"
"""The address of a test's implant."""
SMALL, LARGE = (80, 24), (120, 40)
RESTED = 2

# After each key Textual waits until the process has used less than a twentieth of a slice of time, and for a second at
# most. An implant lives in the same process and always works, so every key would last that second. One short slice is
# enough: what a test looks for it waits for.
_wait.SLEEP_GRANULARITY = 0.005
_wait.SLEEP_IDLE = 1.0


class MovableClock:
    """The machine's clock, and a hand that moves it forward, so that data grow old at once."""

    def __init__(self) -> None:
        self._wall = WallClock()
        self._ahead = Duration(0)

    def now(self) -> Instant:
        return self._wall.now() + self._ahead

    def advance(self, duration: Duration) -> None:
        self._ahead = self._ahead + duration


class KeyRing:
    """A SecretStore in memory; `trouble`, when it is set, is raised by whatever keeps a secret."""

    def __init__(self, **known: SharedSecret) -> None:
        self.known = known
        self.trouble: ScsError | None = None

    def find(self, serial: str) -> SharedSecret | None:
        return self.known.get(serial)

    def keep(self, serial: str, shared: SharedSecret) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.known[serial] = shared

    def forget(self, serial: str) -> None:
        self.known.pop(serial, None)


def keys_of(implant: LiveImplant, pair: int = 1) -> KeyRing:
    """The store of the programmer that has this pair with the implant."""
    return KeyRing(**{implant.serial: implant.secret_of(pair)})


class Person:
    """Presses, looks and waits."""

    def __init__(self, app: ProgrammerApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, each when the programmer has worked off the one before; without a key only let it work."""
        for key in keys:
            await self._pilot.press(key)
            await self._rest()
        await self._rest()
        await self._pilot.pause(0)

    async def _rest(self) -> None:
        """Until no widget of any screen has a message waiting, some turns in a row: work makes work."""
        turns = 0
        while turns < RESTED:
            await self._pilot._wait_for_screen()
            nodes = [
                self.app,
                *(node for screen in self.app.screen_stack for node in screen.walk_children(with_self=True)),
            ]
            turns = 0 if any(node.message_queue_size for node in nodes) else turns + 1

    async def drum(self, *keys: str) -> None:
        """Keys one after the other, with no time in between for the programmer to work any of them off."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))
        await self._pilot.pause(0)

    async def type(self, text: str) -> None:
        names = {" ": "space", "/": "slash", ".": "full_stop", "-": "minus", ":": "colon", "_": "underscore"}
        await self.press(*(names.get(letter, letter) for letter in text))

    async def click(self, selector: str, offset: tuple[int, int] = (0, 0)) -> None:
        await self._pilot.click(selector, offset=offset)
        await self._pilot.pause()

    async def click_at(self, column: int, line: int) -> None:
        """Click whatever is there, without waiting for what it does."""
        for kind in (MouseDown, MouseUp):
            self.app.post_message(kind(None, column, line, 0, 0, 1, False, False, False, column, line))
        await self._pilot.pause(0)

    async def resize(self, size: tuple[int, int]) -> None:
        """The terminal has another size."""
        await self._pilot.resize_terminal(*size)

    async def click_key(self, name: str) -> None:
        """Click a key of the line at the bottom, which shows it."""
        line = self.app.screen.query_one(KeyLine)
        await self.until(lambda: line.where(name) is not None, f"the key {name} in the line at the bottom")
        await self.click("KeyLine", offset=(line.where(name) or 0, 0))

    def sees(self) -> str:
        """Every line that is on the screen now, without colour: what is said without colour is said."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines[:height] if width)

    def said(self, selector: str) -> str:
        """The text of one Static of the present screen."""
        return str(self.app.screen.query_one(selector, Static).render())

    async def until(self, condition: Callable[[], object], what: str, timeout: Duration = PATIENCE) -> None:
        """Let the programmer work until `condition()` is true; fail with `what` and with what is on the screen."""
        clock = WallClock()
        deadline = clock.now() + timeout
        while not condition():
            if clock.now() >= deadline:
                raise AssertionError(f"waited {timeout.seconds:g} s in vain for {what}; the screen says\n{self.sees()}")
            await self._pilot.pause(0.01)

    async def until_seen(self, *words: str, timeout: Duration = PATIENCE) -> str:
        """Wait until all these words are on the screen, and give the screen's text."""
        await self.until(lambda: all(word in self.sees() for word in words), f"{words} on the screen", timeout)
        return self.sees()


Story = Callable[[Person], Awaitable[None]]


def story(
    tell: Story,
    implant: LiveImplant | None = None,
    *,
    size: tuple[int, int] = SMALL,
    clock: Clock | None = None,
    records_url: str | None = None,
    notes: Notes | None = None,
    role: UserRole = UserRole.CLINICIAN,
    habits: Habits | None = None,
    keys: SecretStore | None = None,
    record: RecordOf | None = None,
) -> None:
    """Run `tell` with a person at a programmer, connected to `implant` if there is one, whose bench is open to it.

    With `keys` everything is sealed, without them in the clear. An implant that does not know the key is only asked.
    """

    async def run(emulators: Path) -> None:
        app = ProgrammerApp(
            clock=clock, records_url=records_url, notes=None if notes is None else lambda: notes, role=role,
            habits=habits, emulators=emulators,
            bench_of=None if implant is None else lambda _: implant.order, pairs=Pairs(keys),
            ask_bench=implant.ask_bench if implant is not None else None, write_report=write_report,
            record=record,
        )  # fmt: skip
        async with app.run_test(size=size) as pilot:
            person = Person(app, pilot)
            if implant is not None:
                app.link.connect_through(EMULATED, implant.connect)
                await person.until(lambda: app.link.status or app.link.unpaired, "the first word of the implant")
                if app.link.status is not None:
                    await person.until(lambda: app.bench is not None, "the bench of the implant")
            await tell(person)

    with TemporaryDirectory(prefix="scs-emulators-") as folder:
        if implant is not None:
            Announcer(Path(folder)).announce(
                EMULATED,
                "SCS-000001",
                "a test's",
                doing="",
                battery_permille=0,
                has_writer=False,
                bench="its bench",
                is_sealed=keys is not None,
            )
        asyncio.run(run(Path(folder)))
