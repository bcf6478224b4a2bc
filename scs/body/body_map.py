"""The regions of the body on which a patient says where it is felt, and the dermatomes behind each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from scs.body.anatomy import SEGMENTS
from scs.body.population import LEFT, RIGHT


@dataclass(frozen=True, slots=True)
class Region:
    """One region. `side` is LEFT, RIGHT, or 0 for the midline, to which both sides belong."""

    id: str
    side: int
    segments: tuple[int, ...]
    """Places in SEGMENTS."""
    fibres: float
    """The part of these dermatomes' fibres that belongs to the region."""


@cache
def regions() -> dict[str, Region]:
    """All regions by their ids, from the head down; those of a side are called `left-…` and `right-…`."""
    text = resources.files("scs.body").joinpath("data/body_map.toml").read_text(encoding="utf-8")
    found: dict[str, Region] = {}
    for row in tomllib.loads(text)["region"]:
        segments = tuple(SEGMENTS.index(name) for name in row["segments"])
        sides = {"left-": LEFT, "right-": RIGHT} if row["sides"] == "both" else {"": 0}
        for prefix, side in sides.items():
            identity = f"{prefix}{row['id']}"
            found[identity] = Region(identity, side, segments, row.get("fibres", 1.0))
    return found
