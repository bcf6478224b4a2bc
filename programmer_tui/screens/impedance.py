"""Impedance of every contact against the case, in numbers and words, as the implant measured it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, ProgressBar, Static

from programmer_tui.presentation import impedance_rows
from programmer_tui.screens.base import ProgrammerScreen
from scs.programmer.reading import Measurement
from scs.programmer.worker import JobDone, JobFailed, JobProgress, WorkerEvent

MEASURE = "impedance"


class ImpedanceScreen(ProgrammerScreen):
    """M measures; the rules that need impedances use the result."""

    TITLE_WORD = "Impedance"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m", "measure", "Measure", id="impedance.measure", tooltip="Measure every contact; therapy must be off"
        ),
    ]
    _measured: Measurement | None = None

    def content(self) -> ComposeResult:
        yield Static("M measures every contact against the case.", id="said", markup=False)
        yield ProgressBar(id="progress", show_eta=False)
        yield DataTable(id="table", cursor_type="row")

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one(DataTable).add_columns("contact", "place", "impedance", "state")
        self.query_one(DataTable).tooltip = "Contact, place on its lead, impedance, judgement"
        self.query_one(DataTable).focus()
        self.link.submit("last impedance", lambda client, show: client.last_impedance())

    def action_measure(self) -> None:
        said = self.query_one("#said", Static)
        if self.link.submit(MEASURE, lambda client, show: client.measure_impedance(show)):
            said.update("Measuring...")
        else:
            said.update("No implant is connected.")

    def on_link(self, event: WorkerEvent) -> None:
        bar, said = self.query_one("#progress", ProgressBar), self.query_one("#said", Static)
        if isinstance(event, JobProgress) and event.progress.doing.startswith("measuring"):
            bar.display = True
            bar.update(total=event.progress.total, progress=event.progress.done)
        elif isinstance(event, JobDone) and isinstance(event.result, Measurement):
            bar.display = False
            said.update(f"Measured at {event.result.at_us / 1_000_000:.1f} s of the implant's time; M measures again.")
            self._show(event.result)
        elif isinstance(event, JobFailed) and event.name == MEASURE:
            bar.display = False
            said.update(f"Not measured: {event.error}")

    def _show(self, measured: Measurement) -> None:
        description = self.link.description
        if description is None:
            return
        self.link.keep_measurement(measured)
        table = self.query_one(DataTable)
        table.clear()
        for contact, place, ohms, word in impedance_rows(measured, description):
            style = "" if word == "ok" else "bold red"
            table.add_row(contact, place, ohms, Text(word, style=style))
