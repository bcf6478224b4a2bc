"""When something falls due first, where None is never."""

from __future__ import annotations


def soonest(*times_us: int | None) -> int | None:
    """The earliest of the times; None when all of them are never."""
    first_us: int | None = None
    for at_us in times_us:
        if at_us is not None and (first_us is None or at_us < first_us):
            first_us = at_us
    return first_us
