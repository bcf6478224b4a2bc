"""The processor's 32-bit timer: it begins again at 0 after 71.6 minutes of microseconds or 49.7 days of milliseconds.

Times that are told, kept or compared over long are the 64-bit ones of `Instant`. What only waits for a short while, the
watchdog and the magnet, counts these ticks, and always by their difference, so that beginning again changes nothing.
"""

from __future__ import annotations

TICK_BITS = 32
_WRAP = 1 << TICK_BITS


class TickTimer:
    """Measures a short while in ticks of `unit_us`; never longer than half a turn, 35 minutes of microseconds."""

    def __init__(self, unit_us: int) -> None:
        self._unit_us = unit_us
        self._since = 0
        self._ahead = 0

    def start(self, now_us: int) -> None:
        """Begin to count at this time."""
        self._since = self._reading(now_us)

    def wind(self, now_us: int, left: int) -> None:
        """Let the timer begin again after `left` more ticks, as if it had been switched on that much earlier."""
        by = _WRAP - left - self._reading(now_us)
        self._ahead, self._since = (self._ahead + by) % _WRAP, (self._since + by) % _WRAP

    def elapsed(self, now_us: int) -> int:
        """Whole ticks since the start, right as long as less than a turn has gone by."""
        return (self._reading(now_us) - self._since) % _WRAP

    def due_us(self, now_us: int, limit: int) -> int:
        """When more than `limit` ticks will have gone by: at most one tick late and never early."""
        assert limit < _WRAP // 2, f"{limit} ticks are more than half a turn"
        left = limit + 1 - self.elapsed(now_us)
        return max(now_us, now_us - now_us % self._unit_us + left * self._unit_us)

    def has_passed(self, now_us: int, limit: int) -> bool:
        """Whether more than `limit` ticks have gone by."""
        return self.elapsed(now_us) > limit

    def _reading(self, now_us: int) -> int:
        return (now_us // self._unit_us + self._ahead) % _WRAP
