"""Many seeds: in this process or in several, in the order of their numbers, added up as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from firmware_model.device import Device
from scs.clock import cpu_time
from scs.simulation.observations import Violation
from scs.simulation.plan import VISITS_MAX, Plan, draw_plan
from scs.simulation.seed import Outcome, play
from scs.simulation.shrink import TRIES_MAX, shrink
from scs.simulation.world import Build

YEAR_US = 365 * 86_400 * 1_000_000
SEEDS_PER_PART = 5
"""What a worker is handed at a time: enough that handing over costs nothing, few enough that a bar moves."""
TURNS_TO_SHRINK = 5_000_000
TRIES_MIN = 8
"""What is spent on shrinking one seed: some minutes. One that only ended because it was stopped is as dear as hundreds
of others, and is tried less often."""


@dataclass(frozen=True, slots=True)
class Part:
    """Seeds for one worker. `broken` is the id of a known-bad firmware, empty for the real one."""

    seeds: tuple[int, ...]
    days: int
    faults: int
    visits_max: int = VISITS_MAX
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """One seed that failed, with the faults that it needs."""

    plan: Plan
    violations: tuple[Violation, ...]
    faults_before: int


@dataclass(slots=True)
class Totals:
    """What all seeds came to."""

    seeds: int = 0
    simulated_us: int = 0
    cpu_us: int = 0
    pulses: int = 0
    messages: int = 0
    visits: int = 0
    least_faults: int | None = None
    """The fewest that one seed had."""
    faults: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    worst_stop_us: int = 0
    worst_hung_us: int = 0
    excuses: int = 0
    violations: int = 0
    digests: dict[int, str] = field(default_factory=dict)
    failed: list[int] = field(default_factory=list)

    @property
    def years(self) -> float:
        """Device-years of 365 days."""
        return self.simulated_us / YEAR_US

    @property
    def times_real(self) -> float:
        """Simulated time over the processor's time."""
        return self.simulated_us / max(1, self.cpu_us)

    def add(self, outcome: Outcome, cpu_us: int) -> None:
        """Count one seed."""
        begun = sum(outcome.faults.values())
        self.seeds += 1
        self.simulated_us += outcome.simulated_us
        self.cpu_us += cpu_us
        self.pulses += outcome.pulses
        self.messages += outcome.messages
        self.visits += outcome.visits
        self.least_faults = begun if self.least_faults is None else min(self.least_faults, begun)
        self.faults += outcome.faults
        self.families += outcome.families
        self.looked += outcome.looked
        self.worst_stop_us = max(self.worst_stop_us, outcome.worst_stop_us)
        self.worst_hung_us = max(self.worst_hung_us, outcome.worst_hung_us)
        self.excuses += bool(outcome.excuse)
        self.violations += len(outcome.violations)
        self.digests[outcome.plan.seed] = outcome.digest
        if outcome.violations:
            self.failed.append(outcome.plan.seed)


def campaign(
    seeds: Sequence[int],
    days: int,
    faults: int,
    jobs: int,
    told: Callable[[int], None],
    broken: str = "",
    visits_max: int = VISITS_MAX,
) -> Totals:
    """Play every seed; `told` hears how many are done."""
    totals = Totals()
    parts = [
        Part(tuple(seeds[start : start + SEEDS_PER_PART]), days, faults, visits_max, broken)
        for start in range(0, len(seeds), SEEDS_PER_PART)
    ]
    for played in _played(parts, jobs):
        for outcome, cpu_us in played:
            totals.add(outcome, cpu_us)
        told(totals.seeds)
    return totals


def examine(plan: Plan, broken: str = "") -> Failure | None:
    """Play a plan once more and shrink it; None when it does not fail."""
    return examine_with(plan, build_of(broken))


def examine_with(plan: Plan, build: Build) -> Failure | None:
    """As `examine`, of an implant that is built like that."""
    outcome = play(plan, build)
    if not outcome.violations:
        return None
    checkers = {violation.checker for violation in outcome.violations}

    def fails(fewer: Plan) -> bool:
        return any(violation.checker in checkers for violation in play(fewer, build).violations)

    tries = max(TRIES_MIN, min(TRIES_MAX, TURNS_TO_SHRINK // max(1, outcome.turns)))
    small = shrink(plan, fails, tries)
    return Failure(small, tuple(play(small, build).violations), len(plan.faults))


def build_of(broken: str) -> Build:
    """The real firmware, or the known-bad one with this id; raises BadPrescription where there is none."""
    if not broken:
        return Device
    from firmware_model.known_bad import find_known_bad

    return find_known_bad(broken).build


def _played(parts: Sequence[Part], jobs: int) -> Iterator[list[tuple[Outcome, int]]]:
    if jobs == 1:
        yield from map(_play, parts)
        return
    # Fresh interpreters: nothing is inherited, so it works alike on every system.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_play, parts)


def _play(part: Part) -> list[tuple[Outcome, int]]:
    build = build_of(part.broken)
    played = []
    for seed in part.seeds:
        began = cpu_time()
        outcome = play(draw_plan(seed, part.days, part.faults, part.visits_max), build)
        played.append((outcome, began.until(cpu_time()).us))
    return played
