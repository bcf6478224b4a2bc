"""How long each group was delivered in the dosing day that runs.

A dosing day is 24 hours of the implant's own time from the first delivery after the one before has ended. The time of
the day plays no part in it: whoever sets the clock gives nobody a second dose. A reset leaves the count as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.program import GROUPS_MAX
from scs.domain.schedule import DAY_US


@dataclass(slots=True)
class _SlotDose:
    """One slot. `began_us` is None between two dosing days."""

    began_us: int | None = None
    used_us: int = 0
    is_spent: bool = False


class Doses:
    """Counts what is delivered of the groups that have a dose."""

    def __init__(self) -> None:
        self._slots = [_SlotDose() for _ in range(GROUPS_MAX)]

    def count(self, slot: int, elapsed_us: int, from_us: int) -> None:
        """So long was the group in `slot` delivered, from this time on; the end of a dosing day lies not within."""
        row = self._row(slot, from_us)
        if elapsed_us and row.began_us is None:
            row.began_us = from_us
        row.used_us += elapsed_us

    def used_us(self, slot: int, now_us: int) -> int:
        return self._row(slot, now_us).used_us

    def ends_us(self, slot: int, now_us: int) -> int | None:
        """When the dosing day ends; None between two."""
        began_us = self._row(slot, now_us).began_us
        return None if began_us is None else began_us + DAY_US

    def is_spent(self, slot: int, now_us: int) -> bool:
        """Whether it was stopped in this dosing day; then it stays so to the end, whatever is left over."""
        return self._row(slot, now_us).is_spent

    def spend(self, slot: int, now_us: int) -> None:
        """The rest is too short for anything but a soft stop: the dose is used up."""
        row = self._row(slot, now_us)
        row.is_spent = row.began_us is not None

    def _row(self, slot: int, now_us: int) -> _SlotDose:
        row = self._slots[slot]
        if row.began_us is not None and now_us >= row.began_us + DAY_US:
            row = self._slots[slot] = _SlotDose()
        return row
