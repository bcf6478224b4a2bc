"""The red screen: STOP was pressed and the implant has not confirmed it. It goes by itself when somebody does.

It can be hidden, because the way to the implant may be another address; the frame of every screen goes on saying it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from programmer_tui.widgets.dialog import Dialog

if TYPE_CHECKING:
    from programmer_tui.app import ProgrammerApp

GLANCE_S = 0.05
"""How often it is looked whether STOP was confirmed: as often as STOP is sent."""
MAGNET = "STIMULATION MAY BE ON - USE THE MAGNET"
NO_ANSWER = "STOP was pressed and the implant has not confirmed it.\nIt is sent again 20 times a second until it is."
NO_LINK = (
    "STOP was pressed and there is no link to send it over.\nIt is sent first of all when there is one: F2 connects."
)


class StopAlarm(Dialog, ModalScreen[None]):
    """Says in words what to do."""

    DEFAULT_CSS = """
    StopAlarm { align: center middle; background: $error; }
    StopAlarm Static { width: 80%; height: auto; content-align: center middle; text-align: center; }
    StopAlarm Static { background: $error; color: $text; text-style: bold; padding: 2; border: heavy white; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "hide", "Hide", id="alarm.hide", tooltip="Back to the programmer; STOP goes on being sent"),
    ]

    def __init__(self, because: str) -> None:
        super().__init__()
        self._because = because

    def compose(self) -> ComposeResult:
        yield Static(
            f"{MAGNET}\n\n{self._because}\n\nF12 or Ctrl+X presses STOP again. Escape hides this.", markup=False
        )

    def prepare(self) -> None:
        self.set_interval(GLANCE_S, self._leave_when_confirmed)

    def _leave_when_confirmed(self) -> None:
        if self.is_current and cast("ProgrammerApp", self.app).link.stop_state == "confirmed":
            self.dismiss()

    def action_hide(self) -> None:
        self.dismiss()
