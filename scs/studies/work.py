"""What is handed to a worker, and what comes back: a numbered part of a study, and its rows.

A part is plain data that can be sent to another machine, and working it out twice gives the same rows: so a part whose
worker was lost is simply given to another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Row = Mapping[str, int | float | str | bool]
"""Column to value; every row of a study has the same columns. Never null: what does not apply is an empty text."""


class Part(Protocol):
    """A part of a study. Implementations are frozen and can be pickled."""

    @property
    def number(self) -> int:
        """From 0, each once."""

    @property
    def size(self) -> int:
        """How many rows it gives."""

    def rows(self) -> list[Row]:
        """Work it out; the same rows every time."""


@dataclass(frozen=True, slots=True)
class Done:
    """The rows of one part."""

    number: int
    rows: tuple[Row, ...]


def work(part: Part) -> Done:
    """What a worker runs."""
    rows = tuple(part.rows())
    assert len(rows) == part.size, "a part says how many rows it gives"
    return Done(part.number, rows)
