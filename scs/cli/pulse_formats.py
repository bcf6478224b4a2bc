"""A pulse timeline as text that other programs read: CSV, JSON, and value change dump for waveform viewers.

Times are whole microseconds and currents whole microamperes, exactly as the implant delivers them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from firmware_model.timeline import Phase, PhaseKind
from scs.domain.lead import contact_name
from scs.domain.program import Group
from scs.domain.pulse import delivered_rate_mhz, period_us

HONESTY = "a software model, never for clinical use"


@dataclass(frozen=True, slots=True)
class Window:
    """What was asked for."""

    group: Group
    profile_id: str
    from_us: int
    until_us: int
    settled_us: int
    """How long after the start of therapy time zero is; 0 when it is the start."""

    @property
    def contacts(self) -> tuple[int, ...]:
        """Every contact that a program of the group uses."""
        return tuple(sorted({number for program in self.group.programs for number in program.contacts.contacts}))

    @property
    def zero(self) -> str:
        """What time zero is, in words."""
        return f"{self.settled_us} us after the start, when every ramp had ended" if self.settled_us else "the start"


def csv_lines(window: Window, phases: Iterable[Phase]) -> Iterator[str]:
    """One line a phase: its first and last microsecond, its program, its kind, and every contact's current."""
    yield ",".join(["start_us", "end_us", "program", "phase", *(f"{contact_name(n)}_ua" for n in window.contacts)])
    names = [_quoted(program.name) for program in window.group.programs]
    for phase in phases:
        # A contact that carries nothing in this phase is empty; one that recovers has a 0.
        currents = [str(phase.currents_ua.get(contact, "")) for contact in window.contacts]
        yield ",".join([str(phase.start_us), str(phase.end_us), names[phase.program], phase.kind, *currents])


def _quoted(name: str) -> str:
    """A field as RFC 4180 has it. A name that a spreadsheet would run as a formula gets an apostrophe in front."""
    name = f"'{name}" if name[:1] in "=+-@" else name
    return '"' + name.replace('"', '""') + '"' if any(char in name for char in '",') else name


def json_lines(window: Window, phases: Iterable[Phase]) -> Iterator[str]:
    """One object, a phase a line."""
    head = {
        "note": HONESTY,
        "group": window.group.name,
        "delivery": window.group.delivery,
        "profile": window.profile_id,
        "zero": window.zero,
        "settled_us": window.settled_us,
        "from_us": window.from_us,
        "until_us": window.until_us,
        "programs": [
            {
                "name": program.name,
                "period_us": period_us(program.waveform.rate_mhz),
                "asked_rate_mhz": program.waveform.rate_mhz,
                "delivered_rate_mhz": delivered_rate_mhz(program.waveform.rate_mhz),
            }
            for program in window.group.programs
        ],
        "contacts": [contact_name(number) for number in window.contacts],
    }
    # The object is left open: its last member is written while the implant runs.
    yield json.dumps(head, indent=2)[:-2] + ',\n  "phases": ['
    before = ""
    for phase in phases:
        row = {
            "start_us": phase.start_us,
            "end_us": phase.end_us,
            "program": window.group.programs[phase.program].name,
            "phase": phase.kind.value,
            "currents_ua": {contact_name(number): current for number, current in phase.currents_ua.items()},
        }
        if before:
            yield before + ","
        before = "    " + json.dumps(row)
    if before:
        yield before
    yield "  ]\n}"


def vcd_lines(window: Window, phases: Iterable[Phase]) -> Iterator[str]:
    """IEEE 1364 value changes: per contact a real of signed microamperes, and a wire that is 1 in passive recovery."""
    codes = {number: (chr(33 + 2 * place), chr(34 + 2 * place)) for place, number in enumerate(window.contacts)}
    yield f"$comment scs pulses of {_word(window.group.name)}; time 0 is {window.zero}; {HONESTY} $end"
    yield "$timescale 1 us $end"
    yield f"$scope module {_word(window.group.name)} $end"
    for number, (current, passive) in codes.items():
        yield f"$var real 64 {current} {contact_name(number)}_ua $end"
        yield f"$var wire 1 {passive} {contact_name(number)}_passive $end"
    yield "$upscope $end"
    yield "$enddefinitions $end"
    shown: dict[str, str] = {}
    for at_us, state in states(window, phases):
        values: dict[str, str] = {}
        for number, (current, passive) in codes.items():
            ua, is_passive = state[number]
            values[current] = f"r{ua} {current}"
            values[passive] = f"{int(is_passive)}{passive}"
        changed = [value for code, value in values.items() if shown.get(code) != value]
        if not shown:
            yield f"#{at_us}\n$dumpvars\n" + "\n".join(changed) + "\n$end"
        elif changed:
            yield f"#{at_us}\n" + "\n".join(changed)
        shown = values
    if shown:
        yield f"#{window.until_us}"


def _word(name: str) -> str:
    """A name as one word of a value change dump, which has no quotes."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in name)


States = dict[int, tuple[int, bool]]
"""Per contact: its current in microamperes, and whether it recovers passively."""


def states(window: Window, phases: Iterable[Phase]) -> Iterator[tuple[int, States]]:
    """What every contact does from each change on: first at the window's first instant, then within the window.

    Phases of one time are one driven phase, or every passive one; times never overlap.
    """
    rest: States = dict.fromkeys(window.contacts, (0, False))
    at_us, state = window.from_us, rest
    for (start_us, end_us), members in groupby(phases, key=lambda phase: (phase.start_us, phase.end_us)):
        if start_us > at_us:
            yield at_us, state
            at_us = start_us
        assert start_us <= at_us, "phases come in the order of their beginnings"
        state = dict(rest)
        for phase in members:
            for number, current in phase.currents_ua.items():
                state[number] = (current, phase.kind is PhaseKind.PASSIVE)
        yield at_us, state
        at_us, state = end_us, rest
    if at_us < window.until_us:
        yield at_us, state
