"""Every key and what it does, taken from the table of actions."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from programmer_tui.presentation_frame import NEVER_CLINICAL
from programmer_tui.screens.base import ProgrammerScreen


class HelpScreen(ProgrammerScreen):
    """Sorted by where the keys work."""

    NAME = "help"
    EXPLANATION = "Up, Down, PageUp and PageDown scroll."

    def content(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(id="keys", markup=False)

    def prepare(self) -> None:
        self.query_one("#help").focus()
        self.query_one("#help").tooltip = self.EXPLANATION

    def draw_for_role(self) -> None:
        """Only the actions that who sits here has."""
        self.query_one("#keys", Static).update(self._text())

    def _text(self) -> str:
        # It loads every screen, which only those who ask for help wait for.
        from programmer_tui.catalogue import actions, help_lines, with_keymap

        first = f"A {NEVER_CLINICAL}. What is shown is what was read back from the implant, with its age."
        keymap = self.programmer.habits.keymap
        own = ("Your keymap is in force: the keys below are yours, sentences on the screens name the usual ones.",)
        lines = help_lines(with_keymap(actions(), keymap), self.programmer.role)
        return "\n".join((first, *(own if keymap else ()), "", *lines))
