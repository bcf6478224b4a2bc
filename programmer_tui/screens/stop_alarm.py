"""The red screen: STOP was pressed and nobody confirmed it for a second. It goes by itself when somebody does."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static


class StopAlarm(ModalScreen[None]):
    """Says in words what to do; STOP goes on being sent."""

    DEFAULT_CSS = """
    StopAlarm { align: center middle; background: $error; }
    StopAlarm Static { width: 80%; height: auto; content-align: center middle; text-align: center; }
    StopAlarm Static { background: $error; color: $text; text-style: bold; padding: 2; border: heavy $text; }
    """

    def compose(self) -> ComposeResult:
        yield Static(
            "STIMULATION MAY BE ON - USE THE MAGNET\n\n"
            "STOP was sent and the implant has not confirmed it.\nIt is sent again 20 times a second until it is."
        )
