"""The cell itself: charge in whole picocoulombs, and the voltage that goes with it.

Two stores. `left_pc` lies between full and empty, where therapy ends; `reserve_pc` between empty and over-discharge,
where even the logic ends. What is drawn comes out of the first and then out of the second; what is put in goes the
other way.
"""

from __future__ import annotations

from firmware_model.power.constants import PowerPlan
from scs.domain.units import Millivolts


class Cell:
    """A full cell of this plan."""

    def __init__(self, plan: PowerPlan) -> None:
        self._plan = plan
        self.capacity_pc = plan.capacity_pc
        """What it holds when full; an aged one holds less."""
        self.resistance_ohm = plan.resistance_ohm
        """Inside the cell; an aged or cold one has more."""
        self.left_pc = plan.capacity_pc
        self.reserve_pc = plan.reserve_pc

    @property
    def permille(self) -> int:
        """What is left, rounded down."""
        return self.left_pc * 1_000 // self.capacity_pc

    @property
    def is_empty(self) -> bool:
        return self.left_pc == 0

    @property
    def is_over_discharged(self) -> bool:
        return self.reserve_pc == 0

    @property
    def missing_reserve_pc(self) -> int:
        return self._plan.reserve_pc - self.reserve_pc

    @property
    def is_reserve_low(self) -> bool:
        """Whether it has been drawn below empty and not charged back above it."""
        return self.reserve_pc < self._plan.reserve_pc

    @property
    def millivolts(self) -> Millivolts:
        """The voltage without a load: a straight line from full to empty."""
        plan = self._plan
        return Millivolts(plan.empty_mv + (plan.full_mv - plan.empty_mv) * self.left_pc // self.capacity_pc)

    def loaded_mv(self, load_ua: int) -> int:
        """The voltage while `load_ua` is drawn, rounded down."""
        return self.millivolts - -(-load_ua * self.resistance_ohm // 1_000)

    def left_at_or_below(self, loaded_mv: int, load_ua: int) -> int | None:
        """The largest charge at which `loaded_mv` is not exceeded under this load, in pC; None if it always is."""
        plan = self._plan
        above_mv = loaded_mv - plan.empty_mv + -(-load_ua * self.resistance_ohm // 1_000)
        if above_mv < 0:
            return None
        return min(self.capacity_pc, ((above_mv + 1) * self.capacity_pc - 1) // (plan.full_mv - plan.empty_mv))

    def left_from(self, loaded_mv: int, load_ua: int) -> int | None:
        """The smallest charge at which `loaded_mv` is reached under this load, in pC; None if it never is."""
        plan = self._plan
        above_mv = loaded_mv - plan.empty_mv + -(-load_ua * self.resistance_ohm // 1_000)
        left_pc = -(-max(0, above_mv) * self.capacity_pc // (plan.full_mv - plan.empty_mv))
        return left_pc if left_pc <= self.capacity_pc else None

    def draw(self, charge_pc: int) -> None:
        """Take charge out, as far as there is any."""
        assert charge_pc >= 0, "what is drawn is not negative"
        if charge_pc <= self.left_pc:
            self.left_pc -= charge_pc
            return
        self.reserve_pc = max(0, self.reserve_pc - (charge_pc - self.left_pc))
        self.left_pc = 0

    def put(self, charge_pc: int) -> None:
        """Put charge in, as far as there is room."""
        assert charge_pc >= 0, "what is put in is not negative"
        to_reserve_pc = min(self.missing_reserve_pc, charge_pc)
        self.reserve_pc += to_reserve_pc
        self.left_pc = min(self.capacity_pc, self.left_pc + charge_pc - to_reserve_pc)

    def set_permille(self, permille: int) -> None:
        """Put it into a state of charge, with its reserve."""
        assert 0 <= permille <= 1_000, "a cell is between empty and full"
        self.left_pc = self.capacity_pc * permille // 1_000
        self.reserve_pc = self._plan.reserve_pc
