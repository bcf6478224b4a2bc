"""The accelerometer: what the body's motion becomes on its way into whole milli-g.

It sits a little askew in its pocket, its zero is off and drifts, it is noisy, coarse and ends at 2 g. All numbers are
declared model values [A]; no maker's are published in the facts.
"""

from __future__ import annotations

import random
from math import cos, radians, sin

from firmware_model.sensing.posture import Milligravity
from scs.body.quiet import Vector

MOUNTING_DEGREES = 3.0
"""Spread of the angle by which the case lies askew about each axis, after a clinician has set it straight [A]."""
OFFSET_MG = 20.0
"""Spread of the zero of each axis at power-on [A]."""
DRIFT_MG_PER_YEAR = 10.0
"""Spread of how fast each zero drifts [A]."""
NOISE_MG = 8.0
"""Of one sample [A]."""
STEP_MG = 4
"""Of the converter [A]."""
RANGE_MG = 2_000
"""A reading ends here [A]."""
YEAR_US = 31_557_600 * 1_000_000


class Accelerometer:
    """One sensor as it was built in. `rng` draws how it sits and, later, its noise."""

    def __init__(self, rng: random.Random, start_us: int) -> None:
        self._rng = rng
        self._start_us = start_us
        self._rows = _askew(*(radians(rng.gauss(0.0, MOUNTING_DEGREES)) for _ in range(3)))
        self._offsets_mg = [rng.gauss(0.0, OFFSET_MG) for _ in range(3)]
        self._drifts_mg = [rng.gauss(0.0, DRIFT_MG_PER_YEAR) for _ in range(3)]

    def turn(self, degrees: int) -> None:
        """Let the case lie so much farther round in its pocket, about the axis that points to the front."""
        (a, b, c), (d, e, f), (g, h, i) = self._rows
        right, front, up = (
            (x * a + y * d + z * g, x * b + y * e + z * h, x * c + y * f + z * i)
            for x, y, z in _askew(0.0, radians(degrees), 0.0)
        )
        self._rows = (right, front, up)

    def read(self, acceleration_mg: Vector, at_us: int) -> Milligravity:
        """One sample of what really acts, in whole steps and never beyond the range."""
        years = (at_us - self._start_us) / YEAR_US
        right, front, up = (
            self._converted(
                sum(part * along for part, along in zip(row, acceleration_mg, strict=True)) + offset + drift * years
            )
            for row, offset, drift in zip(self._rows, self._offsets_mg, self._drifts_mg, strict=True)
        )
        return right, front, up

    def _converted(self, value_mg: float) -> int:
        noisy = max(-RANGE_MG, min(RANGE_MG, value_mg + self._rng.gauss(0.0, NOISE_MG)))
        return round(noisy / STEP_MG) * STEP_MG


def _askew(about_right: float, about_front: float, about_up: float) -> tuple[Vector, Vector, Vector]:
    """The rows of the rotation about three axes in turn; angles in radians."""
    cr, sr = cos(about_right), sin(about_right)
    cf, sf = cos(about_front), sin(about_front)
    cu, su = cos(about_up), sin(about_up)
    return (
        (cu * cf, cu * sf * sr - su * cr, cu * sf * cr + su * sr),
        (su * cf, su * sf * sr + cu * cr, su * sf * cr - cu * sr),
        (-sf, cf * sr, cf * cr),
    )
