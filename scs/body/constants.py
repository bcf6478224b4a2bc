"""The constants of the fibre models, read from data/fibres.toml with the label of each."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

REFERENCE_SIGMA_S_PER_M = 0.3
"""The conductivity at which the thresholds were computed; thresholds are proportional to it [C: physics 0.1]."""
WIDTHS = 5
"""The rows stand in blocks of this many pulse widths, one block for each fibre and distance."""


@dataclass(frozen=True, slots=True)
class LevelConstants:
    """The closed form of the threshold under a point cathode (scs/body/level.py)."""

    linear: float
    linear_power: float
    square: float
    square_power: float
    chronaxie_ms: float
    chronaxie_distance_power: float
    chronaxie_diameter_power: float


@dataclass(frozen=True, slots=True)
class CableConstants:
    """The passive cable on nodes (scs/body/cable.py)."""

    space: float
    space_power: float
    time_ms: float
    time_power: float
    threshold_mv: float
    threshold_diameter_power: float
    threshold_width_power: float
    neighbours: float
    """How much the two nodes beside one count with it: a spike begins on a stretch of nodes, not on one."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One row of the reference: a straight fibre of the MRG double-cable model under a point cathode [C]."""

    diameter_um: float
    internode_um: float
    distance_mm: float
    width_ms: float
    threshold_ma: float


def _data(name: str) -> str:
    return resources.files("scs.body").joinpath(f"data/{name}").read_text(encoding="utf-8")


@cache
def reference() -> tuple[Threshold, ...]:
    """The hundred thresholds that the models are fitted to, in mA cathodic at 0.3 S/m."""
    rows = csv.reader(_data("mrg_thresholds.csv").splitlines()[1:])
    return tuple(Threshold(*(float(cell) for cell in row)) for row in rows)


def split() -> tuple[tuple[Threshold, ...], tuple[Threshold, ...]]:
    """The rows to fit on, and those held out: one width of each block, another one from block to block [project]."""
    fitted: list[Threshold] = []
    held_out: list[Threshold] = []
    for index, row in enumerate(reference()):
        block, place = divmod(index, WIDTHS)
        (held_out if place == block % WIDTHS else fitted).append(row)
    return tuple(fitted), tuple(held_out)


@cache
def level_constants() -> LevelConstants:
    """The constants of the closed form that are in use."""
    return LevelConstants(**tomllib.loads(_data("fibres.toml"))["level"])


@cache
def cable_constants() -> CableConstants:
    """The constants of the cable that are in use."""
    return CableConstants(**tomllib.loads(_data("fibres.toml"))["cable"])
