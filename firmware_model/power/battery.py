"""The implant's battery: one cell, everybody who draws from it, its charging, and what is said of it.

Everything between two changes is a straight line in time, so nothing here loops over seconds: what a stretch of time
costs is one product, and when something changes next is solved for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from firmware_model.power.cell import Cell
from firmware_model.power.charging import Charging
from firmware_model.power.constants import Kind, plan_for
from firmware_model.power.gauge import Gauge
from firmware_model.soonest import soonest
from scs.domain.status import BatteryLevel, ChargerState
from scs.domain.units import Millivolts

CHECK_US = 1_000_000
"""How late the end of the battery's charge may be noticed."""


class Consumer(IntEnum):
    """Who draws from the cell."""

    STIMULATION = 0
    STARTS = 1
    """Waking the converter and charging its capacitor: what makes short cycles dear."""
    HOUSEKEEPING = 2
    TELEMETRY = 3
    SENSING = 4
    LEAK = 5
    """Self-discharge of the cell."""


_STIMULATION, _HOUSEKEEPING, _TELEMETRY, _SENSING, _LEAK = (
    Consumer.STIMULATION, Consumer.HOUSEKEEPING, Consumer.TELEMETRY, Consumer.SENSING, Consumer.LEAK,
)  # fmt: skip
"""Asked for whenever time passes: a name of this module is found sooner than a member of its enum."""
_NO_FIELD = (ChargerState.ABSENT, ChargerState.MISALIGNED)
"""The states of a charger in which no field of it reaches the implant."""


class Demand(NamedTuple):
    """What is drawn beside the pulses. `drive_ua` is what the pulses draw on average, rounded up."""

    drive_ua: int = 0
    is_stored: bool = False
    is_talking: bool = False
    """A session is open, so the radio is on."""
    is_sensing: bool = False


AT_REST = Demand()


@dataclass(frozen=True, slots=True)
class CellState:
    """What a cell is like: physics that no reset of the firmware changes."""

    capacity_pc: int
    left_pc: int
    reserve_pc: int


