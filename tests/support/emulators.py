"""`scs emulate` and `scs` in processes of their own, over a real pseudo-terminal or TCP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scs.errors import TransportError
from scs.transport.address import open_transport
from tests.support.waiting import wait_until

RUN_S = 60
"""Seconds after which a command that should have ended is taken to hang."""


@dataclass
class Emulator:
    """A running emulator and where it can be reached. `kill` takes its power away, `start` gives it back."""

    address: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert self.process is None, "it is running"
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(self._answers, f"an emulator at {self.address}")

    def kill(self) -> None:
        assert self.process is not None, "it is not running"
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(RUN_S)
        self.process = None
        # The link outlives a killed process, and the pseudo-terminal that it names may be somebody else's by then.
        Path(self.address).unlink(missing_ok=True)

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, "the emulator ended before it could be reached"  # noqa: PT018
        try:
            open_transport(self.address).close()
        except TransportError:
            return False
        return True


@contextmanager
def emulator(folder: Path, *options: str, is_sealed: bool = False) -> Iterator[Emulator]:
    """An emulator on a pseudo-terminal in `folder`, its memory in a file there; in the clear unless `is_sealed`."""
    address = str(folder / "ipg")
    command = [sys.executable, "-m", "scs.cli", "emulate", "--link", f"pty:{address}"]
    running = Emulator(
        address, [*command, "--state", str(folder / "memory"), *([] if is_sealed else ["--insecure"]), *options]
    )
    running.start()
    try:
        yield running
    finally:
        if running.process is not None:
            running.kill()


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def scs(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run one `scs` command to its end, without a terminal."""
    given = {**os.environ, **(environment or {})}
    command = [sys.executable, "-m", "scs.cli", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_S, check=False,
        env=given,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)
