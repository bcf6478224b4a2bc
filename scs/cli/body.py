"""`scs body`: what the models of tissue and fibres say. They are fitted to another model and predict nobody."""

from __future__ import annotations

import re
from argparse import Namespace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scs.cli.body_again import add_again_parser
from scs.cli.body_ask import add_ask_parser
from scs.cli.body_felt import add_felt_parser
from scs.cli.body_field import add_field_parser
from scs.cli.body_validate import add_validate_parser
from scs.cli.body_week import add_week_parser
from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

if TYPE_CHECKING:
    from scs.domain.units import Unit

HONESTY = "fitted to computed thresholds of straight fibres in a homogeneous medium; a model, it predicts nobody"


def add_parser(subparsers: Any) -> None:
    """Add `body` to the command line."""
    parser = subparsers.add_parser("body", help="what tissue and fibres make of a pulse", description=HONESTY)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    threshold = verbs.add_parser(
        "threshold",
        help="the current that fires a fibre",
        description="The amplitude at which a straight myelinated fibre along the cord fires, beneath a point cathode "
        "or beneath the contacts of a program.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    threshold.add_argument("--diameter", required=True, metavar="LENGTH", help='of the fibre, such as "10um"')
    threshold.add_argument("--distance", required=True, metavar="LENGTH", help='below the contacts, such as "3mm"')
    threshold.add_argument("--width", required=True, metavar="TIME", help='of the cathodic phase, such as "200us"')
    threshold.add_argument("--conductivity", default="0.3", metavar="S/M", help="of the medium; 0.3 if not given")
    threshold.add_argument("--array", metavar="FILE", help="a program file: its leads and its first program's contacts")
    threshold.add_argument("--program", metavar="NAME", help="another program of that file")
    threshold.add_argument("--beside", metavar="LENGTH", help="the fibre's distance from the midline; beneath the "
                           "strongest cathode if not given")  # fmt: skip
    threshold.add_argument("--json", action="store_true", help="print one JSON object")
    threshold.set_defaults(run=run_threshold)
    add_felt_parser(verbs)
    add_field_parser(verbs)
    add_ask_parser(verbs)
    add_validate_parser(verbs)
    add_again_parser(verbs)
    add_week_parser(verbs)


def run_threshold(arguments: Namespace) -> int:
    """Print the threshold."""
    from scs.body.constants import REFERENCE_SIGMA_S_PER_M
    from scs.body.level import is_inside_the_fit, threshold_ma
    from scs.domain.units import LENGTH, TIME
    from scs.errors import BadQuantity

    diameter_um = float(_decimal(arguments.diameter, LENGTH, "--diameter"))
    distance_mm = float(_decimal(arguments.distance, LENGTH, "--distance") / 1000)
    width_ms = float(_decimal(arguments.width, TIME, "--width") / 1000)
    try:
        sigma = float(arguments.conductivity)
    except ValueError:
        sigma = 0.0
    if not 0.01 <= sigma <= 10:
        raise BadQuantity(
            f"--conductivity: {arguments.conductivity!r} is no conductivity between 0.01 and 10 S/m; "
            f"write a number such as {REFERENCE_SIGMA_S_PER_M}"
        )
    alone_ma = float(threshold_ma(diameter_um, distance_mm, width_ms, sigma))
    answer: dict[str, Any] = {
        "threshold_ma": round(alone_ma, 4),
        "of": "a point cathode above the fibre",
        "point_cathode_ma": round(alone_ma, 4),
        "is_inside_the_fit": is_inside_the_fit(diameter_um, distance_mm, width_ms),
        "note": HONESTY,
    }
    if arguments.array:
        answer |= _of_array(arguments, diameter_um, distance_mm, width_ms, sigma)
    _show(arguments, answer)
    return ExitCode.OK


def _of_array(
    arguments: Namespace, diameter_um: float, distance_mm: float, width_ms: float, sigma: float
) -> dict[str, Any]:
    from math import isinf

    from scs.body.arrays import array_of
    from scs.body.cable import Fibres, array_thresholds_ma
    from scs.cli.given_files import read_text
    from scs.domain.program_file import parse_program_file
    from scs.domain.units import LENGTH, parse_quantity
    from scs.errors import BadFile, BadPrescription

    file = parse_program_file(arguments.array, read_text(arguments.array))
    if file.implant is None:
        raise BadFile(arguments.array, ("names no leads, so nobody knows where its contacts are; add [implant]",))
    named = {program.name: program for program in file.group.programs}
    if arguments.program is not None and arguments.program not in named:
        raise BadFile(arguments.array, (f'no program "{arguments.program}"; choose from {", ".join(named)}',))
    program = named[arguments.program] if arguments.program is not None else file.group.programs[0]
    try:
        array = array_of(file.implant, program.contacts)
    except BadPrescription as error:
        raise BadFile(arguments.array, (str(error),)) from error
    if arguments.beside is None:
        beside_mm = array.places_mm[array.strongest_cathode][0]
    else:
        beside_mm = parse_quantity(arguments.beside, LENGTH) / 1000
    fibre = Fibres.of(diameter_um, beside_mm, distance_mm)
    found = float(array_thresholds_ma(fibre, array.places_mm, array.shares, width_ms, sigma)[0])
    return {
        "threshold_ma": None if isinf(found) else round(found, 4),
        "of": f"{program.name} in {arguments.array}, the whole amplitude",
        "beside_mm": beside_mm,
        "contacts": dict(zip(array.names, array.shares, strict=True)),
    }


def _show(arguments: Namespace, answer: dict[str, Any]) -> None:
    if arguments.json:
        import json

        print(json.dumps(answer, indent=2))
        return
    found = answer["threshold_ma"]
    print(f"threshold      {'none: no node is depolarised' if found is None else f'{found:.3f} mA'}")
    print(f"of             {answer['of']}")
    if arguments.array:
        print(f"point cathode  {answer['point_cathode_ma']:.3f} mA")
    if not answer["is_inside_the_fit"]:
        print("extrapolated   the models are fitted for 5.7 to 14 um, 2 to 6 mm and 60 to 1000 us")
    print(f"\n{HONESTY}\n{FOOTER}")


_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([^\s0-9.]+)\s*")


def _decimal(text: str, unit: Unit, option: str) -> Decimal:
    """A quantity in base units that may be finer than one: a fibre of 5.7 µm."""
    from scs.errors import BadQuantity

    match = _NUMBER.fullmatch(text)
    if match is None or match[2] not in unit.symbols:
        raise BadQuantity(f'{option}: "{text}" is no {unit.name}; write a number and a unit, such as "{unit.example}"')
    value = Decimal(match[1]) * unit.symbols[match[2]]
    if not 0 < value <= 1_000_000:
        raise BadQuantity(f'{option}: "{text}" is not above 0 and at most 1,000,000 {unit.base}; correct it')
    return value
