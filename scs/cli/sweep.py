"""`scs sweep`: one program at every amplitude, width and rate, judged, delivered and felt."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scs.cli import study
from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

if TYPE_CHECKING:
    from scs.body.anatomy import Posture
    from scs.domain.profile import DeviceProfile
    from scs.domain.program import Program
    from scs.studies.sweep import Sweep
    from scs.studies.work import Row

HONESTY = "a model fitted to another model, with assumed constants: it predicts nobody"
ROWS_MAX = 10_000_000
PATIENTS_MAX = 10_000


def add_parser(subparsers: Any) -> None:
    """Add `sweep` to the command line."""
    parser = subparsers.add_parser(
        "sweep",
        help="a program at every amplitude, width and rate: judged, delivered, felt",
        description="Every combination is judged by the rules, delivered by the implant's output stage unless a rule "
        "blocks it, and felt by modelled patients. A range is LOW..HIGH, on the device's grid, or LOW..HIGH/STEP.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    parser.add_argument("file", metavar="FILE", help='a program file with its leads, or "-"')
    parser.add_argument("--program", metavar="NAME", help="another than the first program")
    parser.add_argument("--amplitude", metavar="RANGE", help='such as "0..10mA"; its own if not given')
    parser.add_argument("--width", metavar="RANGE", help='such as "60..1000us/20us"; its own if not given')
    parser.add_argument("--rate", metavar="RANGE", help='of a tonic program, such as "20..100Hz/20Hz"')
    parser.add_argument("--patients", type=int, default=1, metavar="N", help="how many modelled patients (default: 1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first of them (default: 1)")
    parser.add_argument("--posture", default="supine", metavar="LIST", help="supine if not given, or supine,standing …")
    study.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Go through all of them, keep the rows and print what came of them."""
    study.check_options(arguments)
    sweep = _sweep(arguments)
    rows = study.worked_out(arguments, sweep.parts(), "programs")
    study.keep(arguments, rows)
    if arguments.plot is not None:
        from scs.studies.plots import sweep_plot

        sweep_plot(arguments.plot, rows)
    answer = _answer(sweep, rows)
    print(json.dumps(answer, indent=2) if arguments.json else _text(answer))
    return ExitCode.OK


def _sweep(arguments: Namespace) -> Sweep:
    from scs.domain.units import CURRENT, RATE, TIME
    from scs.errors import BadQuantity
    from scs.studies.space import Axis, parse_axis
    from scs.studies.sweep import Sweep, check_rate, own_axes

    file, setting = study.setting_of(arguments, arguments.file)
    program = _program(arguments, file.group.programs)
    if not 1 <= arguments.patients <= PATIENTS_MAX:
        raise BadQuantity(f"--patients: {arguments.patients} is none of 1 to {PATIENTS_MAX}; correct it")
    if arguments.rate is not None:
        check_rate(program)
    profile = setting.profile
    asked = (
        ("amplitude", arguments.amplitude, CURRENT, profile.amplitude.step_ua),
        ("width", arguments.width, TIME, profile.pulse_width.step_us),
        ("rate", arguments.rate, RATE, _rate_step_mhz(profile)),
    )
    axes = [
        Axis(name, (own,)) if text is None else parse_axis(f"--{name}", text, unit, step)
        for (name, text, unit, step), own in zip(asked, own_axes(program), strict=True)
    ]
    for axis in axes[1:]:
        if axis.values[0] == 0:
            raise BadQuantity(f"--{axis.name}: begins at 0, where there is no pulse; begin above 0")
    patients = tuple(range(arguments.seed, arguments.seed + arguments.patients))
    sweep = Sweep(setting, program, axes[0], axes[1], axes[2], patients, _postures(arguments.posture))
    if sweep.size > ROWS_MAX:
        raise BadQuantity(f"{sweep.size:,} combinations are over {ROWS_MAX:,}; take larger steps or fewer patients")
    return sweep


def _rate_step_mhz(profile: DeviceProfile) -> int:
    return min(band.step_mhz for band in profile.tonic_rate.bands)


def _postures(text: str) -> tuple[Posture, ...]:
    from scs.body.anatomy import Posture
    from scs.errors import BadPrescription

    known = [posture.value for posture in Posture]
    named = [name.strip() for name in text.split(",")]
    for name in named:
        if name not in known:
            raise BadPrescription(f'--posture: there is no "{name}"; choose from {", ".join(known)}')
    return tuple(Posture(name) for name in dict.fromkeys(named))


def _program(arguments: Namespace, programs: tuple[Program, ...]) -> Program:
    from scs.errors import BadPrescription

    named = {program.name: program for program in programs}
    if arguments.program is None:
        return programs[0]
    if arguments.program not in named:
        raise BadPrescription(f'--program: there is no "{arguments.program}"; choose from {", ".join(named)}')
    return named[arguments.program]


def _answer(sweep: Sweep, rows: Sequence[Row]) -> dict[str, Any]:
    delivered = [row for row in rows if row["delivered_ua"]]
    return {
        "program": sweep.program.name,
        "combinations": len(rows),
        "amplitudes": len(sweep.amplitudes),
        "widths": len(sweep.widths),
        "rates": len(sweep.rates),
        "patients": len(sweep.patients),
        "postures": [posture.value for posture in sweep.postures],
        "outcomes": dict(Counter(str(row["outcome"]) for row in rows)),
        "rules": dict(Counter(rule for row in rows for rule in str(row["rules"]).split())),
        "delivered": len(delivered),
        "clipped": sum(bool(row["is_clipped"]) for row in delivered),
        "felt": sum(float(row["strength"]) > 0 for row in delivered),
        "painful": sum(bool(row["is_painful"]) for row in delivered),
        "note": HONESTY,
    }


def _text(answer: dict[str, Any]) -> str:
    total = answer["combinations"]
    head = f"{answer['program']}: {answer['amplitudes']} amplitudes, {answer['widths']} widths, {answer['rates']} rates"
    counts = {**answer["outcomes"], **{f"rule {name}": count for name, count in answer["rules"].items()}}
    counts |= {name: answer[name] for name in ("delivered", "clipped", "felt", "painful")}
    rows = [[name, shown] for name, shown in study.shares(counts, total).items()]
    patients = f"{answer['patients']} patients, {', '.join(answer['postures'])}: {total:,} combinations"
    return "\n".join([head, patients, "", *columns(("what", "how many"), rows, Paint()), "", f"{HONESTY}.", FOOTER])
