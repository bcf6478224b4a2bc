"""How two things are timed against each other: in turn, many times, and judged by the median of the ratios.

A machine's speed drifts; a ratio taken within one run does not. No figure here is a pass or a fail of a test.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One comparison. `ratio` is ours over the peer's in `unit`; `target` is what it should be at least, or at most."""

    name: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    target: float
    higher_is_better: bool

    @property
    def reached(self) -> bool:
        return self.ratio >= self.target if self.higher_is_better else self.ratio <= self.target

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "reached": self.reached}


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def throughput_row(
    name: str,
    ours: Callable[[], object],
    peer: str,
    theirs: Callable[[], object],
    *,
    repeats: int,
    target: float,
    per_run: int = 1,
    unit: str = "runs/s",
) -> BenchRow:
    """Compare how often a second each can be done; ours should reach `target` times the peer's.

    One run of either does `per_run` of what `unit` counts.
    """
    pairs = _pairs(ours, theirs, repeats)
    ratio = statistics.median(their_s / our_s for our_s, their_s in pairs)
    return BenchRow(
        name,
        peer,
        per_run / statistics.median(our_s for our_s, _ in pairs),
        per_run / statistics.median(their_s for _, their_s in pairs),
        unit,
        ratio,
        target,
        higher_is_better=True,
    )


def duration_row(
    name: str, ours: Callable[[], object], peer: str, theirs: Callable[[], object], *, repeats: int, target: float
) -> BenchRow:
    """Compare how long each takes; ours should stay within `target` times the peer's."""
    pairs = _pairs(ours, theirs, repeats)
    ratio = statistics.median(our_s / their_s for our_s, their_s in pairs)
    return BenchRow(
        name,
        peer,
        statistics.median(our_s for our_s, _ in pairs),
        statistics.median(their_s for _, their_s in pairs),
        "s",
        ratio,
        target,
        higher_is_better=False,
    )


def _pairs(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> list[tuple[float, float]]:
    """Timed pairs in turn, after one of each that is not counted."""
    ours()
    theirs()
    return [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
