"""Implants that keep to no window, count no dose, or make something of a clock that was set."""

from __future__ import annotations

from dataclasses import replace

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_request
from firmware_model.broken.therapy import Unguarded
from firmware_model.context import Context
from firmware_model.day import Day, Leave
from firmware_model.dosing import Doses
from firmware_model.therapy import Therapy
from scs.clock import Instant
from scs.domain.schedule import Window
from scs.domain.status import HeldBy
from scs.wire.requests import SetClock


class _Windowless(Day):
    def _by_schedule(self, windows: tuple[Window, ...] | None, ramp_us: int, now_us: int) -> Leave:
        return Leave(HeldBy.NOTHING, None)


class _LateToClose(Day):
    def _by_schedule(self, windows: tuple[Window, ...] | None, ramp_us: int, now_us: int) -> Leave:
        return super()._by_schedule(windows, 0, now_us)


class _MidnightBorn(Day):
    def __init__(self) -> None:
        super().__init__()
        self.clock.set(0, 0)


class _Doseless(Day):
    def spare_us(self, therapy: Therapy, now_us: int) -> int | None:
        return None


class _OpensInFull(Unguarded):
    def release(self, now: Instant) -> None:
        super().release(now)
        self.jump_all()


def _refilled(context: Context, request: SetClock) -> SetClock:
    context.parts.day.doses = Doses()
    return request


FAULTS = (
    KnownBad("window-ignored", "therapy goes on outside of its windows", "H24", replace(AS_DESIGNED, day=_Windowless)),
    KnownBad("window-closed-late", "the soft stop begins when the window ends instead of ending with it", "H24",
             replace(AS_DESIGNED, day=_LateToClose)),
    KnownBad("window-opens-in-full", "a window opens at the full amplitude at once", "H03",
             replace(AS_DESIGNED, therapy=_OpensInFull)),
    KnownBad("clock-begins-at-midnight", "an implant that nobody told the time takes power-on for midnight", "H24",
             replace(AS_DESIGNED, day=_MidnightBorn)),
    KnownBad("dose-ignored", "therapy goes on when the dose of the day is used up", "H24",
             replace(AS_DESIGNED, day=_Doseless)),
    KnownBad("dose-refilled-by-clock", "setting the clock gives a whole dose again", "H24",
             with_request(SetClock, _refilled)),
)  # fmt: skip
