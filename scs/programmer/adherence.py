"""How long therapy was on in each day, worked out from the implant's log, in bars.

The implant counts the whole time of therapy but keeps no calendar of it; its log tells when it began and ended.
A day is 24 hours back from now by the implant's clock, which begins anew when that clock does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scs.domain.status import LogEntry, LogKind

DAY_US = 86_400_000_000
DAYS_MAX = 14
"""Days that are shown at most: between two visits of a titration lie one or two weeks."""
BAR_CELLS = 24
"""Of a full day, one an hour."""
ENDS = frozenset(
    {LogKind.THERAPY_STOPPED, LogKind.EMERGENCY_STOP, LogKind.INTERLOCK_TRIPPED, LogKind.POWER_ON},
)
"""After these entries the output is off."""


@dataclass(frozen=True, slots=True)
class Day:
    """24 hours, `back` of them from now: 0 is the last. `known_us` of them are in the log."""

    back: int
    therapy_us: int
    known_us: int


def days(entries: Sequence[LogEntry], now_us: int) -> tuple[Day, ...]:
    """The last days that the log reaches back to, newest first; oldest entries first in, all of one implant."""
    told = _since_the_clock_began(entries)
    if not told or now_us <= told[0].at_us:
        return ()
    runs = _runs(told, now_us)
    found: list[Day] = []
    for back in range(DAYS_MAX):
        end_us, begin_us = now_us - back * DAY_US, now_us - (back + 1) * DAY_US
        known_us = end_us - max(begin_us, told[0].at_us)
        if known_us <= 0:
            break
        therapy_us = sum(max(0, min(end_us, off) - max(begin_us, on)) for on, off in runs)
        found.append(Day(back, therapy_us, known_us))
    return tuple(found)


def adherence_lines(entries: Sequence[LogEntry], now_us: int) -> list[str]:
    """One line a day: a bar of its hours, the hours, and what of the day the log does not tell."""
    lines = []
    for day in days(entries, now_us):
        cells, known = (-(-BAR_CELLS * us // DAY_US) for us in (day.therapy_us, day.known_us))
        bar = "█" * cells + "·" * (max(known, cells) - cells)
        name = "last 24 h" if not day.back else f"{day.back * 24} h before"
        part = "" if day.known_us == DAY_US else f", of {_hours(day.known_us)} that the log tells"
        lines.append(f"{name:<13}|{bar:<{BAR_CELLS}}| {_hours(day.therapy_us)}{part}")
    return lines or ["the log tells nothing yet"]


def _since_the_clock_began(entries: Sequence[LogEntry]) -> Sequence[LogEntry]:
    """What was written before the implant's clock went back to its beginning has no place among the days."""
    begin = 0
    for place in range(1, len(entries)):
        if entries[place].at_us < entries[place - 1].at_us:
            begin = place
    return entries[begin:]


def _runs(entries: Sequence[LogEntry], now_us: int) -> list[tuple[int, int]]:
    """(on, off) of each time that therapy ran, in µs; one that still runs ends now."""
    runs: list[tuple[int, int]] = []
    on_us: int | None = None
    for entry in entries:
        if entry.kind is LogKind.THERAPY_STARTED and on_us is None:
            on_us = entry.at_us
        elif entry.kind in ENDS and on_us is not None:
            runs.append((on_us, entry.at_us))
            on_us = None
    if on_us is not None:
        runs.append((on_us, now_us))
    return runs


def _hours(us: int) -> str:
    """Rounded down to a tenth of an hour, or in minutes below one hour."""
    tenths = us // 360_000_000
    return f"{tenths // 10}.{tenths % 10} h" if tenths >= 10 else f"{us // 60_000_000} min"
