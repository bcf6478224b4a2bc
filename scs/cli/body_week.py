"""`scs body week`: days of a closed loop in a body that turns, breathes, walks and coughs, every pulse of them."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

HONESTY = (
    "closed: the published law on a potential without noise; implant: the implant's own loop, number for number, with "
    "the noise and the artefact of its channel, on the Evoke's grid; at a fixed current the model swings more with "
    "posture than patients report: it predicts nobody"
)
DAYS_MAX = 366


def add_week_parser(verbs: Any) -> None:
    """Add `week` to `scs body`."""
    parser = verbs.add_parser(
        "week",
        help="a week of closed loop beside open loop, every pulse of it",
        description="One modelled patient, set comfortably while standing, through days of sitting, standing, walking "
        "and lying: how far the evoked potential is from its target, and how often it is between perception and "
        "discomfort.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which patient (default: 1)")
    parser.add_argument("--level", default="T9", metavar="LEVEL", help="of the cathode (default: T9)")
    parser.add_argument("--days", type=float, default=7.0, metavar="N", help="how long (default: 7)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_week)


def run_week(arguments: Namespace) -> int:
    """Live through it and print what each loop did."""
    from scs.body.anatomy import levels
    from scs.body.day import DAY
    from scs.body.long_loop import live
    from scs.body.sensation import person
    from scs.errors import BadPrescription, BadQuantity
    from scs.studies.implant_loop import implant_law

    if arguments.level not in levels():
        raise BadPrescription(f'--level: there is no "{arguments.level}"; choose from {", ".join(levels())}')
    if not 0.01 <= arguments.days <= DAYS_MAX:
        raise BadQuantity(f"--days: {arguments.days:g} is none of 0.01 to {DAYS_MAX} days; correct it")
    laws = {"implant": implant_law(arguments.seed)}
    found = live(person(arguments.seed), arguments.level, DAY, arguments.days, laws=laws)
    loops = {"open": found.opened, "closed": found.closed, **found.others}
    rows = [
        {"loop": name, "posture": posture.value, **{key: round(value, 2) for key, value in asdict(held).items()}}
        for posture in found.closed
        for name, by_posture in loops.items()
        for held in (by_posture[posture],)
    ]
    if arguments.json:
        print(json.dumps({"seed": arguments.seed, "days": arguments.days, "rows": rows, "note": HONESTY}, indent=2))
    else:
        heads = ("posture", "loop", "pulses", "off target", "in window", "mean")
        cells = [
            [
                row["posture"],
                row["loop"],
                f"{row['pulses']:,}",
                f"{row['off_percent']:.1f} %",
                f"{row['inside_percent']:.1f} %",
                f"{row['mean_ma']:.2f} mA",
            ]
            for row in rows
        ]
        print("\n".join([*columns(heads, cells, Paint()), "", f"{HONESTY}.", FOOTER]))
    return ExitCode.OK
