"""The time of the day, as somebody told it: an offset to the implant's own time, which never jumps.

Everything that is delivered is timed by the implant's own time. The time of the day only says which window of a day's
schedule is open. It lives in the always-on logic: a reset leaves it, and a loss of power takes it away.
"""

from __future__ import annotations

from scs.domain.schedule import DAY_US


class DeviceClock:
    """Unset at power-on, because nobody knows for how long there was no power."""

    def __init__(self) -> None:
        self._offset_us: int | None = None
        self._second = 0
        """The offset's complement: an offset that does not fit it is no time at all."""
        self.set_us = 0
        """The implant's time at which it was last set; 0 while it is unset."""

    @property
    def is_set(self) -> bool:
        return self._offset_us is not None and self._second == ~self._offset_us

    @property
    def reading(self) -> tuple[int | None, int]:
        """What the time of the day is worked out from: as long as this is the same, so is what it says."""
        return self._offset_us, self._second

    def set(self, second_of_day: int, now_us: int) -> None:
        """It is now so many seconds after local midnight."""
        assert 0 <= second_of_day * 1_000_000 < DAY_US, "the order was checked"
        self._offset_us = (second_of_day * 1_000_000 - now_us) % DAY_US
        self._second = ~self._offset_us
        self.set_us = now_us

    def flip(self, bit: int) -> None:
        """A bit of the offset flips in working memory; only a test does that."""
        assert self._offset_us is not None, "what is unset has no bits"
        self._offset_us ^= 1 << bit

    def lose(self) -> None:
        """The supply broke down: whatever is counted from now on is not the time of the day."""
        self._offset_us, self.set_us = None, 0

    def time_of_day_us(self, now_us: int) -> int | None:
        """Microseconds after local midnight; None while the clock is unset."""
        if self._offset_us is None or not self.is_set:
            return None
        return (now_us + self._offset_us) % DAY_US
