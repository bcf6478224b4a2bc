"""A cohort: the same groups in many patients, each set to his own amplitude and then lived with for a time.

Who is painfully stimulated in a posture turns down, and up again afterwards; a closed loop follows by itself. Patients
differ in anatomy, in what each mechanism can do for them and in placebo; the days and the habits here are assumed. It
predicts nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from statistics import mean

from scs.body.anatomy import Posture
from scs.body.day import DAY
from scs.body.pain import RESPONDS_FROM, Pain, drive, mechanism_of, sufferer
from scs.body.sensation import Sense, person
from scs.domain.program import Group, Program, replaced
from scs.domain.verdict import Outcome, Verdict
from scs.errors import BadPrescription
from scs.studies.delivery import NOTHING, Delivered, Setting, at_amplitude, deliver
from scs.studies.work import Row

SET_IN = Posture.STANDING
"""The posture in which the amplitude is found."""
BURST_PART = 0.6
"""Of the perception threshold, where burst is set [R, med: physics 3.6]."""
ASKED_DAYS = 7
"""The last days, on each of which the score is asked for."""
PART_PATIENTS = 10
"""Patients of one part: half a second of work or less."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One group of a cohort, with the device and leads it is delivered by. `name` is the file's."""

    name: str
    group: Group
    setting: Setting

    def __post_init__(self) -> None:
        kinds = sorted({mechanism_of(program) for program in self.group.programs})
        if len(kinds) > 1:
            raise BadPrescription(
                f"{self.name}: the group mixes {' and '.join(kinds)}, and nobody knows how their relief adds up; "
                "give one group for each"
            )


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everybody has every arm, one after the other and each as if it were the first."""

    arms: tuple[Arm, ...]
    indication: str
    patients: int
    days: int
    seed: int = 1

    @property
    def size(self) -> int:
        return len(self.arms) * self.patients

    def parts(self) -> list[CohortPart]:
        """The cohort in parts: arm after arm, some patients each."""
        last = self.seed + self.patients
        spans = [
            (arm, range(start, min(last, start + PART_PATIENTS)))
            for arm in self.arms
            for start in range(self.seed, last, PART_PATIENTS)
        ]
        return [CohortPart(number, self, arm, tuple(seeds)) for number, (arm, seeds) in enumerate(spans)]


@dataclass(frozen=True, slots=True)
class CohortPart:
    """Some patients of one arm."""

    number: int
    of: Cohort
    arm: Arm
    seeds: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.seeds)

    def rows(self) -> list[Row]:
        return [lived(self.of, self.arm, seed) for seed in self.seeds]


@dataclass(frozen=True, slots=True)
class _Held:
    """A group in one patient and posture: what leaves of each program, and how it is felt."""

    senses: Sequence[Sense]
    delivered: Sequence[Delivered]
    is_turned_down: bool
    """It hurt at the amplitude that was set."""

    def drives(self, regions: tuple[str, ...]) -> dict[str, float]:
        """The part of its best that the group does in each region: that of its best program there."""
        pairs = list(zip(self.senses, self.delivered, strict=True))
        each = [drive(sense, own.amplitude_ua / 1_000, regions) for sense, own in pairs if own.amplitude_ua]
        return {name: max((one[name] for one in each), default=0.0) for name in regions}

    def coverage(self, regions: tuple[str, ...]) -> float:
        """The mean part of these regions in which it is felt."""
        felt = [sense.feel(own.amplitude_ua / 1_000) for sense, own in zip(self.senses, self.delivered, strict=True)]
        return mean(max(one.regions.get(name, 0.0) for one in felt) for name in regions)


def lived(cohort: Cohort, arm: Arm, seed: int) -> Row:
    """One patient with one group: set, judged, delivered and lived with."""
    who = sufferer(cohort.indication, seed)
    regions = tuple(who.baseline)
    set_group, is_limited = titrated(arm, seed)
    verdict = arm.setting.verdict(set_group)
    held = {posture: _held(arm, set_group, seed, posture, verdict) for posture, _ in DAY}
    drives = {posture: one.drives(regions) for posture, one in held.items()}
    course, answers = Pain(who), []
    mechanism = mechanism_of(set_group.programs[0])
    for day in range(cohort.days):
        for posture, hours in DAY:
            course.pass_time(hours, drives[posture], mechanism)
        if day >= cohort.days - ASKED_DAYS:
            answers.append(mean(course.score().values()))
    relief = mean(course.relief(name) for name in regions)
    standing = held[SET_IN]
    return {
        "arm": arm.name,
        "patient": seed,
        "indication": cohort.indication,
        "outcome": verdict.outcome.value,
        "amplitude_ua": set_group.programs[0].amplitude_ua,
        "delivered_ua": standing.delivered[0].amplitude_ua,
        "is_limited": is_limited,
        "is_clipped": any(own.is_clipped for own in standing.delivered),
        "coverage": round(standing.coverage(regions), 3),
        "turned_down_hours": sum(hours for posture, hours in DAY if held[posture].is_turned_down),
        "baseline": round(mean(who.baseline.values()), 2),
        "score": round(mean(answers), 2),
        "relief": round(relief, 3),
        "is_responder": relief >= RESPONDS_FROM,
    }


def titrated(arm: Arm, seed: int) -> tuple[Group, bool]:
    """The group at this patient's own amplitudes, and whether a range kept him below what he would be set to."""
    programs, is_limited = [], False
    for program in arm.group.programs:
        wanted_ua = _wanted_ua(arm, program, seed)
        row, patient = arm.setting.profile.amplitude, program.patient
        highest_ua = min(row.max_ua, patient.highest_ua if patient else row.max_ua)
        is_limited = is_limited or wanted_ua > highest_ua
        # Rounded down to the grid: never more than is wanted.
        programs.append(at_amplitude(program, min(wanted_ua, highest_ua) // row.step_ua * row.step_ua))
    return replaced(arm.group, programs=tuple(programs)), is_limited


def _wanted_ua(arm: Arm, program: Program, seed: int) -> int:
    """Comfortable where it is felt, a part of the perception threshold for burst, and the program's own at 10 kHz."""
    mechanism = mechanism_of(program)
    if mechanism == "high-rate":
        return program.amplitude_ua
    sense = _sense(arm, program, seed, SET_IN)
    if isinf(sense.perception_ma):
        return program.amplitude_ua
    return int(1_000 * (sense.comfortable_ma if mechanism == "tonic" else BURST_PART * sense.perception_ma))


def _held(arm: Arm, group: Group, seed: int, posture: Posture, verdict: Verdict) -> _Held:
    """As it is lived with: who is hurt turns down to what is comfortable in this posture."""
    senses = [_sense(arm, program, seed, posture) for program in group.programs]
    output = arm.setting.output(seed)
    delivered, is_turned_down = [], False
    for sense, program in zip(senses, group.programs, strict=True):
        own = program
        if program.closed_loop is not None:
            own = at_amplitude(program, _followed_ua(arm, program, sense, seed))
        if own.amplitude_ua / 1_000 >= sense.discomfort_ma:
            is_turned_down = True
            own = at_amplitude(program, int(min(sense.comfortable_ma, sense.discomfort_ma) * 1_000))
        delivered.append(NOTHING if verdict.outcome is Outcome.BLOCK else deliver(output, own, verdict.outcome))
    return _Held(senses, delivered, is_turned_down and verdict.outcome is not Outcome.BLOCK)


def _followed_ua(arm: Arm, program: Program, sense: Sense, seed: int) -> int:
    """What a loop makes of the set amplitude in another posture, within the range that it has, rounded down.

    It holds the potential, and the thresholds of potential and perception go together [F: Pilitsis 2021, 0.93].
    """
    standing, row, patient = _sense(arm, program, seed, SET_IN), arm.setting.profile.amplitude, program.patient
    highest_ua = min(row.max_ua, patient.highest_ua if patient else row.max_ua)
    wanted_ua = int(program.amplitude_ua * sense.perception_ma / standing.perception_ma)
    return min(wanted_ua, highest_ua) // row.step_ua * row.step_ua


def _sense(arm: Arm, program: Program, seed: int, posture: Posture) -> Sense:
    return Sense(person(seed), arm.setting.implant, program, posture)


def summary(rows: Sequence[Row]) -> list[Mapping[str, object]]:
    """What came of each arm, in the order of the arms."""
    arms: dict[str, list[Row]] = {}
    for row in rows:
        arms.setdefault(str(row["arm"]), []).append(row)
    return [{"arm": name, **_summed(own)} for name, own in arms.items()]


def _summed(rows: Sequence[Row]) -> Mapping[str, object]:
    responders = sum(bool(row["is_responder"]) for row in rows)
    low, high = _wilson_percent(responders, len(rows))
    return {
        "patients": len(rows),
        "responders": responders,
        "responders_percent": round(100 * responders / len(rows), 1),
        "responders_percent_low": round(low, 1),
        "responders_percent_high": round(high, 1),
        "mean_relief": round(mean(float(row["relief"]) for row in rows), 3),
        "mean_coverage": round(mean(float(row["coverage"]) for row in rows), 3),
        "mean_score": round(mean(float(row["score"]) for row in rows), 2),
        "limited": sum(bool(row["is_limited"]) for row in rows),
        "blocked": sum(row["outcome"] == Outcome.BLOCK.value for row in rows),
        "clipped": sum(bool(row["is_clipped"]) for row in rows),
        "turning_down": sum(float(row["turned_down_hours"]) > 0 for row in rows),
    }


def _wilson_percent(hits: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 %."""
    z2, part = 1.959964**2, hits / of
    middle = (part + z2 / (2 * of)) / (1 + z2 / of)
    half = 1.959964 / (1 + z2 / of) * (part * (1 - part) / of + z2 / (4 * of * of)) ** 0.5
    return 100 * (middle - half), 100 * (middle + half)
