"""`scs replay`: run a trace again and say what is answered differently."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, wrapped
from scs.errors import BadPrescription

if TYPE_CHECKING:
    from scs.testing.replay import Replayed
    from scs.testing.target import Target
    from scs.wire.trace import Trace

SHOWN = 20
"""Differences on the screen; --json has all of them."""


def add_parser(subparsers: Any) -> None:
    """Add `replay` to the command line."""
    parser = subparsers.add_parser(
        "replay",
        help="run a trace again, on the emulated implant or on a real one",
        description="Send what a trace sent and do what it did, at the same times, and compare each answer. Exit code "
        "0 when every answer is the same, so that what failed fails again; 1 when any differs, so that it does not.",
        epilog=f"`scs programmer --trace FILE` shows a trace. {FOOTER}",
    )
    parser.add_argument("file", metavar="TRACE", help="a trace file, such as scs conformance writes")
    parser.add_argument("--target", default="sim:", help="sim:, pty:PATH, /dev/ttyUSB0, tcp:HOST:PORT (default: sim:)")
    parser.add_argument("--profile", metavar="ID|FILE", help="of the emulated implant; the trace's own if not given")
    parser.add_argument("--broken", metavar="ID", help="on sim: a firmware that is broken on purpose")
    parser.add_argument("--dummy-load", action="store_true", help="a resistor is connected, so it may stimulate")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Replay and print the differences; 0 without any, 1 with one."""
    from scs.cli.given_files import read_text
    from scs.testing.replay import Replay, check_replayable
    from scs.testing.target import SIMULATED
    from scs.wire.trace import parse_trace

    trace = parse_trace(arguments.file, read_text(arguments.file))
    check_replayable(trace, arguments.target, has_dummy_load=arguments.dummy_load)
    target = _target(arguments, trace)
    try:
        is_exact = arguments.target == SIMULATED and trace.header.target == SIMULATED
        found = Replay(trace, target, is_exact=is_exact).run()
    finally:
        target.close()
    if arguments.json:
        print(json.dumps(_fields(arguments, trace, found), indent=2))
    else:
        print(_text(arguments, trace, found))
    return ExitCode.BLOCKED if found.differences else ExitCode.OK


def _target(arguments: Namespace, trace: Trace) -> Target:
    from scs.cli.given_files import chosen_profile
    from scs.clock import Instant
    from scs.testing.target import SIMULATED, open_target

    if arguments.target != SIMULATED:
        if arguments.broken or arguments.profile:
            raise BadPrescription("--broken and --profile choose the emulated implant; leave --target out")
        return open_target(arguments.target, has_dummy_load=arguments.dummy_load)
    simulated: dict[str, Any] = {
        "profile": chosen_profile(arguments.profile or trace.header.profile),
        "seed": trace.header.seed,
        "start": Instant(trace.events[0].at_us if trace.events else 0),
    }
    if arguments.broken:
        from firmware_model.known_bad import find_known_bad

        simulated["build"] = find_known_bad(arguments.broken).build
    return open_target(SIMULATED, **simulated)


def _text(arguments: Namespace, trace: Trace, found: Replayed) -> str:
    header, paint = trace.header, Paint()
    lines = []
    if header.sentence:
        lines += [f"the trace: {header.check} ({header.requirement})", *wrapped(header.sentence, 2)]
    lines.append(f"{found.events:,} events run again on {arguments.target}, {found.answers:,} answers compared")
    for difference in found.differences[:SHOWN]:
        lines.append(paint(f"line {difference.line}, {difference.at_us / 1e6:.6f} s", "yellow"))
        lines += wrapped(difference.sentence, 2)
    more = len(found.differences) - SHOWN
    lines += [f"and {more} more; --json has all of them"] if more > 0 else []
    if found.left_out:
        lines.append(f"left out, for nobody can do it to this target: {', '.join(found.left_out)}")
    same = "every answer is the one in the trace: what failed fails again"
    lines.append(same if not found.differences else "this implant does not answer as the one in the trace did")
    return "\n".join([*lines, FOOTER])


def _fields(arguments: Namespace, trace: Trace, found: Replayed) -> dict[str, Any]:
    return {
        "trace": arguments.file,
        "check": trace.header.check,
        "target": arguments.target,
        "events": found.events,
        "answers": found.answers,
        "same": not found.differences,
        "differences": [{"line": one.line, "at_us": one.at_us, "sentence": one.sentence} for one in found.differences],
        "left_out": found.left_out,
    }
