"""Time: an instant, a duration, and the clocks that tell it. The only file that imports `time`.

Everything below the edges is handed an `Instant`; nothing asks what time it is. Both types are whole
microseconds, because the implant's timer ticks once a microsecond, and they do not mix by accident.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in whole microseconds; it may be negative only as an intermediate result."""

    us: int

    @classmethod
    def of_ms(cls, milliseconds: int) -> Duration:
        return cls(milliseconds * 1_000)

    @classmethod
    def of_s(cls, seconds: int) -> Duration:
        return cls(seconds * 1_000_000)

    @property
    def seconds(self) -> float:
        """Seconds for an operating system call or a screen, never for arithmetic that matters."""
        return self.us / 1_000_000

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.us + other.us)

    def __mul__(self, times: int) -> Duration:
        return Duration(self.us * times)


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point on a monotonic clock in whole microseconds since that clock's own zero."""

    us: int

    def __add__(self, duration: Duration) -> Instant:
        return Instant(self.us + duration.us)

    def since(self, earlier: Instant) -> Duration:
        """The time that has passed since `earlier`, which must not lie in the future."""
        assert earlier.us <= self.us, f"{earlier} is later than {self}"
        return Duration(self.us - earlier.us)

    def until(self, later: Instant) -> Duration:
        """The time left until `later`, or nothing when it has passed."""
        return Duration(max(0, later.us - self.us))


class Clock(Protocol):
    """Whoever can say what time it is."""

    def now(self) -> Instant: ...


class VirtualClock:
    """A clock that stands still until it is moved: simulations and tests."""

    def __init__(self, start: Instant = Instant(0)) -> None:
        self._now = start

    def now(self) -> Instant:
        return self._now

    def advance(self, duration: Duration) -> Instant:
        assert duration.us >= 0, "time does not run backwards"
        self._now = self._now + duration
        return self._now


class WallClock:
    """The machine's monotonic clock, counted from when this object was made, `speed` times as fast."""

    def __init__(self, speed: int = 1) -> None:
        assert speed >= 1, "a wall clock runs at least as fast as real time"
        self._speed = speed
        self._zero_ns = time.monotonic_ns()

    def now(self) -> Instant:
        return Instant((time.monotonic_ns() - self._zero_ns) * self._speed // 1_000)

    def real(self, duration: Duration) -> Duration:
        """How long `duration` of this clock takes in real time."""
        return Duration(duration.us // self._speed)


def wait(duration: Duration) -> None:
    """Let real time pass. Only hosts and command lines wait; the core is stepped."""
    time.sleep(duration.seconds)


def local_second_of_day() -> int:
    """Seconds after local midnight on this machine, for telling an implant the time."""
    now = time.localtime()
    # A leap second is the last second of its minute once more.
    return (now.tm_hour * 60 + now.tm_min) * 60 + min(now.tm_sec, 59)


def cpu_time() -> Instant:
    """How long this process has kept a processor busy: a measure of work that other programs hardly disturb."""
    return Instant(time.process_time_ns() // 1_000)


def civil_time() -> str:
    """The calendar time in UTC as ISO 8601 text, for records and reports only."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def unix_us() -> int:
    """Whole microseconds since 1970 in UTC, for captures only: this clock may be set, and then jumps."""
    return time.time_ns() // 1_000
