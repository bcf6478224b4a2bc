"""The screens that have no key of their own, each with what it is for."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from programmer_tui.screens.base import FURTHER, ProgrammerScreen
from programmer_tui.widgets.choices import Choices


class MoreScreen(ProgrammerScreen):
    """A list to choose from."""

    NAME = "more"
    EXPLANATION = "Up and Down choose, Enter opens; so does a click."
    BINDINGS: ClassVar[list[BindingType]] = []

    def content(self) -> ComposeResult:
        listed = Choices(id="further", markup=False)
        listed.tooltip = self.EXPLANATION
        yield listed

    def prepare(self) -> None:
        self.query_one("#further").focus()

    def draw_for_role(self) -> None:
        """Only the screens that who sits here has, and that this implant has."""
        app, listed = self.programmer, self.query_one("#further", OptionList)
        permitted = [(name, f"{word:<12} {about}") for name, word, about in FURTHER if app.has_screen(name)]
        if [option.id for option in listed.options] != [name for name, _ in permitted]:
            listed.clear_options()
            listed.add_options([Option(text, id=name) for name, text in permitted])
            listed.highlighted = 0

    @on(OptionList.OptionSelected, "#further")
    def _on_chosen(self, event: OptionList.OptionSelected) -> None:
        assert event.option_id is not None, "every option has the name of its screen"
        self.programmer.action_show(event.option_id)
