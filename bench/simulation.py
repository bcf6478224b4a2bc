"""How fast a simulated world lives, with its faults and every checker: processor time, so others hardly disturb it."""

from __future__ import annotations

from bench.pairing import BenchRow
from scs.simulation.campaign import campaign

SEEDS = range(20)
DAYS = 37
FAULTS = 20
WANTED = 5_000_000.0
"""Times real time on one core [project: what a nightly run of two thousand years needs]."""


def run(repeats: int) -> list[BenchRow]:
    """One row, the best of at most three."""
    best = 0.0
    for _ in range(min(repeats, 3)):
        totals = campaign(SEEDS, DAYS, FAULTS, jobs=1, told=lambda _: None)
        assert not totals.failed, "a seed fails; scs simulate says which and why"
        best = max(best, totals.times_real)
    name = "a simulated world, faults and checkers on"
    return [BenchRow(name, "5,000,000 times real time", best, WANTED, "x", best / WANTED, 1.0, higher_is_better=True)]
