"""What the firmware does about compliance: it says which programs the rail limits, and ends what lacks most of it."""

from __future__ import annotations

from firmware_model.parts import Parts
from scs.clock import Instant
from scs.domain.status import LogKind


def mind_clipping(parts: Parts, told: tuple[int, ...]) -> tuple[int, ...]:
    """Log each program that is limited now and was not in `told`; the programs that are limited now."""
    stimulator = parts.stimulator
    clipped = stimulator.clipped
    for index in clipped:
        if index not in told:
            parts.log(LogKind.LEAD_FAULT, f"program {index} limited by compliance")
    if clipped or not parts.compliance.is_at_rest:
        lost = stimulator.lost if clipped else ()
        parts.compliance.observe(lost, parts.now_us, delivers=any(parts.therapy.is_delivering))
    return clipped


def end_what_is_lost(parts: Parts) -> None:
    """A program lacked most of its current for too long: off softly, and on again by an order only (H25)."""
    lost = parts.compliance.take(parts.now_us)
    if not lost or parts.therapy.group is None:
        return
    for index in lost:
        parts.log(LogKind.LEAD_FAULT, f"program {index} without compliance: therapy ends")
    parts.therapy.soft_stop(Instant(parts.now_us), lost)
