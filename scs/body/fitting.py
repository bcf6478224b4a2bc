"""Fits the constants of both fibre models and says how well they do on rows that the fit has never seen.

`python -m scs.body.fitting` prints data/fibres.toml; the repository holds what it prints. The fit is Levenberg and
Marquardt's on the logarithms, so that every row weighs by its relative error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from scs.body import level
from scs.body.cable import Fibres, Floats, Responses
from scs.body.constants import CableConstants, LevelConstants, Threshold, split

_LEVEL_START = LevelConstants(0.04291, 0.5995, 0.01737, -1.9179, 0.3241, 0.5936, -0.5208)
_CABLE_START = CableConstants(4.317, -0.137, 0.238, 0.206, 20.91, -0.3395, -0.3775, 0.5)
"""Where the search begins: constants that were fitted to all rows [C: physics 0.2], and a half for the neighbours."""
ROUNDS = 40
DIGITS = 6
"""Significant digits that are kept: rounding then changes no threshold by more than a hundred-thousandth."""
Model = Callable[[Sequence[float], Sequence[Threshold]], Floats]


@dataclass(frozen=True, slots=True)
class Residuals:
    """Relative errors of a model on some rows, in percent."""

    rows: int
    rms_percent: float
    worst_percent: float


def level_model(constants: Sequence[float], rows: Sequence[Threshold]) -> Floats:
    """Thresholds of the closed form on these rows, in mA."""
    columns = _columns(rows)
    return level.threshold_ma(columns[:, 0], columns[:, 1], columns[:, 2], constants=LevelConstants(*constants))


def cable_model(constants: Sequence[float], rows: Sequence[Threshold]) -> Floats:
    """Thresholds of the cable on these rows, in mA."""
    columns = _columns(rows)
    answer = np.empty(len(rows))
    for width in np.unique(columns[:, 2]):
        here = columns[:, 2] == width
        fibres = Fibres.of(columns[here, 0], 0.0, columns[here, 1])
        response = Responses(fibres, [(0.0, 0.0)], float(width), constants=CableConstants(*constants))
        answer[here] = response.thresholds_ma([-1.0])
    return answer


def residuals(model: Model, constants: Sequence[float], rows: Sequence[Threshold]) -> Residuals:
    """How far the model is from the reference on these rows."""
    errors = model(constants, rows) / np.asarray([row.threshold_ma for row in rows]) - 1
    return Residuals(len(rows), 100 * float(np.sqrt((errors**2).mean())), 100 * float(np.abs(errors).max()))


def fit(model: Model, start: Sequence[float], rows: Sequence[Threshold]) -> tuple[float, ...]:
    """The constants with the least squares of relative errors; deterministic."""
    wanted = np.log([row.threshold_ma for row in rows])

    def miss(values: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(np.log(model(list(values), rows)) - wanted)

    values, damping = np.asarray(start, dtype=float), 1e-3
    now = miss(values)
    for _ in range(ROUNDS):
        steps = 1e-6 * np.maximum(np.abs(values), 1e-3)
        jacobian = np.stack([(miss(values + step) - now) / size for step, size in _single(steps)], axis=1)
        square = jacobian.T @ jacobian
        change = np.linalg.solve(square + damping * np.diag(np.diag(square)), -jacobian.T @ now)
        tried = miss(values + change)
        if np.isfinite(tried).all() and tried @ tried < now @ now:
            values, now, damping = values + change, tried, damping / 3
        else:
            damping *= 4
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)


def document() -> str:
    """data/fibres.toml: the fitted constants, with the residuals of both halves."""
    fitted, held_out = split()
    lines = [
        "# Constants of the fibre models, fitted by `python -m scs.body.fitting` to data/mrg_thresholds.csv [C]:",
        "# thresholds of straight MRG fibres under a point cathode at 0.3 S/m. A fifth of the rows is held out.",
        "# A model; it predicts nobody.",
    ]
    for name, model, start in (
        ("level", level_model, _LEVEL_START),
        ("cable", cable_model, _CABLE_START),
    ):
        constants = fit(model, astuple(start), fitted)
        lines += ["", _said("of the fit", residuals(model, constants, fitted))]
        lines += [_said("held out", residuals(model, constants, held_out)), f"[{name}]"]
        lines += [f"{field.name} = {value}" for field, value in zip(fields(start), constants, strict=True)]
    return "\n".join(lines) + "\n"


def _said(which: str, found: Residuals) -> str:
    return f"# On the {found.rows} rows {which}: rms {found.rms_percent:.2f} %, worst {found.worst_percent:.2f} %."


def _columns(rows: Sequence[Threshold]) -> Floats:
    return np.asarray([(row.diameter_um, row.distance_mm, row.width_ms) for row in rows])


def _single(steps: Floats) -> list[tuple[Floats, float]]:
    return [(np.eye(len(steps))[index] * size, float(size)) for index, size in enumerate(steps)]


if __name__ == "__main__":
    sys.stdout.write(document())
