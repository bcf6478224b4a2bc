"""A figure of the body beside what it is compared with. What it is compared with stands in data/validation.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class Standing(StrEnum):
    """How a figure stands to its range."""

    PASS = "pass"
    MISSED = "missed"
    """Outside of a target."""
    OFF = "off"
    """Outside of what it is compared with, where that is no target."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one figure is compared with; a row of the data file."""

    id: str
    name: str
    unit: str
    low: float
    high: float
    label: str
    source: str
    is_target: bool = True
    is_calibrated: bool = False
    """The model was fitted to this figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A comparison with the model's own value."""

    comparison: Comparison
    value: float

    @property
    def standing(self) -> Standing:
        if self.comparison.low <= self.value <= self.comparison.high:
            return Standing.PASS
        return Standing.MISSED if self.comparison.is_target else Standing.OFF


Values = Callable[[], Mapping[str, float]]
"""Works out some figures: id to value."""


@cache
def comparisons() -> tuple[Comparison, ...]:
    """All rows, in the order in which they are shown."""
    text = resources.files("scs.body").joinpath("data/validation.toml").read_text(encoding="utf-8")
    return tuple(Comparison(**row) for row in tomllib.loads(text)["figure"])
