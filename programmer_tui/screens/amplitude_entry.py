"""One amplitude, typed with its unit; what cannot be read or is off the device's grid is said, not corrected."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from programmer_tui.forms import read_amplitude
from programmer_tui.widgets.dialog import Dialog
from scs.domain.profile import CurrentRange
from scs.domain.units import CURRENT, format_quantity
from scs.errors import BadQuantity


class AmplitudeEntry(Dialog, ModalScreen[int | None]):
    """Microamperes, or None when nothing is to change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="entry.cancel", tooltip="Change nothing"),
    ]

    def __init__(self, target_ua: int, grid: CurrentRange) -> None:
        super().__init__()
        self._target_ua = target_ua
        self._grid = grid

    def compose(self) -> ComposeResult:
        shown = format_quantity(self._target_ua, CURRENT)
        with Vertical():
            yield Static(f"The target is {shown}. Another amplitude, such as 2.5 mA:", markup=False)
            yield Input(id="amplitude", tooltip="Enter asks the implant for it, Escape changes nothing")
            yield Static(id="wrong", markup=False)
            yield Static("Enter tries it, Escape changes nothing.", markup=False)

    def prepare(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _on_typed(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(read_amplitude(event.value, self._grid))
        except BadQuantity as error:
            self.query_one("#wrong", Static).update(str(error))

    def action_cancel(self) -> None:
        self.dismiss(None)
