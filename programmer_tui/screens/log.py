"""The implant's log: downloaded with progress, filtered as one types, newest last."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, ProgressBar, Static

from programmer_tui.presentation import log_line
from programmer_tui.screens.base import ProgrammerScreen
from scs.domain.status import LogEntry
from scs.programmer.worker import JobDone, JobFailed, JobProgress, LinkUp, WorkerEvent

DOWNLOAD = "log"


class LogScreen(ProgrammerScreen):
    """Ctrl+r reads what is new."""

    TITLE_WORD = "Log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "read", "Read", id="log.read", tooltip="Download what is new in the log"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[LogEntry] = []

    def content(self) -> ComposeResult:
        yield Input(placeholder="filter, such as therapy", id="filter", tooltip="Only lines with this text are shown")
        yield ProgressBar(id="progress", show_eta=False)
        with VerticalScroll(id="lines"):
            yield Static("Ctrl+r reads the log.", id="entries", markup=False)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.action_read()

    def action_read(self) -> None:
        after = self._entries[-1].sequence if self._entries else 0
        if not self.link.submit(DOWNLOAD, lambda client, show: client.log(after, show)):
            self.query_one("#entries", Static).update("No implant is connected.")

    def on_link(self, event: WorkerEvent) -> None:
        bar = self.query_one("#progress", ProgressBar)
        if isinstance(event, LinkUp):
            self._entries.clear()
        elif isinstance(event, JobProgress) and event.progress.doing.startswith("reading the log"):
            bar.display = True
            bar.update(total=event.progress.total, progress=event.progress.done)
        elif isinstance(event, JobDone) and event.name == DOWNLOAD:
            bar.display = False
            self._entries.extend(event.result)
            self._show(self.query_one("#filter", Input).value)
            self.query_one("#lines", VerticalScroll).scroll_end(animate=False)
        elif isinstance(event, JobFailed) and event.name == DOWNLOAD:
            bar.display = False
            self.query_one("#entries", Static).update(f"The log could not be read: {event.error}")

    @on(Input.Changed, "#filter")
    def _on_filter(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, wanted: str) -> None:
        lines = [log_line(entry) for entry in self._entries]
        kept = [line for line in lines if wanted.lower() in line.lower()]
        self.query_one("#entries", Static).update("\n".join(kept) or "Nothing matches.")
