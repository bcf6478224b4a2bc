"""One line of a session's record, and the chain that ties it to the line before.

What is here decides what a changed or removed line is; where lines are kept is in book.py. Bodies are plain JSON
without fractions, so that a line has one text and one digest on every system.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Body = Mapping[str, Any]
"""Texts, whole numbers, truth values, None, and lists and maps of them."""

BEFORE_ALL = "0" * 64
"""What the first session of a book is tied to."""


class Kind(StrEnum):
    """What a line tells of."""

    OPENED = "opened"
    EXCHANGE = "exchange"
    REFUSED = "refused"
    STATUS = "status"
    LOG = "log"
    DESCRIBED = "described"
    GROUP = "group"
    VERDICT = "verdict"
    STOP = "stop"
    STOPPED = "stopped"
    STOP_UNANSWERED = "stop-unanswered"
    ABANDONED = "abandoned"
    WRONG_IMPLANT = "wrong-implant"
    LOST = "lost"
    FAILED = "failed"
    UNRESOLVED = "unresolved"
    OUTCOME = "outcome"
    ROLE = "role"
    LOCK = "lock"
    FELT = "felt"
    PAIRING = "pairing"
    TRAINED = "trained"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a session begins. `started_at` is calendar time in UTC as ISO 8601 text."""

    started_at: str
    program: str
    address: str
    software: str

    def link(self, number: int, previous: str) -> str:
        """The digest that ties session `number` to the one before it, and its own lines to itself."""
        return _digest(previous, [number, self.started_at, self.program, self.address, self.software])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at_us` counts from the session's beginning, by the clock of whoever wrote."""

    at_us: int
    kind: Kind
    name: str
    body: Body

    def link(self, sequence: int, previous: str) -> str:
        """The digest that ties line `sequence` to the one before it."""
        return _digest(previous, [sequence, self.at_us, str(self.kind), self.name, self.body])


def body_text(body: object) -> str:
    """The one text of a body; ValueError for what JSON has no exact word for."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _digest(previous: str, content: list[Any]) -> str:
    """SHA-256 in hexadecimal: text can be read, and noted elsewhere, in every database and on paper."""
    return hashlib.sha256((previous + body_text(content)).encode()).hexdigest()
