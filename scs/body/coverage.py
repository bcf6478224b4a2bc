"""How much of each region a current covers, asked a thousand times: sorted once, then looked up.

Of a region's fibres counts what fires, weighed by thickness, over what covers it all (data/sensation.toml).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from scs.body.anatomy import SEGMENTS
from scs.body.body_map import regions
from scs.body.cable import Floats
from scs.body.population import LEFT, RIGHT, Population


class Coverage:
    """The fibres of one person and place, with their thresholds under one program."""

    def __init__(self, drawn: Population, thresholds_ma: Floats) -> None:
        order = np.argsort(thresholds_ma)
        self._sorted_ma = thresholds_ma[order]
        weights = _membership()[:, drawn.segment, np.where(drawn.side == LEFT, 0, 1)] * drawn.fibres.diameter_um**2
        whole = weights.sum(axis=1, keepdims=True)
        fired = np.cumsum(weights[:, order], axis=1) / np.where(whole > 0, whole, 1)
        self._fired = np.concatenate([np.zeros((len(fired), 1)), fired], axis=1)

    def parts(self, current_ma: float) -> Floats:
        """The part of each region's fibres that fires, 0 to 1, in the order of the body map."""
        return np.asarray(self._fired[:, np.searchsorted(self._sorted_ma, current_ma, side="right")])


@cache
def _membership() -> Floats:
    """Region, segment, side (left, right) to whether the fibres belong to the region."""
    belongs = np.zeros((len(regions()), len(SEGMENTS), 2))
    for index, region in enumerate(regions().values()):
        for side, sign in enumerate((LEFT, RIGHT)):
            if region.side in (0, sign):
                belongs[index, list(region.segments), side] = 1
    return belongs
