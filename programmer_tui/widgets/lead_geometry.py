"""Where the contacts of an implant stand on a grid of characters, to scale. Pure; the widget only paints it.

Distances along the leads are to scale with each other: one row is the smallest distance between two contacts' heights.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from scs.domain.lead import CASE, Implant, PluggedLead, contact_name

CELL_WIDTH = 9
"""`[12-100%]`: number, sign and whole percent."""
LEAD_GAP = 2
LEVEL_WIDTH = 5
"""`T10 |` and a blank, left of the leads."""
ROWS_MAX = 24
"""More rows than this are squeezed, so that the longest lead still fits a small terminal with scrolling."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A contact and where it is painted."""

    contact: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is painted: cells, headings (row 0) and the size."""

    cells: tuple[Cell, ...]
    headings: tuple[tuple[int, str], ...]
    """(column, text) of each lead."""
    levels: tuple[tuple[int, str], ...]
    """(row, vertebra) where each vertebra begins; empty where nobody said how high a lead lies."""
    height: int
    width: int

    def cell(self, contact: int) -> Cell:
        return next(cell for cell in self.cells if cell.contact == contact)

    def at(self, row: int, column: int) -> int | None:
        """The contact painted at this place, for a mouse."""
        for cell in self.cells:
            if cell.row == row and cell.column <= column < cell.column + CELL_WIDTH:
                return cell.contact
        return None

    def next_from(self, contact: int, across: int, down: int) -> int:
        """The nearest contact in a direction (across or down is ±1); the same one when there is none."""
        here = self.cell(contact)
        best, least = contact, 10**9
        for cell in self.cells:
            ahead = (cell.row - here.row) * down + (cell.column - here.column) * across
            aside = abs((cell.column - here.column) * down) + abs((cell.row - here.row) * across)
            if ahead > 0 and ahead + 4 * aside < least:
                best, least = cell.contact, ahead + 4 * aside
        return best


def layout(implant: Implant, stretch: int = 1) -> Layout:
    """Lay the leads out side by side, tips up, the case below; `stretch` rows for each that a small screen has."""
    heights = sorted({down for plugged in implant.leads for _, down in plugged.lead.positions_um})
    steps = [high - low for low, high in itertools.pairwise(heights)]
    unit = max([min(steps, default=1), heights[-1] // (ROWS_MAX - 1), 1])
    cells: list[Cell] = []
    headings: list[tuple[int, str]] = []
    levels = _levels(implant, heights[-1] if heights else 0, unit, stretch)
    left, number = (LEVEL_WIDTH if levels else 0), 1
    for plugged in implant.leads:
        # Seen from behind, as a surgeon sees it: the patient's left, where offsets are positive, is on the left.
        columns = sorted({column.offset_um for column in plugged.lead.columns}, reverse=True)
        headings.append((left, _heading(plugged)))
        for sideways, down in plugged.lead.positions_um:
            row = 2 + stretch * round(down / unit)
            cells.append(Cell(number, row, left + columns.index(sideways) * CELL_WIDTH))
            number += 1
        left += max(len(columns) * CELL_WIDTH, len(_heading(plugged))) + LEAD_GAP
    bottom = max(cell.row for cell in cells) + 2
    cells.append(Cell(CASE, bottom, LEVEL_WIDTH if levels else 0))
    return Layout(tuple(cells), tuple(headings), levels, bottom + 1, left)


def _levels(implant: Implant, lowest_um: int, unit_um: int, stretch: int) -> tuple[tuple[int, str], ...]:
    """Where each vertebra of the mean patient begins beside the leads, from the first lead whose level is known.

    A level is that of the topmost contact, which is taken to lie at the vertebra's upper edge.
    """
    known = next((plugged.level for plugged in implant.leads if plugged.level is not None), None)
    if known is None:
        return ()
    # Loaded only where a level is known: the body brings numpy.
    from scs.body.anatomy import along_mm, level_at

    top_mm = along_mm(known)
    found: list[tuple[int, str]] = []
    for row in range(stretch * round(lowest_um / unit_um) + 1):
        name = level_at(top_mm + row * unit_um / (1_000 * stretch))
        if not found or found[-1][1] != name:
            found.append((row + 2, name))
    return tuple(found)


def cell_text(contact: int, share: int, mark: str = "") -> str:
    """What stands in a cell: the sign is always written, so that nothing hangs on colour.

    `mark` is a word of up to five letters for a contact that was not measured well; exclamation marks stand around it.
    """
    name = "case" if contact == CASE else contact_name(contact)[1:].rjust(2)
    if not share:
        return f"!{name}!{mark}".ljust(CELL_WIDTH)[:CELL_WIDTH] if mark else f"({name})".ljust(CELL_WIDTH)
    percent = f"{abs(share) / 10:g}"
    before, after = "!!" if mark else "[]"
    return f"{before}{name}{'+' if share > 0 else '-'}{percent}{after}".ljust(CELL_WIDTH)


def _heading(plugged: PluggedLead) -> str:
    level = f" top at {plugged.level}" if plugged.level else ""
    return f"{plugged.port}{level}"
