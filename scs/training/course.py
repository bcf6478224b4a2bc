"""The course of a session: every moment of it, in order, as the debrief tells it and the goals judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["did", "refused", "felt", "happened", "said", "unsafe", "note"]
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that was done, felt, or came about. `at_us` counts from the beginning of the session."""

    at_us: int
    kind: Kind
    verb: str
    """The step's verb where one was done or refused, otherwise a word for what it is."""
    words: str


@dataclass(slots=True)
class Course:
    """Grows by `add`; never changed afterwards."""

    moments: list[Moment] = field(default_factory=list)

    def add(self, at_us: int, kind: Kind, verb: str, words: str) -> Moment:
        moment = Moment(at_us, kind, verb, words)
        self.moments.append(moment)
        return moment

    def done(self, verb: str) -> list[Moment]:
        """Every time that this was done and not refused."""
        return [moment for moment in self.moments if moment.kind == "did" and moment.verb == verb]

    @property
    def steps(self) -> int:
        """How much was tried, refusals too."""
        return sum(moment.kind in ("did", "refused") for moment in self.moments)

    @property
    def unsafe(self) -> list[Moment]:
        return [moment for moment in self.moments if moment.kind == "unsafe"]
