"""The fibre models against the MRG double-cable model: thresholds that no fit has seen, ratios of arrays, velocity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from scs.body.cable import Fibres, Responses
from scs.body.constants import cable_constants, level_constants, reference, split
from scs.body.ecap import velocity_m_per_s
from scs.body.fitting import cable_model, level_model, residuals
from scs.body.mrg import geometry, threshold_ma

VELOCITIES = ((5.7, 25.3), (8.7, 44.4), (10.0, 52.9), (12.8, 70.1), (14.0, 77.4), (16.0, 88.9))
"""Diameter in um and m/s of the MRG model at 37 degrees [C: physics 0.1]."""
AGAIN = (2, 41, 63, 99)
"""Rows of the reference that are computed again here: of four fibres, distances and widths."""
RATIO_UM, RATIO_MS = 10.0, 0.2
"""The fibre and the width that the ratios below were computed for."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The threshold of an array over that of one cathode above the fibre, in the MRG model [C: physics 0.1]."""

    distance_mm: float
    along_mm: tuple[float, ...]
    shares: tuple[float, ...]
    published: float


MULTIPOLES = (
    Ratio(3.0, (0.0, 4.0), (-1.0, 1.0), 0.916),
    Ratio(4.5, (0.0, 4.0), (-1.0, 1.0), 1.056),
    Ratio(3.0, (0.0, 14.0), (-1.0, 1.0), 0.934),
    Ratio(4.5, (0.0, 14.0), (-1.0, 1.0), 0.883),
    Ratio(3.0, (-4.0, 0.0, 4.0), (0.5, -1.0, 0.5), 0.953),
    Ratio(4.5, (-4.0, 0.0, 4.0), (0.5, -1.0, 0.5), 1.188),
    Ratio(3.0, (0.0, 4.0), (-0.5, -0.5), 1.706),
    Ratio(4.5, (0.0, 4.0), (-0.5, -0.5), 1.397),
)
ANODES = (Ratio(3.0, (0.0,), (1.0,), 4.00), Ratio(4.5, (0.0,), (1.0,), 3.96))


def values() -> Mapping[str, float]:
    """Errors in percent; see data/validation.toml for each."""
    held_out = split()[1]
    level = residuals(level_model, astuple(level_constants()), held_out)
    cable = residuals(cable_model, astuple(cable_constants()), held_out)
    return {
        "level-rms": level.rms_percent,
        "level-worst": level.worst_percent,
        "cable-rms": cable.rms_percent,
        "reference-again": max(_again_percent(index) for index in AGAIN),
        "velocity-worst": max(100 * abs(velocity_m_per_s(um) / published - 1) for um, published in VELOCITIES),
        "multipole-worst": _worst_percent(MULTIPOLES),
        "anode-worst": _worst_percent(ANODES),
    }


def ratio(of: Ratio) -> float:
    """The same ratio in the cable model."""
    fibre = Fibres.of(RATIO_UM, 0.0, of.distance_mm)
    alone = Responses(fibre, [(0.0, 0.0)], RATIO_MS).thresholds_ma([-1.0])[0]
    array = Responses(fibre, [(0.0, along) for along in of.along_mm], RATIO_MS).thresholds_ma(of.shares)[0]
    return float(array / alone)


def _again_percent(index: int) -> float:
    """How far the axon itself, integrated here, is from a row of the reference."""
    row = reference()[index]
    fibre = geometry(row.diameter_um, row.internode_um)
    return 100 * abs(threshold_ma(fibre, row.distance_mm, row.width_ms, row.threshold_ma) / row.threshold_ma - 1)


def _worst_percent(ratios: Iterable[Ratio]) -> float:
    return max(100 * abs(ratio(of) / of.published - 1) for of in ratios)
