"""What every screen has: who is on the link, how old the data are, an explanation of what has the focus, one line of
warning. A screen fills in `content` and hears `on_link` when something new is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from programmer_tui.presentation import NEVER_CLINICAL, age_text, battery_text, therapy_text
from scs.programmer.worker import WorkerEvent

if TYPE_CHECKING:
    from programmer_tui.app import ProgrammerApp
    from programmer_tui.session_link import SessionLink


class ProgrammerScreen(Screen[None]):
    """The frame around every screen."""

    TITLE_WORD: ClassVar[str] = ""
    DEFAULT_CSS = """
    ProgrammerScreen > #who { height: 1; background: $primary; color: $text; padding: 0 1; }
    ProgrammerScreen > #who.stale { background: $surface-lighten-2; color: $text-muted; }
    ProgrammerScreen > #content { height: 1fr; }
    ProgrammerScreen > #explained { height: 1; color: $text-muted; padding: 0 1; }
    ProgrammerScreen > #never { height: 1; color: $text-warning; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="who", markup=False)
        with Vertical(id="content"):
            yield from self.content()
        yield Static(id="explained", markup=False)
        yield Static(f"F12 STOP   {NEVER_CLINICAL}", id="never", markup=False)
        yield Footer(show_command_palette=False)

    def content(self) -> ComposeResult:
        """The screen's own widgets."""
        yield from ()

    def on_link(self, event: WorkerEvent) -> None:
        """Something new is known; the link has already remembered it."""

    def on_tick(self) -> None:
        """Four times a second while shown: what depends on the age of the data."""

    @property
    def programmer(self) -> ProgrammerApp:
        return cast("ProgrammerApp", self.app)

    @property
    def link(self) -> SessionLink:
        return self.programmer.link

    def show_frame(self) -> None:
        """Who is on the link, what it does, and how old that is."""
        link = self.link
        who = self.query_one("#who", Static)
        if link.description is None or link.status is None:
            said = f"{self.TITLE_WORD} | no implant" + (f" | {link.address}: {link.trouble}" if link.address else "")
        else:
            state = "" if link.is_up else "LINK LOST | "
            said = (
                f"{self.TITLE_WORD} | {link.description.identity.serial} | {state}{therapy_text(link.status)} | "
                f"{battery_text(link.status)} | {age_text(link.age, link.is_stale)}"
            )
        who.update(said)
        who.set_class(link.is_stale, "stale")

    def on_screen_resume(self) -> None:
        self.show_frame()
        self.on_tick()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Every control explains itself on focus."""
        self.query_one("#explained", Static).update(str(event.widget.tooltip or ""))
