"""`scs profiles`: the device profiles, and with an id every row of one with where its numbers come from."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns, wrapped

if TYPE_CHECKING:
    from scs.domain.profile import DeviceProfile


def add_parser(subparsers: Any) -> None:
    """Add `profiles` to the command line."""
    parser = subparsers.add_parser(
        "profiles",
        help="list the device profiles with their sources",
        description="List the device profiles; with an ID or a FILE, every row of that one with its source.",
    )
    parser.add_argument("profile", nargs="?", metavar="ID|FILE", help="show every row of this one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print all profiles in a line each, or one in full."""
    from scs.cli.given_files import chosen_profile
    from scs.domain.profile import find_profile, profile_ids

    if arguments.profile is not None:
        chosen = [chosen_profile(arguments.profile)]
    else:
        chosen = [find_profile(profile_id) for profile_id in profile_ids()]
    if arguments.json:
        import json

        rows = [profile.model_dump(mode="json", by_alias=True, exclude_none=True) for profile in chosen]
        print(json.dumps(rows if arguments.profile is None else rows[0], indent=2, ensure_ascii=False))
        return ExitCode.OK
    lines = _list_lines(chosen, Paint()) if arguments.profile is None else _rows_lines(chosen[0], Paint())
    print("\n".join([*lines, "", FOOTER]))
    return ExitCode.OK


def _list_lines(profiles: list[DeviceProfile], paint: Paint) -> list[str]:
    from scs.domain.units import CURRENT, RATE, TIME, format_quantity

    cells = [
        [
            profile.id,
            str(profile.counts.contacts),
            format_quantity(profile.amplitude.max_ua, CURRENT),
            format_quantity(profile.pulse_width.max_us, TIME),
            format_quantity((profile.high_rate or profile.tonic_rate).max_mhz, RATE),
            profile.name,
        ]
        for profile in profiles
    ]
    headings = ("id", "contacts", "up to", "width", "rate", "name")
    return [*columns(headings, cells, paint), "", "scs profiles ID shows every row of one with its source."]


def _rows_lines(profile: DeviceProfile, paint: Paint) -> list[str]:
    lines = [paint(f"{profile.id}: {profile.name}", "bold")]
    row: dict[str, Any]
    for field, row in profile.model_dump(mode="json", by_alias=True, exclude_none=True).items():
        if isinstance(row, dict):
            lines += ["", paint(field, "bold"), *_row_lines(row, paint)]
    return lines


def _row_lines(row: dict[str, Any], paint: Paint) -> list[str]:
    inner = {name: value for name, value in row.items() if isinstance(value, dict)}
    own = {name: value for name, value in row.items() if name not in inner and name != "source"}
    lines = wrapped(_numbers(own), 2) if own else []
    lines += [paint(line, "dim") for line in wrapped(str(row["source"]), 2)]
    for name, value in inner.items():
        numbers = {key: one for key, one in value.items() if key != "source"}
        lines += wrapped(f"{name}: {_numbers(numbers)}", 2)
        lines += [paint(line, "dim") for line in wrapped(str(value["source"]), 4)]
    return lines


def _numbers(row: dict[str, Any]) -> str:
    if "bands" in row:
        return "; ".join(_numbers(band) for band in row["bands"])
    if {"min", "max", "step"} <= row.keys():
        return f"{row['min']} to {row['max']} by {row['step']}"
    return ", ".join(f"{name} {_word(value)}" for name, value in row.items())


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
