"""`scs demo`: an emulated implant in a process of its own and a programmer on the other end of the link.

On a terminal the programmer is the screen; elsewhere a scripted appointment is played over the same link.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scs.clock import Duration, WallClock, wait

START_PATIENCE = Duration.of_s(20)
"""How long the emulator may take to start: one second on a quick machine, several on a shared one."""
GLANCE = Duration.of_ms(50)
FAREWELL_S = 5
"""Seconds that the emulator has to end by itself before it is killed."""
SEED = "1"
"""The same seed gives the same impedances, so that the transcript can be compared."""


def add_parser(subparsers: Any) -> None:
    """Add `demo` to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="an emulated implant and a programmer, ready to use",
        description="Start an emulated implant and program it: on a terminal in the terminal programmer, elsewhere as "
        "a scripted session whose transcript is printed. A software model, never for clinical use.",
    )
    parser.add_argument("--script", action="store_true", help="play the scripted session on a terminal too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration; 0 when everything was as expected."""
    has_screen = sys.stdin.isatty() and sys.stdout.isatty() and not arguments.script
    with tempfile.TemporaryDirectory(prefix="scs-demo-") as folder:
        address, link = _link(Path(folder))
        bench = str(Path(folder) / "bench")
        # The key of the demonstration goes with it, and leaves a person's own keys alone.
        os.environ["SCS_KEYS"] = str(Path(folder) / "keys")
        with _emulator(link, bench) as emulator:
            if has_screen:
                _await_port(emulator, address, bench)
                _pair(address, bench)
                command = [sys.executable, "-m", "scs.cli", "programmer", "--port", address]
                return subprocess.run(command, check=False).returncode
            return _play(emulator, address, bench)


def _link(folder: Path) -> tuple[str, str]:
    """(what the programmer opens, what the emulator offers): a pseudo-terminal where there are any, else TCP."""
    if sys.platform == "win32":
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"tcp:127.0.0.1:{probe.getsockname()[1]}"
        return address, address
    path = folder / "ipg"
    return str(path), f"pty:{path}"


@contextmanager
def _emulator(link: str, bench: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "scs.cli", "emulate", "--link", link, "--seed", SEED, "--bench", bench]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_port(emulator: subprocess.Popen[bytes], address: str, bench: str) -> None:
    """Wait until the emulator offers its link and its bench, or has ended without."""
    from scs.errors import NoAnswer, TransportError
    from scs.transport.address import open_transport

    clock = WallClock()
    until = clock.now() + START_PATIENCE
    while clock.now() < until and emulator.poll() is None:
        try:
            open_transport(address).close()
        except TransportError:
            wait(GLANCE)
            continue
        if Path(bench).exists():
            return
        wait(GLANCE)
    raise NoAnswer(f"the emulator did not offer {address} within {START_PATIENCE.seconds:g} s; run `scs emulate` alone")


def _pair(address: str, bench: str) -> str:
    """Pair with the emulator: its bench holds the magnet and says the secret. The words that both sides show."""
    from scs.cli.device_access import pair_with

    asked = argparse.Namespace(port=address, serial=None, bench=bench, secret=None, role="clinician")
    return pair_with(asked).words


def _play(emulator: subprocess.Popen[bytes], address: str, bench: str) -> int:
    from scs.cli.demo_script import play
    from scs.cli.exit_codes import ExitCode, code_of
    from scs.cli.pairing_place import finder
    from scs.errors import ScsError
    from scs.programmer.client import Client

    clock = WallClock()

    def say(sentence: str) -> None:
        print(sentence, flush=True)

    say("A spinal cord stimulator in software: a model, never for clinical use.")
    try:
        _await_port(emulator, address, bench)
        say(f"An emulated implant waits at {'a pseudo-terminal' if sys.platform != 'win32' else address}.")
        words = _pair(address, bench)
        say(f"A magnet was held over it, and it is paired; both sides show the words {words}.")
        with Client.connect(address, find_key=finder(is_insecure=False)) as client:
            play(client, clock, say)
    except ScsError as error:
        print(f"scs demo: {error}", file=sys.stderr)
        return code_of(error)
    say("Everything was as expected.")
    return ExitCode.OK
