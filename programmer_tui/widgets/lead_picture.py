"""The leads, drawn to scale, with the electrode configuration on them. Keys and mouse report; nothing changes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from programmer_tui.widgets.lead_geometry import CELL_WIDTH, Layout, cell_text, layout
from scs.domain.lead import Implant

_CATHODE = Style(color="#ffffff", bgcolor="#0050b0", bold=True)
_ANODE = Style(color="#ffffff", bgcolor="#a02000", bold=True)
_OFF = Style()
_CHOSEN = Style(reverse=True)


class LeadPicture(Widget, can_focus=True):
    """Arrows choose a contact; the editor gives the keys that change it a meaning."""

    HELP = "Arrows choose; Shift steers, Ctrl moves; space - + off; e even; mbgt templates"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(0, -1)", "Up", show=False, id="lead.up", tooltip="The next contact towards the tip"),
        Binding("down", "move(0, 1)", "Down", show=False, id="lead.down", tooltip="The next contact towards the port"),
        Binding("left", "move(-1, 0)", "Left", show=False, id="lead.left", tooltip="The next column to the left"),
        Binding("right", "move(1, 0)", "Right", show=False, id="lead.right", tooltip="The next column to the right"),
        Binding("space", "cycle", "- + off", id="lead.cycle", tooltip="Cathode, anode, off in turn"),
    ]

    @dataclass
    class Cycled(Message):
        """The chosen contact is to become the next of cathode, anode, off."""

        contact: int

    chosen = reactive(1, repaint=False)
    """The contact that keys act on. Who watches it learns at once, and paints in the same picture."""

    def __init__(self, implant: Implant, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._implant, self._stretch = implant, 1
        self._layout: Layout = layout(implant)
        self._shares: Mapping[int, int] = {}
        self.marks: Mapping[int, str] = {}
        """By contact: what an impedance measurement found wrong with it, in a word."""
        self.tooltip = self.HELP

    @property
    def layout_of_leads(self) -> Layout:
        """Where each contact is painted."""
        return self._layout

    def show(self, shares: Mapping[int, int]) -> None:
        """Paint this configuration: contact to signed permille."""
        self._shares = shares
        self.refresh()

    def mark(self, marks: Mapping[int, str]) -> None:
        """Paint these contacts as not well: contact to `open`, `short`, `high` or `loose`."""
        if marks != self.marks:
            self.marks = marks
            self.refresh()

    def use(self, implant: Implant) -> None:
        """Paint other leads."""
        self._implant = implant
        self._layout = layout(implant, self._stretch)
        self.chosen = 1
        self.refresh(layout=True)

    def stretch(self, rows: int) -> None:
        """Paint so many rows for each that a small screen has."""
        if rows != self._stretch:
            self._stretch = rows
            self._layout = layout(self._implant, rows)
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return self._layout.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._layout.height

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._headings()
        segments, at = self._beside(y)
        for cell in sorted((cell for cell in self._layout.cells if cell.row == y), key=lambda cell: cell.column):
            share = self._shares.get(cell.contact, 0)
            style = _OFF if not share else _CATHODE if share < 0 else _ANODE
            if cell.contact == self.chosen and self.has_focus:
                style += _CHOSEN
            segments.append(Segment(" " * (cell.column - at)))
            segments.append(Segment(cell_text(cell.contact, share, self.marks.get(cell.contact, "")), style))
            at = cell.column + CELL_WIDTH
        return self._in_theme(Strip(segments).adjust_cell_length(max(self.size.width, at)))

    def _beside(self, y: int) -> tuple[list[Segment], int]:
        """The vertebra at this height, where it begins, and how many cells that takes."""
        levels = self._layout.levels
        if not levels or y > self._layout.height - 3:
            return [], 0
        name = next((name for row, name in levels if row == y), "")
        text = f"{name:<3}|"
        return [Segment(text, _OFF)], len(text)

    def _in_theme(self, strip: Strip) -> Strip:
        """What has no colour of its own has the theme's, not the terminal's, which the theme's may hide."""
        return strip.apply_style(self.rich_style)

    def _headings(self) -> Strip:
        text = ""
        for column, heading in self._layout.headings:
            text = text.ljust(column) + heading
        strip = Strip([Segment(text, Style(bold=True))])
        return self._in_theme(strip.adjust_cell_length(max(self.size.width, len(text))))

    def action_move(self, across: int, down: int) -> None:
        self.chosen = self._layout.next_from(self.chosen, across, down)

    def action_cycle(self) -> None:
        self.post_message(self.Cycled(self.chosen))

    def watch_chosen(self, before: int, after: int) -> None:
        """Paint the two that differ."""
        rows = {cell.row for cell in self._layout.cells if cell.contact in (before, after)}
        self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))

    def on_click(self, event: events.Click) -> None:
        contact = self._layout.at(event.y, event.x)
        if contact is not None:
            self.chosen = contact
            self.post_message(self.Cycled(contact))
