"""When the programmer locks itself: nobody has touched it for a while, or it was open for too long. No screen here.

What is locked away is the programmer, not the implant: therapy goes on as it is, and STOP is never locked.
"""

from __future__ import annotations

from scs.clock import Clock, Duration, Instant

IDLE = Duration.of_s(600)
"""Ten minutes without a key or a click [project: a programmer that was left alone beside a patient]."""
LONGEST = Duration.of_s(8 * 3_600)
"""Eight hours since somebody last said who they are: a working day [project]."""
WHY_IDLE = f"nobody has touched it for {IDLE.us // 60_000_000} minutes"
WHY_LONG = f"it was open for {LONGEST.us // 3_600_000_000} hours"


class SessionLock:
    """Counts on a clock that is handed in; whoever has the screen asks `due` and says what people do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._touched_at: Instant = clock.now()
        self._opened_at: Instant = clock.now()
        self.why = ""
        """Why it is locked; empty while it is not."""

    @property
    def is_locked(self) -> bool:
        return bool(self.why)

    def due(self) -> str:
        """Why it is to be locked now; empty while it may stay open."""
        now = self._clock.now()
        if now >= self._opened_at + LONGEST:
            return WHY_LONG
        if now >= self._touched_at + IDLE:
            return WHY_IDLE
        return ""

    def touch(self) -> None:
        """Somebody pressed a key or clicked. While it is locked that opens nothing."""
        self._touched_at = self._clock.now()

    def lock(self, why: str) -> None:
        assert why, "a lock says why"
        self.why = why

    def open(self) -> None:
        """Somebody said who they are; both times begin anew."""
        self.why = ""
        self._touched_at = self._opened_at = self._clock.now()
