"""What a day allows: whether a group that was started may be delivered now, and until when.

Nothing here starts therapy. Therapy that runs is held back by a soft stop that ends with the window or with the dose,
and let go by a soft start; STOP and `SoftStop` end it as ever, and then there is nothing left to let go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_model.device_clock import DeviceClock
from firmware_model.dosing import Doses
from firmware_model.therapy import Therapy
from scs.domain.program import Group
from scs.domain.schedule import Window, closes_in_us, opens_in_us
from scs.domain.status import HeldBy


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether a group may be delivered. `next_us`: when that changes at the latest; None when not by itself."""

    held_by: HeldBy
    next_us: int | None
    until_us: int | None = None
    """By when the output has to be zero; None when it may take the program's own ramp."""


_NOTHING = HeldBy.NOTHING
_FREE = Leave(_NOTHING, None)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found for one group, and what it was found from."""

    group: Group
    asked: tuple[object, ...]
    from_us: int
    leave: Leave

    def holds_at(self, now_us: int) -> bool:
        next_us = self.leave.next_us
        return next_us is not None and self.from_us <= now_us < next_us


@dataclass(slots=True)
class Day:
    """The clock, and the doses of the day that runs. A reset leaves both."""

    clock: DeviceClock = field(default_factory=DeviceClock)
    doses: Doses = field(default_factory=Doses)
    _latest: _Known | None = None

    def leave(self, therapy: Therapy, now_us: int) -> Leave:
        """What the running group is allowed; therapy that is off or ends anyway is asked for nothing."""
        group = therapy.group
        if group is None or therapy.is_stopping or (group.schedule is None and group.daily_dose_us is None):
            return _FREE
        if group.daily_dose_us is not None:
            return self._work_out(therapy, group, now_us)
        # Of windows alone the answer stands until the next of their ends, as long as the clock goes on as it did.
        asked, known = (self.clock.reading, therapy.ramp_down_us), self._latest
        if known is None or known.group is not group or known.asked != asked or not known.holds_at(now_us):
            known = self._latest = _Known(group, asked, now_us, self._work_out(therapy, group, now_us))
        return known.leave

    def _work_out(self, therapy: Therapy, group: Group, now_us: int) -> Leave:
        by_window = self._by_schedule(group.schedule, therapy.ramp_down_us, now_us)
        by_dose = self._by_dose(therapy, now_us)
        if by_window.held_by is not HeldBy.NOTHING:
            return by_window
        if by_dose.held_by is not HeldBy.NOTHING:
            return by_dose
        times_us = [at_us for at_us in (by_window.next_us, by_dose.next_us) if at_us is not None]
        return Leave(HeldBy.NOTHING, min(times_us, default=None))

    def next_due_us(self, therapy: Therapy, now_us: int) -> int | None:
        """When therapy has to be held or let go next: now, when it already differs from what is allowed."""
        leave = self.leave(therapy, now_us)
        is_as_allowed = therapy.is_held == (leave.held_by is not _NOTHING)
        return leave.next_us if is_as_allowed else now_us

    def spare_us(self, therapy: Therapy, now_us: int) -> int | None:
        """For how long the running group may be delivered before its soft stop has to begin; None for no bound."""
        if therapy.group is None or therapy.group.daily_dose_us is None:
            return None
        return therapy.group.daily_dose_us - self.doses.used_us(therapy.slot, now_us) - therapy.ramp_down_us

    def count(self, therapy: Therapy, elapsed_us: int, from_us: int) -> None:
        """The running group had an amplitude for so long."""
        if therapy.group is not None and therapy.group.daily_dose_us is not None:
            self.doses.count(therapy.slot, elapsed_us, from_us)

    def _by_schedule(self, windows: tuple[Window, ...] | None, ramp_us: int, now_us: int) -> Leave:
        if windows is None:
            return Leave(HeldBy.NOTHING, None)
        time_of_day_us = self.clock.time_of_day_us(now_us)
        if time_of_day_us is None:
            return Leave(HeldBy.CLOCK, None)
        closes_us = closes_in_us(windows, time_of_day_us)
        opens_us = now_us + opens_in_us(windows, time_of_day_us)
        if closes_us is None:
            return Leave(HeldBy.WINDOW, opens_us)
        if closes_us <= ramp_us:
            # What begins now would not be down again by the end of the window.
            return Leave(HeldBy.WINDOW, opens_us, now_us + closes_us)
        return Leave(HeldBy.NOTHING, now_us + closes_us - ramp_us)

    def _by_dose(self, therapy: Therapy, now_us: int) -> Leave:
        spare_us = self.spare_us(therapy, now_us)
        if spare_us is None:
            return Leave(HeldBy.NOTHING, None)
        ends_us = self.doses.ends_us(therapy.slot, now_us)
        if spare_us <= 0 or self.doses.is_spent(therapy.slot, now_us):
            return Leave(HeldBy.DOSE, ends_us)
        times_us = [at_us for at_us in (ends_us, now_us + spare_us) if at_us is not None]
        return Leave(HeldBy.NOTHING, min(times_us) if any(therapy.is_delivering) else ends_us)
