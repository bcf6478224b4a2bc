"""The evoked compound action potential: how large it is for a current and a distance, and its wave along the lead.

A fast surrogate of the population of fibres, for closed loops that ask after every pulse. The potential is the height
from its trough N1 to its peak P2 in microvolts. Models, fitted and assumed as data/ecap.toml says; they predict nobody.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import e, exp, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from scs.body import level
from scs.body.anatomy import tissue
from scs.body.cable import Floats

RICKER_HEIGHT = 1 + 2 * e**-1.5
"""From the trough to the peak of a Ricker wave whose trough is 1 deep: 1.446."""
_TYPICAL_UM = 10.0
"""The fibre by whose strength-duration relation a threshold is carried to another width [A]."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A growth curve at one distance and width: zero below the threshold, then a line, softly joined."""

    threshold_ma: float
    slope_uv_per_ma: float
    softness_ma: float

    def height_uv(self, current_ma: float) -> float:
        """From trough to peak, in µV."""
        above = (current_ma - self.threshold_ma) / self.softness_ma
        # softplus, written so that neither end overflows.
        return self.slope_uv_per_ma * self.softness_ma * (max(above, 0.0) + log1p(exp(-abs(above))))


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("scs.body").joinpath("data/ecap.toml").read_text(encoding="utf-8"))


def growth(csf_mm: float, width_us: float = 210.0, sensitivity: float = 1.0) -> Growth:
    """The growth curve with `csf_mm` of fluid above the cord; `sensitivity` is how strong this person's potential is.

    The powers of the distance were fitted between 2.5 and 5.5 mm [C]. Another width moves the threshold as it moves
    that of a typical fibre, and leaves the slope in units of the threshold.
    """
    if csf_mm <= 0 or width_us <= 0:
        raise ValueError(f"a distance of {csf_mm} mm or a width of {width_us} us makes no growth; both are above 0")
    row, radius = _data()["growth"], tissue().lead_radius
    near = (csf_mm + radius) / (row["reference_csf_mm"] + radius)
    deep = csf_mm + radius
    longer = float(
        level.threshold_ma(_TYPICAL_UM, deep, width_us / 1000)
        / level.threshold_ma(_TYPICAL_UM, deep, row["width_us"] / 1000)
    )
    threshold = row["threshold_ma"] * near ** row["threshold_power"] * longer
    slope = row["slope_uv_per_ma"] * near ** row["slope_power"] / longer * sensitivity
    return Growth(threshold, slope, row["softness"] * threshold)


def heights_uv(csf_mm: Floats, current_ma: ArrayLike) -> tuple[Floats, Floats]:
    """Height in µV and threshold in mA for many distances and currents at once, at the width of the reference."""
    own, radius = _data()["growth"], tissue().lead_radius
    near = np.log((csf_mm + radius) / (own["reference_csf_mm"] + radius))
    threshold = own["threshold_ma"] * np.exp(own["threshold_power"] * near)
    softness = own["softness"] * threshold
    above = (np.asarray(current_ma) - threshold) / softness
    soft = np.maximum(above, 0.0) + np.log1p(np.exp(-np.abs(above)))
    return np.asarray(own["slope_uv_per_ma"] * np.exp(own["slope_power"] * near) * softness * soft), threshold


def velocity_m_per_s(diameter_um: float) -> float:
    """How fast a fibre conducts, at 37 °C: 6.2 · D - 9 [C: physics 0.1, within 2 m/s from 5.7 to 16 µm]."""
    row = _data()["wave"]
    return float(row["velocity_slope"] * diameter_um + row["velocity_offset"])


def wave_uv(times_ms: ArrayLike, height_uv: float, distance_mm: float, width_us: float = 210.0) -> Floats:
    """The potential at a contact `distance_mm` along the lead from the cathode, at times after the pulse began.

    A Ricker wave, its trough N1 downward, that travels at the velocity of the fibres and spreads on its way.
    """
    row = _data()["wave"]
    travel_ms = distance_mm / velocity_m_per_s(row["diameter_um"])
    arrives_ms = row["delay_ms"] + width_us / 1000 + travel_ms
    spread_ms = row["spread_ms"] + row["spread_slope"] * travel_ms
    depth = height_uv / row["peak_to_trough"] * exp(-distance_mm / row["dispersion_mm"])
    u = (np.asarray(times_ms, dtype=float) - arrives_ms) / spread_ms
    return np.asarray(-depth * (1 - u * u) * np.exp(-u * u / 2))


def artefact_uv(times_ms: ArrayLike, current_ma: float, width_us: float = 210.0) -> Floats:
    """What the pulse itself leaves on the recording contacts after it has ended: two exponentials, zero before."""
    row = _data()["artefact"]
    after = np.asarray(times_ms, dtype=float) - width_us / 1000
    tail = row["fast_uv_per_ma"] * np.exp(-after / row["fast_ms"]) + row["slow_uv_per_ma"] * np.exp(
        -after / row["slow_ms"]
    )
    return np.where(after >= 0, current_ma * tail, 0.0)


def noise_uv(times_ms: ArrayLike, chance: np.random.Generator, start_s: float = 0.0) -> Floats:
    """White noise and a little of the mains; `start_s` is when the record began, so that the mains runs on."""
    row = _data()["noise"]
    times = np.asarray(times_ms, dtype=float)
    mains = row["mains_uv"] * np.sin(2 * np.pi * row["mains_hz"] * (start_s + times / 1000))
    return np.asarray(chance.normal(0.0, row["white_uv"], times.shape) + mains)
