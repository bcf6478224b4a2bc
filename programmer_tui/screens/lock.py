"""The locked programmer: STOP works, nothing else does until somebody says who they are. And the words to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from programmer_tui.widgets.dialog import Dialog

if TYPE_CHECKING:
    from programmer_tui.app import ProgrammerApp

GOES_ON = "The implant goes on with what it does. F12 or Ctrl+X: STOP works here too; Ctrl+Q leaves."
NO_WORDS = "No passphrase was chosen (F8, Settings), so this keeps only stray keys away."


class LockScreen(Dialog, ModalScreen[None]):
    """Opens by the passphrase; where none was chosen, by the serial number that is typed, or by `open`."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, why: str) -> None:
        super().__init__()
        self._why = why

    @property
    def _programmer(self) -> ProgrammerApp:
        return cast("ProgrammerApp", self.app)

    @property
    def _wanted(self) -> str:
        """What opens it while there is no passphrase."""
        description = self._programmer.link.description
        return "open" if description is None else description.identity.serial

    def compose(self) -> ComposeResult:
        has_words = self._programmer.habits.passphrase.is_set
        asked = "Your passphrase, then Enter:" if has_words else f"Type {self._wanted}, then Enter. {NO_WORDS}"
        with Vertical():
            yield Static(f"LOCKED: {self._why}.\n\n{GOES_ON}\n\n{asked}", markup=False)
            yield Input(id="words", password=has_words, tooltip="Enter opens the programmer when the words are right")
            yield Static(id="wrong", markup=False)

    def prepare(self) -> None:
        self.query_one("#words", Input).focus()

    @on(Input.Submitted)
    def _on_words(self, event: Input.Submitted) -> None:
        words, passphrase = event.value, self._programmer.habits.passphrase
        is_right = passphrase.is_right(words) if passphrase.is_set else words.strip() == self._wanted
        if is_right:
            self._programmer.unlock()
            self.dismiss()
        else:
            event.input.value = ""
            self.query_one("#wrong", Static).update("These are not the words; it stays locked.")


class PassphraseEntry(Dialog, ModalScreen[bool]):
    """Chooses the words; the former ones are asked for first, because a programmer may have been left alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="passphrase.cancel", tooltip="Leave the passphrase as it is"),
    ]

    def compose(self) -> ComposeResult:
        passphrase = cast("ProgrammerApp", self.app).habits.passphrase
        with Vertical():
            yield Static("What opens this programmer when it has locked itself.", markup=False)
            if passphrase.is_set:
                yield Input(
                    id="former", password=True, placeholder="the former passphrase", tooltip="What opens it until now"
                )
            yield Input(id="new", password=True, placeholder="the new one", tooltip="Six letters or more")
            yield Input(id="again", password=True, placeholder="the new one again", tooltip="Enter keeps it")
            yield Static(id="wrong", markup=False)
            yield Static("Tab moves, Enter keeps it, Escape does not.", markup=False)

    def prepare(self) -> None:
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _on_typed(self) -> None:
        passphrase = cast("ProgrammerApp", self.app).habits.passphrase
        new, again = (self.query_one(name, Input).value for name in ("#new", "#again"))
        if passphrase.is_set and not passphrase.is_right(self.query_one("#former", Input).value):
            trouble = "the former passphrase is another one"
        elif new != again:
            trouble = "the two are not the same"
        else:
            trouble = passphrase.keep(new)
        if trouble:
            self.query_one("#wrong", Static).update(f"Not kept: {trouble}.")
        else:
            self.dismiss(True)

    def action_cancel(self) -> None:
        self.dismiss(False)
