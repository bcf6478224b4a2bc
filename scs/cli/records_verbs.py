"""What each verb of `scs records` does. They read; `note` adds a line, and nothing changes one."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from programmer_tui.presentation_session import compared
from scs.cli.exit_codes import ExitCode
from scs.cli.table import Paint, columns
from scs.clock import civil_time
from scs.errors import RecordError
from scs.programmer.telling import is_quiet, line_details, line_words, retell
from scs.records.book import Book, Session
from scs.records.entry import Entry, Kind, body_text
from scs.records.place import records_url


def run_verb(arguments: argparse.Namespace) -> int:
    """Carry out one verb and return its exit code."""
    with open_book() as book:
        return VERBS[arguments.verb](book, arguments)


def open_book() -> Book:
    """The book that this environment names."""
    url = records_url(os.environ)
    if url is None:
        raise RecordError("SCS_RECORDS_URL=none, so nothing is recorded here; unset it or name a book")
    return Book(url)


def chosen(book: Book, named: str) -> Session:
    """A session by its number, or the last one."""
    if named == "last":
        sessions = book.sessions()
        if not sessions:
            raise RecordError(f"{book.name} has no session yet; connect with `scs programmer` or `scs device`")
        return sessions[-1]
    if not named.isdecimal():
        raise RecordError(f'"{named}" is no session; give a number of `scs records list`, or last')
    return book.session(int(named))


def _list(book: Book, arguments: argparse.Namespace) -> int:
    sessions = book.sessions()
    if arguments.json:
        print(json.dumps({"book": book.name, "sessions": [session_data(session) for session in sessions]}))
        return ExitCode.OK
    rows = [
        [
            str(session.number),
            session.opening.started_at,
            session.serial or "-",
            str(session.lines),
            "yes" if session.is_closed else "NO",
            f"{session.opening.program} at {session.opening.address}",
        ]
        for session in sessions
    ]
    print("\n".join(columns(("session", "began", "implant", "lines", "closed", "with"), rows, Paint())))
    return ExitCode.OK


def _show(book: Book, arguments: argparse.Namespace) -> int:
    session = chosen(book, arguments.session)
    entries = book.entries(session.number)
    shown = [(at, line) for at, line in enumerate(entries, 1) if arguments.all or not is_quiet(line)]
    if arguments.json:
        lines = [line_data(sequence, line) for sequence, line in shown]
        print(json.dumps({**session_data(session), "entries": lines}, ensure_ascii=False))
        return ExitCode.OK
    ending = "closed" if session.is_closed else "NOT CLOSED: it goes on, or the programmer was killed"
    print(f"session {session.number}, {session.opening.started_at}, implant {session.serial or 'unknown'}, {ending}")
    for sequence, line in shown:
        said = line_details(line) if arguments.all else [line_words(line)]
        print(f"{sequence:5} {line.at_us / 1e6:10.3f} s  {said[0]}")
        for more in said[1:]:
            print(f"{'':20}{more}")
    if len(shown) < len(entries):
        print(f"{len(entries) - len(shown)} lines that only look are left out; --all shows them")
    return ExitCode.OK


def _compare(book: Book, arguments: argparse.Namespace) -> int:
    earlier, later = (chosen(book, named) for named in (arguments.earlier, arguments.later))
    before, after = (retell(book.entries(session.number)) for session in (earlier, later))
    rows = compared(before, after)
    if arguments.json:
        named = [{"what": what, "earlier": old, "later": new} for what, old, new in rows]
        print(json.dumps({"earlier": earlier.number, "later": later.number, "differences": named}, ensure_ascii=False))
    elif rows:
        headings = ("what", f"session {earlier.number}", f"session {later.number}")
        print("\n".join(columns(headings, [list(row) for row in rows], Paint())))
    else:
        print("nothing that both sessions saw differs")
    return ExitCode.OK


def _verify(book: Book, arguments: argparse.Namespace) -> int:
    breaks, found = list(book.breaks()), book.newest_link()
    if arguments.expect and arguments.expect != found:
        breaks.append(f"the book's digest is {found}, not the {arguments.expect} that was noted; lines came since, or "
                      f"the book was written anew")  # fmt: skip
    if arguments.json:
        print(json.dumps({"book": book.name, "is_whole": not breaks, "breaks": breaks, "digest": found}))
    else:
        for said in breaks:
            print(said, file=sys.stderr)
        print(f"{book.name}: {'NOT WHOLE' if breaks else 'whole'}, {len(book.sessions())} sessions, digest {found}")
    return ExitCode.UNREADABLE if breaks else ExitCode.OK


def _export(book: Book, arguments: argparse.Namespace) -> int:
    session = chosen(book, arguments.session)
    print(body_text(session_data(session)))
    for sequence, line in enumerate(book.entries(session.number), 1):
        print(body_text(line_data(sequence, line)))
    return ExitCode.OK


def _note(book: Book, arguments: argparse.Namespace) -> int:
    session = chosen(book, arguments.session)
    scores = {name: value for name in ("pain", "relief") if (value := getattr(arguments, name)) is not None}
    body = {"text": arguments.text, "noted_at": civil_time(), **scores}
    entries = book.entries(session.number)
    # The session's own clock has stopped; a note stands at its end, and says the calendar time itself.
    at_us = entries[-1].at_us if entries else 0
    book.append(session.number, [Entry(at_us, Kind.OUTCOME, "", body)])
    print(json.dumps({"session": session.number, **body}) if arguments.json else f"noted in session {session.number}")
    return ExitCode.OK


def session_data(session: Session) -> dict[str, Any]:
    """A session as plain data."""
    opening = session.opening
    return {
        "session": session.number,
        "started_at": opening.started_at,
        "program": opening.program,
        "address": opening.address,
        "software": opening.software,
        "serial": session.serial,
        "lines": session.lines,
        "is_closed": session.is_closed,
        "newest_link": session.newest_link,
    }


def line_data(sequence: int, line: Entry) -> dict[str, Any]:
    """A line as plain data, with its sentence."""
    return {
        "sequence": sequence,
        "at_us": line.at_us,
        "kind": str(line.kind),
        "name": line.name,
        "said": line_words(line),
        "body": dict(line.body),
    }


VERBS: dict[str, Callable[[Book, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "compare": _compare,
    "verify": _verify,
    "export": _export,
    "note": _note,
}
