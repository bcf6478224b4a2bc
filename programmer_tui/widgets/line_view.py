"""Many lines of text of which only those in sight are drawn: a log of 100,000 entries scrolls like one of ten.

Textual's own Log measures every line in a thread that may outlive the screen; lines here are cropped at the edge.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class LineView(ScrollView, can_focus=True):
    """Scrolls vertically. While its end is in sight, it follows what is added."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[str] = []

    @property
    def lines(self) -> Sequence[str]:
        """Every line, also those out of sight."""
        return self._lines

    def clear(self) -> None:
        """No line is left."""
        self._lines.clear()
        self._resize()

    def add(self, lines: Sequence[str]) -> None:
        """Put lines at the end. They hold no line breaks."""
        if not lines:
            return
        follows = self.is_vertical_scroll_end
        self._lines.extend(lines)
        self._resize()
        if follows:
            self.scroll_end(animate=False)

    def render_line(self, y: int) -> Strip:
        place = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        text = self._lines[place] if place < len(self._lines) else ""
        return Strip([Segment(text, self.rich_style)]).crop_extend(0, width, self.rich_style)

    def _resize(self) -> None:
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()
