"""The programmer's application: its screens, its keys, STOP, and the link's events handed to whoever is shown.

It decides nothing medical. Screens are imported when they are first shown, so that the first paint comes soon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from programmer_tui.actions import STOP_ID, UserRole, bounded, may_show
from programmer_tui.demonstration import SERIAL, Demonstration
from programmer_tui.habits import Habits
from programmer_tui.messages import FromLink, RecordTrouble
from programmer_tui.pairs import AskBench, Pairs
from programmer_tui.permission import is_permitted
from programmer_tui.recent import RecentAddresses
from programmer_tui.screen_names import BY_NAME
from programmer_tui.screens.base import Hearing, ProgrammerScreen
from programmer_tui.session_link import UNRESOLVED, SessionLink
from programmer_tui.session_lock import SessionLock
from programmer_tui.themes import OWN
from scs.clock import Clock, WallClock
from scs.errors import ScsError
from scs.programmer.events import STOP_WARNING
from scs.programmer.worker_events import JobDone, LinkDown, LinkUp, StopNotConfirmed, WorkerEvent
from scs.wire.terms import PairRole

if TYPE_CHECKING:
    from scs.programmer.recording import SessionRecord
    from scs.programmer.unresolved import Notes

RecordOf = Callable[[str, Callable[[str], None]], "SessionRecord | None"]
"""Given an address and whom to tell of trouble: the record of a connection, or None."""
Room = Callable[[Mapping[str, object]], dict[str, Any]]
"""Takes an order to the room around a training implant and brings the answer; raises ScsError."""
BenchOf = Callable[[str], Room]
"""Given the path of an emulator's test bench: what takes orders there, as a room does."""
WriteReport = Callable[[str, int, Path], int]
"""Writes a session of the book at a URL into a new file and gives its size in bytes; raises ScsError."""

TICK_S = 0.25
"""How often what depends on the age of data is looked at: a tenth of the time after which data are stale."""


def _palette() -> type[Provider]:
    from programmer_tui.palette import ActionPalette

    return ActionPalette


