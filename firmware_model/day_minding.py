"""What the firmware does about the day: it holds therapy back by a soft stop, lets it go softly, and says so."""

from __future__ import annotations

from firmware_model.parts import Parts
from scs.clock import Instant
from scs.domain.status import HeldBy, LogKind

_SAID = {
    HeldBy.WINDOW: "waits for its window",
    HeldBy.DOSE: "waits: the day's dose is used up",
    HeldBy.CLOCK: "waits: the clock is not set",
}


def mind_day(parts: Parts) -> None:
    """Make therapy wait, or go on, as the day allows it now."""
    therapy, day, now_us = parts.therapy, parts.day, parts.now_us
    leave = day.leave(therapy, now_us)
    is_allowed = leave.held_by is HeldBy.NOTHING
    if therapy.is_held is not is_allowed:
        return
    if is_allowed:
        therapy.release(Instant(now_us))
        parts.log(LogKind.SCHEDULE, f"slot {therapy.slot} goes on")
        return
    therapy.hold(Instant(now_us), leave.until_us)
    if leave.held_by is HeldBy.DOSE:
        day.doses.spend(therapy.slot, now_us)
    parts.log(LogKind.SCHEDULE, f"slot {therapy.slot} {_SAID[leave.held_by]}")