class Battery:
    """A cell that is full at power-on. `profile_id` names the implant whose constants are taken."""

    def __init__(self, kind: Kind, profile_id: str = "") -> None:
        self.plan = plan_for(kind, profile_id)
        self.cell = Cell(self.plan)
        self.gauge = Gauge(self.plan)
        self.charging = Charging(self.plan.charging) if self.plan.charging is not None else None
        self.over_discharges = 0
        """Kept in the implant's memory; whoever keeps it restores it here."""
        self.drawn_pc = [0] * len(Consumer)
        """Per consumer, since power-on."""
        self.leakage_ua = 0
        """What a defect draws beside everything else; only the bench sets it."""
        self._read_us = -1

    # ------------------------------------------------------------------------------------------------- what is so

    @property
    def is_empty(self) -> bool:
        return not self.cell.left_pc

    @property
    def is_recharged(self) -> bool:
        """Whether therapy may be thought of again after the cell was empty."""
        return self.permille >= self.plan.recharged_permille and not self.is_worn_out

    @property
    def is_worn_out(self) -> bool:
        """Whether the cell was over-discharged too often to be charged again."""
        return self.over_discharges >= self.plan.over_discharges_max

    @property
    def is_dark(self) -> bool:
        """Whether there is no power even for the logic: over-discharged, and no charger's field to live on."""
        return not self.cell.reserve_pc and self.charger in _NO_FIELD

    @property
    def permille(self) -> int:
        """What is left, rounded down."""
        return self.cell.permille

    @property
    def millivolts(self) -> Millivolts:
        return self.cell.millivolts

    def is_sagging(self, demand: Demand) -> bool:
        """Whether the voltage under all that is drawn now is below what the processor needs."""
        return self.cell.loaded_mv(self.draw_ua(demand)) < self.plan.brown_out_mv

    def cannot_sag(self, drive_ua: int) -> bool:
        """Whether not even an empty cell's voltage would give way while the pulses draw this, whoever else draws."""
        plan = self.plan
        most_ua = drive_ua + plan.others_ua_max + self.leakage_ua
        return most_ua * self.cell.resistance_ohm < 1_000 * (plan.empty_mv - plan.brown_out_mv)

    def sags_at_pc(self, demand: Demand) -> int | None:
        """The largest charge at which the voltage gives way under this demand; None when it never does."""
        return self.cell.left_at_or_below(self.plan.brown_out_mv - 1, self.draw_ua(demand))

    def quiet_above_pc(self, demand: Demand) -> int | None:
        """Above this charge no reading says anything new and nothing sags, while not more than this is drawn.

        None when the next reading may already say something.
        """
        if self.gauge.is_undecided:
            return None
        if self.gauge.better_from_mv is not None:
            better_pc = self.cell.left_from(self.gauge.better_from_mv, 0)
            if better_pc is not None and better_pc <= self.cell.left_pc:
                return None
        worse_mv = self.gauge.worse_at_mv
        worse_pc = None if worse_mv is None else self.cell.left_at_or_below(worse_mv, demand.drive_ua)
        return max(0, worse_pc or 0, self.sags_at_pc(demand) or 0)

    @property
    def level(self) -> BatteryLevel:
        has_ended = self.is_worn_out or (self.plan.kind == "primary" and self.is_empty)
        return BatteryLevel.ENDED if has_ended else self.gauge.level

    @property
    def charger(self) -> ChargerState:
        return self.charging.state if self.charging is not None else ChargerState.ABSENT

    @property
    def charge_ua(self) -> int:
        """What flows into the cell now."""
        charging = self.charging
        return 0 if charging is None or charging.is_at_rest else charging.current_ua(self.cell)

    def rise_mk(self, now_us: int) -> int:
        """How much warmer than the body the pocket is."""
        return self.charging.rise_mk(now_us) if self.charging is not None else 0

    @property
    def state(self) -> CellState:
        """For whoever keeps the cell over a restart of the emulator."""
        return CellState(self.cell.capacity_pc, self.cell.left_pc, self.cell.reserve_pc)

    # -------------------------------------------------------------------------------------------------- who draws

    def pulse_cost_pc(self, charge_pc: int, needed_mv: int) -> int:
        """What one pulse takes from the cell to move `charge_pc` at the rail above `needed_mv`; rounded up."""
        plan = self.plan
        rail_mv = max(plan.rail_least_mv, -(-needed_mv // plan.rail_step_mv) * plan.rail_step_mv)
        return -(-charge_pc * rail_mv * 1_000 // (plan.middle_mv * plan.efficiency_permille))

    def drive(self, cost_pc: int) -> None:
        """Draw what pulses cost."""
        self.drawn_pc[_STIMULATION] += cost_pc
        self.cell.draw(cost_pc)

    def start_output(self) -> None:
        """Draw what it costs to wake a program's output."""
        self.drawn_pc[Consumer.STARTS] += self.plan.start_cost_pc
        self.cell.draw(self.plan.start_cost_pc)

    def pass_time(self, now_us: int, until_us: int, demand: Demand = AT_REST) -> None:
        """Draw what the time between the two instants costs beside the pulses, and charge. µA · µs = pC."""
        elapsed_us, charging, cell = until_us - now_us, self.charging, self.cell
        # Without its reserve a cell may be dark.
        if elapsed_us and (cell.reserve_pc or not self.is_dark):
            house_ua, talking_ua, sensing_ua, leak_ua = self._drawn_ua(demand)
            drawn_pc = self.drawn_pc
            drawn_pc[_HOUSEKEEPING] += house_ua * elapsed_us
            drawn_pc[_TELEMETRY] += talking_ua * elapsed_us
            drawn_pc[_SENSING] += sensing_ua * elapsed_us
            drawn_pc[_LEAK] += leak_ua * elapsed_us
            # What flows in feeds the implant first: a cell that is charged is not emptied meanwhile.
            charge_ua = 0 if charging is None or charging.is_at_rest else charging.current_ua(cell)
            net_pc = (house_ua + talking_ua + sensing_ua + leak_ua - charge_ua) * elapsed_us
            if net_pc >= 0:
                cell.draw(net_pc)
            else:
                cell.put(-net_pc)
        if charging is not None:
            charging.is_worn_out = self.is_worn_out
            if not charging.is_at_rest:
                charging.settle(cell, until_us)

    def draw_ua(self, demand: Demand) -> int:
        """What is drawn altogether, with the mean of the pulses."""
        house_ua, talking_ua, sensing_ua, leak_ua = self._drawn_ua(demand)
        return demand.drive_ua + house_ua + talking_ua + sensing_ua + leak_ua

    def _drawn_ua(self, demand: Demand) -> tuple[int, int, int, int]:
        """By the house, the radio, the sensing and the leak: who draws all the time, pulses or not."""
        plan = self.plan
        talking_ua = plan.telemetry_ua if demand.is_talking else 0
        sensing_ua = plan.sensing_ua if demand.is_sensing else 0
        if self.is_empty:
            # An over-discharged cell leaks next to nothing, and what it leaks is in the 30 days of its reserve.
            return plan.hibernate_ua + self.leakage_ua, talking_ua, sensing_ua, 0
        house_ua = plan.storage_ua if demand.is_stored else plan.housekeeping_ua
        return house_ua + self.leakage_ua, talking_ua, sensing_ua, plan.leak_ua

    # ------------------------------------------------------------------------------------------------- readings

    def is_reading_due(self, now_us: int) -> bool:
        """Whether it is the time to read the voltage, and it was not read yet."""
        return now_us % self.plan.reading_us == 0 and now_us > self._read_us

    def read(self, now_us: int, demand: Demand = AT_REST) -> None:
        """Read the voltage when it is the time for it, once at an instant; the level may change."""
        if self.is_reading_due(now_us) and not self.is_dark:
            self._read_us = now_us
            self.gauge.read(self.cell.loaded_mv(demand.drive_ua))

    def is_quiet(self, now_us: int, until_us: int, drive_ua: int) -> bool:
        """Whether nothing about the battery changes until then for certain, whoever draws beside the pulses.

        `next_us` says when something does; this is what a short time can be told without it.
        """
        charging = self.charging
        return (
            until_us - now_us < CHECK_US
            and (charging is None or charging.is_at_rest)
            and until_us < self._following_us(now_us)
            and self.cannot_sag(drive_ua)
        )

    def next_us(self, now_us: int, demand: Demand = AT_REST) -> int | None:
        """When something about the battery changes next, if nobody draws otherwise; None when nothing does."""
        if self.is_dark:
            return None
        cell, charging = self.cell, self.charging
        net_ua = self.charge_ua - self.draw_ua(demand)
        reading_us = self._next_reading_us(now_us, net_ua, demand)
        ends_us = sags_us = charged_us = None
        if net_ua < 0:
            # Looked at again at least this often near the end, so therapy ends with the charge and not an hour later.
            store_pc = cell.left_pc or cell.reserve_pc
            if store_pc:
                ends_us = now_us + max(CHECK_US, -(-store_pc // -net_ua))
        sags_pc = None if self.cannot_sag(demand.drive_ua) else self.sags_at_pc(demand)
        if sags_pc is not None and cell.left_pc > sags_pc:
            sags_us = _reached_us(now_us, cell.left_pc - sags_pc, -net_ua)
        if charging is not None and not charging.is_at_rest:
            charged_us = charging.next_us(cell, now_us, net_ua)
        return soonest(reading_us, ends_us, sags_us, charged_us)

    def _following_us(self, now_us: int) -> int:
        """The next time for a reading; an instant at which it was read already is followed by the next one."""
        every_us = self.plan.reading_us
        return -(-max(now_us, self._read_us + 1) // every_us) * every_us

    def _next_reading_us(self, now_us: int, net_ua: int, demand: Demand) -> int | None:
        """The next reading that can matter: every one while a level is being decided, else the first beyond a bound."""
        every_us, gauge, following_us = self.plan.reading_us, self.gauge, self._following_us(now_us)
        if gauge.is_undecided:
            return following_us
        reached_us = None
        worse, better = gauge.worse_at_mv, gauge.better_from_mv
        if worse is not None:
            bound_pc = self.cell.left_at_or_below(worse, demand.drive_ua)
            if bound_pc is not None:
                reached_us = _reached_us(now_us, self.cell.left_pc - bound_pc, -net_ua)
        if better is not None:
            bound_pc = self.cell.left_from(better, demand.drive_ua)
            if bound_pc is not None:
                reached_us = soonest(reached_us, _reached_us(now_us, bound_pc - self.cell.left_pc, net_ua))
        return None if reached_us is None else max(following_us, -(-reached_us // every_us) * every_us)

    # ---------------------------------------------------------------------------------------------- from the bench

    def set_permille(self, permille: int) -> None:
        """Put the cell into a state of charge."""
        self.cell.set_permille(permille)

    def restore(self, state: CellState) -> None:
        """Put in a cell that is like this."""
        assert 0 < state.capacity_pc <= self.plan.capacity_pc, "a cell ages and does not grow"
        assert 0 <= state.left_pc <= state.capacity_pc, "a cell is between empty and full"
        assert 0 <= state.reserve_pc <= self.plan.reserve_pc, "a reserve is between nothing and all of it"
        cell = self.cell
        cell.capacity_pc, cell.left_pc, cell.reserve_pc = state.capacity_pc, state.left_pc, state.reserve_pc


def _reached_us(now_us: int, away_pc: int, towards_ua: int) -> int | None:
    """When a bound that is `away_pc` away is reached at this speed; now when it is reached already, None when never."""
    if away_pc <= 0:
        return now_us
    return now_us + -(-away_pc // towards_ua) if towards_ua > 0 else None
