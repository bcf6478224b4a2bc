"""A person from the front and from behind, with pain over coverage. Arrows and clicks choose; nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from programmer_tui.presentation_body import HEIGHT, WIDTH, Meaning, Run, figure_rows, region_at
from programmer_tui.themes import Meaning as Colour
from programmer_tui.themes import word_style

ROOM_FOR_TWICE = Size(150, 45)
"""A terminal of this size has room for the figure at twice its size and for words beside it."""

COLOURS: dict[Meaning, Colour | None] = {
    "missed": "error", "reached": "success", "tingles": "primary", "nothing": None, "words": None,
}  # fmt: skip
"""The meaning that a theme has a colour for; hatches, digits and marks say the same without any."""


class BodyFigure(Widget, can_focus=True):
    """Shows a state of the room; which region is chosen is its own."""

    HELP = "Up and Down name the next region, a click the one that it meets."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next region", show=False, id="body.next", tooltip="Name the next region"),
        Binding("up", "move(-1)", "Region before", show=False, id="body.before", tooltip="Name the region before"),
    ]

    @dataclass
    class Chosen(Message):
        """Another region was chosen."""

        region: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen = ""
        self.tooltip = self.HELP
        self._state: Mapping[str, Any] = {}
        self._rows: list[list[Run]] = []
        self._scale = 1

    def show(self, state: Mapping[str, Any]) -> None:
        """Paint this answer of the room."""
        self._state = state
        size = self.app.size
        self._scale = 2 if size.width >= ROOM_FOR_TWICE.width and size.height >= ROOM_FOR_TWICE.height else 1
        self._rows = figure_rows(state, self._scale)
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return WIDTH * self._scale

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return HEIGHT * self._scale

    def render_line(self, y: int) -> Strip:
        runs = self._rows[y] if y < len(self._rows) else []
        strip = Strip([Segment(run.text, self._style(run)) for run in runs])
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _style(self, run: Run) -> Style:
        colour = COLOURS[run.meaning]
        painted = Style.parse(word_style(self.app, colour)) if colour is not None else Style()
        if run.is_label:
            return painted + Style(reverse=True, bold=True)
        return painted + Style(reverse=True) if run.region and run.region == self.chosen else painted

    def action_move(self, by: int) -> None:
        regions = list(self._state.get("regions", ()))
        if regions:
            at = regions.index(self.chosen) + by if self.chosen in regions else min(by, 0)
            self.choose(regions[at % len(regions)])

    def choose(self, region: str) -> None:
        """Make another region the chosen one."""
        if region != self.chosen:
            self.chosen = region
            self.refresh()
            self.post_message(self.Chosen(region))

    def on_click(self, event: events.Click) -> None:
        region = region_at(event.y, event.x, self._scale)
        if region in self._state.get("regions", ()):
            self.choose(region)
