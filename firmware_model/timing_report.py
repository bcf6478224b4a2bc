"""Requests that ask for the time of the day, the rates that are delivered, and what holds a group back."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from scs.domain.program import Burst
from scs.domain.pulse import period_us
from scs.wire.requests import GetClock, GetDelivery
from scs.wire.responses import ClockReport, Delivery


def get_clock(context: Context, _session: Session, _request: GetClock) -> ClockReport:
    parts = context.parts
    clock = parts.day.clock
    if not clock.is_set:
        return ClockReport(parts.now_us, False, 0, 0)
    return ClockReport(parts.now_us, True, clock.time_of_day_us(parts.now_us) or 0, clock.set_us)


def get_delivery(context: Context, _session: Session, _request: GetDelivery) -> Delivery:
    parts = context.parts
    therapy, now_us = parts.therapy, parts.now_us
    leave = parts.day.leave(therapy, now_us)
    group = therapy.group
    if group is None:
        return Delivery(now_us, therapy.slot, leave.held_by, 0, 0, 0, ())
    rates = tuple(
        (
            program.waveform.rate_mhz,
            delivered_us,
            period_us(program.waveform.intra_rate_mhz) if isinstance(program.waveform, Burst) else 0,
        )
        for program, delivered_us in zip(group.programs, parts.stimulator.periods_us, strict=True)
    )
    dose_us = group.daily_dose_us or 0
    used_us = parts.day.doses.used_us(therapy.slot, now_us) if dose_us else 0
    return Delivery(now_us, therapy.slot, leave.held_by, leave.next_us or 0, dose_us, used_us, rates)
