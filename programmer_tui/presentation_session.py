"""A recorded session in words: a line each, and what was known at one of them. No screen is imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programmer_tui.presentation import held_lines, program_lines, therapy_text
from scs.clock import Duration
from scs.domain.lead import contact_name
from scs.domain.units import RESISTANCE, format_quantity
from scs.programmer.telling import Retold, line_details, line_words
from scs.records.entry import Entry
from scs.wire.terms import ContactState

if TYPE_CHECKING:
    from scs.records.book import Session


def session_line(session: Session) -> str:
    """One session in the list of all."""
    ending = "" if session.is_closed else "  NOT CLOSED"
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


def seek_place(lines: tuple[Entry, ...], wanted: Duration) -> int:
    """The last line at or before this time since the beginning; the first when all are later."""
    at_or_before = [place for place, line in enumerate(lines) if line.at_us <= wanted.us]
    return at_or_before[-1] if at_or_before else 0
