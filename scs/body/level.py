"""How much current a point cathode needs to fire a straight fibre: a closed form of diameter, distance and width.

    I = sigma / 0.3 · (a · d^b · y + c · d^e · y²) · (1 + t · (y / 3)^f · d^g / width),   d = diameter / 10 µm

The last factor is Weiss' law, which fits the MRG model within 1 to 2 % where Lapicque's exponential errs by 3 to 6 %
[C: physics 0.1]. The chronaxie rises with the distance and falls with the diameter: it is no constant of a fibre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scs.body.constants import REFERENCE_SIGMA_S_PER_M, LevelConstants, level_constants

DIAMETERS_UM = (5.7, 14.0)
DISTANCES_MM = (2.0, 6.0)
WIDTHS_MS = (0.06, 1.0)
"""Where the reference has values. Outside of these the models extrapolate, and whoever shows a number says so."""


def threshold_ma(
    diameter_um: ArrayLike,
    distance_mm: ArrayLike,
    width_ms: ArrayLike,
    sigma_s_per_m: float = REFERENCE_SIGMA_S_PER_M,
    constants: LevelConstants | None = None,
) -> NDArray[np.float64]:
    """Threshold in mA of a monophasic cathodic pulse, for arrays of any shapes that go together."""
    c = constants or level_constants()
    d = np.asarray(diameter_um, dtype=float) / 10
    y = np.asarray(distance_mm, dtype=float)
    rheobase = c.linear * d**c.linear_power * y + c.square * d**c.square_power * y * y
    chronaxie = c.chronaxie_ms * (y / 3) ** c.chronaxie_distance_power * d**c.chronaxie_diameter_power
    weiss = 1 + chronaxie / np.asarray(width_ms, dtype=float)
    return np.asarray(sigma_s_per_m / REFERENCE_SIGMA_S_PER_M * rheobase * weiss, dtype=float)


def is_inside_the_fit(diameter_um: float, distance_mm: float, width_ms: float) -> bool:
    """Whether the reference has values around this point."""
    return (
        DIAMETERS_UM[0] <= diameter_um <= DIAMETERS_UM[1]
        and DISTANCES_MM[0] <= distance_mm <= DISTANCES_MM[1]
        and WIDTHS_MS[0] <= width_ms <= WIDTHS_MS[1]
    )
