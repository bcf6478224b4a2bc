"""The cord by vertebral level, and how posture, breath, heartbeat and a cough move it. Data: data/anatomy.toml.

Posture acts through the distance between lead and cord. It never changes an impedance: in 70 patients no correlation
was found [F: Abejon and Feler 2007].
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEGMENTS = tuple(
    f"{region}{number}" for region, count in (("C", 8), ("T", 12), ("L", 5), ("S", 5)) for number in range(1, count + 1)
)
"""Segments of the cord from above."""


class Posture(StrEnum):
    """How the patient is."""

    SUPINE = "supine"
    PRONE = "prone"
    RECLINING = "reclining"
    SITTING = "sitting"
    STANDING = "standing"
    WALKING = "walking"


@dataclass(frozen=True, slots=True)
class Level:
    """One vertebral level of the mean patient, in mm."""

    name: str
    csf: float
    """From dura to cord, supine."""
    csf_source: str
    prone: float
    """What lying prone adds."""
    prone_source: str
    columns: float
    """Half the width of the dorsal columns."""
    height: float
    segment: str
    """Of the cord at the upper edge of the vertebra."""


@dataclass(frozen=True, slots=True)
class Tissue:
    """What lies between a contact and the fibres."""

    sigma: float
    lead_radius: float
    depth: float
    root: float


@dataclass(frozen=True, slots=True)
class FibreDistribution:
    """How thick the fibres of the dorsal columns are: a gamma distribution between two diameters; `stray` is in mm."""

    shape: float
    scale_um: float
    least_um: float
    most_um: float
    stray: float


@dataclass(frozen=True, slots=True)
class _Sway:
    shift: float
    swing: float = 0.0
    swing_hz: float = 0.0


@dataclass(frozen=True, slots=True)
class _Movement:
    heart: float
    heart_hz: float
    breath: float
    breath_hz: float
    cough: float
    cough_half_width_s: float


@cache
def _data() -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("scs.body").joinpath("data/anatomy.toml").read_text(encoding="utf-8"))


@cache
def levels() -> dict[str, Level]:
    """C2 to L2, from above."""
    rows: object = _data()["level"]
    assert isinstance(rows, list), "the data file lists levels"
    return {row["name"]: Level(**row) for row in rows}


@cache
def tissue() -> Tissue:
    """The lumped medium."""
    return Tissue(**_data()["tissue"])  # type: ignore[arg-type]


@cache
def fibre_distribution() -> FibreDistribution:
    """Of the superficial dorsal columns."""
    return FibreDistribution(**_data()["fibres"])  # type: ignore[arg-type]


@cache
def places_in_columns(level: str) -> dict[str, float]:
    """Segment to the place of its fibres beside the midline: 0 the midline, 1 the entry zone of the roots."""
    region = "cervical" if level.startswith("C") else "thoracic"
    row: object = _data()["columns"][region]
    assert isinstance(row, dict), "the data file has a table for both parts of the cord"
    known = sorted((SEGMENTS.index(name), place) for name, place in row.items())
    places: dict[str, float] = {}
    for index, name in enumerate(SEGMENTS):
        below = [(at, place) for at, place in known if at <= index]
        above = [(at, place) for at, place in known if at >= index]
        (start, first), (end, last) = (below[-1] if below else known[0]), (above[0] if above else known[-1])
        places[name] = first if start == end else first + (last - first) * (index - start) / (end - start)
    return places


@cache
def _sway(posture: Posture) -> _Sway:
    row: object = _data()["posture"][posture.value]
    assert isinstance(row, dict), "the data file has a table for each posture"
    return _Sway(**row)


@cache
def _movement() -> _Movement:
    return _Movement(**_data()["movement"])  # type: ignore[arg-type]


def shift_mm(level: str, posture: Posture, at_s: float = 0.0, cough_s: float | None = None) -> float:
    """How much further from the lead the cord lies than in quiet supine rest, in mm; negative is nearer.

    `at_s` runs through the movements; `cough_s` is the time since a cough began, None without one.
    """
    sway, moves = _sway(posture), _movement()
    shift = levels()[level].prone if posture is Posture.PRONE else sway.shift
    shift += sway.swing * sin(2 * pi * sway.swing_hz * at_s)
    shift += moves.heart * sin(2 * pi * moves.heart_hz * at_s) + moves.breath * sin(2 * pi * moves.breath_hz * at_s)
    if cough_s is not None:
        # A half sine of twice the half width: zero when it begins and when it is over.
        part = cough_s / (2 * moves.cough_half_width_s)
        if 0 < part < 1:
            shift += moves.cough * sin(pi * part)
    return shift


def sway_mm(posture: Posture, level: str) -> tuple[float, float, float]:
    """What a posture alone does: the mean shift and the swing about it in mm, and the swing's rate in hertz."""
    row = _sway(posture)
    return still_shift_mm(level, posture), row.swing, row.swing_hz


def restless_mm(at_s: Floats, since_cough_s: Floats) -> Floats:
    """What heartbeat, breath and a cough add, for many moments at once; a cough long ago adds nothing."""
    moves = _movement()
    beating = moves.heart * np.sin(2 * pi * moves.heart_hz * at_s)
    breathing = moves.breath * np.sin(2 * pi * moves.breath_hz * at_s)
    part = since_cough_s / (2 * moves.cough_half_width_s)
    coughing = np.where((part > 0) & (part < 1), moves.cough * np.sin(pi * np.clip(part, 0, 1)), 0.0)
    return np.asarray(beating + breathing + coughing)


def still_shift_mm(level: str, posture: Posture) -> float:
    """The mean of the above: without breath, heartbeat and steps."""
    return levels()[level].prone if posture is Posture.PRONE else _sway(posture).shift


def along_mm(level: str) -> float:
    """How far the upper edge of a vertebra lies below that of C2."""
    below = 0.0
    for name, row in levels().items():
        if name == level:
            return below
        below += row.height
    raise KeyError(level)


def level_at(along: float) -> str:
    """The vertebra at a distance below the upper edge of C2; the first or the last one beyond the ends."""
    below = 0.0
    for name, row in levels().items():
        below += row.height
        if along < below:
            return name
    return name


def segment_at(along: float) -> float:
    """The place in SEGMENTS of the cord at this height, between two segments where it lies between."""
    names = list(levels())
    here = level_at(along)
    start = along_mm(here)
    first = SEGMENTS.index(levels()[here].segment)
    after = names.index(here) + 1
    last = SEGMENTS.index(levels()[names[after]].segment) if after < len(names) else len(SEGMENTS) - 1
    part = min(1.0, max(0.0, (along - start) / levels()[here].height))
    return first + part * (last - first)
