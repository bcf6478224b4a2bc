"""Measuring the impedance of every contact against the case, one contact after the other.

Test pulses stay far below what can be felt and are not counted as therapy. What was measured feeds the rules. A contact
found open or short stays latched over resets, apart from the log, until a later measurement finds it whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmware_model.electrodes import Electrodes
from firmware_model.meter import Meter
from scs.clock import Duration, Instant
from scs.domain.impedance import Impedances
from scs.domain.profile import Interface
from scs.wire.responses import ImpedanceResult
from scs.wire.terms import ContactState, ImpedanceState

CONTACT_TIME = Duration.of_ms(10)
"""How long one contact takes: a few test pulses and their recovery [A]."""


class ImpedanceMeasurement:
    """The last measurement, and the one under way."""

    def __init__(self, electrodes: Electrodes, interface: Interface, meter: Meter) -> None:
        self._electrodes = electrodes
        self._meter = meter
        self._interface = interface
        self._ends: Instant | None = None
        self._measured_us = 0
        self.known: Impedances | None = None
        """What the rules may use; None before the first measurement when nothing is latched either."""
        self._is_measured = False
        """Since power-on: what was latched before is known, and is no measurement of this day."""

    def recall(self, lead_faults: Mapping[int, int]) -> None:
        """Take up what was latched before the reset, so that the rules refuse those contacts without measuring."""
        assert self.known is None, "nothing was measured yet"
        if lead_faults:
            self.known = Impedances(dict(lead_faults))

    @property
    def lead_faults(self) -> dict[int, int]:
        """What is to be latched: the contacts found open or short, with their ohms."""
        return {contact: ohms for contact, ohms, state in self._rows() if state is not ContactState.OK}

    def begin(self, now: Instant) -> None:
        assert self._ends is None, "one measurement at a time"
        self._ends = now + CONTACT_TIME * len(self._electrodes.contacts)

    def abort(self) -> None:
        """Stop measuring; the last complete measurement stands."""
        self._ends = None

    def next_due(self) -> Instant | None:
        return self._ends

    def finish(self, now: Instant) -> None:
        """The last contact is done."""
        assert self._ends is not None, "a measurement was under way"
        assert self._ends <= now, "the measurement is over"
        self._ends = None
        self._measured_us = now.us
        self.known = Impedances(self._meter.measure(self._electrodes.measure()))
        self._is_measured = True

    def result(self) -> ImpedanceResult:
        """The answer to GetImpedance."""
        if self._ends is not None:
            return ImpedanceResult(ImpedanceState.MEASURING, 0, ())
        if not self._is_measured:
            return ImpedanceResult(ImpedanceState.NEVER, 0, self._rows())
        return ImpedanceResult(ImpedanceState.READY, self._measured_us, self._rows())

    @property
    def suspects(self) -> tuple[tuple[int, ContactState], ...]:
        """The contacts that were found open or short."""
        return tuple((contact, state) for contact, _, state in self.result().contacts if state is not ContactState.OK)

    def _rows(self) -> tuple[tuple[int, int, ContactState], ...]:
        known = self.known or Impedances()
        return tuple((contact, ohms, self._state(ohms)) for contact, ohms in sorted(known.ohms.items()))

    def _state(self, ohms: int) -> ContactState:
        if ohms > self._interface.open_ohm:
            return ContactState.OPEN
        return ContactState.SHORT if ohms < self._interface.short_ohm else ContactState.OK
