"""An emulated implant of the programmer's own, for whoever has no device: a process that ends when the programmer does.

It is an ordinary `scs emulate` with its memory in working memory, so nothing of it is left afterwards. It listens where
only this machine reaches it, and it reads the end of its standard input as its own end: a programmer that is killed
leaves no emulator behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from scs.clock import Duration
from scs.errors import NoAnswer, TransportError

SERIAL = "DEMONSTRATION"
LEADS = """\
format = "scs-implant/1"

[implant]
leads = [
    { port = "A", model = "medtronic-977a2", level = "T8" },
    { port = "B", model = "medtronic-977a2", level = "T8" },
]
"""
"""Two leads of eight contacts whose tips lie at T8, where low back and legs are mostly reached [recalled, high]."""
START_PATIENCE = Duration.of_s(20)
"""A cold start on a busy machine takes some seconds."""
FAREWELL_S = 5
_CONNECT = "connect to "


class Demonstration:
    """One emulator, or none. `start` blocks until it can be reached; call it in a thread."""

    def __init__(self, serial: str = SERIAL, *, is_sealed: bool = False) -> None:
        self.serial = serial
        self._talks = () if is_sealed else ("--insecure",)
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._has_begun = threading.Event()
        self._turn = threading.RLock()
        """Of who starts or ends it: whoever asks for it twice gets one."""
        self._is_over = False
        self.address = ""
        """Where it can be reached; empty while it does not run."""
        self.bench = ""
        """Where its test bench can be reached."""

    @property
    def is_running(self) -> bool:
        """Whether it can be reached."""
        return bool(self.address)

    def start(self) -> str:
        """Its address. Raises NoAnswer or TransportError when it does not come up, or when it was ended for good."""
        with self._turn:
            if self._is_over:
                raise TransportError("the programmer is ending, so no demonstration starts any more")
            return self.address or self._begin()

    def _begin(self) -> str:
        self._folder = tempfile.TemporaryDirectory(prefix="scs-demonstration-")
        folder = Path(self._folder.name)
        self.bench = str(folder / "bench")
        link = f"pty:{folder / 'implant'}" if os.name == "posix" else "tcp:127.0.0.1:0"
        leads = folder / "leads.toml"
        leads.write_text(LEADS, encoding="utf-8")
        command = [sys.executable, "-m", "scs.cli", "emulate", "--link", link, "--serial", self.serial]
        options = [*self._talks, "--implant", str(leads), "--bench", self.bench, "--end-with-stdin"]
        try:
            self._process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        except OSError as error:
            self._close()
            raise TransportError(f"the demonstration could not be started: {error}; use scs emulate") from error
        said: list[str] = []
        threading.Thread(target=self._listen, args=(self._process, said), daemon=True, name="scs demonstration").start()
        self._has_begun.wait(START_PATIENCE.seconds)
        reached: str = self.address
        if not reached:
            self._close()
            heard = " ".join(said) or "nothing"
            raise NoAnswer(f"the demonstration did not come up; it said: {heard}; try scs emulate --link pty")
        return reached

    def end(self) -> None:
        """End it for good, and wait until it has ended."""
        with self._turn:
            self._is_over = True
            self.close()

    def close(self) -> None:
        """End it, and wait until it has ended; it can be started again."""
        with self._turn:
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None, "it was opened with one"
            process.stdin.close()
            try:
                process.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self.address = self.bench = ""
        self._has_begun.clear()

    def _listen(self, process: subprocess.Popen[str], said: list[str]) -> None:
        """Read everything that it says, or it would stand still once the pipe is full."""
        assert process.stdout is not None, "it was opened with one"
        for line in process.stdout:
            if not self._has_begun.is_set():
                said.append(line.strip())
                if line.startswith(_CONNECT):
                    self.address = line.removeprefix(_CONNECT).strip()
                    self._has_begun.set()
        self._has_begun.set()
        process.stdout.close()
