"""Steps as a person types them: a verb, then name=value; the group of a write is a program file's."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from scs.domain.program_file import parse_program_file
from scs.errors import BadFile, BadPrescription
from scs.training.steps import USAGES, Step, validated

FIRST = {
    "start": "slot",
    "commit": "slot",
    "hold": "time",
    "posture": "posture",
    "find": "finding",
    "ask": "about",
    "live": "time",
}
"""What a word without a name means, per verb."""
WHOLE = ("slot", "program")


def parse_step(line: str) -> Step:
    """Read `amplitude program=0 amplitude="3 mA"` or `posture supine`; raises BadPrescription or BadFile."""
    try:
        verb, *words = shlex.split(line)
    except ValueError as error:
        raise BadPrescription(f"{line.strip()!r} cannot be read: {error}; close what you quoted") from error
    if verb not in USAGES:
        raise BadPrescription(f"no step {verb!r}; choose one of {', '.join(USAGES)}")
    tree: dict[str, Any] = {"do": verb}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            if verb not in FIRST:
                raise BadPrescription(f"{word!r} has no name; write name=value, such as {_example(verb)}")
            name, value = FIRST[verb], word
        if name in WHOLE and value.isdecimal():
            tree[name] = int(value)
        elif name == "group":
            tree[name] = _group(value)
        elif name == "acknowledge":
            tree[name] = value.split(",")
        else:
            tree[name] = value
    return validated("the step", tree, Step)


def _group(path: str) -> Any:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(path, (f"cannot be read: {error}; name a program file",)) from error
    return parse_program_file(path, text).group.model_dump(mode="json", by_alias=True, exclude_none=True)


def _example(verb: str) -> str:
    needs = USAGES[verb].needs
    return f"{verb} {needs[0]}=..." if needs else verb
