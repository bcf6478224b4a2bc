"""`scs longevity`: how long the battery lasts under a group, as a band, with the part of each consumer."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

if TYPE_CHECKING:
    from scs.domain.longevity import Band, Longevity

HONESTY = "an estimate from assumed constants (scs/domain/data/power.toml); the band takes all of them one way"
LOAD_OHM_MAX = 100_000


def add_parser(subparsers: Any) -> None:
    """Add `longevity` to the command line."""
    parser = subparsers.add_parser(
        "longevity",
        help="how long a battery lasts under a program file",
        description="Days a charge and minutes of charging a day, or years to replacement: a band, and what each "
        "consumer takes.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    parser.add_argument("file", metavar="FILE", help='a program file, or "-" for standard input')
    parser.add_argument("--profile", metavar="PROFILE", help="a device profile; the file's own if not given")
    parser.add_argument(
        "--hours-per-day",
        type=float,
        metavar="HOURS",
        help="of use; if not given, 24, or as many as the windows and the dose of the group allow",
    )
    parser.add_argument("--load", metavar="RESISTANCE", help='between the polarities, such as "525ohm"')
    parser.add_argument("--sensing", action="store_true", help="count what sensing draws while therapy is used")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the estimate."""
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.longevity import longevity
    from scs.domain.program_file import parse_program_file
    from scs.domain.schedule import HOUR_US, most_us_a_day
    from scs.domain.units import RESISTANCE, parse_quantity
    from scs.errors import BadQuantity

    if arguments.hours_per_day is not None and not 0 <= arguments.hours_per_day <= 24:
        raise BadQuantity(f"--hours-per-day: {arguments.hours_per_day:g} is none of 0 to 24 hours; correct it")
    load_ohm = None if arguments.load is None else parse_quantity(arguments.load, RESISTANCE)
    if load_ohm is not None and not 0 < load_ohm <= LOAD_OHM_MAX:
        raise BadQuantity(f'--load: "{arguments.load}" is not above 0 and at most {LOAD_OHM_MAX} ohm; correct it')
    file = parse_program_file(arguments.file, read_text(arguments.file))
    profile = chosen_profile(arguments.profile or file.profile_id or "reference")
    hours = most_us_a_day(file.group.schedule, file.group.daily_dose_us) / HOUR_US
    if arguments.hours_per_day is not None:
        hours = arguments.hours_per_day
    found = longevity(file.group, profile, hours, load_ohm, is_sensing=arguments.sensing)
    if arguments.json:
        import json

        print(json.dumps(_answer(found, profile.id), indent=2))
    else:
        print(_text(found, profile.name))
    return ExitCode.OK


def _answer(found: Longevity, profile_id: str) -> dict[str, Any]:
    from dataclasses import asdict

    draw = {name: round(value, 3) for name, value in asdict(found.draw).items()}
    return {
        "profile": profile_id,
        "battery": found.kind,
        "days_per_charge": _band(found.days_per_charge),
        "charging_minutes_per_day": _band(found.charging_minutes_per_day),
        "years_to_replacement": _band(found.years_to_replacement),
        "draw": {**draw, "total_ua": round(found.draw.total_ua, 3)},
        "note": HONESTY,
    }


def _band(band: Band | None) -> dict[str, float] | None:
    if band is None:
        return None
    return {"worst": round(band.worst, 2), "expected": round(band.expected, 2), "best": round(band.best, 2)}


def _text(found: Longevity, profile: str) -> str:
    lines = [f"{profile}: {found.kind} battery"]
    for band, what in (
        (found.days_per_charge, "days a charge"),
        (found.charging_minutes_per_day, "minutes of charging a day"),
        (found.years_to_replacement, "years to replacement"),
    ):
        if band is not None:
            low, high = sorted((band.worst, band.best))
            lines.append(f"about {band.expected:.3g} {what}, {low:.3g} to {high:.3g}")
    total = found.draw.total_ua
    rows = [
        [what, f"{ua:.1f} uA", f"{100 * ua / total:.0f} %"]
        for what, ua in (
            ("stimulation", found.draw.stimulation_ua),
            ("starts", found.draw.starts_ua),
            ("housekeeping", found.draw.housekeeping_ua),
            ("telemetry", found.draw.telemetry_ua),
            ("sensing", found.draw.sensing_ua),
        )
        if ua
    ]
    return "\n".join([*lines, "", *columns(("consumer", "mean", "part"), rows, Paint()), "", HONESTY, FOOTER])
