"""`scs body validate`: every figure of the body beside what it is compared with, and whether it holds."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

if TYPE_CHECKING:
    from scs.body.validation.figure import Figure

HONESTY = (
    "[F] found in a public text, [R] recalled and never to be cited as published, [C] computed, [A] assumed; "
    "a model of a model, it predicts nobody"
)


def add_validate_parser(verbs: Any) -> None:
    """Add `validate` to `scs body`."""
    parser = verbs.add_parser(
        "validate",
        help="every figure of the body beside its target and source",
        description="Fibres, patients, closed loop and cohorts against the MRG model and against what was published. "
        "Exits with 1 when a target is missed. A comparison that is no target and does not hold is told as off.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_validate)


def run_validate(arguments: Namespace) -> int:
    """Work out every figure and print it."""
    from scs.body.validation.everything import figures, missed

    found = figures()
    if arguments.json:
        answer = {
            "figures": [_fields(figure) for figure in found],
            "missed": [figure.comparison.id for figure in missed(found)],
            "note": HONESTY,
        }
        print(json.dumps(answer, indent=2))
    else:
        print(_text(found))
    return ExitCode.BLOCKED if missed(found) else ExitCode.OK


def _fields(figure: Figure) -> dict[str, Any]:
    row = figure.comparison
    return {
        "id": row.id,
        "name": row.name,
        "value": round(figure.value, 3),
        "unit": row.unit,
        "low": row.low,
        "high": row.high,
        "is_target": row.is_target,
        "is_calibrated": row.is_calibrated,
        "standing": figure.standing.value,
        "label": row.label,
        "source": row.source,
    }


def _text(found: tuple[Figure, ...]) -> str:
    rows = []
    for figure in found:
        row = figure.comparison
        kind = "fitted to" if row.is_calibrated else "target" if row.is_target else "told"
        bounds = f"{row.low:g} to {row.high:g}"
        rows.append([figure.standing.value, f"{figure.value:.3g} {row.unit}".strip(), bounds, kind, row.name])
    lines = columns(("standing", "value", "holds within", "kind", "figure"), rows, Paint())
    sources = [f"  {f.comparison.name}\n    [{f.comparison.label}] {f.comparison.source}" for f in found]
    return "\n".join([*lines, "", "Sources:", *sources, "", f"{HONESTY}.", FOOTER])
