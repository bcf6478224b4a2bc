"""`scs check`: judge program files by every safety rule. What is printed is in check_table.py and check_formats.py."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from scs.cli.check_result import Checked
    from scs.domain.impedance import Impedances
    from scs.domain.lead import Implant
    from scs.domain.policy import Policy
    from scs.domain.profile import DeviceProfile

DEFAULT_PROFILE = "reference"
FORMATS = ("table", "json", "junit", "sarif")


def add_parser(subparsers: Any) -> None:
    """Add `check` to the command line."""
    parser = subparsers.add_parser(
        "check",
        help="judge program files by every safety rule",
        description="Judge program files (TOML or JSON; - is standard input) by every safety rule. Exit code 0: "
        "nothing must be confirmed or is blocked; 1: something is; 2: a file cannot be read.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a program file, as in examples/")
    parser.add_argument(
        "--profile", metavar="ID|FILE", help=f"the device to judge for; else the file's own, else {DEFAULT_PROFILE}"
    )
    parser.add_argument("--implant", metavar="FILE", help="the leads to judge for, instead of the file's own")
    parser.add_argument("--policy", choices=("default", "strict"), default="default", help="default if not given")
    parser.add_argument("--impedances", metavar="FILE", help='measured, such as E1 = "620 ohm"')
    parser.add_argument("--format", choices=FORMATS, default="table", help="table if not given")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Judge every file, print all answers, and return the exit code of the worst."""
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.policy import find_policy

    policy = find_policy(arguments.policy)
    profile = None if arguments.profile is None else chosen_profile(arguments.profile)
    implant: Implant | None = None
    impedances: Impedances | None = None
    if arguments.implant is not None:
        from scs.domain.program_file import parse_implant_file

        implant = parse_implant_file(arguments.implant, read_text(arguments.implant))
    if arguments.impedances is not None:
        from scs.domain.impedance_file import parse_impedance_file

        impedances = parse_impedance_file(arguments.impedances, read_text(arguments.impedances))
    checked = [_check(path, profile, implant, policy, impedances) for path in arguments.files]
    print(_shown(checked, arguments.format))
    return exit_code(checked)


def exit_code(checked: list[Checked]) -> ExitCode:
    """The worst of all files: unreadable, then blocked or to be confirmed, then good."""
    if any(one.verdict is None for one in checked):
        return ExitCode.UNREADABLE
    return ExitCode.BLOCKED if any(one.needs_a_person for one in checked) else ExitCode.OK


def _check(
    path: str,
    profile: DeviceProfile | None,
    implant: Implant | None,
    policy: Policy,
    impedances: Impedances | None,
) -> Checked:
    """Judge one file; one that cannot be read is an answer too, so that the others are still judged."""
    from scs.cli.check_result import Checked
    from scs.cli.given_files import read_text
    from scs.domain.profile import find_profile
    from scs.domain.program_file import parse_program_file
    from scs.domain.safety import judge
    from scs.errors import BadFile

    try:
        program = parse_program_file(path, read_text(path))
        leads = implant or program.implant
        if leads is None:
            raise BadFile(path, ("implant: is missing; add a table [implant], or name one with --implant FILE",))
    except BadFile as error:
        return Checked(path, policy.id, problems=error.problems)
    device = profile or find_profile(program.profile_id or DEFAULT_PROFILE)
    verdict = judge(program.group, leads, device, policy, impedances)
    return Checked(path, policy.id, program.title, device.id, leads, verdict)


def _shown(checked: list[Checked], form: str) -> str:
    if form == "table":
        from scs.cli.check_table import table_text
        from scs.cli.table import Paint

        return table_text(checked, Paint())
    from scs.cli import check_formats

    return {"json": check_formats.json_text, "junit": check_formats.junit_text, "sarif": check_formats.sarif_text}[
        form
    ](checked)
