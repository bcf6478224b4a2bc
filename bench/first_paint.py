"""How long the programmer takes from its start to the first picture, beside the bare import of Textual."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.pairing import BenchRow, duration_row

ROOT = Path(__file__).resolve().parents[1]
PAINTED = b"never for clinical use"
"""Stands on every screen, in its last line but one: once it is there, the picture is."""
PATIENCE_S = 30.0
TARGET = 2.5
"""The first picture should take at most this many times the bare import."""
COLUMNS, LINES = 80, 24


def run(repeats: int) -> list[BenchRow]:
    """One row: seconds from the start of the process to the first picture, on a pseudo-terminal of 80 × 24."""
    if not hasattr(os, "openpty"):
        return []
    with tempfile.TemporaryDirectory(prefix="scs-first-paint-") as folder:
        # Whoever installs the project has bytecode; a checkout on a machine that may not write any has none.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "TERM": "xterm-256color"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def bare_import() -> None:
            subprocess.run([sys.executable, "-c", "import textual.app"], cwd=ROOT, env=environment, check=True)

        return [
            duration_row(
                "scs programmer, start to first paint",
                lambda: first_paint(environment),
                'python -c "import textual.app"',
                bare_import,
                repeats=repeats,
                target=TARGET,
            )
        ]


def first_paint(environment: dict[str, str]) -> None:
    """Start the programmer on a pseudo-terminal, read until the picture is there, and end it."""
    import fcntl
    import struct
    import termios

    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "scs.cli", "programmer"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        try:
            _read_until_painted(ours)
        finally:
            process.send_signal(signal.SIGKILL)
            os.close(ours)


def _read_until_painted(descriptor: int) -> None:
    seen = b""
    end = time.monotonic() + PATIENCE_S
    while PAINTED not in seen:
        if time.monotonic() > end:
            raise RuntimeError(f"no picture within {PATIENCE_S:g} s; the programmer wrote {seen[-500:]!r}")
        with contextlib.suppress(BlockingIOError):
            seen += os.read(descriptor, 65_536)


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(row)
