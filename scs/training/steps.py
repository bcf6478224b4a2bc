"""What a trainee can do, as a script writes it: one table [[step]] each, strict, nothing defaulted that matters.

The steps that concern the implant are what the ordinary client does; the others are what a person does in the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import Field, ValidationError, model_validator

from scs.body.anatomy import Posture
from scs.domain.fields import FROM_TEXT, Current, Offset, Prescription, Words, quantity
from scs.domain.file_problems import problems_of
from scs.domain.file_tree import Tree, bad_file, read_tree
from scs.domain.program import GROUPS_MAX, PROGRAMS_MAX, Group
from scs.domain.units import SPAN

M = TypeVar("M", bound=Prescription)

Span = Annotated[int, *quantity(SPAN, lowest=1_000)]
"""A time of the simulation in µs."""
Slot = Annotated[int, Field(ge=0, lt=GROUPS_MAX)]
PostureWord = Literal["supine", "prone", "reclining", "sitting", "standing", "walking"]
Topic = Literal["impedance", "thresholds", "coverage", "settings", "finding", "advice"]
"""What a complete record of a session speaks of [project]."""
Verb = Literal[
    "identify", "status", "battery", "log", "impedance", "sensing", "write", "start", "soft-stop", "stop", "amplitude",
    "titrate", "commit", "hold", "ask", "posture", "cough", "record", "find", "enter-mri", "leave-mri", "clear-fault",
    "reconnect", "charger", "charger-away", "live",
]  # fmt: skip
VERBS: tuple[str, ...] = get_args(Verb)

assert {posture.value for posture in Posture} == set(get_args(PostureWord)), "a script can name every posture"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a verb has to be told, what it may be told, and what it does."""

    sentence: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


USAGES: dict[str, Usage] = {
    "identify": Usage("ask the implant who it is, and read its leads and limits"),
    "status": Usage("read what the implant is doing"),
    "battery": Usage("read the charge of the cell and its warnings"),
    "log": Usage("read the implant's log"),
    "impedance": Usage("measure every contact; therapy must be off"),
    "sensing": Usage("read what the loop reads, wants and delivers"),
    "write": Usage("write a group into a slot", ("slot", "group"), ("acknowledge",)),
    "start": Usage("start the group of a slot", ("slot",)),
    "soft-stop": Usage("ramp down and stop"),
    "stop": Usage("STOP: output zero at once"),
    "amplitude": Usage("try an amplitude while therapy runs", ("program", "amplitude"), ("acknowledge",)),
    "titrate": Usage(
        "raise step by step and ask each time, until it is felt, is comfortable, or the most is reached",
        ("program", "by", "until", "most"), ("acknowledge",),
    ),
    "commit": Usage("write the group of a slot again with the amplitudes that are tried now", ("slot",),
                    ("acknowledge",)),
    "hold": Usage("let time pass with the link kept", ("time",)),
    "ask": Usage("ask where it is felt, its strength, or the pain; where and pain unless told", (), ("about",)),
    "posture": Usage("let the patient take a posture", ("posture",)),
    "cough": Usage("let the patient cough"),
    "record": Usage("write into the record of the session", ("topic", "words")),
    "find": Usage("say what is wrong, as one word of the scenario's findings", ("finding",)),
    "enter-mri": Usage("make stimulation impossible for a scan; therapy must be off"),
    "leave-mri": Usage("end the MRI mode"),
    "clear-fault": Usage("take back a latched fault whose cause is gone"),
    "reconnect": Usage("open a new session, after the link was lost"),
    "charger": Usage("lay the charger on the skin, so far beside where the scar is", ("beside",)),
    "charger-away": Usage("take the charger away"),
    "live": Usage("let the patient go home and live with what is delivered", ("time",)),
}  # fmt: skip
"""Every verb. A step that says less or more than these is refused."""

assert set(USAGES) == set(VERBS), "every verb has its usage"


class Step(Prescription):
    """One thing that a trainee does."""

    do: Verb
    slot: Slot | None = None
    group: Group | None = None
    program: Annotated[int, Field(ge=0, lt=PROGRAMS_MAX)] | None = None
    amplitude_ua: Current | None = None
    by_ua: Current | None = None
    most_ua: Current | None = None
    until: Literal["felt", "comfortable", "most"] | None = None
    acknowledge: Annotated[tuple[str, ...], Field(strict=False)] | None = None
    time_us: Span | None = None
    posture: PostureWord | None = None
    about: Literal["where", "strength", "pain"] | None = None
    topic: Topic | None = None
    words: Words | None = None
    finding: Words | None = None
    beside_um: Offset | None = None

    @model_validator(mode="after")
    def _says_what_the_verb_needs(self) -> Step:
        usage = USAGES[self.do]
        said = {
            field.alias or name
            for name, field in type(self).model_fields.items()
            if name != "do" and getattr(self, name) is not None
        }
        if self.by_ua == 0:
            raise ValueError("by: 0 mA rises never; write a step such as 0.2 mA")
        missing = [name for name in usage.needs if name not in said]
        if missing:
            raise ValueError(f"{self.do} has to be told {', '.join(missing)}; add it")
        unknown = sorted(said - {*usage.needs, *usage.may})
        if unknown:
            raise ValueError(f"{self.do} does not take {', '.join(unknown)}; leave it out")
        return self

    @property
    def acknowledged(self) -> tuple[str, ...]:
        return self.acknowledge or ()


Steps = Annotated[tuple[Step, ...], Field(strict=False, min_length=1, max_length=200)]


class Script(Prescription):
    """A trainee's session as a file."""

    format: Literal["scs-trainee/1"]
    title: Words
    step: Steps


def parse_script(path: str, text: str) -> Script:
    """Read a trainee's script; `path` names it in sentences. Raises BadFile with every problem."""
    return validated(path, read_tree(path, text), Script)


def validated(path: str, tree: Tree, model: type[M]) -> M:
    """`tree` as a `model`; raises BadFile with every problem."""
    try:
        return model.model_validate(tree, context=FROM_TEXT, by_alias=True, by_name=False)
    except ValidationError as error:
        raise bad_file(path, problems_of(error, model, tree)) from error
