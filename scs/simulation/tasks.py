"""Several programmers in one thread: each is a task that runs until it waits, and goes on when something has come.

The programmer's own blocking code runs as it stands: where it would wait for a port, its task gives way to the world,
which lets virtual time pass. The order in which tasks go on is that in which they were made, so a run repeats.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from greenlet import getcurrent, greenlet

from scs.errors import ScsError

CRASHES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, ScsError,
    struct.error,
)  # fmt: skip
"""What a program dies of; none of them may leave the implant, nor a programmer but as an error of ours."""


class Killed(BaseException):
    """The program that a task stands for was killed: nothing of it runs any more, its farewells neither."""


class Task:
    """One program. `until_us` is how long it waits at most; `is_woken` is set by whatever it waits for."""

    def __init__(self, name: str, body: Callable[[], None], now_us: int) -> None:
        self.name = name
        self.until_us = now_us
        self.is_woken = False
        self.failure: Exception | None = None
        self._body = body
        self._greenlet = greenlet(self._run)

    @property
    def is_over(self) -> bool:
        return bool(self._greenlet.dead)

    def resume(self) -> None:
        """Let it run until it waits again or ends."""
        self.is_woken = False
        self._greenlet.switch()

    def kill(self) -> None:
        """End it where it waits."""
        if not self.is_over:
            self._greenlet.throw(Killed)

    def wait(self, until_us: int) -> None:
        """Called by the task itself: give way until woken, or until then."""
        assert getcurrent() is self._greenlet, "a task waits for itself only"
        self.until_us = until_us
        parent = self._greenlet.parent
        assert parent is not None, "a task was begun by somebody"
        parent.switch()

    def _run(self) -> None:
        try:
            self._body()
        except Killed:
            return
        except CRASHES as error:
            self.failure = error
