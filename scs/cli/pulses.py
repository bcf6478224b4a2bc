"""`scs pulses`: the exact pulse timeline of a program file, as the emulated implant delivers it."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

if TYPE_CHECKING:
    from firmware_model.parts import DeviceConfig
    from scs.domain.program import Group

FORMATS = ("csv", "json", "vcd", "svg")
PULSES_MAX = 1_000_000
"""A text of so many pulses is some 100 MB; more is a mistake in an option [project]."""
PICTURE_PULSES_MAX = 5_000
"""More cannot be told apart on a picture of 1,100 pixels [project]."""
FROM_US_MAX = 366 * 24 * 3_600_000_000
"""A year and a day on from the start [project]."""


def add_parser(subparsers: Any) -> None:
    """Add `pulses` to the command line."""
    parser = subparsers.add_parser(
        "pulses",
        help="the exact pulse timeline of a program file",
        description="Deliver the group of a program file on the emulated implant and print every phase of every pulse "
        "to the microsecond, from the start of therapy with its ramps. What must be acknowledged is taken as "
        "acknowledged; a blocked group is refused.",
        epilog=f"vcd opens in GTKWave. {FOOTER}",
    )
    parser.add_argument("file", metavar="FILE", help='a program file, or "-" for standard input')
    parser.add_argument("--for", dest="length", default="100ms", metavar="TIME", help="100ms if not given")
    parser.add_argument("--from", dest="begin", default="0s", metavar="TIME", help="0s if not given")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="csv if not given")
    parser.add_argument("--settled", action="store_true", help="time 0 is when every ramp has ended, not the start")
    parser.add_argument("--profile", metavar="ID|FILE", help="a device profile; the file's own if not given")
    parser.add_argument("--implant", metavar="FILE", help="the leads, instead of the file's own")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the electrodes' impedances; 1")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the timeline."""
    from firmware_model.timeline import Timeline
    from scs.cli.pulse_formats import Window, csv_lines, json_lines, vcd_lines
    from scs.cli.pulse_picture import svg_lines

    config, group = _given(arguments)
    from_us = _time(arguments.begin, "--from", 0, FROM_US_MAX)
    until_us = from_us + _time(arguments.length, "--for", 1, FROM_US_MAX)
    _check_count(group, until_us - from_us, arguments.format)
    blocked = _blocked(config, group)
    if blocked:
        import sys

        print("\n".join(f"scs: {arguments.file}: {line}" for line in blocked), file=sys.stderr)
        return ExitCode.BLOCKED
    timeline = Timeline(config, group, arguments.seed, is_settled=arguments.settled)
    window = Window(group, config.profile.id, from_us, until_us, timeline.settled_us)
    lines = {"csv": csv_lines, "json": json_lines, "vcd": vcd_lines, "svg": svg_lines}[arguments.format]
    for line in lines(window, timeline.phases(from_us, until_us)):
        print(line)
    return ExitCode.OK


def _given(arguments: Namespace) -> tuple[DeviceConfig, Group]:
    from firmware_model.parts import DeviceConfig
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.policy import find_policy
    from scs.domain.program_file import parse_implant_file, parse_program_file
    from scs.errors import BadFile

    file = parse_program_file(arguments.file, read_text(arguments.file))
    implant = file.implant
    if arguments.implant is not None:
        implant = parse_implant_file(arguments.implant, read_text(arguments.implant))
    if implant is None:
        raise BadFile(arguments.file, ("implant: is missing; add a table [implant], or name one with --implant FILE",))
    profile = chosen_profile(arguments.profile or file.profile_id or "reference")
    return DeviceConfig("SCS-PULSES", profile, find_policy("default"), implant), file.group


def _time(text: str, option: str, lowest_us: int, highest_us: int) -> int:
    from scs.domain.units import TIME, format_quantity, parse_quantity
    from scs.errors import BadQuantity

    try:
        value = parse_quantity(text, TIME)
    except BadQuantity as error:
        raise BadQuantity(f"{option}: {error}") from error
    if not lowest_us <= value <= highest_us:
        least, most = format_quantity(lowest_us, TIME), format_quantity(highest_us, TIME)
        raise BadQuantity(f'{option}: "{text}" is not between {least} and {most}; correct it')
    return value


def _check_count(group: Group, length_us: int, form: str) -> None:
    from scs.domain.pulse import period_us, pulses_per_period
    from scs.errors import BadQuantity

    waveforms = [program.waveform for program in group.programs]
    count = sum(length_us * pulses_per_period(form_) // period_us(form_.rate_mhz) for form_ in waveforms)
    most = PICTURE_PULSES_MAX if form == "svg" else PULSES_MAX
    if count > most:
        raise BadQuantity(f"--for: holds about {count} pulses, {form} has at most {most}; ask for a shorter time")


def _blocked(config: DeviceConfig, group: Group) -> list[str]:
    """A line for every rule that blocks the group on this device."""
    from scs.domain.safety import judge
    from scs.domain.verdict import Tier

    found = judge(group, config.implant, config.profile, config.policy).findings
    return [f"{one.rule}: {one.message}; {one.remedy}" for one in found if one.tier is Tier.BLOCK]
