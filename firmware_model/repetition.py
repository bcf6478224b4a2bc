"""A cycle that does exactly what the one before it did is not delivered again: it is counted.

At the beginning of a cycle the state of everything that delivers is taken, with all times counted from now. When it is
the same at the beginning of the next one, and nothing else fell due or was told in between, every further cycle adds
the same to every account, up to the next thing that falls due elsewhere. What a stretch of time costs then depends
neither on the pulse rate nor on the number of cycles, and the accounts stay exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import lcm

from firmware_model.accounts import Key, accounts, add_again, added_since
from firmware_model.context import Context
from firmware_model.power.minding import demand
from scs.domain.status import ChargerState

PERIOD_US_MAX = 48 * 3_600_000_000
"""Programs whose cycles come together again no sooner than this are delivered cycle by cycle."""

State = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """One beginning of a cycle."""

    at_us: int
    state: State
    counts: Counter[Key]


class Repetition:
    """Looks for a repetition within one step of an implant, in which nobody interferes from outside."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._first: _Beginning | None = None
        self._drive_ua_max = 0
        self._period_us = self._period()

    def skip(self, until_us: int, others_due_us: Callable[[], int | None]) -> None:
        """Count whole cycles that end by `until_us` and before something else than therapy falls due.

        To be called after whatever fell due at an instant has been done.
        """
        parts = self._context.parts
        self._drive_ua_max = max(self._drive_ua_max, parts.stimulator.drive_ua)
        if not self._period_us or not parts.therapy.begins_a_cycle(parts.now_us):
            return
        if self._first is not None and parts.now_us < self._first.at_us + self._period_us:
            return
        state = self._state()
        if state is None:
            self._first = None
            return
        now = _Beginning(parts.now_us, state, accounts(parts))
        first, self._first = self._first, now
        if first is None or now.at_us != first.at_us + self._period_us or now.state != first.state:
            return
        added = added_since(parts, first.counts)
        times = self._times(until_us, others_due_us(), -added["left_pc", 0], added["dose_us", 0])
        if times > 0:
            parts.stimulator.taps.tell_again(first.at_us, self._period_us, times)
            self._repeat(added, times)
            self._first = None

    def _period(self) -> int:
        """After how long all cycles begin together again; 0 when nothing cycles, or not soon."""
        parts = self._context.parts
        if parts.therapy.group is None or parts.stimulator.taps:
            return 0
        cycles = [program.cycling for program in parts.therapy.group.programs]
        periods = [cycle.on_us + cycle.off_us for cycle in cycles if cycle is not None]
        # A program without a cycle has to come round too: its period is one of them.
        whole = lcm(*periods) if periods else 0
        if len(periods) < len(cycles):
            whole = lcm(whole, *parts.stimulator.steady_periods_us) if whole else 0
        return whole if whole <= PERIOD_US_MAX else 0

    def _state(self) -> State | None:
        parts = self._context.parts
        stimulator = parts.stimulator.state()
        if stimulator is None or parts.battery.charger is not ChargerState.ABSENT or not parts.watchdog.is_well:
            return None
        if not parts.therapy.is_intact:
            return None
        now_us = parts.now_us
        return (
            stimulator,
            parts.therapy.state_at(now_us),
            parts.interlocks.state(now_us),
            parts.stimulator.ledger.state(now_us),
            # A dosing day that began in between would make less of what was used.
            parts.day.doses.ends_us(parts.therapy.slot, now_us),
            parts.compliance.state(now_us),
            # Whatever was told, or came and went: the cycle was not like any other.
            (parts.event_log.newest, parts.modes.mode, parts.battery.level, len(self._context.links.sessions)),
        )

    def _times(self, until_us: int, others_us: int | None, drawn_pc: int, dosed_us: int) -> int:
        """How many whole cycles may be counted."""
        parts = self._context.parts
        end_us = until_us if others_us is None else min(until_us, others_us - 1)
        times = (end_us - parts.now_us) // self._period_us
        # Where the voltage would give way at the largest draw of a cycle, the supervisor has to see each one.
        least_pc = parts.battery.quiet_above_pc(demand(self._context)._replace(drive_ua=self._drive_ua_max))
        if least_pc is None:
            return 0
        spare_us = parts.day.spare_us(parts.therapy, parts.now_us)
        if spare_us is not None:
            times = min(times, spare_us // max(1, dosed_us) - 1)
        # One cycle is kept back, so that whatever the battery does near a bound is seen as it happens.
        return min(times, (parts.battery.cell.left_pc - least_pc) // max(1, drawn_pc) - 1)

    def _repeat(self, added: Counter[Key], times: int) -> None:
        parts = self._context.parts
        before_pc, ledger = parts.battery.cell.left_pc, parts.stimulator.ledger
        by_us = times * self._period_us
        parts.day.doses.count(parts.therapy.slot, times * added["dose_us", 0], parts.now_us)
        parts.now_us += by_us
        parts.stimulator.shift(by_us)
        parts.therapy.shift(by_us)
        parts.interlocks.shift(by_us, times * added["busy_us", 0], parts.now_us)
        ledger.shift(by_us)
        add_again(parts, added, times)
        row = parts.usage.slots[parts.therapy.slot]
        programs_us = [times * added["programs_us", index] for index in range(len(row.programs_us))]
        # The posture stays what it is until the senses are due again, and no cycle is counted across that.
        parts.usage.count_more(parts.therapy.slot, times * added["therapy_us", 0], programs_us, parts.senses.posture)
        assert parts.battery.cell.left_pc > 0, "what is counted at once leaves the battery its charge"
        assert before_pc - parts.battery.cell.left_pc == -times * added["left_pc", 0], "every cycle draws the same"
