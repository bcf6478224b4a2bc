"""A lead with a program on it, to scale, as plain shapes that both the HTML and the PDF report draw.

Signs and words stand in every contact, so that nothing hangs on colour, and a copy in grey says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from scs.domain.lead import CASE, Implant, contact_name

UM_PER_POINT = 300
"""An eight-contact lead of 52 mm is 173 points high: a quarter of a page."""
LONGEST_POINTS = 300
"""A longer lead is drawn to a smaller scale, so that a picture always fits a page."""
CONTACT_WIDTH = 54
"""Points; wide enough for a name, a sign and a share. Across, leads are not to scale."""
GAP = 8
MARGIN = 4
HEADING = 16
LEAST_HEIGHT = 9
"""Points; a contact is drawn at least this high, so that its words fit."""

CATHODE, ANODE, OFF, TROUBLE = "#1f5fbf", "#b3261e", "#e8e8e8", "#f2c400"


@dataclass(frozen=True, slots=True)
class Box:
    """A contact: its place in points from the top left, its colour, its words, and the colour of the words."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    words: str
    ink: str


@dataclass(frozen=True, slots=True)
class Words:
    """A heading of a lead: the left end of its base line."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class LeadDrawing:
    """Everything to draw, in points, and the size of it all."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    headings: tuple[Words, ...]


def draw_leads(implant: Implant, shares: Mapping[int, int], troubles: Mapping[int, str] | None = None) -> LeadDrawing:
    """The leads from behind, tips up, with signed shares in permille; `troubles` names contacts that are not sound."""
    longest_um = max(down for plugged in implant.leads for _, down in plugged.lead.positions_um)
    scale = max(UM_PER_POINT, longest_um / LONGEST_POINTS)
    boxes: list[Box] = []
    headings: list[Words] = []
    left, number = float(MARGIN), 1
    for plugged in implant.leads:
        columns = sorted({column.offset_um for column in plugged.lead.columns}, reverse=True)
        level = f", top at {plugged.level}" if plugged.level else ""
        headings.append(Words(left, HEADING - 5, f"{plugged.port}{level}"))
        height = max(LEAST_HEIGHT, plugged.lead.shape.length_um / scale)
        for sideways, down in plugged.lead.positions_um:
            place = (left + columns.index(sideways) * (CONTACT_WIDTH + 3), HEADING + down / scale)
            boxes.append(_box(number, *place, height, shares.get(number, 0), (troubles or {}).get(number, "")))
            number += 1
        left += max(len(columns) * (CONTACT_WIDTH + 3), 70 if level else 0) + GAP
    bottom = max(box.y + box.height for box in boxes) + GAP
    if shares.get(CASE):
        boxes.append(_box(CASE, MARGIN, bottom, 12, shares[CASE], ""))
        bottom += 12 + MARGIN
    return LeadDrawing(left, bottom, tuple(boxes), tuple(headings))


def lead_svg(drawing: LeadDrawing) -> str:
    """The drawing as one SVG element that needs nothing from outside."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="7">']
    parts += [f'<text x="{it.x:g}" y="{it.y:g}" font-size="8">{escape(it.words)}</text>' for it in drawing.headings]
    for box in drawing.boxes:
        parts.append(
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="2" '
            f'fill="{box.fill}" stroke="#444" stroke-width="0.5"/>'
            f'<text x="{box.x + box.width / 2:g}" y="{box.y + box.height / 2 + 2.5:g}" text-anchor="middle" '
            f'fill="{box.ink}">{escape(box.words)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _box(number: int, x: float, y: float, height: float, share: int, trouble: str) -> Box:
    name = "case" if number == CASE else contact_name(number)
    words = f"{name} {share / 10:+g} %" if share else name
    fill = CATHODE if share < 0 else ANODE if share > 0 else OFF
    if trouble:
        words, fill = f"{words} {trouble}", TROUBLE
    ink = "#ffffff" if fill in (CATHODE, ANODE) else "#000000"
    return Box(x, y, CONTACT_WIDTH, height, fill, words, ink)
