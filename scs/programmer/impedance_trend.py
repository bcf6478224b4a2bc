"""Impedances now against those of an earlier session of the same implant, from the book. It judges nothing.

A slow change is tissue around the contacts; a sudden one may be a lead that broke, moved or came loose. Which it is,
is for a person: a percentage and the words of both measurements are all that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scs.programmer.reading import Measurement
from scs.programmer.telling import retell
from scs.records.book import Book
from scs.wire.terms import ContactState
from scs.wire.words import member_word as word


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest measurement that an earlier session holds."""

    session: int
    started_at: str
    measurement: Measurement


def earlier_measurement(book: Book, serial: str, before: int | None = None) -> Earlier | None:
    """Of the implant with this serial number, from the newest session that has one; RecordError of the book's.

    With `before`, the number of the session that goes on now, only older ones are looked at.
    """
    for session in reversed(book.sessions()):
        if session.serial != serial or (before is not None and session.number >= before):
            continue
        measured = retell(book.entries(session.number)).measurement
        if measured is not None:
            return Earlier(session.number, session.opening.started_at, measured)
    return None


def trends(now: Measurement, earlier: Measurement) -> Mapping[int, str]:
    """By contact: by how many percent it moved, or from which state to which; a contact that is new has no words."""
    before = {contact: (ohms, state) for contact, ohms, state in earlier.contacts}
    return {
        contact: _trend(*before[contact], ohms, state) for contact, ohms, state in now.contacts if contact in before
    }


def _trend(was_ohms: int, was: ContactState, is_ohms: int, state: ContactState) -> str:
    if was is not state:
        return f"was {word(was)}"
    if state is not ContactState.OK or not was_ohms:
        return f"still {word(state)}"
    # Rounded to the nearest percent, in whole numbers.
    percent = (200 * (is_ohms - was_ohms) + was_ohms) // (2 * was_ohms)
    return f"{percent:+d} %" if percent else "as before"
