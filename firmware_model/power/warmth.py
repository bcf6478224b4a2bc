"""How much warmer than the body the pocket is while it is charged: one time constant, exact at every instant.

The rise is reckoned from the last change of the heat, never from the last look at it, so it does not depend on how
often somebody looked.
"""

from __future__ import annotations

_ONE = 10**24
"""Fixed point of the decay: after squaring it forty times more than nine digits are left."""
_BITS = 40
"""Decays beyond 2^40 µs, twelve days, have nothing left."""
UK_PER_MK = 1_000


class Warmth:
    """In microkelvin above the body. `settle_us` is the time constant."""

    def __init__(self, settle_us: int) -> None:
        self._factors = [_ONE - _ONE // settle_us + _ONE // (2 * settle_us * settle_us)]
        for _ in range(_BITS - 1):
            self._factors.append(self._factors[-1] ** 2 // _ONE)
        self._since_us = 0
        self._from_uk = 0
        self._steady_uk = 0
        self._reached: dict[int, int | None] = {}
        """What was found since the last change of the heat."""

    @property
    def steady_uk(self) -> int:
        """Where it is going."""
        return self._steady_uk

    def at(self, now_us: int) -> int:
        """The rise at an instant not before the last change."""
        return self._steady_uk + (self._from_uk - self._steady_uk) * self._decay(now_us - self._since_us) // _ONE

    def head_for(self, steady_uk: int, now_us: int) -> None:
        """From now on the heat is one that leads to `steady_uk` in the end."""
        self._from_uk, self._since_us, self._steady_uk = self.at(now_us), now_us, steady_uk
        self._reached.clear()

    def rises_to(self, rise_uk: int) -> int | None:
        """The first instant at which it has risen to `rise_uk`; None when it falls, or never rises so far."""
        return self._first(rise_uk) if self._from_uk < self._steady_uk else None

    def falls_to(self, rise_uk: int) -> int | None:
        """The first instant at which it has fallen to `rise_uk`; None when it rises, or never falls so far."""
        return self._first(rise_uk) if self._from_uk > self._steady_uk else None

    def _first(self, rise_uk: int) -> int | None:
        """The first instant at which the way that it goes has led to `rise_uk`, or beyond."""
        if rise_uk not in self._reached:
            self._reached[rise_uk] = self._search(rise_uk)
        return self._reached[rise_uk]

    def _search(self, rise_uk: int) -> int | None:
        """By halving: the way is monotone."""
        is_rising = self._steady_uk > self._from_uk
        if (rise_uk >= self._steady_uk) if is_rising else (rise_uk <= self._steady_uk):
            return None
        low, high = self._since_us, self._since_us + (1 << _BITS)
        while low < high:
            middle = (low + high) // 2
            rise = self.at(middle)
            if rise >= rise_uk if is_rising else rise <= rise_uk:
                high = middle
            else:
                low = middle + 1
        return low

    def _decay(self, elapsed_us: int) -> int:
        """e to the minus elapsed over settle, in _ONE."""
        assert elapsed_us >= 0, "time does not run backwards"
        if elapsed_us >= 1 << _BITS:
            return 0
        value, bit = _ONE, 0
        while elapsed_us:
            if elapsed_us & 1:
                value = value * self._factors[bit] // _ONE
            elapsed_us >>= 1
            bit += 1
        return value
