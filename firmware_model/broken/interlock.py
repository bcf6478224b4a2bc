"""Implants whose last witness does not see, sees late, or is not believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware_model import orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_row
from firmware_model.context import Context
from firmware_model.device import Device
from firmware_model.interlocks import Interlocks, OutputLimits
from firmware_model.links import Session
from firmware_model.modes import Event
from firmware_model.sensed import Leaving, Train
from scs.domain.status import Fault
from scs.wire.requests import MeasureImpedance
from scs.wire.responses import Done

TRUSTED_PULSES = 3
"""How many bad pulses in a row the slow interlock waits for."""
SELF_TEST = OutputLimits(1_000_000, 1_000_000, 1_000_000_000)
"""What the self-test needs so that it does not trip the interlocks: everything."""


class _Deaf(Interlocks):
    def admits(self, leaving: Leaving, at_us: int) -> bool:
        return self.fault is Fault.NONE

    def admits_all(self, trains: Sequence[Train], from_us: int, until_us: int) -> bool:
        return self.fault is Fault.NONE


class _Slow(Interlocks):
    """Looks away from the first bad pulses."""

    def __init__(self, limits: OutputLimits) -> None:
        super().__init__(limits)
        self._bad = 0

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        latched = self.fault
        if super().admits(leaving, at_us):
            self._bad = 0
            return True
        self._bad += 1
        if latched is Fault.NONE and self._bad <= TRUSTED_PULSES:
            self.fault = Fault.NONE
            return True
        return False


class _NoBalance(Interlocks):
    """What the pulses before have left behind is not counted."""

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        self._net.clear()
        self._waiting.clear()
        return super().admits(leaving, at_us)


class _NoRate(Interlocks):
    """How many pulses there have been is not counted."""

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        self._rate.clear()
        return super().admits(leaving, at_us)


class _Raisable(Interlocks):
    def raise_limits(self) -> None:
        self._limits = SELF_TEST


class _Unlatched(Device):
    """Opens the switches for this once: the next start closes them."""

    def _on_trip(self) -> None:
        super()._on_trip()
        parts = self.parts
        parts.store.save_fault(Fault.NONE)
        parts.interlocks.clear()
        parts.stimulator.rearm()
        parts.modes.take(parts.blank_or(Event.CLEAR_BLANK, Event.CLEAR))


def _measured_with_limits_off(context: Context, session: Session, request: MeasureImpedance) -> Done:
    interlocks = context.parts.interlocks
    assert isinstance(interlocks, _Raisable), "the blueprint of this fault has them"
    interlocks.raise_limits()
    return orders.measure_impedance(context, session, request)


FAULTS = (
    KnownBad("interlock-deaf", "the interlocks admit every pulse", "H36", replace(AS_DESIGNED, interlocks=_Deaf)),
    KnownBad("interlock-slow", "the interlocks let three bad pulses leave before they trip", "H26",
             replace(AS_DESIGNED, interlocks=_Slow)),
    KnownBad("interlock-ignores-balance", "the interlocks do not count the charge that is left", "H05",
             replace(AS_DESIGNED, interlocks=_NoBalance)),
    KnownBad("interlock-ignores-rate", "the interlocks do not count how often pulses leave", "H26",
             replace(AS_DESIGNED, interlocks=_NoRate)),
    KnownBad("interlock-raised-by-self-test", "an impedance measurement raises the interlocks' limits for good", "H26",
             replace(with_row(MeasureImpedance, serve=_measured_with_limits_off), interlocks=_Raisable)),
    KnownBad("interlock-not-latched", "a trip is forgotten at once and therapy may be started again", "H09",
             device=_Unlatched),
)  # fmt: skip
