"""Takes faults out of a plan that fails, as many as possible, until each that is left is needed (delta debugging).

[recalled: Zeller and Hildebrandt, Simplifying and isolating failure-inducing input, 2002] Halves are tried first, then
ever smaller parts; what still fails with the same checker is kept.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.simulation.plan import Plan, Row

TRIES_MAX = 200
"""Plays of one shrinking: a minute or two; what it has come to by then is printed."""


def shrink(plan: Plan, fails: Callable[[Plan], bool], tries: int = TRIES_MAX) -> Plan:
    """The same plan with fewer faults; `fails` plays one and says whether it still fails in the same way."""
    rows: tuple[Row, ...] = plan.faults
    if rows and fails(plan.with_faults(())):
        return plan.with_faults(())
    parts = 2
    while len(rows) > 1 and tries > 0:
        size = -(-len(rows) // parts)
        pieces = [rows[start : start + size] for start in range(0, len(rows), size)]
        for piece in pieces:
            rest = tuple(row for row in rows if row not in piece)
            tries -= 1
            if fails(plan.with_faults(rest)):
                rows, parts = rest, max(2, parts - 1)
                break
            if tries <= 0:
                break
        else:
            if parts >= len(rows):
                break
            parts = min(len(rows), parts * 2)
    return plan.with_faults(rows)
