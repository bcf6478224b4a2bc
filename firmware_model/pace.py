"""Whether time goes on: counts how often somebody turns to what is due, and says so when that leads nowhere.

An implant and a simulated world both do what falls due, in order, until nothing does. Something that falls due again in
the very instant in which it was done would be done for ever; in virtual time nobody would ever notice.
"""

from __future__ import annotations

TURNS_AT_ONCE_MAX = 10_000
"""Turns in one microsecond. The most that an implant of ours took in 500 seeds of simulation is four, and what a flood
of requests brings counts once; so this is no bound on work, only on going in circles [project]."""


class NoTimePasses(AssertionError):
    """Somebody goes in circles. A mistake of ours, like every broken invariant; no part of a program expects it."""


class Pace:
    """The turns of one who steps through time."""

    def __init__(self, who: str, at_once_max: int = TURNS_AT_ONCE_MAX) -> None:
        self._who, self._at_once_max = who, at_once_max
        self.turns = 0
        self.turns_max: int | None = None
        """The turns that it may take, where whoever looks on has set a bound."""
        self._at_us = -1
        self._at_once = 0

    def turn(self, at_us: int) -> None:
        """One turn at this time; raises NoTimePasses when there were too many."""
        self.turns += 1
        if at_us != self._at_us:
            self._at_us, self._at_once = at_us, 0
        self._at_once += 1
        if self._at_once > self._at_once_max:
            raise NoTimePasses(
                f"{self._who} turned {self._at_once_max:,} times to what is due at {at_us:,} us, and something still is"
            )
        if self.turns_max is not None and self.turns > self.turns_max:
            raise NoTimePasses(
                f"{self._who} has turned {self.turns_max:,} times to what is due, and it is {at_us:,} us; "
                "so many turns are allowed until then"
            )
