"""The class list: saved results of many trainees, side by side and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scs.domain.file_problems import problems_of
from scs.domain.file_tree import bad_file
from scs.training.debrief import FORMAT
from scs.training.scoring import WEIGHTS

COLUMNS = ("trainee", "scenario", "score", "passed", *WEIGHTS, "unsafe", "steps", "session", "began")
"""`session` and `began` are empty for a result that was read from a file."""
Row = list[str]


def read_result(path: str, text: str) -> dict[str, Any]:
    """A saved result; raises BadFile where it is none of ours."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_file(path, (f"is no JSON: {error}",)) from error
    problems = result_problems(fields)
    if problems:
        raise bad_file(path, problems)
    assert isinstance(fields, dict), "whatever has no problem is a table"
    return fields


def result_problems(fields: object) -> tuple[str, ...]:
    """Why `fields` are no result of ours; empty when they are one."""
    if not isinstance(fields, Mapping) or fields.get("format") != FORMAT:
        return (f"is no {FORMAT}; save one with scs train run --save",)
    told = {name: value for name, value in fields.items() if name in _Saved.model_fields}
    try:
        _Saved.model_validate(told)
    except ValidationError as error:
        return problems_of(error, _Saved, told)
    return ()


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Goal(_Strict):
    category: str
    sentence: str
    is_met: bool


class _Moment(_Strict):
    at_us: int
    kind: Literal["did", "refused", "felt", "happened", "said", "unsafe", "note"]
    verb: str
    words: str


class _Saved(_Strict):
    """A result as `result_fields` gives it; what the book of sessions adds to it is not looked at here."""

    format: str
    scenario: str
    title: str
    trainee: str
    seed: int
    score: int
    pass_score: int
    is_passed: bool
    parts: dict[str, Annotated[tuple[int, int], Field(strict=False)]]
    goals: Annotated[tuple[_Goal, ...], Field(strict=False)]
    moments: Annotated[tuple[_Moment, ...], Field(strict=False)]


def class_rows(results: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[Row]]:
    """Headings and a row for each result, by trainee and scenario."""
    return COLUMNS, [_row(result) for result in sorted(results, key=lambda r: (r["trainee"], r["scenario"]))]


def class_csv(results: Sequence[Mapping[str, Any]]) -> str:
    """The same as CSV with a line of headings."""
    heads, rows = class_rows(results)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([heads, *rows])
    return out.getvalue()


def _row(result: Mapping[str, Any]) -> Row:
    parts = [f"{met}/{count}" for met, count in (result["parts"].get(name, (0, 0)) for name in WEIGHTS)]
    kinds = [moment["kind"] for moment in result["moments"]]
    steps = sum(kind in ("did", "refused") for kind in kinds)
    passed = "yes" if result["is_passed"] else "no"
    return [str(result["trainee"]), str(result["scenario"]), str(result["score"]), passed, *parts,
            str(kinds.count("unsafe")), str(steps), str(result.get("session", "")),
            str(result.get("started_at", ""))]  # fmt: skip
