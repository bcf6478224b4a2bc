"""What an earlier session left open, and what the implant says became of it. It stays open until it was read."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from programmer_tui.widgets.dialog import Dialog

HEADING = "An earlier session ended in the middle of a change or a pairing. The implant was asked what became of it:"
ADVICE = "Nothing was sent again. What is in force now is on the therapy screen (F3); decide from there."


class UnresolvedScreen(Dialog, ModalScreen[bool]):
    """True when it was read; False leaves it for the next time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "later", "Later", id="unresolved.later", tooltip="Be told again at the next connection"),
    ]

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__()
        self._sentences = sentences

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll(can_focus=False):
                yield Static("\n\n".join([HEADING, *self._sentences, ADVICE]), id="became", markup=False)
            with Horizontal():
                yield Button("Later", id="later", compact=True, tooltip="Be told again at the next connection")
                yield Button("I have read it", id="read", compact=True, tooltip="Close this and do not tell it again")

    def prepare(self) -> None:
        self.query_one("#later", Button).focus()

    @on(Button.Pressed, "#read")
    def _read(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#later")
    def action_later(self) -> None:
        self.dismiss(False)
