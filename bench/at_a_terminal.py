"""The programmer at a pseudo-terminal of 80 by 24, as a person has it, and what it draws there."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 30.0
COLUMNS, LINES = 80, 24


@contextmanager
def at_a_terminal(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Run this Python with `arguments` at a terminal of its own, and kill it in the end; our side of the terminal."""
    import fcntl
    import struct
    import termios

    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    command = [sys.executable, *arguments]
    told = {**environment, "TERM": "xterm-256color"}
    with subprocess.Popen(command, cwd=ROOT, env=told, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        try:
            yield ours
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            os.close(ours)


def read_until(terminal: int, has: Callable[[bytes], bool]) -> None:
    """Read until what was drawn since the call has it; RuntimeError when it does not come."""
    seen = b""
    end = time.monotonic() + PATIENCE_S
    while not has(seen):
        if time.monotonic() > end:
            raise RuntimeError(f"nothing within {PATIENCE_S:g} s; the programmer wrote {seen[-500:]!r}")
        with contextlib.suppress(BlockingIOError):
            seen += os.read(terminal, 65_536)
