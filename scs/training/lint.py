"""Whether a scenario is sound: it can be read, its expert passes and its careless trainee fails."""

from __future__ import annotations

from scs.body.body_map import regions
from scs.training.scenario import Scenario
from scs.training.scoring import run_script


def lint(scenario: Scenario, seed: int = 1) -> tuple[str, ...]:
    """A sentence for each thing that is wrong; empty when the scenario is proven solvable and failable."""
    problems = [
        f"goal: {name} is no region of the body map"
        for goal in scenario.goal
        for name in goal.regions
        if name not in regions()
    ]
    problems += [f"goal: the check {goal.check} has to be told {name}" for goal in scenario.goal for name in
                 _untold(goal.check, goal.model_dump(by_alias=False))]  # fmt: skip
    if problems:
        return tuple(problems)
    expert = run_script(scenario, scenario.expert, seed)
    if not expert.is_passed:
        missed = "; ".join(one.goal.sentence for one in expert.judged if not one.is_met)
        problems.append(f"expert: {expert.score} of 100 does not pass (from {scenario.pass_score}): {missed}")
    problems += [f"expert: unsafe: {moment.words}" for moment in expert.unsafe]
    careless = run_script(scenario, scenario.careless, seed)
    if careless.is_passed:
        problems.append(f"careless: {careless.score} of 100 passes; a careless session has to fail")
    return tuple(problems)


_NEEDS = {
    "covers": ("regions",), "relief": ("least_permille",), "mode": ("word",), "did": ("did",),
    "did-before": ("did", "before"), "not-did": ("did",), "recorded": ("topic",), "found": ("word",),
    "avoids": ("word",), "battery": ("least_permille",), "steps": ("most",), "minutes": ("most",),
    "waveform": ("word",), "held": ("word", "slot"),
}  # fmt: skip


def _untold(check: str, goal: dict[str, object]) -> list[str]:
    return [name for name in _NEEDS.get(check, ()) if goal[name] in (None, ())]
