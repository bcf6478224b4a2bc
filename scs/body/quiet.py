"""What the implant's sensors read while there is no patient: a body that keeps still and answers every pulse alike.

`Body` is all that the sensing parts ask of whoever carries the implant. `QuietBody` is the one that they get until
somebody at the bench gives them another: upright, motionless, its cord always as far from the electrodes. Modelled
numbers, floating point, nothing drawn from chance; it predicts nobody. No numpy here: an implant imports this room.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from math import exp, log1p
from typing import Any, Protocol

Vector = tuple[float, float, float]

G_MG = 1000.0
SUPINE_CSF_MM = 3.1
"""From dura to cord lying on the back, so that standing is the 4.0 mm of the reference [A]."""
CHRONAXIE_US = 423.0
"""Carries the threshold to other widths by Weiss' law: that of a 10 µm fibre 4.65 mm away [C: fitted to scs.body.level,
a test compares the two]."""
RADIUS_MM = 0.65
"""Of the lead: distances are reckoned from its axis [as scs.body.anatomy]."""


class Body(Protocol):
    """Whoever carries the implant. Times are microseconds of the implant's clock; equal questions, equal answers."""

    def acceleration_mg(self, at_us: int) -> Vector:
        """What an ideal accelerometer reads: towards the right, the front and the head; 1 g upward at rest."""

    def evoked_uv(self, at_us: int, current_ma: float, width_us: int) -> float:
        """The potential that a pulse evokes, trough to peak, at the contacts that listen."""

    def still_until_us(self, at_us: int) -> int | None:
        """Until when nothing moves that is still at `at_us`; `at_us` itself while it moves, None for ever."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One way to lie or stand: where up is, and how much farther the cord lies than on the back."""

    up_mg: Vector
    farther_mm: float


POSES: dict[str, Pose] = {
    "upright": Pose((0.0, 0.0, G_MG), 0.9),
    "reclining": Pose((0.0, 707.0, 707.0), 0.6),
    "lying-back": Pose((0.0, G_MG, 0.0), 0.0),
    "lying-front": Pose((0.0, -G_MG, 0.0), 2.2),
    "lying-left": Pose((G_MG, 0.0, 0.0), 0.6),
    "lying-right": Pose((-G_MG, 0.0, 0.0), 0.6),
}
"""Distances: supine 0, sitting 0.6, standing 0.9, prone 2.2 mm [A: physics 3.4; prone F]; on a side as sitting [A]."""


@dataclass(frozen=True, slots=True)
class QuietBody:
    """A body in one pose that never moves. Raises KeyError for a pose that is none of POSES."""

    pose: str = "upright"
    supine_csf_mm: float = SUPINE_CSF_MM

    def acceleration_mg(self, at_us: int) -> Vector:
        return POSES[self.pose].up_mg

    def evoked_uv(self, at_us: int, current_ma: float, width_us: int) -> float:
        return _evoked_in_uv(self.pose, self.supine_csf_mm, width_us, current_ma)

    def still_until_us(self, at_us: int) -> int | None:
        return None


def evoked_uv(current_ma: float, width_us: int, csf_mm: float) -> float:
    """The surrogate of scs.body.ecap for one current, width and distance: a softened threshold, then a line."""
    threshold_ma, slope_uv_per_ma, softness_ma = _growth(width_us, round(csf_mm, 3))
    above = (current_ma - threshold_ma) / softness_ma
    return slope_uv_per_ma * softness_ma * (max(above, 0.0) + log1p(exp(-abs(above))))


@cache
def _row() -> dict[str, Any]:
    text = resources.files("scs.body").joinpath("data/ecap.toml").read_text(encoding="utf-8")
    row: dict[str, Any] = tomllib.loads(text)["growth"]
    return row


@lru_cache(maxsize=4096)
def _evoked_in_uv(pose: str, supine_csf_mm: float, width_us: int, current_ma: float) -> float:
    """The same by pose, for whoever asks at each pulse: a loop comes by the currents of its grid again and again."""
    return evoked_uv(current_ma, width_us, supine_csf_mm + POSES[pose].farther_mm)


@lru_cache(maxsize=4096)
def _growth(width_us: int, csf_mm: float) -> tuple[float, float, float]:
    """Threshold in mA, slope in µV/mA and softness in mA."""
    if csf_mm <= 0 or width_us <= 0:
        raise ValueError(f"a distance of {csf_mm} mm or a width of {width_us} us makes no growth; both are above 0")
    row = _row()
    near = (csf_mm + RADIUS_MM) / (row["reference_csf_mm"] + RADIUS_MM)
    wider = (1 + CHRONAXIE_US / width_us) / (1 + CHRONAXIE_US / row["width_us"])
    threshold = row["threshold_ma"] * near ** row["threshold_power"] * wider
    slope = row["slope_uv_per_ma"] * near ** row["slope_power"] / wider
    return threshold, slope, row["softness"] * threshold
