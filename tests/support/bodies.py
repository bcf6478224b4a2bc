"""Bodies that move, cough, lie and mislead, for the sensing parts and the closed loop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import exp, pi, sin

from scs.body.quiet import POSES, SUPINE_CSF_MM, Vector, evoked_uv

COUGH_US = 120_000


@dataclass(frozen=True, slots=True)
class LivingBody:
    """Breathes, has a heartbeat, coughs and turns [A: physics 3.4]. `turns` are (from when, pose), in order."""

    turns: tuple[tuple[int, str], ...] = ((0, "upright"),)
    coughs_us: tuple[int, ...] = ()
    walks: bool = False

    def _pose(self, at_us: int) -> str:
        return [pose for since_us, pose in self.turns if since_us <= at_us][-1]

    def acceleration_mg(self, at_us: int) -> Vector:
        right, front, up = POSES[self._pose(at_us)].up_mg
        return right, front, up + (400 * sin(2 * pi * 1.8 * at_us / 1e6) if self.walks else 0.0)

    def csf_mm(self, at_us: int) -> float:
        seconds = at_us / 1e6
        swaying = 0.05 * sin(2 * pi * 1.2 * seconds) + 0.10 * sin(2 * pi * 0.25 * seconds)
        coughing = sum(0.7 * exp(-(((at_us - cough) / COUGH_US) ** 2)) for cough in self.coughs_us)
        return SUPINE_CSF_MM + POSES[self._pose(at_us)].farther_mm + swaying - coughing

    def evoked_uv(self, at_us: int, current_ma: float, width_us: int) -> float:
        return evoked_uv(current_ma, width_us, self.csf_mm(at_us))

    def still_until_us(self, at_us: int) -> int | None:
        return at_us


class HostileBody:
    """Answers every pulse with anything at all, and never keeps still; what it says is drawn once for each time."""

    def __init__(self, seed: int, largest_uv: float = 2_000.0) -> None:
        self._seed, self._largest_uv = seed, largest_uv

    def acceleration_mg(self, at_us: int) -> Vector:
        chance = random.Random(f"{self._seed} {at_us}")
        return chance.uniform(-5e3, 5e3), chance.uniform(-5e3, 5e3), chance.uniform(-5e3, 5e3)

    def evoked_uv(self, at_us: int, current_ma: float, width_us: int) -> float:
        chance = random.Random(f"{self._seed} {at_us}")
        return chance.choice((0.0, 0.0, chance.uniform(0, self._largest_uv), -100.0, 1e9))

    def still_until_us(self, at_us: int) -> int | None:
        return at_us
