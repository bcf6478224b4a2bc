"""What a program does along the cord: the potential, what it does to a fibre, and which fibres of the columns fire.

For whoever chooses contacts: the activating function is the second difference of the potential over the nodes of one
fibre, so it is above zero where a fibre would fire first [R, high: Rattay 1986]. Fibres fire by the thresholds of
scs/body/sensation.py, with posture and person. A model of a model: it predicts nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scs.body.anatomy import SEGMENTS, along_mm, level_at, levels, tissue
from scs.body.arrays import array_of
from scs.body.cable import Floats, internode_mm, potential_mv_per_ma
from scs.body.population import LEFT, RIGHT
from scs.body.sensation import Sense

SHOWN_UM = 10.0
"""The fibre whose activating function is given: among the thickest of the columns, so among the first to fire."""
BEYOND_MM = 12.0
"""So much is looked at above and below the contacts that carry current: an internode's ten."""
COLUMNS = 64
GROWTH = 40
"""Currents at which the recruited part is given, from nothing to GROWTH_OVER times discomfort."""
GROWTH_OVER = 1.25
DEEP, ACROSS = 3, 52
"""Cells of the cross-section of the dorsal columns: below each other and side by side."""
SEGMENTS_NAMED = 8


@dataclass(frozen=True, slots=True)
class AlongTheCord:
    """The field at one amplitude. Places are mm below the upper edge of C2."""

    places_mm: tuple[float, ...]
    potential_mv: tuple[float, ...]
    """On the surface of the cord below the strongest cathode."""
    activating_mv: tuple[float, ...]
    """Second difference of the potential from node to node there; above zero depolarises."""
    contacts: tuple[tuple[str, float, float], ...]
    """(name, place, signed share of the whole) of each contact that carries current."""
    vertebrae: tuple[tuple[str, float], ...]
    """(name, place of its upper edge) of those in sight."""


@dataclass(frozen=True, slots=True)
class Recruited:
    """Which of the drawn fibres of the dorsal columns fire at one amplitude."""

    fired: int
    of: int
    cells: tuple[tuple[float | None, ...], ...]
    """The part that fires, from the surface down, from left to right of the patient; None where no fibre was drawn."""
    half_width_mm: float
    depth_mm: float
    segments: tuple[tuple[str, float], ...]
    """Dermatome to the part of its fibres that fires, the most first; only those of which some do."""
    roots: tuple[str, ...]
    """Dorsal roots that fire, such as `T9 left`."""
    grown: tuple[float, ...]
    """The part of all fibres that fires at equally spaced currents, the last of which is `grown_to_ma`."""
    grown_to_ma: float


def along_the_cord(sense: Sense, amplitude_ma: float, columns: int = COLUMNS) -> AlongTheCord:
    """The field of one program in one patient and posture; raises BadPrescription for contacts that are not there."""
    array = array_of(sense.implant, sense.program.contacts)
    cathode_beside, cathode_along = array.places_mm[array.strongest_cathode]
    start = sense.along_mm - cathode_along
    places = [(beside, start + along) for beside, along in array.places_mm]
    lowest, highest = min(p for _, p in places) - BEYOND_MM, max(p for _, p in places) + BEYOND_MM
    at = np.linspace(lowest, highest, columns)
    deep_mm = sense.gap_mm + tissue().lead_radius

    def potential_mv(where: Floats) -> Floats:
        found = np.zeros_like(where)
        for (beside, along), share in zip(places, array.shares, strict=True):
            r_mm = np.sqrt((where - along) ** 2 + (beside - cathode_beside) ** 2 + deep_mm**2)
            found += share * amplitude_ma * potential_mv_per_ma(r_mm, tissue().sigma)
        return found

    node_mm = float(internode_mm(np.asarray([SHOWN_UM]))[0])
    here = potential_mv(at)
    activating = potential_mv(at - node_mm) - 2 * here + potential_mv(at + node_mm)
    rows = zip(array.names, places, array.shares, strict=True)
    return AlongTheCord(
        tuple(at.tolist()),
        tuple(here.tolist()),
        tuple(activating.tolist()),
        tuple((name, along, share) for name, (_, along), share in rows),
        tuple((name, along_mm(name)) for name in levels() if lowest <= along_mm(name) <= highest)
        or ((level_at(lowest), lowest),),
    )


def recruited(sense: Sense, amplitude_ma: float) -> Recruited:
    """The fibres of the dorsal columns that fire, and the roots; where nothing is felt, fibres fire all the same."""
    fibres, thresholds_ma = sense.fibres.fibres, sense.thresholds_ma
    fires = thresholds_ma <= amplitude_ma
    half_mm, depth_mm = levels()[sense.level].columns, tissue().depth
    across = np.minimum(ACROSS - 1, ((half_mm - fibres.beside_mm) / (2 * half_mm) * ACROSS).astype(int))
    down = np.minimum(DEEP - 1, (fibres.distance_mm / depth_mm * DEEP).astype(int))
    whole, firing = np.zeros((DEEP, ACROSS)), np.zeros((DEEP, ACROSS))
    np.add.at(whole, (down, across), 1.0)
    np.add.at(firing, (down, across), fires.astype(float))
    cells = tuple(
        tuple(None if n == 0 else float(k / n) for k, n in zip(*rows, strict=True))
        for rows in zip(firing, whole, strict=True)
    )
    is_felt = np.isfinite(sense.discomfort_ma)
    top_ma = GROWTH_OVER * (sense.discomfort_ma if is_felt else 2 * float(thresholds_ma.min()))
    currents = np.linspace(0, top_ma, GROWTH + 1)[1:]
    grown = np.searchsorted(np.sort(thresholds_ma), currents, side="right") / len(fibres)
    sides = {LEFT: "left", RIGHT: "right"}
    return Recruited(
        int(fires.sum()), len(fibres), cells, half_mm, depth_mm, _by_segment(sense, fires),
        tuple(f"{SEGMENTS[r.segment]} {sides[r.side]}" for r in sense.roots if r.threshold_ma <= amplitude_ma),
        tuple(grown.tolist()), top_ma,
    )  # fmt: skip


def _by_segment(sense: Sense, fires: NDArray[np.bool_]) -> tuple[tuple[str, float], ...]:
    parts = []
    for index in np.unique(sense.fibres.segment):
        own = sense.fibres.segment == index
        parts.append((SEGMENTS[int(index)], float(fires[own].mean())))
    some = [row for row in parts if row[1] > 0]
    return tuple(sorted(some, key=lambda row: -row[1])[:SEGMENTS_NAMED])
