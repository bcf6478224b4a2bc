"""The channel that listens for the evoked potential after a pulse: blanking, artefact, noise, rail and converter.

Of the whole wave it takes two samples, at the trough N1 and at the peak P2, and gives their difference. What the pulse
itself leaves behind it cancels but for a tenth, so a reading is off by a little that grows with the current. The shape
of the wave is that of scs/body/data/ecap.toml. Everything else is declared [A]: no maker's numbers are in the facts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from math import cos, exp, log, sin, sqrt, tau
from typing import NamedTuple

from scs.body.quiet import Body
from scs.domain.status import EcapQuality

NOISE_UV = 3.0
"""Of one sample, after the amplifier [R, med: 2-5 µV rms]."""
BLANKED_US = 400
"""After the pulse and its recharge the amplifier's input is held so long [A: physics 4.2, 0.3 to 0.6 ms]."""
CANCELLED = 0.9
"""What alternating polarity takes away of the artefact [A: physics 4.2]."""
FAST_UV_PER_MA, FAST_US = 1_000.0, 150.0
SLOW_UV_PER_MA, SLOW_US = 40.0, 1_500.0
"""The artefact after the pulse: 5 mV and 200 µV at 5 mA [A: physics 4.2]."""
N1_AFTER_US = 910
"""From the end of the leading phase to the trough, five contacts of 7 mm away: 0.25 ms to fire, 0.66 ms to travel at
53 m/s [C: physics 4.2]."""
P2_AFTER_N1_US = 403
"""√3 times the spread of the wave there, 0.18 ms + 0.08 · 0.66 ms [C]."""
N1_PART = 1 / 1.446
"""How much of the height from trough to peak lies below zero [C]."""
P2_PART = 1 - N1_PART
"""And how much above."""
STEP_NV = 250
"""Of the converter: 12 bits over the range [A]."""
RANGE_NV = 512_000
"""A sample ends here, to either side [A]."""
_RANGE_UV, _STEPS_PER_UV, _RAIL = RANGE_NV / 1_000, 1_000 / STEP_NV, RANGE_NV // STEP_NV
SHAPES_MAX = 64
"""Shapes of pulses whose artefact is kept; the least recent ones are worked out again."""
SIGNAL_NV_MIN = 8_000
"""A smaller height is no signal: twice what noise alone makes of two samples [A]."""


_GOOD, _NO_SIGNAL = EcapQuality.GOOD, EcapQuality.NO_SIGNAL
"""Asked for at each pulse: a name of this module is found five times as fast as a member of its enum."""


class Defect(IntEnum):
    """What can be wrong with the amplifier."""

    NONE = 0
    DEAF = 1
    """It hears nothing."""
    AT_RAIL = 2
    """It stays at its rail."""


class EcapReading(NamedTuple):
    """What the channel makes of one pulse. `height_nv` is 0 where nothing could be read."""

    quality: EcapQuality
    height_nv: int = 0


_AT_RAIL = EcapReading(EcapQuality.SATURATED)


@dataclass(frozen=True, slots=True)
class Artefact:
    """What is left of the artefact at N1 and P2, in µV each mA; None where N1 is blanked."""

    n1: float
    p2: float


class EcapChannel:
    """One amplifier and converter. `rng` draws its noise."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._artefacts: dict[tuple[int, int], Artefact | None] = {}
        self.defect = Defect.NONE
        """What is wrong with the amplifier."""

    def read(self, body: Body, at_us: int, amplitude_ua: int, width_us: int, occupation_us: int) -> EcapReading:
        """What is read after a pulse that began at `at_us` and took the output for `occupation_us` in all."""
        shape = width_us, occupation_us
        artefact = self._artefacts.get(shape)
        if artefact is None:
            if shape not in self._artefacts:
                if len(self._artefacts) >= SHAPES_MAX:
                    self._artefacts.clear()
                artefact = self._artefacts[shape] = artefact_of(width_us, occupation_us)
            if artefact is None:
                return EcapReading(EcapQuality.BLANKED)
        if self.defect:
            return _AT_RAIL if self.defect is Defect.AT_RAIL else EcapReading(_NO_SIGNAL)
        current_ma = amplitude_ua / 1000
        height_uv = body.evoked_uv(at_us, current_ma, width_us)
        # The noise of both samples is a pair from one turn of the generator (Box and Muller): half the work of two.
        chance = self._rng.random
        turn, radius_uv = tau * chance(), NOISE_UV * sqrt(-2.0 * log(1.0 - chance()))
        n1_uv = artefact.n1 * current_ma - height_uv * N1_PART + cos(turn) * radius_uv
        p2_uv = artefact.p2 * current_ma + height_uv * P2_PART + sin(turn) * radius_uv
        # The rail comes first: no rounding is asked of what is far beyond it.
        if not (-_RANGE_UV < n1_uv < _RANGE_UV and -_RANGE_UV < p2_uv < _RANGE_UV):
            return _AT_RAIL
        n1, p2 = round(n1_uv * _STEPS_PER_UV), round(p2_uv * _STEPS_PER_UV)
        if not (-_RAIL < n1 < _RAIL and -_RAIL < p2 < _RAIL):
            return _AT_RAIL
        return _reading(p2 - n1)


@cache
def _reading(steps: int) -> EcapReading:
    """The height of so many steps of the converter, which has no more than twice its range of them."""
    height_nv = steps * STEP_NV
    return EcapReading(_GOOD if height_nv >= SIGNAL_NV_MIN else _NO_SIGNAL, height_nv)


def artefact_of(width_us: int, occupation_us: int) -> Artefact | None:
    """What a pulse of this shape leaves behind; None where its own potential is blanked."""
    n1_us = width_us + N1_AFTER_US - occupation_us
    if n1_us < BLANKED_US:
        return None
    return Artefact(_left_uv_per_ma(n1_us), _left_uv_per_ma(n1_us + P2_AFTER_N1_US))


def _left_uv_per_ma(after_us: int) -> float:
    tail = FAST_UV_PER_MA * exp(-after_us / FAST_US) + SLOW_UV_PER_MA * exp(-after_us / SLOW_US)
    return (1 - CANCELLED) * tail


def sensed_until_us(width_us: int) -> int:
    """From the beginning of a pulse until its potential has been read."""
    return width_us + N1_AFTER_US + P2_AFTER_N1_US


def longest_pulse_us(width_us: int) -> int:
    """How long a pulse with its recharge may take so that its potential is not blanked."""
    return width_us + N1_AFTER_US - BLANKED_US