class ProgrammerApp(App[None]):
    """The terminal programmer."""

    TITLE = "Programmer"
    CSS_PATH = "programmer.tcss"
    SCREENS: ClassVar[dict[str, Callable[[], Screen[None]]]] = BY_NAME
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        # Two keys: terminals and window managers sometimes keep F12 for themselves; Ctrl+X always arrives.
        Binding("f12,ctrl+x", "stop", "STOP", id="stop", priority=True, tooltip="Output zero at once, from anywhere"),
        Binding("f1", "show('help')", "Help", id="show.help", show=False, tooltip="Every key and what it does"),
        Binding("f2", "show('connect')", "Connect", id="show.connect", show=False, tooltip="Choose an implant"),
        Binding("f3", "show('therapy')", "Therapy", id="show.therapy", show=False, tooltip="Start, titrate, stop"),
        Binding("f4", "show('editor')", "Program", id="show.editor", show=False, tooltip="Edit a group of programs"),
        Binding("f5", "show('impedance')", "Impedance", id="show.impedance", show=False, tooltip="Measure contacts"),
        Binding("f6", "show('log')", "Log", id="show.log", show=False, tooltip="The implant's log"),
        Binding("f7", "show('trace')", "Trace", id="show.trace", show=False, tooltip="Step through a recorded link"),
        Binding("f8", "show('more')", "More", id="show.more", show=False, tooltip="Further screens"),
        Binding(
            "ctrl+p", "command_palette", "All actions", show=False, id="palette", priority=True,
            tooltip="Every action here, to be searched or clicked",
        ),
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True, tooltip="Give the session back and leave"),
    ]  # fmt: skip

    def __init__(
        self,
        address: str = "",
        expect_serial: str | None = None,
        clock: Clock | None = None,
        recent: RecentAddresses | None = None,
        trace_path: str = "",
        record: RecordOf | None = None,
        records_url: str | None = None,
        notes: Callable[[], Notes] | None = None,
        emulators: Path | None = None,
        demonstrate: bool = False,
        role: UserRole = UserRole.CLINICIAN,
        habits: Habits | None = None,
        room: Room | None = None,
        pairs: Pairs | None = None,
        ask_bench: AskBench | None = None,
        bench_of: BenchOf | None = None,
        write_report: WriteReport | None = None,
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        # What a person asks to see is there with the next picture. Textual would let a page scroll at 50 lines a second
        # from where an animation before it had come to: after Home in a long log that takes half an hour.
        self.animation_level = "none"
        self.write_report = write_report
        self._afterwards = afterwards
        """What can wait until there is a picture; done in a thread of its own."""
        self.pairs = pairs or Pairs()
        """The keys of this programmer; without a store it talks in the clear, and every screen says so."""
        self.ask_bench = ask_bench
        """How an emulator's bench is reached, which can hold the magnet; None where nobody reaches one."""
        self.pair: PairRole | None = None
        """Who the pair with the present implant was made for; None in the clear and before there is one."""
        self.room = room
        """The room of a training scenario, in which a patient is; None anywhere else."""
        self._bench_of = bench_of
        self._bench: tuple[str, Room] | None = None
        """The address of an implant, and its test bench."""
        self._unconfirmed = 0
        """Counts the STOPs that came after one that was confirmed, or first."""
        self.role = self._wanted_role = role
        """Who sits here, as far as the pair permits it; `set_role` changes it."""
        self.habits = habits or Habits()
        self.emulators = emulators
        """The folder in which emulators on this machine say that they run; None where nobody looks."""
        serial = expect_serial if demonstrate and expect_serial else SERIAL
        self.demonstration = Demonstration(serial, is_sealed=not self.pairs.is_in_the_clear)
        self._demonstrates = demonstrate
        self.records_url = records_url
        """The book that recorded sessions are read from, if there is one."""
        self.record_trouble = ""
        """Why sessions are not recorded at present; empty while they are, or while nobody wants them to be."""
        self.trace_path = trace_path
        """The trace file that is open on its screen; empty while there is none."""
        self.recent = recent or RecentAddresses()
        self._address = address
        self._expect_serial = expect_serial
        self.clock: Clock = clock or WallClock()
        self.lock = SessionLock(self.clock)
        self.link = SessionLink(
            self.clock, self._hand_over, lambda address: record(address, self._on_record_trouble) if record else None,
            notes, self.pairs.find_key,
        )  # fmt: skip
        self._offered = ""
        """The address at which the walk through a pairing was begun last."""

    def on_mount(self) -> None:
        for theme in OWN:
            self.register_theme(theme)
        self.theme = self.habits.first_theme
        self.set_keymap(dict(self.habits.keymap))
        self.push_screen("trace" if self.trace_path else "therapy" if self._address else "connect")
        self.screen.call_after_refresh(self._do_afterwards)
        self.link.seat(self.role)
        self.set_interval(TICK_S, self._tick)
        if self._address:
            self.link.connect(self._address, self._expect_serial)
        elif self._demonstrates:
            self.demonstrate()

    @work(thread=True, group="afterwards")
    def _do_afterwards(self) -> None:
        self._afterwards()

    async def on_unmount(self) -> None:
        """The session is given back before the process ends; a port that hangs may take some seconds."""
        await asyncio.to_thread(self.link.close)
        await asyncio.to_thread(self.demonstration.end)

    @work(thread=True, exclusive=True, group="demonstration")
    def demonstrate(self) -> None:
        """Start an emulated implant of this programmer's own, which takes a second, and connect to it."""
        from programmer_tui.demonstration_implant import give_group, pair_with

        try:
            address = self.demonstration.start()
            if not self.pairs.is_in_the_clear and self.ask_bench is not None:
                made = pair_with(self.demonstration, self.ask_bench)
                self.pairs.keep_while_running(made.serial, made.shared)
            give_group(self.demonstration, self.pairs.find_key)
        except ScsError as error:
            self.call_from_thread(self.notify, str(error), title="Demonstration", severity="error", timeout=20)
        else:
            self.call_from_thread(self.link.connect, address)

    # ----------------------------------------------------------------------------------------------- the link

    def _hand_over(self, number: int, event: WorkerEvent) -> None:
        """From the worker's thread; posting is the one thing that may be done there."""
        if self.is_running:
            self.post_message(FromLink(number, event))

    def _on_record_trouble(self, trouble: str) -> None:
        """From the record's thread. Therapy is controlled all the same; it is only said."""
        if self.is_running:
            self.post_message(RecordTrouble(trouble))

    def on_record_trouble(self, message: RecordTrouble) -> None:
        self.record_trouble = message.trouble
        self.notify(message.trouble, title="Session record", severity="warning", timeout=20)

    def on_from_link(self, message: FromLink) -> None:
        if not self.link.take(message.number, message.event):
            return
        if isinstance(message.event, LinkUp):
            serial = message.event.description.identity.serial
            if self.link.address != self.demonstration.address:
                self.recent.answered(self.link.address, serial)
            self._fit_pair(None if self.pairs.is_in_the_clear else self.pairs.role(serial))
            self._look_for_bench(self.link.address)
        elif isinstance(message.event, LinkDown):
            self._offer_pairing()
        elif isinstance(message.event, StopNotConfirmed):
            self._raise_alarm(self._unconfirmed)
        elif isinstance(message.event, JobDone) and message.event.name == UNRESOLVED and message.event.result:
            self._show_unresolved(message.event.result)
        for screen in self.screen_stack:
            if isinstance(screen, Hearing):
                screen.hear(message.event)

    @work(thread=True, exclusive=True, group="bench")
    def _look_for_bench(self, address: str) -> None:
        self.call_from_thread(self._take_bench, address, self.bench_door(address))

    def bench_door(self, address: str) -> str:
        """Where the test bench of the emulator at `address` takes orders; empty for a real implant. It reads files."""
        from scs.transport.announcements import announced

        path = self.demonstration.bench if address == self.demonstration.address else ""
        if not path and self.emulators is not None:
            path = next((it.bench for it in announced(self.emulators) if it.address == address), "")
        return path

    @property
    def bench(self) -> Room | None:
        """The test bench of the implant on the link; None while there is none, or nobody who opens it."""
        return self._bench[1] if self._bench is not None and self._bench[0] == self.link.address else None

    def _take_bench(self, address: str, path: str) -> None:
        self._bench = (address, self._bench_of(path)) if path and self._bench_of is not None else None
        for screen in self.screen_stack:
            if isinstance(screen, ProgrammerScreen):
                screen.fit_role()

    # --------------------------------------------------------------------------------------------------- lock

    async def on_event(self, event: events.Event) -> None:
        """Every key and click comes by here first: it counts as a person, and opens nothing that is to be locked."""
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            is_stop = isinstance(event, events.Key) and event.key in self._stop_keys
            if self._lock_when_due() and not is_stop:
                return
            self.lock.touch()
        # While the programmer ends, keys may come when its last screen is gone already.
        with suppress(ScreenStackError):
            await super().on_event(event)

    @property
    def _stop_keys(self) -> set[str]:
        return {"f12", "ctrl+x", *self.habits.keymap.get(STOP_ID, "").split(",")}

    def _lock_when_due(self) -> bool:
        """Whether it was locked just now. Where there is no implant there is nothing that could be changed."""
        why = "" if self.lock.is_locked or self.link.description is None else self.lock.due()
        if not why:
            return False
        from programmer_tui.screens.lock import LockScreen

        self.lock.lock(why)
        self.link.told_lock(f"locked: {why}")
        self.push_screen(LockScreen(why))
        return True

    def unlock(self) -> None:
        """Somebody said who they are."""
        self.lock.open()
        self.link.told_lock("opened again")

    def _tick(self) -> None:
        self._lock_when_due()
        for screen in self.screen_stack:
            if isinstance(screen, ProgrammerScreen):
                screen.tick()

    # --------------------------------------------------------------------------------------------------- STOP

    def action_stop(self) -> None:
        """STOP needs no confirmation and waits for nothing.

        The alarm hangs on a timer of its own, so that it comes even when the link's thread is stuck in a port. It is of
        the first press that nobody has confirmed: the timer of one that was confirmed says nothing about a later one.
        """
        if self.link.stop_state in ("", "confirmed"):
            self._unconfirmed += 1
        if self.link.stop():
            self.set_timer(STOP_WARNING.seconds, partial(self._raise_alarm, self._unconfirmed))
        else:
            self._raise_alarm(self._unconfirmed)

    def _show_unresolved(self, sentences: tuple[str, ...]) -> None:
        from programmer_tui.screens.unresolved import UnresolvedScreen

        if not any(isinstance(screen, UnresolvedScreen) for screen in self.screen_stack):
            self.push_screen(UnresolvedScreen(sentences), self._on_read)

    def _on_read(self, has_read: bool | None) -> None:
        if has_read:
            self.link.settle_unresolved()

    def _offer_pairing(self) -> None:
        """Lead whoever has just connected to an implant without a key through a pairing; not again unasked."""
        unpaired = self.link.unpaired
        if unpaired is None or unpaired.has_key or self._offered == self.link.address:
            return
        if isinstance(self.screen, ProgrammerScreen):
            self.begin_pairing()

    def begin_pairing(self) -> None:
        """Walk through a pairing with the implant that answers and has no key of ours."""
        from programmer_tui.screens.pairing import PairingScreen

        self._offered = self.link.address
        self.push_screen(PairingScreen(self.link.unpaired.serial if self.link.unpaired is not None else ""))

    def _raise_alarm(self, about: int) -> None:
        from programmer_tui.screens.stop_alarm import NO_ANSWER, NO_LINK, StopAlarm

        is_shown = any(isinstance(screen, StopAlarm) for screen in self.screen_stack)
        if about == self._unconfirmed and self.link.stop_state != "confirmed" and not is_shown:
            self.push_screen(StopAlarm(NO_ANSWER if self.link.address else NO_LINK))

    # ------------------------------------------------------------------------------------------------ screens

    def action_command_palette(self) -> None:
        """Every action here, to be searched or clicked."""
        from programmer_tui.widgets.choices import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_show(self, name: str) -> None:
        """Show a screen, unless a question is open that wants its answer first, or it is not for who sits here."""
        if isinstance(self.screen, ProgrammerScreen) and self.has_screen(name):
            self.switch_screen(name)

    def has_screen(self, name: str) -> bool:
        """Whether who sits here has the screen, and the implant on the link too: only an emulator has a bench."""
        return may_show(self.role, name) and (name != "faults" or self.bench is not None)

    # -------------------------------------------------------------------------------------------------- roles

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual asks this before it draws a key and before it does what the key says."""
        return is_permitted(self, self.role, action, parameters, self.pair)

    def set_role(self, role: UserRole) -> None:
        """Somebody else sits here now. What the implant permits stays as it is."""
        self._wanted_role = role
        self._seat(bounded(role, self.pair))

    def _fit_pair(self, pair: PairRole | None) -> None:
        """Nobody sits here with more than the pair was made for: the implant would refuse it."""
        self.pair = pair
        role = bounded(self._wanted_role, pair)
        if role is not self.role:
            self.notify(
                f"This programmer and the implant are paired for a {pair.word if pair else role}: going on as {role}.",
                title="Role", timeout=20,
            )  # fmt: skip
        self._seat(role)

    def _seat(self, role: UserRole) -> None:
        self.role = role
        self.link.seat(role)
        for screen in self.screen_stack:
            if isinstance(screen, ProgrammerScreen):
                screen.fit_role()
        if isinstance(self.screen, ProgrammerScreen) and not may_show(role, self.screen.NAME):
            self.action_show("therapy")
