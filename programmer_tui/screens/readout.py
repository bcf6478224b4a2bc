"""A screen that reads one thing from the implant again and again while it is shown, and says it in words.

A subclass names the job, reads, and words what was read. What is old is said to be old; nothing is ever sent that
changes therapy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from programmer_tui.painting import say
from programmer_tui.screens.base import ProgrammerScreen
from scs.clock import Duration, Instant
from scs.programmer.client import Client
from scs.programmer.steps import ShowProgress
from scs.programmer.worker_events import JobDone, JobFailed

if TYPE_CHECKING:
    from scs.programmer.worker_events import WorkerEvent


class ReadoutScreen(ProgrammerScreen):
    """Reads when it is shown, every EVERY while it is shown, and when R is pressed."""

    JOB: ClassVar[str] = ""
    EVERY: ClassVar[Duration] = Duration.of_s(5)
    FIRST: ClassVar[str] = "#told"
    """What has the focus at first."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "Read", id="readout.read", tooltip="Read it from the implant now"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read_at: Instant | None = None
        self._asked_at: Instant | None = None
        self._trouble = ""

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        told = VerticalScroll(id="told", classes="delivered")
        told.tooltip = self.EXPLANATION
        with told:
            yield Static(id="lines", markup=False)

    def prepare(self) -> None:
        self.query_one(self.FIRST).focus()

    def forget(self) -> None:
        """What was read of another implant is not shown any more; a subclass forgets what it kept."""
        self._read_at = self._asked_at = None
        self._trouble = ""

    def read(self, client: Client, show: ShowProgress) -> Any:
        """What is asked of the implant, in the worker's thread."""
        raise NotImplementedError

    def keep(self, result: Any) -> None:
        """What was read, in the screens' thread."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """What is known, in words; empty before anything was read."""
        raise NotImplementedError

    def action_read(self) -> None:
        """Ask now, unless an answer is on its way."""
        if self.link.is_up and not self.link.is_doing(self.JOB):
            self._asked_at = self.programmer.clock.now()
            self.link.submit(self.JOB, self.read)

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, JobDone) and event.name == self.JOB:
            self._trouble, self._read_at = "", self.programmer.clock.now()
            self.keep(event.result)
        elif isinstance(event, JobFailed) and event.name == self.JOB:
            self._trouble = f"Not read: {event.error}"

    def tick(self) -> None:
        """Also when it is time to ask again."""
        super().tick()
        if not self._is_whole or self.app.screen is not self:
            return
        now = self.programmer.clock.now()
        if self._asked_at is None or self._asked_at + self.EVERY <= now:
            self.action_read()
        self._say()

    def show(self) -> None:
        say(self.query_one("#lines", Static), "\n".join(self.lines()))
        self._say()

    def _say(self) -> None:
        if self._trouble:
            said = self._trouble
        elif self._read_at is not None:
            age = self._read_at.until(self.programmer.clock.now())
            said = f"Read {age.us // 1_000_000} s ago. R reads now."
        else:
            said = "Reading..." if self.link.is_up else "No implant is connected; F2 connects."
        say(self.query_one("#said", Static), said)
