"""What is told after a session: the score by the rubric, the goals, the timeline, and the path of an expert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scs.training.course import US_PER_S
from scs.training.scenario import Scenario
from scs.training.scoring import RUBRIC, UNSAFE_CAP, Result
from scs.training.steps import Step

FORMAT = "scs-training-result/1"
HONESTY = "The patient is a model with assumed constants (scs/body/data): it predicts nobody."
MARKS = {"did": " ", "refused": "x", "felt": "~", "happened": "*", "said": '"', "unsafe": "!", "note": " "}
"""Before each line of the timeline, so that nothing is said by colour alone."""


def result_fields(result: Result, trainee: str, seed: int) -> dict[str, Any]:
    """A result as a file keeps it; `debrief` tells it from these."""
    return {
        "format": FORMAT,
        "scenario": result.scenario.id,
        "title": result.scenario.title,
        "trainee": trainee,
        "seed": seed,
        "score": result.score,
        "pass_score": result.scenario.pass_score,
        "is_passed": result.is_passed,
        "parts": {name: list(counts) for name, counts in result.parts().items()},
        "goals": [
            {"category": one.goal.category, "sentence": one.goal.sentence, "is_met": one.is_met}
            for one in result.judged
        ],
        "moments": [
            {"at_us": moment.at_us, "kind": moment.kind, "verb": moment.verb, "words": moment.words}
            for moment in result.moments
        ],
    }


def briefing(scenario: Scenario) -> Iterator[str]:
    """What a trainee reads before: the task, the person, the history, the leads, what can be found."""
    patient = scenario.patient
    yield f"{scenario.title}  ({scenario.id})"
    yield ""
    yield scenario.task
    yield ""
    yield f'{patient.name}, {patient.age} years, {patient.indication}: "{patient.words}"'
    for past in patient.history:
        yield f"  {past.when}: {past.what}; {past.gave}"
    yield ""
    yield f"implant: {scenario.device.profile}"
    for row in scenario.device.lead:
        yield f"  port {row.port}: {row.model}, topmost contact at {row.level}"
    yield f"what may be found: {'; '.join(scenario.findings)}"


def debrief(fields: Mapping[str, Any], expert: Sequence[Step] = ()) -> Iterator[str]:
    """The lines of a result as `result_fields` gives it, and of the expert's path if it is given."""
    passed = "passed" if fields["is_passed"] else "not passed"
    yield f"{fields['title']}: {fields['score']} of 100, {passed} (from {fields['pass_score']})"
    yield ""
    yield RUBRIC
    unsafe = [moment for moment in fields["moments"] if moment["kind"] == "unsafe"]
    if unsafe:
        yield ""
        yield f"unsafe, so at most {UNSAFE_CAP}:"
        yield from (f"  ! {stamp(moment['at_us'])} {moment['words']}" for moment in unsafe)
    for category, (met, count) in fields["parts"].items():
        yield ""
        yield f"{category}: {met} of {count}"
        for goal in fields["goals"]:
            if goal["category"] == category:
                yield f"  {'+' if goal['is_met'] else '-'} {goal['sentence']}"
    yield ""
    yield 'what was done (x refused), felt (~), came about (*), was said (") and was unsafe (!)'
    for moment in fields["moments"]:
        yield f"{MARKS[moment['kind']]} {stamp(moment['at_us']):>10} {moment['verb']:<10} {moment['words']}"
    if expert:
        yield ""
        yield "the path of an expert"
        yield from (f"  {number:2}. {step_words(step)}" for number, step in enumerate(expert, 1))
    yield ""
    yield HONESTY


def step_words(step: Step) -> str:
    """A step in a line: its verb and what it is told."""
    told = step.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"do", "group"})
    words = [f"{name}={value}" for name, value in told.items()]
    if step.group is not None:
        words += [
            f"{program.name}: {' '.join(f'{name} {share}' for name, share in program.contacts.to_text().items())}"
            for program in step.group.programs
        ]
    return f"{step.do} {', '.join(words)}".rstrip()


def stamp(at_us: int) -> str:
    """A time of the session: minutes and seconds, days in front where there are any."""
    seconds = at_us // US_PER_S
    days, rest = divmod(seconds, 24 * 3_600)
    clock = f"{rest // 60}:{rest % 60:02}" if not days else f"{rest // 3_600}h{rest % 3_600 // 60:02}"
    return f"{days}d {clock}" if days else clock
