"""A recorded session in words: a line each, and what was known at one of them. No screen is imported here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from programmer_tui.presentation import held_lines, program_lines
from programmer_tui.presentation_frame import therapy_text
from programmer_tui.presentation_program import difference
from scs.clock import Duration
from scs.domain.lead import contact_name
from scs.domain.units import RESISTANCE, format_quantity
from scs.programmer.telling import Retold, line_details, line_words
from scs.records.entry import Entry
from scs.wire.terms import ContactState

if TYPE_CHECKING:
    from scs.records.book import Session


def session_line(session: Session, *, is_under_way: bool = False) -> str:
    """One session in the list of all."""
    ending = "" if session.is_closed else "  under way" if is_under_way else "  NOT CLOSED"
    return (
        f"{session.number:5d}  {session.opening.started_at}  {session.serial or '-':<12} {session.lines:6d} lines  "
        f"{session.opening.program} at {session.opening.address}{ending}"
    )


def record_line(line: Entry) -> str:
    """Seconds since the session's beginning, and what happened."""
    return f"{line.at_us / 1e6:10.3f}  {line_words(line)}"


def record_details(line: Entry) -> str:
    """Everything that a line keeps."""
    return "\n".join(line_details(line))


def known_text(known: Retold) -> str:
    """What whoever sat there knew at that moment: the implant's last word, its groups, what was measured."""
    lines: list[str] = []
    if known.status is None:
        lines.append("Nothing was heard of the implant yet.")
    else:
        status = known.status
        group = known.groups.get(status.slot)
        lines.append(
            f"{therapy_text(status)}, generation {status.generation}, battery {status.battery_permille / 10:g} %"
        )
        lines += program_lines(status, group, -1)
    lines += held_lines(known.groups, -1)
    if known.measurement is not None:
        bad = [
            f"{contact_name(contact)} {format_quantity(ohms, RESISTANCE)} {state.name}"
            for contact, ohms, state in known.measurement.contacts
            if state is not ContactState.OK
        ]
        lines.append(f"{len(known.measurement.contacts)} contacts measured: {', '.join(bad) or 'all sound'}")
    return "\n".join(lines)


def compared(before: Retold, after: Retold) -> list[tuple[str, str, str]]:
    """(what, earlier, later) of everything that differs; what only one of the two looked at is said as a dash."""
    rows: list[tuple[str, str, str]] = []
    for what, names in (("implant", "serial"), ("firmware", "firmware"), ("policy", "policy")):
        old, new = (getattr(told.identity, names, "-") for told in (before, after))
        if old != new:
            rows.append((what, old, new))
    for slot in sorted({*before.groups, *after.groups}):
        told = after.groups.get(slot)
        if told is None:
            rows.append((f"slot {slot}", before.groups[slot].name, "-"))
        else:
            rows += [(f"slot {slot} {what}", old, new) for what, old, new in difference(before.groups.get(slot), told)]
    old_ohms, new_ohms = (_ohms(told) for told in (before, after))
    for contact in sorted({*old_ohms, *new_ohms}):
        old, new = (ohms.get(contact, "-") for ohms in (old_ohms, new_ohms))
        if old != new:
            rows.append((f"impedance {contact_name(contact)}", old, new))
    return rows


def _ohms(told: Retold) -> dict[int, str]:
    if told.measurement is None:
        return {}
    return {
        contact: f"{format_quantity(ohms, RESISTANCE)} {state.name.lower()}"
        for contact, ohms, state in told.measurement.contacts
    }


def comparison_text(earlier: Session, later: Session, rows: Sequence[tuple[str, str, str]]) -> str:
    """What differs between two sessions, earlier against later, one below the other."""
    lines = [
        f"Session {session.number}, {session.opening.started_at}, implant {session.serial or 'unknown'}"
        for session in (earlier, later)
    ]
    if not rows:
        return "\n".join([*lines, "", "Nothing that both sessions saw differs."])
    width = max(len(what) for what, _, _ in rows)
    return "\n".join([*lines, "", *(f"{what:<{width}}  {old} -> {new}" for what, old, new in rows)])


def seek_place(lines: tuple[Entry, ...], wanted: Duration) -> int:
    """The last line at or before this time since the beginning; the first when all are later."""
    at_or_before = [place for place, line in enumerate(lines) if line.at_us <= wanted.us]
    return at_or_before[-1] if at_or_before else 0
