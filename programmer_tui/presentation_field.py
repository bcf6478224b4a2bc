"""The field of a program along the cord as text that fits 80 by 24: bars, cross-section, growth. No Textual here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scs.body.field import AlongTheCord, Recruited
    from scs.body.sensation import Sense

MARGIN = 12
"""Cells to the left of every plot."""
RISING = " ▁▂▃▄▅▆▇█"
SHADES = "·░▒▓█"
"""None, up to a quarter, a half, three quarters, and more of a cell's fibres fire."""
UP, DOWN = 4, 3
"""Rows above and below zero."""
EDGES = (0.0, 0.25, 0.5, 0.75)


def field_lines(sense: Sense, amplitude_ma: float, along: AlongTheCord, found: Recruited) -> list[str]:
    """Everything, from the heading down, each line at most 78 wide."""
    waveform = sense.program.waveform
    head = (
        f"{sense.program.name[:20]} {amplitude_ma:.2f} mA {sense.program.pulse_width_us} us {waveform.kind}, "
        f"{sense.posture.value}, cathode at {sense.level}, cord {sense.gap_mm:.1f} mm"
    )
    return [
        head[:78],
        _thresholds(sense),
        *activating_lines(along),
        *recruited_lines(found),
        _growth(found, sense, amplitude_ma),
    ]


def activating_lines(along: AlongTheCord) -> list[str]:
    """Bars of the activating function over the contacts and the vertebrae."""
    top = max(*map(abs, along.activating_mv), 1e-9)
    highest, lowest = max(along.activating_mv), min(along.activating_mv)
    lines = []
    for row in range(UP, 0, -1):
        label = f"{highest:+.2f} mV" if row == UP else "fires here" if row == 1 else ""
        bars = (_rising(value / top * UP - row + 1) for value in along.activating_mv)
        lines.append(f"{label:>{MARGIN - 2}} |{''.join(bars)}")
    lines.append(f"{'contacts':>{MARGIN - 2}} +" + _contacts(along))
    for row in range(1, DOWN + 1):
        label = f"{lowest:+.2f} mV" if row == DOWN else "held back" if row == 1 else ""
        # There are no blocks that hang from above in eighths everywhere, so these are whole or half.
        bars = (_hanging(-value / top * UP - row + 1) for value in along.activating_mv)
        lines.append(f"{label:>{MARGIN - 2}} |{''.join(bars)}")
    edges = [(place, f"|{name}") for name, place in along.vertebrae]
    lines.append(f"{'vertebrae':>{MARGIN - 2}}  {_at(along, edges, ' ')}")
    return [line.rstrip() for line in lines]


def recruited_lines(found: Recruited) -> list[str]:
    """The cross-section of the dorsal columns, and whose fibres fire."""
    percent = 100 * found.fired / found.of
    said = f"{found.fired:,} of {found.of:,} fibres of the dorsal columns fire ({percent:.1f} %)"
    roots = f"; roots: {', '.join(found.roots[:3])}{' ...' if len(found.roots) > 3 else ''}" if found.roots else ""
    lines = [f"{said}{roots}"[:78]]
    for row, cells in enumerate(found.cells):
        deep_um = round(1_000 * found.depth_mm * (row + 0.5) / len(found.cells))
        lines.append(f"{f'{deep_um} um':>{MARGIN - 3}} L|{''.join(map(_shade, cells))}|R")
    parts = " ".join(f"{name} {100 * part:.0f}%" for name, part in found.segments)
    return [*lines, f"{'of':>{MARGIN - 3}} {parts or 'no dermatome a fibre fires'}"[:78]]


def _thresholds(sense: Sense) -> str:
    values = (
        ("perception", sense.perception_ma),
        ("comfortable", sense.comfortable_ma),
        ("discomfort", sense.discomfort_ma),
    )
    told = [f"{word} {value:.2f} mA" for word, value in values if value < float("inf")]
    return ", ".join(told) or "nothing is felt at this rate at any therapeutic current"


def _growth(found: Recruited, sense: Sense, amplitude_ma: float) -> str:
    """How many fire by amplitude, to the full at its end, with a mark at what is delivered."""
    top = max(found.grown[-1], 1e-9)
    cells = [RISING[min(8, int(8 * part / top + 0.999))] for part in found.grown]
    at = int(amplitude_ma / found.grown_to_ma * len(cells))
    if 0 <= at < len(cells):
        cells[at] = "^"
    return f"{'growth':>{MARGIN - 3}}  0|{''.join(cells)}|{found.grown_to_ma:.1f} mA: {100 * top:.0f} %  ^ now"


def _rising(height: float) -> str:
    return RISING[max(0, min(8, round(8 * height)))]


def _hanging(height: float) -> str:
    return "█" if height >= 0.75 else "▀" if height >= 0.25 else " "


def _shade(part: float | None) -> str:
    if part is None:
        return " "
    return SHADES[sum(part > edge for edge in EDGES)]


def _contacts(along: AlongTheCord) -> str:
    """Each contact's number with its sign where it lies; the minus of a cathode, the plus of an anode."""
    rows = [(place, f"{name.removeprefix('E')}{'-' if share < 0 else '+'}") for name, place, share in along.contacts]
    return _at(along, rows, "─")


def _at(along: AlongTheCord, rows: Sequence[tuple[float, str]], blank: str) -> str:
    """Words at their places; one that would touch another is left out."""
    width = len(along.places_mm)
    first, last = along.places_mm[0], along.places_mm[-1]
    cells = [blank] * width
    free = 0
    for place, word in sorted(rows):
        start = min(width - len(word), max(0, round((place - first) / (last - first) * (width - 1))))
        if start >= free:
            cells[start : start + len(word)] = word
            free = start + len(word) + 1
    return "".join(cells)
