"""Results of training in the book of sessions: one session a result, in the same chain as every other record.

A result is kept whole, as scs.training.debrief writes it into a file, so that the book tells it without the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scs.domain.file_tree import bad_file
from scs.records.book import Book
from scs.records.entry import Entry, Kind, Opening
from scs.training.class_list import result_problems

PROGRAM = "train"
"""What the sessions of training are listed as, among those of programmers."""


def keep_result(book: Book, fields: Mapping[str, Any], started_at: str, software: str) -> int:
    """Write a result into the book; the number of its session. Raises RecordError."""
    number = book.begin(Opening(started_at, PROGRAM, f"{fields['scenario']}, seed {fields['seed']}", software))
    moments = fields["moments"]
    end_us = moments[-1]["at_us"] if moments else 0
    result = Entry(end_us, Kind.TRAINED, str(fields["trainee"]), dict(fields))
    book.append(number, [result, Entry(end_us, Kind.CLOSED, "", {})])
    return number


def kept_results(book: Book) -> Iterator[dict[str, Any]]:
    """Every result that the book has, oldest first, with the number of its session and the time."""
    for session in book.sessions():
        if session.opening.program == PROGRAM:
            yield kept_result(book, session.number)


def kept_result(book: Book, number: int) -> dict[str, Any]:
    """The result of one session; raises RecordError where there is no session, BadFile where it is no result."""
    session = book.session(number)
    for line in book.entries(number):
        if line.kind is Kind.TRAINED:
            problems = result_problems(line.body)
            if problems:
                raise bad_file(f"session {number}", problems)
            return {**line.body, "session": number, "started_at": session.opening.started_at}
    raise bad_file(f"session {number}", ("is no training; scs train report without a name lists those there are",))
