"""Charging through the skin: how much current flows into the cell, and when it must stop because the pocket is warm.

Constant current first, as much as the coupling lets through; then constant voltage, during which the current falls
with what is missing, in steps small enough to be solved for. The implant stops the field at a rise of 2 °C and asks for
it again when the pocket has cooled. An over-discharged cell takes a trickle that no firmware has to allow.
"""

from __future__ import annotations

from firmware_model.power.cell import Cell
from firmware_model.power.constants import ChargingConstants
from firmware_model.power.warmth import UK_PER_MK, Warmth
from scs.domain.status import ChargerState

PERFECT_PERMILLE = 1_000
FLOWING = (ChargerState.PRECHARGE, ChargerState.CONSTANT_CURRENT, ChargerState.CONSTANT_VOLTAGE)
"""The states in which the field is on and current flows into the cell."""


class Charging:
    """The charger's coil over the implant, the control of the current, and the warmth of the pocket."""

    def __init__(self, constants: ChargingConstants) -> None:
        self._constants = constants
        self.warmth = Warmth(constants.settle_us)
        self.coupling_permille = 0
        self.state = ChargerState.ABSENT
        self.is_worn_out = False
        """Set by whoever counts the over-discharges."""
        self.is_at_rest = True
        """Whether no charger is there and none heats: then nothing flows, and time changes nothing."""

    def place(self, coupling_permille: int, cell: Cell, now_us: int) -> None:
        """A charger lies there with this coupling from now on; 0: none does."""
        assert 0 <= coupling_permille <= PERFECT_PERMILLE, "coupling lies between nothing and perfect"
        self.coupling_permille = coupling_permille
        if self.state is ChargerState.FULL:
            self.state = ChargerState.ABSENT
        self.settle(cell, now_us)

    def settle(self, cell: Cell, now_us: int) -> None:
        """Take the state that is right now, and the heat that goes with it."""
        self.state = self._next_state(cell, now_us)
        steady_uk = 0
        if self.state in FLOWING:
            # With less coupling the charger drives harder, and what does not arrive in the cell warms the case.
            steady_uk = self._constants.rise_mk * UK_PER_MK * PERFECT_PERMILLE // self.coupling_permille
        if steady_uk != self.warmth.steady_uk:
            self.warmth.head_for(steady_uk, now_us)
        self.is_at_rest = self.state is ChargerState.ABSENT

    def rise_mk(self, now_us: int) -> int:
        """How much warmer than the body the pocket is, rounded up."""
        return -(-self.warmth.at(now_us) // UK_PER_MK)

    def current_ua(self, cell: Cell) -> int:
        """What flows into the cell in the state that it is in."""
        constants = self._constants
        if self.state not in FLOWING:
            return 0
        if self.state is ChargerState.PRECHARGE:
            return constants.precharge_ua
        offered_ua = constants.current_ua * self.coupling_permille // PERFECT_PERMILLE
        if self.state is ChargerState.CONSTANT_CURRENT:
            return offered_ua
        return min(offered_ua, self._accepted_ua(cell))

    def next_us(self, cell: Cell, now_us: int, net_ua: int) -> int | None:
        """When the current or the heat must be looked at again, if `net_ua` flows into the cell until then."""
        constants = self._constants
        times: list[int] = []
        if self.state in FLOWING:
            warm_us = self.warmth.rises_to(constants.stop_mk * UK_PER_MK)
            if warm_us is not None:
                times.append(warm_us)
            missing_pc = self._to_the_next_step_pc(cell, is_rising=net_ua > 0)
            if net_ua and missing_pc is not None:
                times.append(now_us + max(1, -(-missing_pc // abs(net_ua))))
        elif self.state is ChargerState.TOO_WARM:
            cool_us = self.warmth.falls_to(constants.resume_mk * UK_PER_MK)
            assert cool_us is not None, "without heat the pocket cools"
            times.append(cool_us)
        elif self.state is ChargerState.FULL and net_ua < 0:
            above_pc = cell.left_pc - self._charge_at(cell, constants.again_below_permille)
            times.append(now_us + max(1, above_pc // -net_ua + 1))
        return min(times, default=None)

    # ------------------------------------------------------------------------------------------------- internals

    def _next_state(self, cell: Cell, now_us: int) -> ChargerState:
        constants = self._constants
        if not self.coupling_permille:
            return ChargerState.ABSENT
        if self.coupling_permille < constants.coupling_least_permille:
            return ChargerState.MISALIGNED
        if self.is_worn_out:
            return ChargerState.WORN_OUT
        if self._is_too_warm(now_us):
            return ChargerState.TOO_WARM
        if cell.left_pc == cell.capacity_pc:
            return ChargerState.FULL
        if self.state is ChargerState.FULL and cell.left_pc >= self._charge_at(cell, constants.again_below_permille):
            return ChargerState.FULL
        if cell.is_reserve_low:
            return ChargerState.PRECHARGE
        if cell.left_pc < self._charge_at(cell, constants.taper_from_permille):
            return ChargerState.CONSTANT_CURRENT
        return ChargerState.CONSTANT_VOLTAGE

    def _is_too_warm(self, now_us: int) -> bool:
        rise_uk = self.warmth.at(now_us)
        if self.state is ChargerState.TOO_WARM:
            return rise_uk > self._constants.resume_mk * UK_PER_MK
        return rise_uk >= self._constants.stop_mk * UK_PER_MK

    def _step(self, cell: Cell) -> int:
        """In which step of the taper the cell is: 0 is the first."""
        constants = self._constants
        above_pc = cell.left_pc - self._charge_at(cell, constants.taper_from_permille)
        return above_pc * 1_000 // (cell.capacity_pc * constants.taper_step_permille)

    def _accepted_ua(self, cell: Cell) -> int:
        """What the cell takes at constant voltage: from all of it down to the end's share, with what is missing."""
        constants = self._constants
        span_permille = 1_000 - constants.taper_from_permille
        # In the middle of a step, so that the steps take as long as the smooth way would.
        missing = 2 * span_permille - (2 * self._step(cell) + 1) * constants.taper_step_permille
        end = constants.taper_end_permille
        share_permille = end + (1_000 - end) * max(0, missing) // (2 * span_permille)
        return constants.current_ua * share_permille // 1_000

    def _to_the_next_step_pc(self, cell: Cell, *, is_rising: bool) -> int | None:
        """How much charge is missing (or to be lost) until the current changes; None when losing changes nothing."""
        constants = self._constants
        if self.state is ChargerState.PRECHARGE:
            return cell.missing_reserve_pc if is_rising else None
        if self.state is ChargerState.CONSTANT_CURRENT:
            return self._charge_at(cell, constants.taper_from_permille) - cell.left_pc if is_rising else None
        step = self._step(cell)
        permille = constants.taper_from_permille + (step + is_rising) * constants.taper_step_permille
        bound_pc = self._charge_at(cell, min(1_000, permille))
        return bound_pc - cell.left_pc if is_rising else cell.left_pc - bound_pc + 1

    @staticmethod
    def _charge_at(cell: Cell, permille: int) -> int:
        return -(-cell.capacity_pc * permille // 1_000)
