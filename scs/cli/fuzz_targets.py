"""Everything that can be fuzzed, in one table: what `scs.testing` knows, and the formats of the training."""

from __future__ import annotations

import json
from functools import partial
from importlib import resources

from scs.errors import BadPrescription
from scs.testing.fuzz import file_targets, live_targets, memory_targets, sealed_target, wire_targets
from scs.testing.fuzz.file_targets import file_target
from scs.testing.fuzz.mutation import json_mutated
from scs.testing.fuzz.target import Target
from scs.training.class_list import class_csv, read_result
from scs.training.debrief import debrief
from scs.training.scenario import parse_scenario
from scs.training.steps import parse_script

SCRIPT = """format = "scs-trainee/1"
title = "A start"
[[step]]
do = "start"
slot = 0
[[step]]
do = "amplitude"
program = 0
amplitude = "1 mA"
[[step]]
do = "hold"
time = "2 s"
"""
RESULT = {
    "format": "scs-training-result/1", "scenario": "first-pdn", "title": "A", "trainee": "anna", "seed": 1, "score": 80,
    "pass_score": 70, "is_passed": True, "parts": {"goals": [1, 2]},
    "goals": [{"category": "goals", "sentence": "it helps", "is_met": True}],
    "moments": [{"at_us": 1, "kind": "did", "verb": "start", "words": "slot 0"}],
}  # fmt: skip


def _result(text: str) -> object:
    """A result that was read is also listed and told."""
    fields = read_result("result.json", text)
    return class_csv([fields]), "\n".join(debrief(fields, ()))


def _scenarios() -> tuple[str, ...]:
    folder = resources.files("scs.training") / "data" / "scenarios"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)


TARGETS: tuple[Target, ...] = (
    *wire_targets.TARGETS,
    *live_targets.TARGETS,
    *sealed_target.TARGETS,
    *memory_targets.TARGETS,
    *file_targets.TARGETS,
    file_target("scenario", "scenarios of the training", partial(parse_scenario, "scenario.toml"), _scenarios()),
    file_target("script", "what a trainee does, as a file", partial(parse_script, "script.toml"), (SCRIPT,)),
    file_target("result", "results of a training", _result, (json.dumps(RESULT),), json_mutated),
)


def find_target(name: str) -> Target:
    """The target of this name; raises BadPrescription that lists those there are."""
    for target in TARGETS:
        if target.name == name:
            return target
    raise BadPrescription(f'nothing called "{name}" is fuzzed; choose from all, {", ".join(t.name for t in TARGETS)}')
