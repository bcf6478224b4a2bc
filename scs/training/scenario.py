"""Scenarios: who the patient is, what is implanted, what happens, what is to be reached, and two ways to do it.

Made-up people, every one: no history here is that of anybody. A scenario is data (data/scenarios/*.toml), strict, and
carries its own proof: the expert's steps pass it and the careless ones fail (tests, `scs train lint`).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from scs.domain.fields import Name, Offset, Prescription, Words
from scs.domain.file_tree import read_tree
from scs.domain.lead import PORTS, Implant, PluggedLead, find_lead
from scs.domain.profile import find_profile
from scs.domain.program import Group
from scs.errors import BadPrescription, Unreadable
from scs.training.steps import PostureWord, Slot, Span, Steps, Topic, Verb, validated

Permille = Annotated[int, Field(ge=0, le=1000)]
Category = Literal["safety", "coverage", "outcome", "efficiency", "record"]


class Past(Prescription):
    """One thing that was tried before, and what it gave."""

    when: Words
    what: Words
    gave: Words


class Patient(Prescription):
    """A made-up person. `seed` is the body and the pain of scs.body."""

    name: Name
    age: Annotated[int, Field(ge=18, le=100)]
    indication: Literal["fbss", "pdn", "crps"]
    seed: int
    words: Words
    history: Annotated[tuple[Past, ...], Field(strict=False, min_length=1)]


class LeadRow(Prescription):
    """A lead in a port, and where it was laid."""

    port: Literal["A", "B", "C", "D"]
    model: str
    level: str
    offset_um: Offset = 0


class HeldRow(Prescription):
    """A group that the implant holds when the session begins."""

    slot: Slot
    group: Group
    acknowledge: Annotated[tuple[str, ...], Field(strict=False)] = ()
    is_running: bool = False


class DeviceRow(Prescription):
    """What is implanted and how it is when the session begins."""

    profile: str
    battery_permille: Permille = 800
    pocket_um: Offset = 0
    """How far the implant lies beside where its scar says."""
    is_in_mri: bool = False
    lead: Annotated[tuple[LeadRow, ...], Field(strict=False, min_length=1, max_length=len(PORTS))]
    held: Annotated[tuple[HeldRow, ...], Field(strict=False)] = ()


class Happening(Prescription):
    """What comes about by itself: at a time, or right before the trainee does something for the first time."""

    what: Literal["fault", "mend", "migrate", "posture", "cough", "lose-link", "say"]
    at_us: Span | None = None
    before: Verb | None = None
    after: Verb | None = None
    fault: dict[str, Any] | None = None
    port: Literal["A", "B", "C", "D"] | None = None
    down_um: Offset | None = None
    posture: PostureWord | None = None
    frames: Annotated[int, Field(ge=0, le=1000)] | None = None
    """So many more are carried before the link is gone."""
    words: Words | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Happening:
        if sum(one is not None for one in (self.at_us, self.before, self.after)) != 1:
            raise ValueError("write one of at, before and after")
        needs = {
            "fault": ("fault",), "mend": ("fault",), "migrate": ("port", "down_um"), "posture": ("posture",),
            "cough": (), "lose-link": ("frames",), "say": ("words",),
        }[self.what]  # fmt: skip
        told = {name for name in ("fault", "port", "down_um", "posture", "frames", "words") if _has(self, name)}
        if told != set(needs):
            raise ValueError(f"{self.what} is told {', '.join(needs) or 'nothing'} and nothing else")
        return self


class Goal(Prescription):
    """One thing that is judged when the session is over; the words of `check` are those of scs.training.goals."""

    category: Category
    sentence: Words
    check: Literal[
        "covers", "bearable", "relief", "mode", "delivers", "did", "did-before", "not-did", "recorded", "found",
        "avoids", "battery", "steps", "minutes", "waveform", "follows", "unclipped", "held",
    ]  # fmt: skip
    regions: Annotated[tuple[str, ...], Field(strict=False)] = ()
    postures: Annotated[tuple[PostureWord, ...], Field(strict=False)] = ()
    least_permille: Permille | None = None
    most: Annotated[int, Field(ge=1, le=1000)] | None = None
    word: str | None = None
    """A mode, a contact, a kind of waveform or a finding."""
    did: Verb | None = None
    before: Verb | None = None
    times: Annotated[int, Field(ge=1, le=100)] = 1
    topic: Topic | None = None
    slot: Slot | None = None


class Forbidden(Prescription):
    """What is unsafe in this scenario unless something was done or found before it; it caps the score."""

    do: Verb
    unless_did: Verb | None = None
    unless_found: Words | None = None
    sentence: Words


class Scenario(Prescription):
    """One scenario. `pass_score` is the least score of 100 that passes."""

    format: Literal["scs-scenario/1"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,39}$")]
    title: Words
    task: Words
    """What the trainee is told."""
    patient: Patient
    device: DeviceRow
    happening: Annotated[tuple[Happening, ...], Field(strict=False)] = ()
    findings: Annotated[tuple[Words, ...], Field(strict=False, min_length=2)]
    """What a trainee can say that is wrong; one is right."""
    hints: Annotated[tuple[Words, ...], Field(strict=False, min_length=1)]
    goal: Annotated[tuple[Goal, ...], Field(strict=False, min_length=3)]
    forbidden: Annotated[tuple[Forbidden, ...], Field(strict=False)] = ()
    pass_score: Annotated[int, Field(ge=50, le=100)] = 75
    expert: Steps
    careless: Steps

    @property
    def implant(self) -> Implant:
        """The leads as they were laid, which is what the programmer knows."""
        return Implant(
            leads=tuple(
                PluggedLead(port=row.port, lead=find_lead(row.model), level=row.level, offset_um=row.offset_um)
                for row in self.device.lead
            )
        )


def _has(happening: Happening, name: str) -> bool:
    return getattr(happening, name) is not None


def parse_scenario(path: str, text: str) -> Scenario:
    """Read a scenario; `path` names it in sentences. Raises BadFile with every problem."""
    scenario = validated(path, read_tree(path, text), Scenario)
    problems: list[str] = []
    try:
        find_profile(scenario.device.profile)
        _ = scenario.implant
    except Unreadable as error:
        problems += str(error).splitlines()
    except ValidationError as error:
        problems += [f"device.lead: {fault['msg']}" for fault in error.errors()]
    right = [goal.word for goal in scenario.goal if goal.check == "found"]
    problems += [f"goal: {word} is none of the findings; list it there" for word in right if word not in
                 scenario.findings]  # fmt: skip
    if problems:
        from scs.domain.file_tree import bad_file

        raise bad_file(path, problems)
    return scenario


@cache
def scenario_ids() -> tuple[str, ...]:
    """The scenarios that come along, in alphabetical order."""
    folder = resources.files("scs.training").joinpath("data/scenarios")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def find_scenario(scenario_id: str) -> Scenario:
    """The scenario with this id; raises BadPrescription that lists those there are, or BadFile."""
    if scenario_id not in scenario_ids():
        raise BadPrescription(f'no scenario "{scenario_id}"; choose one of {", ".join(scenario_ids())}')
    path = resources.files("scs.training").joinpath(f"data/scenarios/{scenario_id}.toml")
    return parse_scenario(f"{scenario_id}.toml", path.read_text(encoding="utf-8"))
