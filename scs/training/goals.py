"""Whether each goal of a scenario was reached, judged by what was done and by what is so in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scs.body.anatomy import Posture
from scs.clock import Duration
from scs.domain.lead import contact_number
from scs.domain.status import LoopState
from scs.training.course import US_PER_S
from scs.training.feeling import Feeling, delivered
from scs.training.scenario import Goal, Scenario
from scs.training.trainee import Trainee
from scs.wire.prescription import decode_group

PER_MILLE = 1_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One goal and whether it was reached."""

    goal: Goal
    is_met: bool


def judge_goals(scenario: Scenario, trainee: Trainee) -> tuple[Judged, ...]:
    """Every goal of the scenario, in its order; leaves the patient in the posture that he was in."""
    posture = trainee.world.posture
    try:
        return tuple(Judged(goal, _CHECKS[goal.check](goal, trainee)) for goal in scenario.goal)
    finally:
        trainee.world.take_posture(posture)


def _feelings(goal: Goal, trainee: Trainee) -> list[Feeling]:
    """In each posture of the goal, once the loop has had a second to follow; the one that is, if it names none."""
    world = trainee.world
    felt = []
    for posture in goal.postures or (world.posture.value,):
        world.take_posture(Posture(posture))
        world.step(world.device.now + _SECOND)
        felt.append(world.feeling)
    return felt


def _covers(goal: Goal, trainee: Trainee) -> bool:
    least = (goal.least_permille or 1) / PER_MILLE
    return all(feeling.regions.get(name, 0.0) >= least for feeling in _feelings(goal, trainee) for name in goal.regions)


def _bearable(goal: Goal, trainee: Trainee) -> bool:
    return all(feeling.grade != "painful" for feeling in _feelings(goal, trainee))


def _relief(goal: Goal, trainee: Trainee) -> bool:
    pain = trainee.world.pain
    names = goal.regions or tuple(pain.sufferer.baseline)
    return sum(pain.relief(name) for name in names) / len(names) >= (goal.least_permille or 1) / PER_MILLE


def _did_before(goal: Goal, trainee: Trainee) -> bool:
    done = trainee.world.course.moments
    first = next((i for i, m in enumerate(done) if m.kind == "did" and m.verb == goal.did), None)
    then = next((i for i, m in enumerate(done) if m.kind == "did" and m.verb == goal.before), None)
    return first is not None and (then is None or first < then)


def _group_avoids(goal: Goal, trainee: Trainee) -> bool:
    group = trainee.world.device.parts.therapy.group
    contact = contact_number(str(goal.word))
    return group is not None and all(contact not in program.contacts.contacts for program in group.programs)


def _waveform(goal: Goal, trainee: Trainee) -> bool:
    group = trainee.world.device.parts.therapy.group
    running = bool(delivered(trainee.world.device))
    return running and group is not None and all(p.waveform.kind == goal.word for p in group.programs)


def _follows(_goal: Goal, trainee: Trainee) -> bool:
    """Each program that is delivered is followed, and no loop has given up."""
    loops = trainee.world.device.parts.therapy.loops
    states = [loop.state for loop in loops if loop is not None]
    return bool(delivered(trainee.world.device)) and len(states) == len(loops) > 0 and set(states) <= _FOLLOWING


def _unclipped(_goal: Goal, trainee: Trainee) -> bool:
    readings = trainee.world.bench.output()
    return bool(readings) and not any(reading.is_clipped for reading in readings)


def _held(goal: Goal, trainee: Trainee) -> bool:
    stored = trainee.world.device.parts.store.image.groups.get(goal.slot or 0)
    return stored is not None and decode_group(stored.data).name == goal.word


_SECOND = Duration(US_PER_S)
_FOLLOWING = {LoopState.CLOSED, LoopState.HELD}

_CHECKS: dict[str, Callable[[Goal, Trainee], bool]] = {
    "covers": _covers,
    "bearable": _bearable,
    "relief": _relief,
    "mode": lambda goal, t: t.world.device.parts.modes.mode.name.lower() == goal.word,
    "delivers": lambda _, t: bool(delivered(t.world.device)),
    "did": lambda goal, t: len(t.world.course.done(str(goal.did))) >= goal.times,
    "did-before": _did_before,
    "not-did": lambda goal, t: not t.world.course.done(str(goal.did)),
    "recorded": lambda goal, t: goal.topic in t.topics,
    "found": lambda goal, t: bool(t.found) and t.found[-1] == goal.word,
    "avoids": _group_avoids,
    "battery": lambda goal, t: t.world.device.parts.battery.permille >= (goal.least_permille or 0),
    "steps": lambda goal, t: t.world.course.steps <= (goal.most or 0),
    "minutes": lambda goal, t: t.world.at_us <= (goal.most or 0) * 60 * US_PER_S,
    "waveform": _waveform,
    "follows": _follows,
    "unclipped": _unclipped,
    "held": _held,
}
