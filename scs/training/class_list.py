"""The class list: saved results of many trainees, side by side and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from scs.domain.file_tree import bad_file
from scs.training.debrief import FORMAT
from scs.training.scoring import WEIGHTS

KEYS = ("scenario", "title", "trainee", "seed", "score", "pass_score", "is_passed", "parts", "goals", "moments")
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
    missing = [key for key in KEYS if key not in fields]
    return (f"lacks {', '.join(missing)}; save it again",) if missing else ()


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
