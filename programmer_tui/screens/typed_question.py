"""A question about what cannot be taken back: the answer is a word that is typed, and Cancel has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from programmer_tui.widgets.dialog import Dialog


class TypedQuestion(Dialog, ModalScreen[bool]):
    """True only when `wanted` was typed and the deed was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="typed.cancel", tooltip="Do nothing"),
    ]

    def __init__(self, question: str, wanted: str, deed: str) -> None:
        super().__init__()
        self._question = question
        self._wanted = wanted
        self._deed = deed

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll(can_focus=False):
                yield Static(self._question, markup=False)
            yield Input(id="typed", placeholder=self._wanted, tooltip="Type what the question names")
            yield Static(id="wrong", markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True, tooltip="Do nothing")
                yield Button(self._deed, id="deed", compact=True, variant="warning", tooltip="Do it")

    def prepare(self) -> None:
        self.query_one("#wrong").display = False
        # Enter alone does nothing here: the field is empty, and says so.
        self.query_one("#typed", Input).focus()

    @on(Button.Pressed, "#deed")
    @on(Input.Submitted)
    def _do(self) -> None:
        typed = self.query_one("#typed", Input).value.strip()
        if typed == self._wanted:
            self.dismiss(True)
            return
        wrong = self.query_one("#wrong", Static)
        wrong.update(
            f"{typed!r} is not {self._wanted!r}: nothing was done." if typed else f"Type {self._wanted} first."
        )
        wrong.display = True

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(False)
