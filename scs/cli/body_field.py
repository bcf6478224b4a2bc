"""`scs body field`: what a program does along the cord, and which fibres of the dorsal columns fire."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from scs.cli.body_felt import HONESTY, add_patient_options, felt_sense
from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER


def add_field_parser(verbs: Any) -> None:
    """Add `field` to `scs body`."""
    parser = verbs.add_parser(
        "field",
        help="the field of a program along the cord, and the fibres that fire",
        description="The activating function of a 10 um fibre on the surface of the cord, over contacts and vertebrae, "
        "and the fibres of the dorsal columns that fire, by place and dermatome.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    add_patient_options(parser)
    parser.set_defaults(run=run_field)


def run_field(arguments: Namespace) -> int:
    """Print the picture, or its numbers."""
    from programmer_tui.presentation_field import field_lines
    from scs.body.field import along_the_cord, recruited

    sense, amplitude_ma = felt_sense(arguments)
    along, found = along_the_cord(sense, amplitude_ma), recruited(sense, amplitude_ma)
    if arguments.json:
        fields = {
            "seed": sense.person.seed,
            "posture": sense.posture.value,
            "level": sense.level,
            "amplitude_ma": round(amplitude_ma, 3),
            "along": asdict(along),
            "recruited": asdict(found),
        }
        print(json.dumps({**fields, "note": HONESTY}, indent=2))
    else:
        print("\n".join([*field_lines(sense, amplitude_ma, along, found), "", f"{HONESTY}.", FOOTER]))
    return ExitCode.OK
