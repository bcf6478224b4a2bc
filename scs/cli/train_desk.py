"""The server behind `scs train watch --web`: the instructor's desk in a browser tab of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scs.cli.web_server import ProgrammerServer

HOST = "127.0.0.1"
"""The desk changes what a trainee meets, so only this machine reaches it."""


class DeskServer(ProgrammerServer):
    """Each tab is a desk of its own on the same room."""

    ABOUT = "each with a desk of this session"
    STARTING = "The desk is starting."
    ENDED = "This desk was left; the session goes on."

    def __init__(self, door: str, port: int, tabs: int) -> None:
        super().__init__(HOST, port, tabs)
        self._door = str(Path(door).resolve())
        self.title = "Instructor"

    def arguments_of(self, count: int) -> Sequence[str]:
        return ("train", "watch", self._door, "--desk")
