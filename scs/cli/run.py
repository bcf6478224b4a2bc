"""`scs run`: a program file on an emulated implant, for days or years of simulated time."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

if TYPE_CHECKING:
    from scs.domain.program_file import ProgramFile
    from scs.testing.long_run import LongRun, RunPlan

STEPS = 200
"""Parts of a run, between which progress is shown and Ctrl-C is heard."""
FOLLOWED_PULSES = 5_000
"""Pulses of a closed loop in one of them: a tenth of a second, or less."""
WAIT_US_MAX = 250_000
"""Real time that is waited in one of them."""
RUN_US_MAX = 100 * 31_536_000_000_000
"""A century; the clock of the implant would hold more."""
SPEED_MAX = 10**12


def add_parser(subparsers: Any) -> None:
    """Add `run` to the command line."""
    parser = subparsers.add_parser(
        "run",
        help="deliver a program file for days or years of simulated time",
        description="Deliver a group on an emulated implant in simulated time: a programmer writes it, starts it and "
        "leaves. Prints pulses, charge, battery, events, and whether all accounts agree. Ends with 1 when one does "
        "not, and with 130 when it was interrupted, after saying how far it came.",
        epilog=FOOTER,
    )
    parser.add_argument("file", metavar="FILE", help='a program file, or "-" for standard input')
    parser.add_argument("--for", dest="duration", metavar="TIME", default="1d", help="such as 90min, 30d, 10y (1d)")
    parser.add_argument("--profile", metavar="PROFILE", help="a device profile; the file's own if not given")
    parser.add_argument("--policy", default="default", help="default or strict")
    parser.add_argument("--acknowledge", action="append", default=[], metavar="RULE", help="confirm a rule's finding")
    parser.add_argument("--faults", metavar="FILE", help="a fault script: what breaks when, and for how long")
    parser.add_argument("--telemetry", metavar="TIME", help="connect and read the status every so often")
    parser.add_argument(
        "--start-again", metavar="TIME", help="so long after therapy ended, clear what is latched and start it again"
    )
    parser.add_argument(
        "--clock", metavar="HH:MM", default="08:00", help="the time of the day at the beginning (08:00)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything that is chance (default: %(default)s)")
    parser.add_argument("--speed", type=float, metavar="TIMES", help="times real time; as fast as possible otherwise")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Run and report."""
    from scs.cli.run_report import text_of
    from scs.clock import WallClock
    from scs.testing.long_run import LongRun
    from scs.testing.long_run_report import report_on

    plan = _plan(arguments)
    clock = WallClock()
    began = clock.now()
    with _interruptible() as interrupted:
        going = LongRun(plan)
        for _ in _steps(going, arguments, interrupted):
            pass
    report = report_on(going)
    real_s = clock.now().since(began).seconds
    if arguments.json:
        import json

        print(json.dumps(report.data(), indent=2))
    else:
        print(text_of(report, plan, real_s))
    if not report.is_whole:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if report.is_well else ExitCode.BLOCKED


def _steps(going: LongRun, arguments: Namespace, interrupted: list[int]) -> Iterator[None]:
    from scs.cli.progress import progress_bar
    from scs.clock import Duration, WallClock, wait
    from scs.programmer.steps import Progress

    total_us = going.plan.duration_us
    clock, began_us = WallClock(), going.elapsed_us
    piece = Duration(piece_us(going.plan, arguments.speed))
    with progress_bar(is_wanted=not arguments.json) as show:
        while not going.is_over and not interrupted:
            going.go_on(piece)
            if show is not None:
                show(Progress("delivering", going.elapsed_us * 1_000 // total_us, 1_000))
            if arguments.speed is not None:
                due_us = int((going.elapsed_us - began_us) / arguments.speed)
                wait(Duration(max(0, due_us - clock.now().us)))
            yield


def piece_us(plan: RunPlan, speed: float | None) -> int:
    """How much is run at a time: little enough for a bar that moves and a Ctrl-C that is heard within a second."""
    pieces = [plan.duration_us // STEPS]
    followed = [program.waveform.rate_mhz for program in plan.group.programs if program.closed_loop is not None]
    if followed:
        # These are lived pulse by pulse. Counted in pulses and not in seconds, so that a run is the same everywhere.
        pieces.append(FOLLOWED_PULSES * 1_000_000_000 // max(followed))
    if speed is not None:
        pieces.append(int(WAIT_US_MAX * speed))
    return max(1, min(pieces))


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """A list that Ctrl-C or a request to end puts something into: a run ends between two steps, not within one."""
    heard: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda heard_number, _frame: heard.append(heard_number)) for number in numbers]
    try:
        yield heard
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _plan(arguments: Namespace) -> RunPlan:
    from firmware_model.device import DeviceConfig
    from firmware_model.faults.script import parse_fault_script
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.policy import find_policy
    from scs.domain.program_file import parse_program_file
    from scs.errors import BadQuantity
    from scs.testing.long_run import RunPlan

    if arguments.speed is not None and not 0 < arguments.speed <= SPEED_MAX:
        raise BadQuantity(f"--speed {arguments.speed:g}: choose a number above 0 and at most {SPEED_MAX:g}")
    file = parse_program_file(arguments.file, read_text(arguments.file))
    profile = chosen_profile(arguments.profile or file.profile_id or "reference")
    faults = None
    if arguments.faults is not None:
        faults = parse_fault_script(arguments.faults, read_text(arguments.faults))
    return RunPlan(
        config=DeviceConfig("SCS-000001", profile, find_policy(arguments.policy), _implant(file)),
        group=file.group,
        duration_us=_span("--for", arguments.duration),
        seed=arguments.seed,
        faults=faults,
        acknowledged=tuple(arguments.acknowledge),
        telemetry_us=None if arguments.telemetry is None else _span("--telemetry", arguments.telemetry),
        second_of_day=_second_of_day(arguments.clock),
        restart_us=None if arguments.start_again is None else _span("--start-again", arguments.start_again),
    )


def _implant(file: ProgramFile) -> Any:
    from scs.domain.lead import Implant, PluggedLead, find_lead

    if file.implant is not None:
        return file.implant
    print("scs: the file names no leads; two medtronic-977a2 are taken", file=sys.stderr)
    lead = find_lead("medtronic-977a2")
    return Implant(leads=(PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead)))


def _second_of_day(text: str) -> int:
    from scs.errors import BadQuantity

    hours, colon, minutes = text.partition(":")
    if not (colon and len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal()):
        raise BadQuantity(f'--clock {text}: write hours and minutes, such as "08:00"')
    if int(hours) > 23 or int(minutes) > 59:
        raise BadQuantity(f"--clock {text}: there is no such time of the day; choose 00:00 to 23:59")
    return int(hours) * 3_600 + int(minutes) * 60


def _span(option: str, text: str) -> int:
    from scs.domain.units import SPAN, parse_quantity
    from scs.errors import BadQuantity

    span_us = parse_quantity(text, SPAN)
    if not 1_000 <= span_us <= RUN_US_MAX:
        raise BadQuantity(f"{option} {text}: choose a time from 1 ms to 100 y")
    return span_us
