"""A question before something happens; Cancel has the focus, or words have to be typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static


class Question(ModalScreen[bool]):
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

    def on_mount(self) -> None:
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed, "#deed")
    def _do(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(False)


class TypedQuestion(ModalScreen[bool]):
    """True only when exactly these words were typed: a habit of the fingers is not enough."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="typed.cancel", tooltip="Do nothing"),
    ]

    def __init__(self, question: str, words: str) -> None:
        super().__init__()
        self._question = question
        self._words = words

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll(can_focus=False):
                yield Static(self._question, markup=False)
            yield Input(id="typed", tooltip="Enter does it when the words are right, Escape does nothing")
            yield Static(id="wrong", markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True, tooltip="Do nothing")

    def on_mount(self) -> None:
        self.query_one("#typed", Input).focus()

    @on(Input.Submitted)
    def _on_typed(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._words:
            self.dismiss(True)
        else:
            self.query_one("#wrong", Static).update(f"'{event.value}' is not what was asked for; nothing was done.")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(False)
