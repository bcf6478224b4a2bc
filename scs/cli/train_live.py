"""`scs train live` and `watch`: a world in real time behind a link."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER
from scs.cli.train_report import keep_result

WATCH_EVERY_MS = 500
START_S = 30
"""A world is prepared in a second on a quick machine, and takes longer on a shared one."""
GLANCE_MS = 100
Call = Callable[[Mapping[str, object]], dict[str, Any]]


def add_live_parser(verbs: Any) -> None:
    """Add `live` and `watch` to `scs train`."""
    live = verbs.add_parser("live", help="run a scenario in real time behind a link, for any programmer", epilog=FOOTER)
    live.add_argument("scenario", metavar="SCENARIO", help="an id of scs train list, or a scenario file")
    live.add_argument("--link", required=True, help="pty, pty:PATH, tcp:HOST:PORT or serial:DEVICE[,BAUD]")
    live.add_argument("--door", required=True, metavar="PATH", help="where patient and instructor are spoken to")
    live.add_argument("--trainee", default="trainee", metavar="NAME", help="who is scored, for the class list")
    live.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (default: 1)")
    live.add_argument("--language", default="en", metavar="CODE", help="that the patient speaks: en, de")
    live.set_defaults(run=run_live)
    watch = verbs.add_parser(
        "watch",
        help="the instructor's terminal: watch, pause, inject, mark, rewind, annotate",
        description="Without an order every moment is printed as it comes. Orders: state, pause, resume, mark name=X, "
        "rewind name=X, annotate words=TEXT, inject what=posture posture=supine, ask, posture posture=supine, cough, "
        "record topic=T words=TEXT, find finding=X, live time='7 d', end.",
        epilog=FOOTER,
    )
    watch.add_argument("door", metavar="PATH", help="what was given to --door")
    watch.add_argument("order", nargs="?", metavar="ORDER", help="one order; without one, watch")
    watch.add_argument("words", nargs="*", metavar="NAME=VALUE", help="what it has to be told")
    watch.set_defaults(run=run_watch)


def run_live(arguments: Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 then."""
    from firmware_model.host import Errand, Host, ending_on_signals
    from scs.cli.bench_socket import bench_socket
    from scs.cli.train import chosen_scenario
    from scs.clock import WallClock
    from scs.training.live import LiveSession
    from scs.transport.address import open_listener

    scenario = chosen_scenario(arguments.scenario)
    session = LiveSession(scenario, arguments.trainee, arguments.seed, arguments.language, keep_result)
    listener = open_listener(arguments.link)
    host = Host(session.world.device, listener, WallClock(), _Quiet(), surroundings=session)
    # The implant has lived through its preparation: this lets the host's clock begin where it is now.
    host.ask_bench(Errand('{"do": "state"}', lambda _answer: None))
    give = lambda line, answer: host.ask_bench(Errand(line, answer))  # noqa: E731
    with ending_on_signals(host), bench_socket(arguments.door, give):
        print(f"connect to {listener.address}\nthe room is at {arguments.door}\n{FOOTER}", flush=True)
        host.run()
    return ExitCode.OK


def run_watch(arguments: Namespace) -> int:
    """Print each moment as it comes until Ctrl-C, or give one order and print the answer."""
    from scs.clock import Duration, wait
    from scs.training.debrief import MARKS, debrief, stamp

    call = door_of(arguments.door)
    if arguments.order is not None:
        answer = call(_order(arguments.order, arguments.words))
        if "result" in answer:
            print("\n".join([*debrief(answer["result"]), FOOTER]))
        else:
            print(json.dumps({name: value for name, value in answer.items() if name != "regions"}, indent=2))
        return ExitCode.OK
    known = 0
    while True:
        rows = call({"do": "moments", "after": known})
        for row in rows["rows"]:
            print(f"{MARKS[row['kind']]} {stamp(row['at_us'])} {row['verb']}: {row['words']}", flush=True)
        known = rows["moments"]
        wait(Duration.of_ms(WATCH_EVERY_MS))


def door_of(path: str) -> Call:
    """Gives an order to the room at `path`; raises BadPrescription with what the room said, or TransportError."""
    from scs.cli.bench_socket import call_bench
    from scs.errors import BadPrescription

    def call(asked: Mapping[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(call_bench(path, json.dumps(asked)))
        if not answer.pop("ok"):
            raise BadPrescription(answer["error"])
        return answer

    return call


def run_on_screens(arguments: Namespace, write_up: Callable[[Call], None]) -> dict[str, Any]:
    """Start the scenario in a process of its own, show the programmer until it is left, and judge; the result."""
    with tempfile.TemporaryDirectory(prefix="scs-train-") as folder:
        link, door = f"{folder}/ipg", f"{folder}/room"
        command = [sys.executable, "-m", "scs.cli", "train", "live", arguments.scenario, "--link", f"pty:{link}",
                   "--door", door, "--trainee", arguments.trainee, "--seed", str(arguments.seed),
                   "--language", arguments.language]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as world:
            try:
                _await(world, Path(door))
                show = [sys.executable, "-m", "scs.cli", "programmer", "--port", link, "--room", door]
                subprocess.run(show, check=False)
                call = door_of(door)
                write_up(call)
                result: dict[str, Any] = call({"do": "end"})["result"]
                return result
            finally:
                world.terminate()


def _await(world: subprocess.Popen[bytes], door: Path) -> None:
    from scs.clock import Duration, WallClock, wait
    from scs.errors import NoAnswer

    clock = WallClock()
    until = clock.now() + Duration.of_s(START_S)
    while not door.exists():
        if clock.now() > until or world.poll() is not None:
            raise NoAnswer("the scenario did not start; run `scs train live` alone to see why")
        wait(Duration.of_ms(GLANCE_MS))


def _order(word: str, words: list[str]) -> dict[str, object]:
    from scs.errors import BadPrescription

    told: dict[str, object] = {}
    for one in words:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadPrescription(f"{one!r} has no name; write name=value")
        told[name] = json.loads(value) if value.startswith("{") else value
    return {"do": word, "happening": told} if word == "inject" else {"do": word, **told}


class _Quiet:
    """The room tells what happens; the host need not."""

    is_live = False

    def event(self, text: str) -> None:
        """Nobody reads it."""

    def live(self, text: str) -> None:
        """Nobody reads it."""
