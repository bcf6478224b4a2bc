"""A trace of a link, opened from a file: every frame and deed in its time, stepped through and played.

It shows what went over some link once. It sends nothing, and STOP on this screen still stops the implant that this
programmer is connected to.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.painting import say
from programmer_tui.presentation_trace import event_details, event_line, header_text
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.choices import Choices
from scs.clock import Duration
from scs.errors import BadFile
from scs.wire.trace import Trace, parse_trace

LARGEST_FILE = 64_000_000
"""Bytes; what a trace of EVENTS_MAX short frames comes to. More is no trace that a person reads."""
LONGEST_PAUSE = Duration.of_s(2)
"""While playing, silence on the link is cut to this."""
SHORTEST_PAUSE = Duration.of_ms(50)
"""While playing, each event stands at least this long, so that an eye can follow."""


class TraceScreen(ProgrammerScreen):
    """Events above, the one under the cursor in full below."""

    NAME = "trace"
    EXPLANATION = "What went over a link, from a file. Space plays it in its own time; silence is cut to two seconds."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play", id="trace.play", tooltip="Play from here in the trace's own time, or pause"),
        Binding("o", "open", "Open", id="trace.open", tooltip="Name another trace file"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._trace: Trace | None = None
        self._trouble = ""
        self._timer: Timer | None = None

    def content(self) -> ComposeResult:
        yield Input(
            placeholder="a trace file, then Enter", id="file", tooltip="The path of a trace file; Enter opens it"
        )
        yield Static(id="said", markup=False)
        events = Choices(id="events", markup=False)
        events.tooltip = "Up, Down step; PageUp, PageDown, Home, End seek; Space plays; O opens another."
        yield events
        details = VerticalScroll(id="details")
        details.tooltip = "The event under the cursor in full."
        with details:
            yield Static(id="event", markup=False)

    def prepare(self) -> None:
        if self.programmer.trace_path:
            self._open(self.programmer.trace_path)
        else:
            self.query_one("#file").focus()

    def action_open(self) -> None:
        self._pause()
        self.query_one("#file").display = True
        self.query_one("#file").focus()

    def action_play(self) -> None:
        """Step on by itself until the end, or stop stepping."""
        if self._timer is not None:
            self._pause()
        else:
            self._schedule()
        self.show()

    @on(Input.Submitted, "#file")
    def _on_named(self, event: Input.Submitted) -> None:
        self._open(event.value.strip())

    @on(OptionList.OptionHighlighted, "#events")
    def _on_step(self, event: OptionList.OptionHighlighted) -> None:
        if self._trace is not None:
            self.query_one("#event", Static).update(event_details(self._trace.events[event.option_index]))

    def _open(self, path: str) -> None:
        self._pause()
        try:
            trace = parse_trace(path, _read(path))
        except BadFile as error:
            self._trouble = str(error)
            self.show()
            return
        self._trace, self._trouble = trace, ""
        self.programmer.trace_path = path
        self.query_one("#file").display = False
        events = self.query_one("#events", OptionList)
        events.clear_options()
        events.add_options([Option(event_line(event)) for event in trace.events])
        events.highlighted = 0 if trace.events else None
        events.focus()
        self.show()

    def _schedule(self) -> None:
        events = self.query_one("#events", OptionList)
        trace, here = self._trace, events.highlighted
        if trace is None or here is None or here + 1 >= len(trace.events):
            self._timer = None
            return
        silence = Duration(trace.events[here + 1].at_us - trace.events[here].at_us)
        self._timer = self.set_timer(max(SHORTEST_PAUSE, min(silence, LONGEST_PAUSE)).seconds, self._step)

    def _step(self) -> None:
        events = self.query_one("#events", OptionList)
        events.highlighted = (events.highlighted or 0) + 1
        self._schedule()
        self.show()

    def _pause(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def show(self) -> None:
        said = self._trouble or ("No trace is open." if self._trace is None else header_text(self._trace))
        if self._timer is not None:
            said += "\nPlaying; Space pauses."
        say(self.query_one("#said", Static), said)


def _read(path: str) -> str:
    try:
        file = Path(path)
        if file.stat().st_size > LARGEST_FILE:
            raise BadFile(path, (f"is larger than {LARGEST_FILE} bytes; this is no trace of ours",))
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(path, (f"cannot be read as text: {error}; check the path",)) from error
