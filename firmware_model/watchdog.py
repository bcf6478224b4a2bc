"""The windowed watchdog: hardware that resets the implant when its main loop is too late, or too early.

The loop kicks it once a round, after every task has checked in. As long as all goes well the kicks need not be counted
one by one, a decade would take too long; they are where the loop's period says. Only what goes wrong has an instant.
"""

from __future__ import annotations

from firmware_model.tick import TickTimer
from scs.domain.status import ResetCause

TASKS = ("links", "therapy", "housekeeping")
"""Who checks in each round."""
PERIOD_US = 100_000
"""The main loop's round [project]."""
OPENS_US = 50_000
"""A kick that comes earlier after the last one is a loop that runs wild [project]."""
TIMEOUT_US = 250_000
"""A kick that is later than this is a loop that stands still [project: FW-12]."""
assert OPENS_US < PERIOD_US < TIMEOUT_US


class Watchdog:
    """Knows when the last kick was and when the reset comes. It gates the output: a reset opens the switches."""

    def __init__(self, now_us: int) -> None:
        self._timer = TickTimer(1)
        self.restart(now_us)

    def restart(self, now_us: int) -> None:
        """The loop begins anew: every task runs, and the first kick has just been given."""
        self._round_us = now_us
        self.is_hung = False
        self._absent: set[str] = set()
        self._is_early = False

    @property
    def is_well(self) -> bool:
        """Whether the kicks come as they should."""
        return not (self.is_hung or self._absent or self._is_early)

    def hang(self, now_us: int) -> None:
        """The main loop stands still: nothing is served, and no kick comes any more."""
        self._lose(now_us)
        self.is_hung = True

    def skip(self, task: str, now_us: int) -> None:
        """One task checks in no more; the loop goes on and, rightly, does not kick."""
        assert task in TASKS, f"{task} is none of {', '.join(TASKS)}"
        self._lose(now_us)
        self._absent.add(task)

    def kick(self, now_us: int) -> None:
        """A kick out of turn: within the closed window it is a fault, and later it is the round's own."""
        if (now_us - self._round_us) % PERIOD_US < OPENS_US:
            self._is_early = True
        elif self.is_well:
            self._round_us = now_us

    def wind(self, now_us: int, left: int) -> None:
        """Let the 32-bit timer begin again after so many more microseconds."""
        self._timer.wind(now_us, left)

    def next_due_us(self, now_us: int) -> int | None:
        """When it bites; None while all is well."""
        if self._is_early:
            return now_us
        return None if self.is_well else self._timer.due_us(now_us, TIMEOUT_US)

    def bite(self, now_us: int) -> ResetCause | None:
        """The cause of the reset that comes now, if one does."""
        if self._is_early:
            return ResetCause.WATCHDOG_EARLY
        if not self.is_well and self._timer.has_passed(now_us, TIMEOUT_US):
            return ResetCause.WATCHDOG_LATE
        return None

    def _lose(self, now_us: int) -> None:
        """The last kick was that of the round which has begun."""
        if self.is_well:
            self._timer.start(now_us - (now_us - self._round_us) % PERIOD_US)
