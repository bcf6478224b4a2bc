"""A question before something happens; Cancel has the focus, or words have to be typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from programmer_tui.widgets.dialog import Dialog


class Question(Dialog, ModalScreen[bool]):
    """True only when the button that names the deed was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="question.cancel", tooltip="Do nothing"),
    ]

    def __init__(self, question: str, deed: str) -> None:
        super().__init__()
        self._question = question
        self._deed = deed

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll(can_focus=False):
                yield Static(self._question, markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True, tooltip="Do nothing")
                yield Button(self._deed, id="deed", compact=True, variant="warning", tooltip="Do it")

    def prepare(self) -> None:
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed, "#deed")
    def _do(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(False)
