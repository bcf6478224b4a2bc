"""The magnet over the implant: a switch in hardware that a patient can always reach, whatever the firmware does.

Held for two seconds it takes the output to zero; held for ten it restarts the firmware. It never turns anything on, and
as long as it is held nothing that raises the output is obeyed.
"""

from __future__ import annotations

from enum import IntEnum

from firmware_model.tick import TickTimer


class Gesture(IntEnum):
    """How long the magnet has been held."""

    NONE = 0
    OFF = 1
    RESTART = 2


HELD_MS = {Gesture.OFF: 2_000, Gesture.RESTART: 10_000}
"""Two seconds, so that a loudspeaker passed by does nothing [project: FW-32]; ten for the restart [project]."""


class Magnet:
    """Whether a magnet is near, since when, and what it has done since."""

    def __init__(self) -> None:
        self._timer = TickTimer(1_000)
        self._is_near = False
        self._done = Gesture.NONE

    @property
    def is_near(self) -> bool:
        """Whether the switch is closed, for however short a time."""
        return self._is_near

    @property
    def is_held(self) -> bool:
        """Near for long enough to have taken the output away, and still near."""
        return self._done is not Gesture.NONE

    def wind(self, now_us: int, left: int) -> None:
        """Let the 32-bit timer begin again after so many more milliseconds."""
        self._timer.wind(now_us, left)

    def bring(self, now_us: int) -> None:
        """It comes near; when it is near already, nothing changes."""
        if not self._is_near:
            self._is_near = True
            self._timer.start(now_us)

    def take_away(self) -> None:
        self._is_near, self._done = False, Gesture.NONE

    def next_due_us(self, now_us: int) -> int | None:
        """When the next gesture is complete; None without a magnet, or when all of them are done."""
        if not self._is_near or self._done is Gesture.RESTART:
            return None
        return self._timer.due_us(now_us, HELD_MS[Gesture(self._done + 1)])

    def take(self, now_us: int) -> Gesture:
        """The gesture that is complete now; each is given once."""
        due_us = self.next_due_us(now_us)
        if due_us is None or due_us > now_us:
            return Gesture.NONE
        self._done = Gesture(self._done + 1)
        return self._done
