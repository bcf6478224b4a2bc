"""`scs cohort`: what groups of programs do for many modelled patients over months."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from scs.cli import study
from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

HONESTY = (
    "relief is calibrated on one open-label trial, evidence against placebo is mixed, habits are assumed, and contacts "
    "are the file's, chosen for nobody: it predicts nobody"
)
PATIENTS_MAX = 1_000_000
DAYS_MAX = 3_650


def add_parser(subparsers: Any) -> None:
    """Add `cohort` to the command line."""
    parser = subparsers.add_parser("cohort", help="many patients under groups of programs", description=HONESTY)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    own = verbs.add_parser(
        "run",
        help="set, judge, deliver and live with each group in each patient",
        description="Each patient is set while standing, within the device's and the program's range; the group is "
        "judged, delivered unless a rule blocks it, and lived with day by day.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    own.add_argument("--patients", type=int, default=400, metavar="N", help="how many (default: 400)")
    own.add_argument("--group", nargs="+", required=True, metavar="FILE", dest="groups", help="program files")
    own.add_argument("--indication", default="fbss", metavar="ID", help="fbss if not given, pdn or crps")
    own.add_argument("--days", type=int, default=30, metavar="N", help="how long (default: 30)")
    own.add_argument("--seed", type=int, default=1, metavar="N", help="of the first patient (default: 1)")
    study.add_options(own)
    own.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Live through all of it, keep the rows and print what came of each group."""
    from scs.body.pain import indications
    from scs.errors import BadPrescription, BadQuantity
    from scs.studies.cohort import Arm, Cohort, summary

    study.check_options(arguments)
    for option, value, most in (("patients", arguments.patients, PATIENTS_MAX), ("days", arguments.days, DAYS_MAX)):
        if not 1 <= value <= most:
            raise BadQuantity(f"--{option}: {value} is none of 1 to {most}; correct it")
    if arguments.indication not in indications():
        raise BadPrescription(
            f'--indication: there is no "{arguments.indication}"; choose from {", ".join(indications())}'
        )
    if len(set(arguments.groups)) != len(arguments.groups):
        raise BadPrescription("--group: names a file twice, so that nobody could tell the two apart; name each once")
    arms = []
    for path in arguments.groups:
        file, setting = study.setting_of(arguments, path)
        arms.append(Arm(path, file.group, setting))
    cohort = Cohort(tuple(arms), arguments.indication, arguments.patients, arguments.days, arguments.seed)
    rows = study.worked_out(arguments, cohort.parts(), "patients")
    study.keep(arguments, rows)
    if arguments.plot is not None:
        from scs.studies.plots import cohort_plot

        cohort_plot(arguments.plot, rows)
    answer = {
        "indication": arguments.indication,
        "days": arguments.days,
        "seed": arguments.seed,
        "arms": summary(rows),
        "note": HONESTY,
    }
    print(json.dumps(answer, indent=2) if arguments.json else _text(answer))
    return ExitCode.OK


def _text(answer: dict[str, Any]) -> str:
    spread = "{responders_percent:g} % ({responders_percent_low:g} to {responders_percent_high:g})"
    rows = [
        [
            arm["arm"],
            str(arm["patients"]),
            spread.format(**arm),
            f"{100 * arm['mean_relief']:.0f} %",
            f"{100 * arm['mean_coverage']:.0f} %",
            str(arm["limited"]),
            str(arm["turning_down"]),
            str(arm["blocked"]),
        ]
        for arm in answer["arms"]
    ]
    headings = ("group", "patients", "responders (95 %)", "relief", "covered", "limited", "turning down", "blocked")
    head = f"{answer['indication']}, {answer['days']} days, patients from seed {answer['seed']}"
    told = "limited: would be set higher than a range allows. turning down: hurts in some posture of the day."
    return "\n".join([head, "", *columns(headings, rows, Paint()), "", told, f"{HONESTY}.", FOOTER])
