"""`scs body again`: rows of the fibre reference computed again, by the axon model itself."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

HONESTY = "the axon's constants are written down from memory [R, high]; that thresholds agree is what vouches for them"
WIDTHS = 5
"""Rows of the reference stand in blocks of five widths."""
OFF_PERCENT = 5.0
"""Thresholds that are further off are not the same model [project]."""


def add_again_parser(verbs: Any) -> None:
    """Add `again` to `scs body`."""
    parser = verbs.add_parser(
        "again",
        help="compute rows of the fibre reference again, by the MRG axon itself",
        description="The double-cable axon is integrated for rows of mrg_thresholds.csv, in numpy, or in NEURON where "
        f"it is installed. Exits with 1 when one is more than {OFF_PERCENT:g} % off.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    parser.add_argument("--rows", type=int, default=5, metavar="N", help="spread over the hundred (default: 5)")
    parser.add_argument("--neuron", action="store_true", help="by NEURON (extra neuron) and not by numpy")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_again)


def run_again(arguments: Namespace) -> int:
    """Compute and compare."""
    from scs.body.constants import reference
    from scs.body.mrg import geometry, threshold_ma
    from scs.errors import BadQuantity

    known = reference()
    if not 1 <= arguments.rows <= len(known):
        raise BadQuantity(f"--rows: {arguments.rows} is none of 1 to {len(known)}; correct it")
    solve = threshold_ma
    if arguments.neuron:
        from scs.testing.neuron_axon import neuron_threshold_ma

        solve = neuron_threshold_ma
    found = []
    for index in range(arguments.rows):
        row = known[_spread(index, arguments.rows, len(known))]
        again_ma = solve(geometry(row.diameter_um, row.internode_um), row.distance_mm, row.width_ms, row.threshold_ma)
        found.append(
            {
                "diameter_um": row.diameter_um,
                "distance_mm": row.distance_mm,
                "width_us": round(row.width_ms * 1_000),
                "reference_ma": row.threshold_ma,
                "again_ma": round(again_ma, 4),
                "off_percent": round(100 * (again_ma / row.threshold_ma - 1), 2),
            }
        )
    by = "NEURON" if arguments.neuron else "numpy"
    if arguments.json:
        print(json.dumps({"by": by, "rows": found, "note": HONESTY}, indent=2))
    else:
        cells = [[f"{value:g}" for value in row.values()] for row in found]
        heads = ("um", "mm", "us", "reference mA", f"{by} mA", "off %")
        print("\n".join([*columns(heads, cells, Paint()), "", f"{HONESTY}.", FOOTER]))
    # Written so that a threshold that was not found, which is no number, is off too.
    return ExitCode.OK if all(abs(row["off_percent"]) <= OFF_PERCENT for row in found) else ExitCode.BLOCKED


def _spread(index: int, rows: int, of: int) -> int:
    """Every so many blocks, and within the blocks each width in turn: never the same row twice."""
    blocks = of // WIDTHS
    return index if rows > blocks else index * blocks // rows * WIDTHS + index % WIDTHS
