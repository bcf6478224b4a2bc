"""A pulse timeline drawn to scale: a row a contact, microamperes upward, time to the right, one scale for all rows.

Passive recovery is a band: what flows back then is an exponential, and no part of the exact timeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from firmware_model.timeline import Phase
from scs.cli.pulse_formats import HONESTY, Window, states
from scs.domain.lead import contact_name
from scs.domain.units import CURRENT, TIME, format_quantity

WIDTH = 1_200
LEFT, RIGHT, TOP, ROW, BOTTOM = 90, 20, 56, 90, 64
"""Pixels of the margins and of one contact's row."""
LINE, BAND, INK, FAINT = "#0b4f9c", "#f2dfb5", "#222222", "#cccccc"
TICKS_MAX = 11


def svg_lines(window: Window, phases: Iterable[Phase]) -> Iterator[str]:
    """The lines of the picture."""
    changes = list(states(window, phases))
    peak_ua = max((abs(ua) for _, state in changes for ua, _ in state.values()), default=0)
    height = TOP + ROW * len(window.contacts) + BOTTOM
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">'
    )
    yield f"<title>pulses of {escape(window.group.name)}</title>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    scale = f"each row from -{_ua(peak_ua)} to +{_ua(peak_ua)}" if peak_ua else "no current in this window"
    yield f'<text x="{LEFT}" y="22" font-size="15">{escape(window.group.name)} on {escape(window.profile_id)}</text>'
    yield f'<text x="{LEFT}" y="40">{scale}; bands are passive recovery; {HONESTY}</text>'
    yield from _axis(window, height)
    for place, number in enumerate(window.contacts):
        yield from _row(window, changes, number, TOP + ROW * place + ROW // 2, peak_ua)
    yield "</svg>"


def _x(window: Window, at_us: int) -> str:
    return f"{LEFT + (WIDTH - LEFT - RIGHT) * (at_us - window.from_us) / (window.until_us - window.from_us):.3f}"


def _axis(window: Window, height: int) -> Iterator[str]:
    bottom = height - BOTTOM + 8
    for at_us in _ticks(window.from_us, window.until_us):
        x = _x(window, at_us)
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}" stroke="{FAINT}"/>'
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{escape(format_quantity(at_us, TIME))}</text>'
    middle = (LEFT + WIDTH - RIGHT) // 2
    yield f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle">time; 0 is {escape(window.zero)}</text>'


def _ticks(from_us: int, until_us: int) -> Iterator[int]:
    """Round times, at most TICKS_MAX of them."""
    step = 1
    while (until_us - from_us) // step >= TICKS_MAX:
        # 1, 2, 5, 10, …
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    yield from range(-(-from_us // step) * step, until_us + 1, step)


def _row(
    window: Window, changes: list[tuple[int, dict[int, tuple[int, bool]]]], number: int, zero_y: int, peak_ua: int
) -> Iterator[str]:
    top, half = zero_y - ROW // 2, ROW // 2 - 8
    points: list[str] = []
    ends = [at_us for at_us, _ in changes[1:]] + [window.until_us]
    for (start_us, state), end_us in zip(changes, ends, strict=True):
        ua, is_passive = state[number]
        left, right = _x(window, start_us), _x(window, end_us)
        if is_passive:
            width = f"{float(right) - float(left):.3f}"
            yield f'<rect x="{left}" y="{top + 8}" width="{width}" height="{2 * half}" fill="{BAND}"/>'
        y = f"{zero_y - (half * ua / peak_ua if peak_ua else 0):.2f}"
        points += [f"{left},{y}", f"{right},{y}"]
    yield f'<text x="{LEFT - 10}" y="{zero_y + 4}" text-anchor="end">{contact_name(number)}</text>'
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero_y}" y2="{zero_y}" stroke="{FAINT}"/>'
    yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{LINE}" stroke-width="1"/>'


def _ua(current_ua: int) -> str:
    return format_quantity(current_ua, CURRENT)
