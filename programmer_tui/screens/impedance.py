"""Impedance of every contact against the case, in numbers, a bar and words, as the implant measured it, and how far
each moved since an earlier session with this implant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, DataTable, ProgressBar, Static

from programmer_tui.painting import say
from programmer_tui.presentation import impedance_rows
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.session_link import MEASURE
from programmer_tui.themes import word_style
from scs.domain.status import Mode
from scs.errors import RecordError
from scs.programmer.reading import Measurement
from scs.programmer.worker_events import JobDone, JobFailed, JobProgress

if TYPE_CHECKING:
    from scs.programmer.impedance_trend import Earlier
    from scs.programmer.worker_events import WorkerEvent


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
        self._serial = ""
        """Of the implant whose earlier sessions were looked for."""
        self._earlier: Earlier | None = None
        self._compared = ""

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        yield Static(id="compared", markup=False)
        with Horizontal(id="progress"):
            yield ProgressBar(show_eta=False)
        table: DataTable[str | Text] = DataTable(id="table", cursor_type="row", classes="delivered")
        table.tooltip = "Up and Down move; M measures every contact against the case, with therapy off."
        yield table
        yield Button("Measure", compact=True, tooltip="Enter: measure every contact; therapy must be off")

    def prepare(self) -> None:
        self.query_one("#progress").display = False
        self.query_one(DataTable).add_columns("contact", "place", "impedance", "", "since then", "state")
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

    @work(thread=True, exclusive=True, group="earlier")
    def _read_earlier(self, serial: str) -> None:
        """The book may be slow, and it loads a library that takes a third of a second."""
        url, record = self.programmer.records_url, self.link.record
        if url is None:
            return
        from scs.programmer.impedance_trend import earlier_measurement
        from scs.records.book import Book

        earlier = None
        try:
            with Book(url) as book:
                earlier = earlier_measurement(book, serial, None if record is None else record.number)
        except RecordError as error:
            said = str(error)
        else:
            said = "No earlier session with this implant has a measurement in the book."
            if earlier is not None:
                said = f"'Since then' is since session {earlier.session}, {earlier.started_at}."
        self.app.call_from_thread(self._compare, earlier, said)

    def _compare(self, earlier: Earlier | None, said: str) -> None:
        self._earlier, self._compared, self._shown = earlier, said, None
        self.show()

    def _trends(self, measured: Measurement) -> Mapping[int, str]:
        if self._earlier is None or measured.is_kept:
            return {}
        from scs.programmer.impedance_trend import trends

        return trends(measured, self._earlier.measurement)

    def show(self) -> None:
        measured, description = self.link.measurement, self.link.description
        serial = "" if description is None else description.identity.serial
        if serial != self._serial:
            self._serial, self._earlier, self._compared = serial, None, ""
            self._shown = None
            if serial:
                self._read_earlier(serial)
        say(self.query_one("#compared", Static), self._compared)
        self.query_one("#compared").display = bool(self._compared)
        if measured is self._shown:
            return
        self._shown = measured
        table = self.query_one(DataTable)
        table.clear()
        self._say("")
        if measured is None or description is None:
            return
        moved = self._trends(measured)
        rows = impedance_rows(measured, description)
        for (number, _, _), (contact, place, impedance, bar, word) in zip(measured.contacts, rows, strict=True):
            style = word_style(self.app, "success" if word == "ok" else "error")
            since = Text(moved.get(number, ""), justify="right")
            table.add_row(contact, place, Text(impedance, justify="right"), Text(bar, style), since, Text(word, style))
