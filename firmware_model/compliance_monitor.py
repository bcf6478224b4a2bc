"""The compliance monitor: what lacks most of its current for too long is ended softly, and begins by an order only.

A conductor that opens takes the current away. When it closes again all of it would be there from one pulse to the next,
which a person feels as a shock. So the time is added up in which a program gets less than half of what was asked for;
what comes and goes adds up too, because it is forgotten more slowly than it gathers. A rail that is a little short only
delivers less, and is told apart.
"""

from __future__ import annotations

LOST_PARTS = 2
"""Less than one part in so many is lost: when it comes back, the current more than doubles [project: H25]."""
PATIENCE_US = 3_000_000
"""So much lost time ends therapy: longer than a cough or a turn of the body opens a conductor [project: H25]."""
FORGETS = 20
"""So much time with the whole current takes back a unit of lost time: all of it is forgotten in a minute."""


class ComplianceMonitor:
    """Adds up lost time. Times are those of the implant's clock; what happens between two calls is what was last told.

    Lost time is kept in parts of 1/FORGETS µs, so that it is whole numbers whichever way it goes.
    """

    def __init__(self) -> None:
        self._lost: tuple[int, ...] = ()
        self._is_whole = False
        self._parts = 0
        self._at_us = 0

    def observe(self, lost: tuple[int, ...], now_us: int, *, delivers: bool) -> None:
        """From now on these programs lack most of their current. `delivers`: somebody gets an amplitude at all."""
        self._parts, self._at_us = self._parts_at(now_us), now_us
        self._lost, self._is_whole = lost, delivers and not lost

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is lost and nothing remembered: then nobody has to be told that all is well."""
        return not self._lost and not self._parts

    def next_due_us(self) -> int | None:
        """When it is enough; None while nothing is lost."""
        if not self._lost:
            return None
        return self._at_us - (self._parts - PATIENCE_US * FORGETS) // FORGETS

    def take(self, now_us: int) -> tuple[int, ...]:
        """The programs that are to be ended now, once: what they lack begins to gather anew."""
        due_us = self.next_due_us()
        if due_us is None or now_us < due_us:
            return ()
        lost = self._lost
        self._lost, self._is_whole, self._parts, self._at_us = (), False, 0, now_us
        return lost

    def state(self, now_us: int) -> tuple[object, ...]:
        """What decides from now on."""
        return (self._lost, self._is_whole, self._parts_at(now_us))

    def _parts_at(self, now_us: int) -> int:
        passed_us = now_us - self._at_us
        if self._lost:
            return self._parts + FORGETS * passed_us
        # While nothing is asked for nothing is known either.
        return max(0, self._parts - passed_us) if self._is_whole else self._parts
