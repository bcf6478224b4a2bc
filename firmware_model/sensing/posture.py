"""From an acceleration to a posture: seven states, a margin between them, and no change sooner than two seconds.

Noise at a border must not make the implant hunt between two postures (H11): the border of the posture that is held
lies farther out than that of any other, and another one must be seen without a break for the whole dwell time.
"""

from __future__ import annotations

from math import isqrt

from scs.domain.status import Posture

DWELL_US = 2_000_000
"""Another posture counts once it has been seen so long without a break [project: H11]."""
ENTER_UPRIGHT, LEAVE_UPRIGHT = 906, 819
"""Permille of gravity along the spine: 25 and 35 degrees from the vertical [A]."""
ENTER_LYING, LEAVE_LYING = 423, 574
"""65 and 55 degrees from the vertical [A]."""
ENTER_MOBILE_MG, LEAVE_MOBILE_MG = 100, 50
"""Mean change from one sample to the next; an offset of the sensor is no motion [A]."""
SIDE_PERCENT = 120
"""A lying body has turned when another direction is so much stronger than the one that is held."""
ACTIVITY_PART = 8
"""The activity follows an eighth of the way each sample."""

Milligravity = tuple[int, int, int]
UPRIGHTS = (Posture.UPRIGHT, Posture.MOBILE)
LYINGS = (Posture.LYING_BACK, Posture.LYING_FRONT, Posture.LYING_LEFT, Posture.LYING_RIGHT)


def classify(reading_mg: Milligravity, activity_mg: int, held: Posture) -> Posture:
    """What a reading looks like to somebody who holds `held` for true; in free fall `held` itself."""
    right, front, up = reading_mg
    length = isqrt(right * right + front * front + up * up)
    if length == 0:
        return held
    upright_permille = 1_000 * up // length
    if upright_permille >= (LEAVE_UPRIGHT if held in UPRIGHTS else ENTER_UPRIGHT):
        moves = activity_mg >= (LEAVE_MOBILE_MG if held is Posture.MOBILE else ENTER_MOBILE_MG)
        return Posture.MOBILE if moves else Posture.UPRIGHT
    if upright_permille > (LEAVE_LYING if held in LYINGS else ENTER_LYING):
        return Posture.RECLINING
    strengths = {
        Posture.LYING_BACK: front,
        Posture.LYING_FRONT: -front,
        Posture.LYING_LEFT: right,
        Posture.LYING_RIGHT: -right,
    }
    strongest = max(strengths, key=lambda posture: strengths[posture])
    if held in strengths and 100 * strengths[strongest] <= SIDE_PERCENT * strengths[held]:
        return held
    return strongest


class PostureFilter:
    """Holds a posture until another one has been seen for the dwell time."""

    def __init__(self, first_mg: Milligravity) -> None:
        """The first reading counts at once: there is nothing yet to hold on to."""
        self.posture = classify(first_mg, 0, Posture.RECLINING)
        self.activity_mg = 0
        self._before_mg = first_mg
        self._seen: Posture | None = None
        self._since_us = 0

    @property
    def is_settled(self) -> bool:
        """Whether nothing is on its way to another posture, so that a still body need not be looked at again."""
        return self._seen is None and self.posture is not Posture.MOBILE and self.activity_mg < LEAVE_MOBILE_MG

    def observe(self, reading_mg: Milligravity, at_us: int) -> bool:
        """Take in one reading; True when the posture has just changed."""
        moved = sum((now - before) ** 2 for now, before in zip(reading_mg, self._before_mg, strict=True))
        self._before_mg = reading_mg
        self.activity_mg += (isqrt(moved) - self.activity_mg) // ACTIVITY_PART
        seen = classify(reading_mg, self.activity_mg, self.posture)
        if seen is self.posture:
            self._seen = None
        elif seen is not self._seen:
            self._seen, self._since_us = seen, at_us
        elif at_us - self._since_us >= DWELL_US:
            self.posture, self._seen = seen, None
            return True
        return False
