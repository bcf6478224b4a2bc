"""The rubric, and the score of a session by it: safety first, then what was reached, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scs.clock import Duration
from scs.training.course import Moment
from scs.training.goals import Judged, judge_goals
from scs.training.scenario import Scenario
from scs.training.steps import Step
from scs.training.trainee import Trainee
from scs.training.world import World

WEIGHTS = {"safety": 30, "coverage": 20, "outcome": 25, "efficiency": 10, "record": 15}
"""Points of each category; one without a goal in a scenario is left out and the others count for more [project]."""
UNSAFE_CAP = 40
"""A session with any unsafe act scores at most this, whatever else was reached [project]."""
RUBRIC = (
    f"Any unsafe act caps the score at {UNSAFE_CAP} of 100: a rise of the output at once into pain, pain that is left "
    "standing for a minute, and what the scenario names. Then "
    + ", ".join(f"{name} {weight}" for name, weight in WEIGHTS.items())
    + ": the part of its goals that was reached, each category of the scenario by its weight."
)
"""As it is printed, before and after."""
AFTERWARDS = Duration.of_ms(5_000)
"""From the end of the session to what is judged: a lease ends in it, and whatever hung on it."""

assert sum(WEIGHTS.values()) == 100, "the weights are parts of a hundred"
assert all(weight <= 50 for weight in WEIGHTS.values()), "no category decides alone"


@dataclass(frozen=True, slots=True)
class Result:
    """A session that is over and judged."""

    scenario: Scenario
    score: int
    """0 to 100, rounded down."""
    judged: tuple[Judged, ...]
    moments: tuple[Moment, ...]

    @property
    def unsafe(self) -> tuple[Moment, ...]:
        return tuple(moment for moment in self.moments if moment.kind == "unsafe")

    @property
    def is_passed(self) -> bool:
        return self.score >= self.scenario.pass_score

    def parts(self) -> dict[str, tuple[int, int]]:
        """Category to (goals reached, goals), those that the scenario has."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.judged:
            met, count = found.get(one.goal.category, (0, 0))
            found[one.goal.category] = (met + one.is_met, count + 1)
        return found


def run_script(scenario: Scenario, steps: Sequence[Step], seed: int = 1, language: str = "en") -> Result:
    """A whole session headless: the world, the steps one after the other, and the score."""
    trainee = Trainee(World(scenario, seed, language))
    for step in steps:
        trainee.do(step)
    return conclude(trainee)


def conclude(trainee: Trainee) -> Result:
    """End the session and judge it. What is judged afterwards, in other postures, is not in the timeline."""
    world = trainee.world
    moments = tuple(world.course.moments)
    world.lost_after = None
    # The programmer goes home, and a trial change that nobody kept with it.
    trainee.leave()
    world.pass_time(AFTERWARDS)
    judged = judge_goals(world.scenario, trainee)
    trainee.leave()
    return Result(world.scenario, score(judged, has_unsafe=any(m.kind == "unsafe" for m in moments)), judged, moments)


def score(judged: Sequence[Judged], *, has_unsafe: bool) -> int:
    """Points of 100, in whole numbers, rounded down."""
    counts: dict[str, list[bool]] = {}
    for one in judged:
        counts.setdefault(one.goal.category, []).append(one.is_met)
    whole = sum(WEIGHTS[name] for name in counts)
    assert whole > 0, "a scenario has goals"
    reached = sum(Fraction(WEIGHTS[name] * 100 * sum(met), len(met)) for name, met in counts.items())
    points = int(reached / whole)
    return min(points, UNSAFE_CAP) if has_unsafe else points
