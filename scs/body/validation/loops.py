"""Closed against open loop in modelled patients who turn, breathe and cough: how far from what was meant.

The law here is the one that is published (physics 4.3), on a potential without noise. The implant's own loop, in whole
numbers, with its channel and its fall-back, is tried by the tests of the implant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median

from scs.body.anatomy import Posture, levels, shift_mm
from scs.body.ecap import Growth, growth
from scs.body.sensation import Person, person

PATIENTS = range(1, 21)
LEVEL = "T9"
PULSES_HZ = 40
POSTURE_S = 20
COURSE = (Posture.STANDING, Posture.SITTING, Posture.SUPINE, Posture.RECLINING, Posture.WALKING)
COUGHS_S = (7.0, 33.0, 47.0, 71.0)
LOOP_GAIN = 0.3
"""Part of the error that one pulse takes back, at the steepest slope: 0.2 to 0.5 is recommended [C: physics 4.3]."""
SLEW_MA = 0.1
"""The most that the current rises from one pulse to the next [physics 4.3]."""
STEPS_PER_MM = 100
"""Growth curves are worked out for each hundredth of a millimetre: finer than any movement matters."""


def values() -> Mapping[str, float]:
    """Ratio of deviations, and time in the window, medians over PATIENTS."""
    found = [_course(person(seed)) for seed in PATIENTS]
    return {
        "loop-closer": median(opened.off_uv / closed.off_uv for opened, closed in found),
        "loop-window": median(closed.inside_percent for _, closed in found),
        "loop-window-open": median(opened.inside_percent for opened, _ in found),
    }


@dataclass
class _Held:
    """What one loop did: sum of deviations, and pulses between the thresholds of perception and discomfort."""

    target_uv: float
    discomfort: float
    off_uv: float = 0.0
    inside: int = 0
    pulses: int = 0

    def pulse(self, at: Growth, current_ma: float) -> float:
        """Take one pulse into account; what it evokes, in uV."""
        height_uv = at.height_uv(current_ma)
        self.off_uv += abs(height_uv - self.target_uv)
        self.inside += at.threshold_ma <= current_ma <= at.threshold_ma * self.discomfort
        self.pulses += 1
        return height_uv

    @property
    def inside_percent(self) -> float:
        return 100 * self.inside / self.pulses


def _course(who: Person) -> tuple[_Held, _Held]:
    """One patient, who was set comfortably while standing, in open and in closed loop."""
    csf_mm = levels()[LEVEL].csf * who.csf
    standing = _growth(csf_mm + shift_mm(LEVEL, Posture.STANDING))
    set_ma = standing.threshold_ma * who.comfortable
    target_uv = standing.height_uv(set_ma)
    gain = LOOP_GAIN / _growth(csf_mm).slope_uv_per_ma
    opened, closed = _Held(target_uv, who.discomfort), _Held(target_uv, who.discomfort)
    current_ma = set_ma
    for at in _moments(csf_mm):
        opened.pulse(at, set_ma)
        height_uv = closed.pulse(at, current_ma)
        current_ma = max(0.0, current_ma + min(SLEW_MA, gain * (target_uv - height_uv)))
    return opened, closed


def _moments(csf_mm: float) -> Iterator[Growth]:
    """The growth curve at each pulse of the course."""
    for pulse in range(len(COURSE) * POSTURE_S * PULSES_HZ):
        at_s = pulse / PULSES_HZ
        since_cough = min((at_s - begun for begun in COUGHS_S if begun <= at_s), default=None)
        posture = COURSE[int(at_s // POSTURE_S)]
        yield _growth(csf_mm + shift_mm(LEVEL, posture, at_s, since_cough))


def _growth(csf_mm: float) -> Growth:
    return _growth_at_step(max(STEPS_PER_MM // 3, round(csf_mm * STEPS_PER_MM)))


@cache
def _growth_at_step(steps: int) -> Growth:
    return growth(steps / STEPS_PER_MM)
