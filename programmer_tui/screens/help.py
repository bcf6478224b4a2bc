"""Every key and what it does, taken from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.widgets import Static

from programmer_tui.presentation import NEVER_CLINICAL
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.lead_picture import LeadPicture
from programmer_tui.widgets.program_editor import ProgramEditor


class HelpScreen(ProgrammerScreen):
    """Sorted by where the keys work."""

    NAME = "help"
    EXPLANATION = "Up, Down, PageUp and PageDown scroll."

    def content(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static("\n".join(self._lines()), markup=False)

    def on_mount(self) -> None:
        self.query_one("#help").focus()
        self.query_one("#help").tooltip = self.EXPLANATION

    def _lines(self) -> Iterator[str]:
        from programmer_tui.screens.impedance import ImpedanceScreen
        from programmer_tui.screens.log import LogScreen
        from programmer_tui.screens.readout import ReadoutScreen
        from programmer_tui.screens.sessions import SessionsScreen
        from programmer_tui.screens.therapy import TherapyScreen
        from programmer_tui.screens.trace import TraceScreen

        rooms: dict[str, type[DOMNode]] = {
            "Therapy": TherapyScreen,
            "Program editor": ProgramEditor,
            "Leads in the editor": LeadPicture,
            "Impedance": ImpedanceScreen,
            "Log": LogScreen,
            "Trace": TraceScreen,
            "Sessions": SessionsScreen,
            "Battery, usage, posture": ReadoutScreen,
        }
        yield f"A {NEVER_CLINICAL}. What is shown is what was read back from the implant, with its age."
        yield ""
        yield "Everywhere"
        yield from _keys(type(self.app))
        for room, owner in rooms.items():
            yield ""
            yield room
            yield from _keys(owner)


def _keys(owner: type[DOMNode]) -> Iterator[str]:
    for binding in owner.BINDINGS:
        if isinstance(binding, Binding) and binding.tooltip:
            yield f"  {binding.key.replace(',', ' or '):<22} {binding.tooltip}"
