"""A terminal that a person sits at: tmux, with keys sent to it and its picture read as text. No part of the project."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scs.clock import Duration
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = Duration.of_s(40)
"""A start of two processes on a machine that is busy with everything else."""
CALL_S = 30


class Terminal:
    """One tmux server of a test's own with one window."""

    def __init__(self, socket: Path) -> None:
        self._socket = str(socket)

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: `F5`, `Enter`, `C-x`, `m`."""
        self._tmux("send-keys", "-t", "person", *names)

    def type(self, text: str) -> None:
        """Letters as they are, whatever tmux would take them for."""
        self._tmux("send-keys", "-t", "person", "-l", text)

    def text(self) -> str:
        """The whole picture, without colours."""
        return self._tmux("capture-pane", "-t", "person", "-p")

    def until(self, *words: str) -> str:
        """Wait for these words and give the picture; fail with the picture that is there instead."""
        seen = ""

        def is_there() -> bool:
            nonlocal seen
            seen = self.text()
            return all(word in seen for word in words)

        try:
            wait_until(is_there, f"{words} in the terminal", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows\n{seen}") from error
        return seen

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=CALL_S).stdout


@contextmanager
def terminal(
    folder: Path, arguments: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]
) -> Iterator[Terminal]:
    """`scs` with these arguments in a terminal of this size, until the end of the block."""
    socket = folder / "tmux"
    width, height = size
    command = shlex.join([sys.executable, "-m", "scs.cli", *arguments])
    given = {**os.environ, **environment}
    given.pop("TMUX", None)
    start = ["tmux", "-S", str(socket), "-f", os.devnull, "new-session", "-d", "-s", "person", "-x", str(width),
             "-y", str(height), f"cd {shlex.quote(str(ROOT))} && exec {command}"]  # fmt: skip
    subprocess.run(start, check=True, env=given, timeout=CALL_S)
    try:
        yield Terminal(socket)
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], check=False, capture_output=True, timeout=CALL_S)


def has_ended(folder: Path) -> bool:
    """Whether the program in the terminal has left, and tmux with it."""
    look = ["tmux", "-S", str(folder / "tmux"), "has-session", "-t", "person"]
    return subprocess.run(look, check=False, capture_output=True, timeout=CALL_S).returncode != 0
