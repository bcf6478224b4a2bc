"""The programmer's application: its screens, its keys, STOP, and the link's events handed to whoever is shown.

It decides nothing medical. Screens are imported when they are first shown, so that the first paint comes soon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from programmer_tui.messages import FromLink
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.session_link import SessionLink
from scs.clock import Clock, WallClock
from scs.domain.impedance import Impedances
from scs.domain.lead import Implant, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group
from scs.domain.verdict import Verdict
from scs.programmer.worker import StopConfirmed, StopNotConfirmed, StopSent

if TYPE_CHECKING:
    from programmer_tui.widgets.program_editor import Setting

STAND_IN = "medtronic-977a2"
"""The lead that is drawn while there is no implant: eight contacts, 7 mm apart."""
TICK_S = 0.25
"""How often what depends on the age of data is looked at: a tenth of the time after which data are stale."""


def _connect() -> Screen[None]:
    from programmer_tui.screens.connect import ConnectScreen

    return ConnectScreen()


def _therapy() -> Screen[None]:
    from programmer_tui.screens.therapy import TherapyScreen

    return TherapyScreen()


def _editor() -> Screen[None]:
    from programmer_tui.screens.editor import EditorScreen

    return EditorScreen()


def _impedance() -> Screen[None]:
    from programmer_tui.screens.impedance import ImpedanceScreen

    return ImpedanceScreen()


def _log() -> Screen[None]:
    from programmer_tui.screens.log import LogScreen

    return LogScreen()


def _help() -> Screen[None]:
    from programmer_tui.screens.help import HelpScreen

    return HelpScreen()


class ProgrammerApp(App[None]):
    """The terminal programmer."""

    TITLE = "Programmer"
    ENABLE_COMMAND_PALETTE = False
    SCREENS: ClassVar[dict[str, Callable[[], Screen[None]]]] = {
        "connect": _connect,
        "therapy": _therapy,
        "editor": _editor,
        "impedance": _impedance,
        "log": _log,
        "help": _help,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f12,ctrl+x", "stop", "STOP", id="stop", priority=True, tooltip="Output zero at once, from anywhere"),
        Binding("f1", "show('help')", "Help", id="show.help", tooltip="Every key and what it does"),
        Binding("f2", "show('connect')", "Connect", id="show.connect", tooltip="Choose an implant"),
        Binding("f3", "show('therapy')", "Therapy", id="show.therapy", tooltip="What is delivered, start, amplitude"),
        Binding("f4", "show('editor')", "Program", id="show.editor", tooltip="Edit a group of programs"),
        Binding("f5", "show('impedance')", "Impedance", id="show.impedance", tooltip="Measure the contacts"),
        Binding("f6", "show('log')", "Log", id="show.log", tooltip="The implant's log"),
        Binding("ctrl+q", "quit", "Quit", id="quit", tooltip="Give the session back and leave"),
    ]

    def __init__(self, address: str = "", expect_serial: str | None = None, clock: Clock | None = None) -> None:
        super().__init__()
        self._address = address
        self._expect_serial = expect_serial
        self.clock: Clock = clock or WallClock()
        self.link = SessionLink(self.clock, lambda event: self._hand_over(FromLink(event)))

    def on_mount(self) -> None:
        self.push_screen("therapy" if self._address else "connect")
        self.set_interval(TICK_S, self._tick)
        if self._address:
            self.link.connect(self._address, self._expect_serial)

    def on_unmount(self) -> None:
        self.link.close()

    def _hand_over(self, message: FromLink) -> None:
        """From the worker's thread; posting is the one thing that may be done there."""
        if self.is_running:
            self.post_message(message)

    def on_from_link(self, message: FromLink) -> None:
        self.link.take(message.event)
        self._show_stop(message)
        for screen in self.screen_stack:
            if isinstance(screen, ProgrammerScreen):
                screen.on_link(message.event)
                screen.show_frame()

    def _tick(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ProgrammerScreen):
                screen.show_frame()
                screen.on_tick()

    def _show_stop(self, message: FromLink) -> None:
        from programmer_tui.screens.stop_alarm import StopAlarm

        event = message.event
        is_alarmed = isinstance(self.screen, StopAlarm)
        if isinstance(event, StopNotConfirmed) and not is_alarmed:
            self.push_screen(StopAlarm())
        elif isinstance(event, StopSent):
            self.notify("STOP sent; waiting for the implant to confirm", severity="warning", timeout=2)
        elif isinstance(event, StopConfirmed):
            if is_alarmed:
                self.pop_screen()
            self.notify("STOP confirmed by the implant: output is zero", title="STOP")

    def setting(self) -> Setting:
        """What groups are judged against: the implant on the link, or the reference device when there is none."""
        from programmer_tui.widgets.program_editor import Setting

        description = self.link.description
        if description is None:
            return Setting(
                Implant.model_validate({"leads": [{"port": port, "lead": find_lead(STAND_IN)} for port in "AB"]}),
                find_profile("reference"),
                find_policy("default"),
                Impedances(),
            )
        return Setting(description.implant, description.profile, description.policy, self.link.impedances)

    def judged(self, group: Group) -> Verdict | None:
        """The verdict on a group for the implant on the link; None without one. The implant judges by itself."""
        if self.link.description is None:
            return None
        from scs.domain.safety import judge

        setting = self.setting()
        return judge(group, setting.implant, setting.profile, setting.policy, setting.impedances)

    def action_show(self, name: str) -> None:
        """Show a screen, unless a question is open that wants its answer first."""
        if isinstance(self.screen, ProgrammerScreen):
            self.switch_screen(name)

    def action_stop(self) -> None:
        """STOP needs no confirmation and waits for nothing."""
        if not self.link.stop():
            self.notify("STOP: there is no implant on the link; use the magnet", severity="error")
