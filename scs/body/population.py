"""The fibres of the dorsal columns at one level, drawn once from a seed: whose they are, how thick, where.

A fibre of a dermatome is there only above the segment where it enters. Thin fibres are left out: below 5 µm nothing
fires at a current that a person bears.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from scs.body.anatomy import SEGMENTS, fibre_distribution, levels, places_in_columns, segment_at, tissue
from scs.body.cable import Fibres, Floats

COUNT = 2_000
"""Fibres of one population: enough that a percent of them is twenty."""
LEFT, RIGHT = 1, -1
"""The sign of a place beside the midline, as for leads."""


@dataclass(frozen=True, slots=True)
class Population:
    """Fibres of both sides at one vertebral level; arrays of one length."""

    level: str
    fibres: Fibres
    """Distances are depths below the surface of the cord, in mm."""
    segment: NDArray[np.int64]
    """The place in SEGMENTS of each fibre's dermatome."""
    side: NDArray[np.int64]

    def below(self, gap_mm: float) -> Fibres:
        """The fibres as the contacts see them: `gap_mm` of fluid and of half a lead above the cord."""
        distance = gap_mm + tissue().lead_radius + self.fibres.distance_mm
        return Fibres(self.fibres.diameter_um, self.fibres.beside_mm, distance)


@lru_cache(maxsize=32)
def population(level: str, along_mm: float, seed: int, count: int = COUNT) -> Population:
    """Draw the fibres at a height of the spine; the same seed gives the same fibres."""
    chance = np.random.Generator(np.random.PCG64(seed))
    row = levels()[level]
    entered = [index for index in range(len(SEGMENTS)) if index >= segment_at(along_mm)]
    segment = np.asarray(entered)[chance.integers(0, len(entered), count)]
    side = np.where(chance.random(count) < 0.5, LEFT, RIGHT)
    places = places_in_columns(level)
    centre = np.asarray([places[SEGMENTS[index]] for index in segment]) * row.columns
    spread = fibre_distribution()
    beside = np.clip(centre + chance.normal(0, spread.stray, count), 0, row.columns) * side
    depth = chance.random(count) * tissue().depth
    diameter = _diameters(chance.random(count))
    return Population(level, Fibres(diameter, beside, depth), segment, side)


def _diameters(part: Floats) -> Floats:
    """The diameters of which these parts of all fibres are thinner: the inverse of the truncated distribution."""
    grid, share = _diameter_table()
    return np.interp(part, share, grid)


@cache
def _diameter_table() -> tuple[Floats, Floats]:
    spread = fibre_distribution()
    grid = np.linspace(spread.least_um, spread.most_um, 2_001)
    density = grid ** (spread.shape - 1) * np.exp(-grid / spread.scale_um)
    whole = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return grid, whole / whole[-1]
