"""`scs train watch`: the instructor's desk in a terminal or a browser tab, a plain timeline, or one order."""

from __future__ import annotations

import json
import shlex
import sys
from argparse import SUPPRESS, ArgumentTypeError, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

if TYPE_CHECKING:
    from programmer_tui.instructor import Desk

WATCH_EVERY_MS = 500
INSTRUCTORS = 4
"""Tabs of one desk at once: an instructor and whoever looks over his shoulder."""
PORT_MAX = 65_535


def add_watch_parser(verbs: Any) -> None:
    """Add `watch` to `scs train`."""
    watch = verbs.add_parser(
        "watch",
        help="the instructor's desk: watch, pause, inject, mark, rewind, annotate",
        description="On a terminal, a desk with keys and a line for orders; with --plain, or where there is no "
        "terminal, every moment as it comes. With an order, that order and its answer. Orders: state, briefing, hint, "
        "pause, resume, mark name=X, rewind name=X, annotate words=TEXT, inject what=posture posture=supine, ask, "
        "posture posture=supine, cough, record topic=T words=TEXT, find finding=X, live time='7 d', end.",
        epilog=FOOTER,
    )
    watch.add_argument("door", metavar="PATH", help="what was given to --door")
    watch.add_argument("order", nargs="?", metavar="ORDER", help="one order; without one, watch")
    watch.add_argument("words", nargs="*", metavar="NAME=VALUE", help="what it has to be told")
    how = watch.add_mutually_exclusive_group()
    how.add_argument("--plain", action="store_true", help="print each moment in a line, until Ctrl+C")
    how.add_argument("--web", action="store_true", help="serve the desk to a browser on this machine (extra web)")
    # A browser tab has no terminal of this machine, and is one.
    how.add_argument("--desk", action="store_true", help=SUPPRESS)
    watch.add_argument("--port", type=_port, default=8010, metavar="N", help="of --web; 0 takes a free one")
    watch.set_defaults(run=run_watch)


def run_watch(arguments: Namespace) -> int:
    """Show the desk, or print each moment as it comes until Ctrl-C, or give one order and print the answer."""
    from scs.cli.train_live import door_of

    if arguments.web:
        return _serve(arguments)
    call = door_of(arguments.door)
    if arguments.order is not None:
        answer = call(order_of([arguments.order, *arguments.words]))
        told = told_of(answer)
        if "result" in answer:
            told = [*told, FOOTER]
        print("\n".join(told) if told else json.dumps(_short(answer), indent=2))
    elif arguments.desk or (sys.stdin.isatty() and sys.stdout.isatty() and not arguments.plain):
        from programmer_tui.instructor import InstructorApp

        InstructorApp(desk_of(arguments.door)).run()
    else:
        _print_moments(arguments.door)
    return ExitCode.OK


def desk_of(door: str) -> Desk:
    """The desk of the room at `door`."""
    from programmer_tui.instructor import Desk
    from scs.cli.train_live import door_of

    return Desk(door_of(door), read_order, moment_line, told_of)


def read_order(line: str) -> Mapping[str, object]:
    """A line such as `annotate words='look here'`; raises BadPrescription."""
    from scs.errors import BadPrescription

    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadPrescription(f"{line.strip()!r} cannot be read: {error}; close what you quoted") from error
    return order_of(words)


def order_of(words: list[str]) -> Mapping[str, object]:
    """An order from its words; raises BadPrescription with a sentence."""
    from scs.errors import BadPrescription

    told: dict[str, object] = {}
    for one in words[1:]:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadPrescription(f"{one!r} has no name; write name=value, such as name=begin")
        try:
            told[name] = json.loads(value) if value.startswith("{") else value
        except ValueError as error:
            raise BadPrescription(f"{name}: {value!r} is no table of JSON: {error}") from error
    return {"do": words[0], "happening": told} if words[0] == "inject" else {"do": words[0], **told}


def moment_line(row: Mapping[str, Any]) -> str:
    """One moment of the timeline."""
    from scs.training.debrief import MARKS, stamp

    return f"{MARKS[row['kind']]} {stamp(row['at_us'])} {row['verb']}: {row['words']}"


def told_of(answer: Mapping[str, Any]) -> list[str]:
    """What an answer brought beside the state: a debrief, a briefing, a hint, what was said."""
    from scs.training.debrief import debrief

    if "result" in answer:
        number = answer.get("session")
        kept = f"kept as session {number} of the book" if number else "not kept in a book of sessions"
        return [*debrief(answer["result"]), kept]
    if "lines" in answer:
        return [*answer["lines"], "", str(answer["rubric"])]
    return [str(answer[name]) for name in ("hint", "said") if name in answer]


def _short(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "regions"}


def _print_moments(door: str) -> None:
    from scs.cli.train_live import door_of
    from scs.clock import Duration, wait

    call, known, rewinds = door_of(door), 0, 0
    while True:
        rows = call({"do": "moments", "after": known})
        if rows["rewinds"] != rewinds:
            known, rewinds = 0, rows["rewinds"]
            print("--- rewound; from the beginning:", flush=True)
            continue
        for row in rows["rows"]:
            print(moment_line(row), flush=True)
        known = rows["moments"]
        wait(Duration.of_ms(WATCH_EVERY_MS))


def _serve(arguments: Namespace) -> int:
    """The desk in a browser on this machine, behind a token in the address; until SIGINT or SIGTERM."""
    from scs.cli.train_live import door_of
    from scs.errors import BadAddress, Unreadable

    door_of(arguments.door)({"do": "state"})
    try:
        from scs.cli.train_desk import DeskServer
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("aiohttp", "aiohttp_jinja2", "textual_serve"):
            raise
        raise Unreadable(
            f"--web needs the package {error.name}, which is not installed; install it with: pip install 'scs[web]'"
        ) from error
    try:
        server = DeskServer(arguments.door, arguments.port, INSTRUCTORS)
    except OSError as error:
        raise BadAddress(f"port {arguments.port}: {error.strerror or error}; choose another --port") from error
    server.serve()
    return ExitCode.OK


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= PORT_MAX:
        raise ArgumentTypeError(f"{number} is none of 0 to {PORT_MAX}")
    return number
