"""Impedance of every contact against the case, in numbers, a bar and words, as the implant measured it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, DataTable, ProgressBar, Static

from programmer_tui.presentation import impedance_rows
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.session_link import MEASURE
from programmer_tui.themes import word_style
from scs.domain.status import Mode
from scs.programmer.reading import Measurement
from scs.programmer.worker import JobDone, JobFailed, JobProgress

if TYPE_CHECKING:
    from scs.programmer.worker import WorkerEvent


class ImpedanceScreen(ProgrammerScreen):
    """M measures; the rules that need impedances use the result."""

    NAME = "impedance"
    EXPLANATION = "M measures every contact against the case; the rules of the editor use the result."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m", "measure", "Measure", id="impedance.measure", tooltip="Measure every contact; therapy must be off"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Measurement | None = None

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False)
        table: DataTable[str | Text] = DataTable(id="table", cursor_type="row", classes="delivered")
        table.tooltip = "Up and Down move; M measures every contact against the case, with therapy off."
        yield table
        yield Button("Measure", compact=True, tooltip="Enter: measure every contact; therapy must be off")

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one(DataTable).add_columns("contact", "place", "impedance", "", "state")
        self.query_one(DataTable).focus()
        self._say("")

    def on_button_pressed(self) -> None:
        self.action_measure()

    def action_measure(self) -> None:
        status = self.link.status
        if status is None:
            self._say("No implant is connected; F2 connects.")
        elif self.link.is_locked:
            self._say("LOCKED: the data are too old; the implant has to be heard again first.")
        elif status.mode is Mode.THERAPY:
            self._say("Therapy runs, and it must be off to measure: F3 and X stop it softly.")
        elif not self.link.is_doing(MEASURE) and self.link.measure():
            self._say("Measuring...")

    def on_link(self, event: WorkerEvent) -> None:
        progress = self.query_one("#progress")
        if isinstance(event, JobProgress) and self.link.is_doing(MEASURE):
            progress.display = True
            self.query_one(ProgressBar).update(total=event.progress.total, progress=event.progress.done)
        elif isinstance(event, JobDone | JobFailed) and event.name == MEASURE:
            progress.display = False
            self._say(f"Not measured: {event.error}" if isinstance(event, JobFailed) else "")

    def _say(self, trouble: str) -> None:
        """What went wrong, or what is shown."""
        measured = self.link.measurement
        if measured is None:
            when = "Not measured yet."
        elif measured.is_kept:
            when = "Not measured since it began anew; these faulty contacts it has kept."
        else:
            when = f"Measured at {measured.at_us / 1_000_000:.1f} s."
        self.query_one("#said", Static).update(
            trouble or f"Against the case, in the implant's time. {when} M measures."
        )

    def show(self) -> None:
        measured, description = self.link.measurement, self.link.description
        if measured is self._shown:
            return
        self._shown = measured
        table = self.query_one(DataTable)
        table.clear()
        self._say("")
        if measured is None or description is None:
            return
        for contact, place, impedance, bar, word in impedance_rows(measured, description):
            style = word_style(self.app, "success" if word == "ok" else "error")
            table.add_row(contact, place, Text(impedance, justify="right"), Text(bar, style), Text(word, style))
