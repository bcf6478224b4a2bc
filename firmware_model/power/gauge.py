"""From readings of the battery's voltage to what is said of it: several in a row, one level at a time, with hysteresis.

A pulse train pulls the voltage down while it runs and lets it go when it stops; a single reading would say "low" and
take it back all day. So a level changes after three readings in a row, and is left only well above where it began.
"""

from __future__ import annotations

from firmware_model.power.constants import PowerPlan
from scs.domain.status import BatteryLevel

_LEVELS = (BatteryLevel.GOOD, BatteryLevel.LOW, BatteryLevel.REPLACE_SOON)


class Gauge:
    """Takes readings and tells the level."""

    def __init__(self, plan: PowerPlan) -> None:
        self._bounds_mv = tuple(bound for bound in (plan.low_mv, plan.replace_mv) if bound)
        self._hysteresis_mv = plan.hysteresis_mv
        self._readings = plan.readings
        self._run = 0
        """How many readings in a row asked for a worse level; below zero, for a better one."""
        self.level = BatteryLevel.GOOD

    @property
    def is_undecided(self) -> bool:
        """Whether the latest reading asked for another level, so that the next one matters."""
        return self._run != 0

    @property
    def worse_at_mv(self) -> int | None:
        """A reading at or below asks for the next worse level; None when there is none."""
        return self._bounds_mv[self.level] if self.level < len(self._bounds_mv) else None

    @property
    def better_from_mv(self) -> int | None:
        """A reading from here on asks for the next better level; None when there is none."""
        return self._bounds_mv[self.level - 1] + self._hysteresis_mv if self.level else None

    def restore(self, level: BatteryLevel) -> None:
        """Go on where a former run of the firmware was. What this cell has no level for is its last one."""
        self.level = _LEVELS[min(level, len(self._bounds_mv))]
        self._run = 0

    def read(self, loaded_mv: int) -> None:
        """Take one reading."""
        worse, better = self.worse_at_mv, self.better_from_mv
        if worse is not None and loaded_mv <= worse:
            self._run = max(0, self._run) + 1
        elif better is not None and loaded_mv >= better:
            self._run = min(0, self._run) - 1
        else:
            self._run = 0
        if abs(self._run) >= self._readings:
            self.level = _LEVELS[self.level + (1 if self._run > 0 else -1)]
            self._run = 0
