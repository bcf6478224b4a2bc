"""The battery: what each pulse and the housekeeping draw from it, in whole picocoulombs.

Declared model values, none of a vendor [A: physics facts 7]: 200 mAh rechargeable or 4 Ah primary, 25 or 15 µA of
housekeeping, three quarters of the energy reaches the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scs.domain.units import Millivolts

EFFICIENCY_PERMILLE = 750
"""What of the battery's energy reaches the output [A: physics facts 7.1, 0.6 to 0.85]."""
RAIL_STEP_MV = 500
"""The rail is set to the next of these steps above what a pulse needs [A]."""
RECHARGED_PERMILLE = 50
"""From here on a battery that was empty counts as recharged. Well above empty, so that a cell which recovers a little
as soon as nothing is drawn does not turn the implant on and off [project, FW-26 of the safety facts]."""
STORAGE_UA = 3
"""What an implant on the shelf draws: its clock, and a receiver that listens now and then [A]."""
PC_PER_MAH = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class Chemistry:
    """One kind of cell."""

    capacity_pc: int
    housekeeping_ua: int
    full_mv: int
    empty_mv: int


CHEMISTRIES: dict[Literal["rechargeable", "primary"], Chemistry] = {
    "rechargeable": Chemistry(200 * PC_PER_MAH, 25, 4_100, 3_000),
    "primary": Chemistry(4_000 * PC_PER_MAH, 15, 3_200, 2_600),
}


class Battery:
    """A cell that is full at power-on and only gets emptier, unless somebody at the bench recharges it."""

    def __init__(self, kind: Literal["rechargeable", "primary"]) -> None:
        self._chemistry = CHEMISTRIES[kind]
        self._left_pc = self._chemistry.capacity_pc

    @property
    def is_empty(self) -> bool:
        return self._left_pc == 0

    @property
    def is_recharged(self) -> bool:
        """Whether therapy may be thought of again after the cell was empty."""
        return self.permille >= RECHARGED_PERMILLE

    @property
    def permille(self) -> int:
        """What is left, rounded down."""
        return self._left_pc * 1_000 // self._chemistry.capacity_pc

    @property
    def millivolts(self) -> Millivolts:
        """The cell's voltage: a straight line from full to empty."""
        span = self._chemistry.full_mv - self._chemistry.empty_mv
        return Millivolts(self._chemistry.empty_mv + span * self._left_pc // self._chemistry.capacity_pc)

    def keep_house(self, elapsed_us: int, *, is_stored: bool = False) -> None:
        """Draw the housekeeping current, or the little that an implant in storage needs. µA · µs = pC."""
        self._draw((STORAGE_UA if is_stored else self._chemistry.housekeeping_ua) * elapsed_us)

    def pulse_cost_pc(self, charge_pc: int, needed_mv: int) -> int:
        """What one pulse takes from the cell to move `charge_pc` at the rail above `needed_mv`; rounded up.

        Reckoned at the cell's middle voltage, so that the same pulses cost the same however they are counted.
        """
        rail_mv = -(-needed_mv // RAIL_STEP_MV) * RAIL_STEP_MV
        middle_mv = (self._chemistry.full_mv + self._chemistry.empty_mv) // 2
        return -(-charge_pc * rail_mv * 1_000 // (middle_mv * EFFICIENCY_PERMILLE))

    def drive(self, cost_pc: int) -> None:
        """Draw what pulses cost."""
        self._draw(cost_pc)

    def lasts_us(self, drive_ua: int) -> int:
        """How long the cell lasts at least, in µs, when `drive_ua` is drawn beside the housekeeping."""
        return self._left_pc // (self._chemistry.housekeeping_ua + drive_ua)

    def set_permille(self, permille: int) -> None:
        """Put the cell into a state, for the bench."""
        assert 0 <= permille <= 1_000, "a cell is between empty and full"
        self._left_pc = self._chemistry.capacity_pc * permille // 1_000

    def _draw(self, charge_pc: int) -> None:
        assert charge_pc >= 0, "nothing here charges the cell"
        self._left_pc = max(0, self._left_pc - charge_pc)
        assert 0 <= self._left_pc <= self._chemistry.capacity_pc
