"""The implant's log: downloaded with progress, followed while it grows, filtered as one types, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, ProgressBar, Static

from programmer_tui.presentation import log_line
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.session_link import LOG
from scs.programmer.worker import JobDone, JobFailed, JobProgress

if TYPE_CHECKING:
    from scs.programmer.worker import WorkerEvent


class LogScreen(ProgrammerScreen):
    """New entries are downloaded while the screen is shown."""

    NAME = "log"
    EXPLANATION = "Newest last; what is new in the implant is downloaded while this is shown. Ctrl+R reads now."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "read", "Read", id="log.read", tooltip="Download what is new in the log"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[int, str] = (-1, "")
        self._trouble = ""

    def content(self) -> ComposeResult:
        yield Input(placeholder="filter, such as therapy", id="filter", tooltip="Only lines with this text are shown")
        yield Static(id="said", markup=False)
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False)
        lines = VerticalScroll(id="lines")
        lines.tooltip = "Up, Down, PageUp, PageDown scroll; Tab goes to the filter."
        with lines:
            yield Static(id="entries", markup=False)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one("#lines").focus()

    def action_read(self) -> None:
        self._trouble = ""
        if not self.link.is_doing(LOG):
            self.link.read_log()
        self.show()

    def on_link(self, event: WorkerEvent) -> None:
        progress = self.query_one("#progress")
        if isinstance(event, JobProgress) and self.link.is_doing(LOG):
            progress.display = True
            self.query_one(ProgressBar).update(total=event.progress.total, progress=event.progress.done)
        elif isinstance(event, JobDone | JobFailed) and event.name == LOG:
            progress.display = False
            self._trouble = f"The log could not be read: {event.error}" if isinstance(event, JobFailed) else ""

    @on(Input.Changed, "#filter")
    def _on_filter(self) -> None:
        self.show()

    def show(self) -> None:
        link, wanted = self.link, self.query_one("#filter", Input).value.lower()
        newest = link.log[-1].sequence if link.log else 0
        if link.status is not None and link.status.log_newest > newest and not link.is_doing(LOG) and not self._trouble:
            link.read_log()
        said = self._trouble or (f"{len(link.log)} entries" if link.status else "No implant is connected; F2 connects.")
        self.query_one("#said", Static).update(said)
        if self._shown == (newest, wanted):
            return
        self._shown = (newest, wanted)
        kept = [line for line in map(log_line, link.log) if wanted in line.lower()]
        self.query_one("#entries", Static).update("\n".join(kept) or ("Nothing matches." if link.log else ""))
        self.query_one("#lines", VerticalScroll).scroll_end(animate=False)
