"""The implant's log: downloaded with progress, followed while it grows, filtered as one types, newest last, and
exported to a file with every link of its chain worked out again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, ProgressBar, Static

from programmer_tui.log_file import export_trouble, write_log
from programmer_tui.painting import say
from programmer_tui.presentation import log_line
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.session_link import LOG
from programmer_tui.widgets.line_view import LineView
from scs.programmer.worker_events import JobDone, JobFailed, JobProgress

if TYPE_CHECKING:
    from scs.programmer.worker_events import WorkerEvent

AT_ONCE = 500
"""Entries that are formatted in one go: some milliseconds."""
BREATH_S = 0.005
"""Between two of them, for the keys."""


EXPORT = "export log"


class LogScreen(ProgrammerScreen):
    """New entries are downloaded while the screen is shown."""

    NAME = "log"
    EXPLANATION = "Newest last; what is new in the implant is downloaded while this is shown. Ctrl+R reads now."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "read", "Read", id="log.read", tooltip="Download what is new in the log"),
        Binding("ctrl+s", "export", "Export", id="log.export", tooltip="Download the whole log into a file"),
        Binding("escape", "close_path", show=False, id="log.close", tooltip="Back to the log, nothing exported"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[int, str] = (-1, "")
        """The first entry of the log that is shown, and the filter that it passed."""
        self._taken = 0
        """Entries that were looked at so far."""
        self._kept = 0
        self._is_taking = False
        """Whether more of it is shown soon, without being asked."""
        self._trouble = ""
        self._exported = ""

    def content(self) -> ComposeResult:
        yield Input(placeholder="filter, such as therapy", id="filter", tooltip="Only lines with this text are shown")
        yield Input(placeholder="path of a new .csv or .json file", id="path", tooltip="Enter exports, Escape does not")
        yield Static(id="said", markup=False)
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False)
        lines = LineView(id="lines")
        lines.tooltip = "Up, Down, PageUp, PageDown scroll; Tab goes to the filter."
        yield lines

    def forget(self) -> None:
        self._shown, self._taken, self._kept, self._trouble, self._exported = (-1, ""), 0, 0, "", ""

    def prepare(self) -> None:
        self.query_one("#progress").display = False
        self.query_one("#path").display = False
        self.query_one("#lines").focus()

    def action_read(self) -> None:
        self._trouble = ""
        if not self.link.is_doing(LOG):
            self.link.read_log()
        self.show()

    # -------------------------------------------------------------------------------------------------- export

    def action_export(self) -> None:
        path = self.query_one("#path", Input)
        path.display = True
        path.focus()

    def action_close_path(self) -> None:
        """Escape leaves the file alone."""
        self.query_one("#path").display = False
        self.query_one("#lines").focus()

    @on(Input.Submitted, "#path")
    def _on_path(self, event: Input.Submitted) -> None:
        """Whether it can be written is looked at before the log is downloaded, which takes a while."""
        self.action_close_path()
        path = Path(event.value.strip())
        self._exported = self._trouble = ""
        if trouble := export_trouble(path):
            self._exported = f"Not exported: {trouble}"
        elif self.link.is_doing(EXPORT):
            self._exported = "An export is under way already; wait for it."
        elif self.link.submit(EXPORT, lambda client, show: (path, client.checked_log(0, show))):
            self._exported = "Downloading the whole log..."
        else:
            self._exported = "Not exported: no implant is connected; F2 connects."
        self.show()

    def on_link(self, event: WorkerEvent) -> None:
        progress = self.query_one("#progress")
        if isinstance(event, JobProgress) and self.link.is_doing(LOG, EXPORT):
            progress.display = True
            self.query_one(ProgressBar).update(total=event.progress.total, progress=event.progress.done)
        elif isinstance(event, JobDone | JobFailed) and event.name == LOG:
            progress.display = False
            self._trouble = f"The log could not be read: {event.error}" if isinstance(event, JobFailed) else ""
        elif isinstance(event, JobDone) and event.name == EXPORT:
            progress.display = False
            self._exported = write_log(*event.result)
        elif isinstance(event, JobFailed) and event.name == EXPORT:
            progress.display = False
            self._exported = f"Not exported: {event.error}"

    @on(Input.Changed, "#filter")
    def _on_filter(self) -> None:
        self.show()

    def show(self) -> None:
        link, wanted = self.link, self.query_one("#filter", Input).value.lower()
        newest = link.log[-1].sequence if link.log else 0
        if link.status is not None and link.status.log_newest > newest and not link.is_doing(LOG) and not self._trouble:
            link.read_log()
        said = self._trouble or (f"{len(link.log)} entries" if link.status else "No implant is connected; F2 connects.")
        if link.log and self._taken == len(link.log) and not self._kept:
            said = f"Nothing of {said} matches."
        say(self.query_one("#said", Static), f"{said}. {self._exported}" if self._exported else said)
        first = link.log[0].sequence if link.log else 0
        if (first, wanted) != self._shown:
            # Another implant's log, or another filter: everything anew.
            self._shown, self._taken, self._kept = (first, wanted), 0, 0
            self.query_one(LineView).clear()
        if not self._is_taking:
            self._take_some()

    def _take_some(self) -> None:
        """Show the next entries, few enough that a key is answered in between, and come back for the rest."""
        self._is_taking = False
        log = self.link.log
        some = log[self._taken : self._taken + AT_ONCE]
        if not some or not self._is_whole:
            return
        self._taken += len(some)
        kept = [line for line in map(log_line, some) if self._shown[1] in line.lower()]
        self.query_one(LineView).add(kept)
        self._kept += len(kept)
        if self._taken < len(log):
            self._is_taking = True
            self.set_timer(BREATH_S, self._take_some)
        elif not self._kept:
            self.show()
