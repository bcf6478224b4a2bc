"""A whole group in pictures and words: when each program has the output, and how long a battery lasts under it.

Domain to text. No screen is imported here.
"""

from __future__ import annotations

from scs.domain.longevity import Band, longevity
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.pulse import occupation_us, period_us
from scs.domain.schedule import HOUR_US, most_us_a_day
from scs.domain.units import TIME, format_quantity

WINDOW_MIN_US = 25_000
"""At least this much is drawn: a period of 40 Hz, so that a fast program is seen beside the slow ones."""
SHOWN_MAX = 4_000
"""Pulses that are drawn at most; the window of a high-rate program beside a slow one is cut at that."""
HONESTY = "an estimate from assumed constants"


def timeline_lines(group: Group, width: int) -> list[str]:
    """One line a program: where it has the output in the longest period of the group, all begun together at 0.

    A pulse that falls due while another one is under way waits for it, as on the device. A cell is
    marked when any part of a pulse falls into it. Cycling is said in words.
    """
    window_us = max(WINDOW_MIN_US, *(period_us(program.waveform.rate_mhz) for program in group.programs))
    marks = [bytearray(width) for _ in group.programs]
    for index, begin_us, end_us in _departures(group, window_us):
        first, last = begin_us * width // window_us, (end_us - 1) * width // window_us
        for cell in range(first, min(last, width - 1) + 1):
            marks[index][cell] = 1
    lines = [f"Group, {format_quantity(window_us, TIME)} from a common start"]
    for program, marked in zip(group.programs, marks, strict=True):
        cycling = program.cycling
        note = "" if cycling is None else f" {format_quantity(cycling.on_us, TIME)} on, {_off(cycling.off_us)}"
        lines.append("".join("█" if cell else "·" for cell in marked) + f" {program.name}{note}")
    return lines


def _off(off_us: int) -> str:
    return f"{format_quantity(off_us, TIME)} off"


def _departures(group: Group, window_us: int) -> list[tuple[int, int, int]]:
    """(program, begin, end) of each occupation of the output in the window, in µs."""
    due = [0] * len(group.programs)
    found: list[tuple[int, int, int]] = []
    free_us = 0
    while len(found) < SHOWN_MAX:
        index = min(range(len(due)), key=lambda at: (due[at], at))
        begin_us = max(due[index], free_us)
        if begin_us >= window_us:
            break
        program = group.programs[index]
        free_us = begin_us + occupation_us(program)
        found.append((index, begin_us, free_us))
        due[index] += period_us(program.waveform.rate_mhz)
    return found


def battery_lines(group: Group, profile: DeviceProfile) -> list[str]:
    """How long a battery lasts if this is used as long each day as its schedule allows: always a band."""
    hours = most_us_a_day(group.schedule, group.daily_dose_us) / HOUR_US
    is_sensing = any(program.closed_loop is not None for program in group.programs)
    found = longevity(group, profile, hours, is_sensing=is_sensing)
    bands = (
        (found.days_per_charge, "days a charge"),
        (found.charging_minutes_per_day, "minutes of charging a day"),
        (found.years_to_replacement, "years to replacement"),
    )
    said = [_band(band, what) for band, what in bands if band is not None]
    return [f"Battery, {hours:g} h a day ({HONESTY}):", *said]


def _band(band: Band, what: str) -> str:
    low, high = sorted((band.worst, band.best))
    return f"  about {band.expected:.3g} {what} ({low:.3g} to {high:.3g})"
