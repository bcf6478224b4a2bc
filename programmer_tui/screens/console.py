"""The wire console: every frame of the link both ways as it passes, decoded, filtered by typing, and its bytes.

Pausing it pauses the view and not the link. It keeps a bounded number of frames and copies them to a trace file, which
`scs replay` runs again, `scs wire decode` prints and F7 steps through.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.painting import say
from programmer_tui.presentation_trace import event_details, event_line
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.choices import Choices
from programmer_tui.wire_log import FRAMES_MAX, WireLog
from scs.wire.trace import TraceEvent, trace_text


class ConsoleScreen(ProgrammerScreen):
    """The filter, the frames, and the chosen one in full."""

    NAME = "console"
    EXPLANATION = "-> went to the implant, <- came from it. Words choose, !words leave out; Space holds the view still."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", id="console.pause", tooltip="Hold the view still; the link goes on"),
        Binding("slash", "filter", "Filter", id="console.filter", tooltip="Show only frames with these words"),
        Binding("w", "copy", "Copy to file", id="console.copy", tooltip="Copy the kept frames to a trace file"),
        Binding("escape", "frames", show=False, id="console.frames", tooltip="Back to the frames"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._seen = 0
        self._wire: WireLog | None = None
        self._frames: list[tuple[TraceEvent, str]] = []
        """What is kept here, each with its line, oldest first."""
        self._listed: list[TraceEvent] = []
        """What the list shows, line by line."""
        self._is_paused = False
        self._told = ""

    def content(self) -> ComposeResult:
        explained = "Every word must be in its line, and no word behind a ! may be, as in !status; case does not matter"
        yield Input(placeholder="words that a frame must hold, !words that it must not", id="filter", tooltip=explained)
        target = Input(placeholder="a new trace file, then Enter", id="target", tooltip="Enter writes it, Escape not")
        target.display = False
        yield target
        yield Static(id="said", markup=False)
        events = Choices(id="events", markup=False)
        events.tooltip = "Up, Down choose a frame; Space pauses; / filters; W copies to a trace file."
        yield events
        details = VerticalScroll(id="details")
        details.tooltip = "The chosen frame in full, and its bytes."
        with details:
            yield Static(id="event", markup=False)

    def prepare(self) -> None:
        self.query_one("#events").focus()

    def tick(self) -> None:
        """Four times a second: a person cannot read faster, and the link must not wait for the screen."""
        super().tick()
        if self._is_whole and not self._is_paused and self.is_current:
            self._take_new()

    def show(self) -> None:
        held = "PAUSED, Space goes on" if self._is_paused else "live"
        said = f"{held}: {len(self._listed)} of {len(self._frames)} frames; at most {FRAMES_MAX} are kept. {self._told}"
        say(self.query_one("#said", Static), said)

    def action_pause(self) -> None:
        self._is_paused = not self._is_paused
        self.show()

    def action_filter(self) -> None:
        self.query_one("#filter").focus()

    def action_frames(self) -> None:
        self.query_one("#target").display = False
        self.query_one("#events").focus()

    def action_copy(self) -> None:
        self.query_one("#target").display = True
        self.query_one("#target").focus()

    @on(Input.Changed, "#filter")
    def _on_filter(self) -> None:
        self._list_anew()

    @on(Input.Submitted, "#filter")
    def _on_filtered(self) -> None:
        self.action_frames()

    @on(Input.Submitted, "#target")
    def _on_target(self, event: Input.Submitted) -> None:
        description = self.link.description
        profile = description.profile.id if description is not None else "reference"
        trace = self.link.wire.trace(self.link.address or "none", profile)
        path = Path(event.value.strip()).expanduser()
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(trace_text(trace))
        except (OSError, ValueError) as error:
            self._told = f"Not copied: {error}; name a new file."
        else:
            self._told = f"{len(trace.events)} frames copied to {path}."
            self.action_frames()
        self.show()

    @on(OptionList.OptionHighlighted, "#events")
    def _on_step(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._listed):
            self.query_one("#event", Static).update(event_details(self._listed[event.option_index]))

    def _take_new(self) -> None:
        if self._wire is not self.link.wire:
            # Another connection: its frames are another trace.
            self._wire, self._seen, self._frames = self.link.wire, 0, []
            self._list_anew()
        heard, new = self._wire.since(self._seen)
        if heard == self._seen:
            return
        self._seen = heard
        lines = [(event, event_line(event)) for event in new]
        self._frames += lines
        if len(self._frames) > FRAMES_MAX:
            del self._frames[: -FRAMES_MAX // 2]
            self._list_anew()
        else:
            self._append([pair for pair in lines if self._fits(pair[1])])
        self.show()

    def _fits(self, line: str) -> bool:
        return fits(line, self.query_one("#filter", Input).value)

    def _list_anew(self) -> None:
        self._listed = []
        self.query_one("#events", OptionList).clear_options()
        self.query_one("#event", Static).update("")
        self._append([pair for pair in self._frames if self._fits(pair[1])])
        self.show()

    def _append(self, pairs: list[tuple[TraceEvent, str]]) -> None:
        events = self.query_one("#events", OptionList)
        follows = events.highlighted is None or events.highlighted + 1 >= len(self._listed)
        self._listed += [event for event, _ in pairs]
        events.add_options([Option(line) for _, line in pairs])
        if follows and self._listed:
            # Whoever stepped back to look at one frame stays with it.
            events.highlighted = len(self._listed) - 1


def fits(line: str, words: str) -> bool:
    """Whether a line holds every word, and none that stands behind a `!`. A `!` alone says nothing yet."""
    said = line.lower()
    return all(
        word[1:] not in said or word == "!" if word[0] == "!" else word in said for word in words.lower().split()
    )
