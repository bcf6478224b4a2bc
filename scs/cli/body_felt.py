"""`scs body felt`: what one modelled patient would feel of a program, by posture."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

if TYPE_CHECKING:
    from scs.body.sensation import Felt, Sense
    from scs.domain.program import Program

HONESTY = "a model fitted to another model, with assumed constants (scs/body/data/sensation.toml): it predicts nobody"
SHOWN_PART = 100


def add_felt_parser(verbs: Any) -> None:
    """Add `felt` to `scs body`."""
    parser = verbs.add_parser(
        "felt",
        help="what a patient would feel of a program",
        description="Perception, comfortable and discomfort thresholds of one modelled patient, and where on the body "
        "a program is felt at an amplitude.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    add_patient_options(parser)
    parser.set_defaults(run=run_felt)


def add_patient_options(parser: Any) -> None:
    """Which program, patient and posture."""
    parser.add_argument("file", metavar="FILE", help="a program file with its leads")
    parser.add_argument("--program", metavar="NAME", help="another than the first program")
    parser.add_argument("--amplitude", metavar="CURRENT", help='such as "4 mA"; the comfortable one if not given')
    parser.add_argument("--posture", default="supine", metavar="POSTURE", help="supine if not given, or standing, …")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which patient (default: 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_felt(arguments: Namespace) -> int:
    """Print the thresholds, and what is felt."""
    sense, amplitude_ma = felt_sense(arguments)
    fields = _fields(sense, amplitude_ma, sense.feel(amplitude_ma))
    print(json.dumps(fields, indent=2) if arguments.json else _text(fields))
    return ExitCode.OK


def felt_sense(arguments: Namespace) -> tuple[Sense, float]:
    """The patient with the program, and the amplitude in mA: what was asked for, or what is comfortable."""
    from scs.body.anatomy import Posture
    from scs.body.sensation import Sense, person
    from scs.cli.given_files import read_text
    from scs.domain.program_file import parse_program_file
    from scs.domain.units import CURRENT, parse_quantity
    from scs.errors import BadFile, BadPrescription

    file = parse_program_file(arguments.file, read_text(arguments.file))
    if file.implant is None:
        raise BadFile(arguments.file, ("names no leads, so nobody knows where its contacts are; add [implant]",))
    postures = [posture.value for posture in Posture]
    if arguments.posture not in postures:
        raise BadPrescription(f'--posture: there is no "{arguments.posture}"; choose from {", ".join(postures)}')
    program = _program(arguments, file.group.programs)
    sense = Sense(person(arguments.seed), file.implant, program, Posture(arguments.posture))
    wanted = None if arguments.amplitude is None else parse_quantity(arguments.amplitude, CURRENT) / 1_000
    return sense, wanted if wanted is not None else min(sense.comfortable_ma, program.amplitude_ua / 1_000)


def _program(arguments: Namespace, programs: tuple[Program, ...]) -> Program:
    from scs.errors import BadPrescription

    named = {program.name: program for program in programs}
    if arguments.program is None:
        return programs[0]
    if arguments.program not in named:
        raise BadPrescription(f'--program: there is no "{arguments.program}"; choose from {", ".join(named)}')
    return named[arguments.program]


def _fields(sense: Sense, amplitude_ma: float, felt: Felt) -> dict[str, Any]:
    def ma(value: float) -> float | None:
        return None if value == float("inf") else round(value, 3)

    return {
        "seed": sense.person.seed,
        "posture": sense.posture.value,
        "level": sense.level,
        "cord_mm": round(sense.gap_mm, 2),
        "perception_ma": ma(sense.perception_ma),
        "comfortable_ma": ma(sense.comfortable_ma),
        "discomfort_ma": ma(sense.discomfort_ma),
        "amplitude_ma": round(amplitude_ma, 3),
        "strength": round(felt.strength, 1),
        "is_painful": felt.is_painful,
        "regions": {name: round(part, 2) for name, part in felt.regions.items()},
        "bands": {name: round(part, 2) for name, part in felt.bands.items()},
        "note": HONESTY,
    }


def _text(fields: dict[str, Any]) -> str:
    def ma(name: str) -> str:
        return "never" if fields[name] is None else f"{fields[name]:.2f} mA"

    where = f"{fields['posture']}, cathode at {fields['level']}, cord {fields['cord_mm']} mm from the lead's side"
    lines = [
        f"patient {fields['seed']}, {where}",
        f"perception {ma('perception_ma')}, comfortable {ma('comfortable_ma')}, discomfort {ma('discomfort_ma')}",
        f"at {fields['amplitude_ma']:g} mA: {_strength(fields)}",
    ]
    both = fields["regions"] | {f"{name} (root)": part for name, part in fields["bands"].items()}
    if both:
        rows = [[name, f"{part * SHOWN_PART:.0f} %"] for name, part in both.items()]
        lines += ["", *columns(("felt in", "covered"), rows, Paint())]
    return "\n".join([*lines, "", f"{HONESTY}.", FOOTER])


def _strength(fields: dict[str, Any]) -> str:
    if not fields["strength"]:
        return "nothing is felt"
    return f"felt, {fields['strength']:g} of 10" + (", and it hurts" if fields["is_painful"] else "")
