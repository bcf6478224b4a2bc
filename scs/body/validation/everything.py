"""Every figure of the body's validation, worked out now."""

from __future__ import annotations

from functools import cache

from scs.body.validation import fibres, loops, patients, responders
from scs.body.validation.figure import Figure, Standing, Values, comparisons

PARTS: tuple[Values, ...] = (fibres.values, patients.values, loops.values, responders.values)
"""What works out figures; each row of the data file is the business of one."""


@cache
def figures() -> tuple[Figure, ...]:
    """All figures, in the order of the data file; some seconds the first time, and the same ever after."""
    found: dict[str, float] = {}
    for part in PARTS:
        more = dict(part())
        assert found.keys().isdisjoint(more), "a figure is worked out in one place"
        found |= more
    assert set(found) == {row.id for row in comparisons()}, "each row has a value, and each value a row"
    return tuple(Figure(row, found[row.id]) for row in comparisons())


def missed(of: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Those that miss a target."""
    return tuple(figure for figure in of if figure.standing is Standing.MISSED)
