"""Lists to choose from that take any key at any moment."""

from __future__ import annotations

from contextlib import suppress

from textual.command import Command, CommandList, CommandPalette
from textual.css.query import NoMatches
from textual.widgets import OptionList

from programmer_tui.widgets.dialog import Dialog


class Choices(OptionList):
    """A list whose options may just have become others.

    Textual looks a page up in the lines that it drew last, and fails where it has not drawn the present ones.
    """

    def action_page_up(self) -> None:
        with suppress(LookupError):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        with suppress(LookupError):
            super().action_page_down()  # type: ignore[no-untyped-call]


class Palette(Dialog, CommandPalette):
    """Textual's list of commands, for whom a page is looked up as above.

    It has no identity, so it may be called again while the one before it is still being taken down.
    """

    def _action_command_list(self, action: str) -> None:
        with suppress(LookupError):
            super()._action_command_list(action)

    def _refresh_command_list(self, command_list: CommandList, commands: list[Command], clear_current: bool) -> None:
        # What was looked for may be found when the palette is being taken down.
        with suppress(NoMatches):
            super()._refresh_command_list(command_list, commands, clear_current)
