"""`scs train live`: a world in real time behind a link, and the programmer's screens before one."""

from __future__ import annotations

import json
import os
import secrets
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

START_S = 30
"""A world is prepared in a second on a quick machine, and takes longer on a shared one."""
GLANCE_MS = 100
Call = Callable[[Mapping[str, object]], dict[str, Any]]


def add_live_parser(verbs: Any) -> None:
    """Add `live` to `scs train`."""
    live = verbs.add_parser("live", help="run a scenario in real time behind a link, for any programmer", epilog=FOOTER)
    live.add_argument("scenario", metavar="SCENARIO", help="an id of scs train list, or a scenario file")
    live.add_argument("--link", required=True, help="pty, pty:PATH, tcp:HOST:PORT or serial:DEVICE[,BAUD]")
    live.add_argument("--door", required=True, metavar="PATH", help="where patient and instructor are spoken to")
    live.add_argument("--trainee", default="trainee", metavar="NAME", help="who is scored, for the class list")
    live.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (default: 1)")
    live.add_argument("--language", default="en", metavar="CODE", help="that the patient speaks: en, de")
    live.set_defaults(run=run_live)


def run_live(arguments: Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 then."""
    from firmware_model.host import Errand, Host, ending_on_signals
    from scs.cli.bench_socket import bench_socket
    from scs.cli.train import chosen_scenario
    from scs.clock import WallClock
    from scs.training.live import LiveSession
    from scs.transport.address import open_listener
    from scs.wire.access import SECRET_SIZE

    scenario = chosen_scenario(arguments.scenario)
    key = secrets.token_bytes(SECRET_SIZE)
    session = LiveSession(scenario, arguments.trainee, arguments.seed, arguments.language, keep_result, key)
    listener = open_listener(arguments.link)
    host = Host(session.world.device, listener, WallClock(), _Quiet(), surroundings=session)
    # The implant has lived through its preparation: this lets the host's clock begin where it is now.
    host.ask_bench(Errand('{"do": "state"}', lambda _answer: None))
    give = lambda line, answer: host.ask_bench(Errand(line, answer))  # noqa: E731
    with ending_on_signals(host), bench_socket(arguments.door, give):
        print(f"connect to {listener.address}\nthe room is at {arguments.door}\n{FOOTER}", flush=True)
        host.run()
    return ExitCode.OK


def door_of(path: str) -> Call:
    """Gives an order to the room at `path`; raises BadPrescription with what the room said, or TransportError."""
    from scs.cli.bench_socket import call_bench
    from scs.errors import BadPrescription, LinkClosed, TransportError

    def call(asked: Mapping[str, object]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(call_bench(path, json.dumps(asked)))
        except LinkClosed:
            raise
        except TransportError as error:
            raise TransportError(
                f"{path}: no training session is there; start one: scs train live SCENARIO --link pty --door {path}"
            ) from error
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
                call = door_of(door)
                keys = _keep_key(Path(folder) / "keys", call({"do": "key"}))
                show = [sys.executable, "-m", "scs.cli", "programmer", "--port", link, "--room", door]
                subprocess.run(show, check=False, env=os.environ | {"SCS_KEYS": str(keys)})
                write_up(call)
                result: dict[str, Any] = call({"do": "end"})["result"]
                return result
            finally:
                world.terminate()


def _keep_key(folder: Path, told: Mapping[str, Any]) -> Path:
    """Lay the trainee's key where his programmer looks for it: a person's own keys are left alone."""
    from scs.programmer.pairing_keys import FileSecrets, SharedSecret
    from scs.wire.terms import PairRole

    shared = SharedSecret(told["pair"], PairRole.CLINICIAN, bytes.fromhex(told["key"]))
    FileSecrets(folder).keep(told["serial"], shared)
    return folder


def _await(world: subprocess.Popen[bytes], door: Path) -> None:
    from scs.clock import Duration, WallClock, wait
    from scs.errors import NoAnswer

    clock = WallClock()
    until = clock.now() + Duration.of_s(START_S)
    while not door.exists():
        if clock.now() > until or world.poll() is not None:
            raise NoAnswer("the scenario did not start; run `scs train live` alone to see why")
        wait(Duration.of_ms(GLANCE_MS))


class _Quiet:
    """The room tells what happens; the host need not."""

    is_live = False

    def event(self, text: str) -> None:
        """Nobody reads it."""

    def live(self, text: str) -> None:
        """Nobody reads it."""
