"""What a lemma is, and how it is tried: on every path with symbols, and its wrong twin, which has to fail.

A lemma that nothing could falsify proves nothing. So each carries a control: a wrong version of the function under
proof, for which z3 must find numbers, and with these numbers plain Python must show the fault as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any

from scs.clock import Duration, WallClock
from scs.proof.paths import Falsified, Path, PathEnds, Replay, Undecided, World

Experiment = Callable[[World, Any, Any], None]
"""(world, the function under proof, case): asks for numbers, runs the function, claims."""
FAULTS = (AssertionError, ArithmeticError, LookupError, StopIteration)
"""What a function under proof may raise where it is wrong; anything else is a mistake of the proof, not caught."""


class Answer(StrEnum):
    PROVED = "proved"
    REFUTED = "refuted"
    """With numbers for which plain Python shows the fault too."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Control:
    """A wrong version of the function and, in words, what is wrong with it."""

    wrong: str
    subject: Any


@dataclass(frozen=True, slots=True)
class Lemma:
    """A claim about a function of the project, for all numbers of a kind."""

    name: str
    claims: str
    quantified: str
    """Over what it is claimed: which numbers are free, and which are tried one by one."""
    subject: Any
    experiment: Experiment
    control: Control
    cases: tuple[Any, ...] = (None,)
    """Shapes that are tried one by one, such as the number of contacts."""
    over_reals: bool = False
    """Whether each path is tried over the real numbers first: what holds for them holds for whole ones, and z3 is
    quicker there. What does not hold for them is asked again of whole numbers."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying one function. Seconds are for showing."""

    answer: Answer
    paths: int
    questions: int
    seconds: float
    claim: str = ""
    """The sentence that does not hold or was not decided; empty when all are proved."""
    values: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of one lemma and of its control. It names the lemma, for functions do not travel between processes."""

    name: str
    trial: Trial
    control: Trial

    @property
    def holds(self) -> bool:
        """Proved, and the control refuted."""
        return self.trial.answer is Answer.PROVED and self.control.answer is Answer.REFUTED

    @property
    def seconds(self) -> float:
        return self.trial.seconds + self.control.seconds


def show(lemma: Lemma, timeout: Duration) -> Proof:
    """Try the function and its control; `timeout` bounds each question to z3."""
    timeout_ms = timeout.us // 1_000
    return Proof(
        lemma.name, attempt(lemma, lemma.subject, timeout_ms), attempt(lemma, lemma.control.subject, timeout_ms)
    )


def attempt(lemma: Lemma, subject: Any, timeout_ms: int) -> Trial:
    """Run every path of every case, up to the first that is not proved."""
    clock = WallClock()
    paths = questions = 0
    for case in lemma.cases:
        pending: list[tuple[int, ...]] = [()]
        while pending:
            given = pending.pop()
            paths += 1
            try:
                path = _walked(lemma, subject, case, given, timeout_ms)
            except Falsified as found:
                # A contract may leave open what the function never does; then nothing is refuted, and nothing proved.
                shown = _shown_by_python(found, lemma, subject, case)
                answer, values = (Answer.UNKNOWN, found.values) if shown is None else (Answer.REFUTED, shown)
                return Trial(answer, paths, questions, _seconds(clock), found.claim, dict(values))
            except Undecided as open_one:
                return Trial(Answer.UNKNOWN, paths, questions, _seconds(clock), open_one.claim)
            questions += path.questions
            pending += path.others
    return Trial(Answer.PROVED, paths, questions, _seconds(clock))


def _walked(lemma: Lemma, subject: Any, case: Any, given: tuple[int, ...], timeout_ms: int) -> Path:
    """The path with all its claims proved; raise what falsifies one or leaves it open."""
    if lemma.over_reals:
        path = Path(given, timeout_ms, over_reals=True)
        try:
            _walk(path, lemma.experiment, subject, case)
        except (Falsified, Undecided):
            pass
        else:
            return path
    path = Path(given, timeout_ms)
    _walk(path, lemma.experiment, subject, case)
    return path


def _seconds(clock: WallClock) -> float:
    return clock.now().us / 1_000_000


def _walk(path: Path, experiment: Experiment, subject: Any, case: Any) -> None:
    try:
        experiment(path, subject, case)
    except PathEnds:
        return
    except FAULTS as fault:
        path.fails(_words_for(fault))


def _shown_by_python(found: Falsified, lemma: Lemma, subject: Any, case: Any) -> Mapping[str, int] | None:
    """The first counterexample for which the function, run by Python, breaks a claim too; None when none does."""
    for values in chain([found.values], found.more):
        try:
            lemma.experiment(Replay(values), subject, case)
        except (Falsified, *FAULTS):
            return values
        except PathEnds:
            continue
    return None


def _words_for(fault: BaseException) -> str:
    return f"the function does not raise {type(fault).__name__} {fault}".rstrip()
