"""Measuring the impedance of every contact against the case, one contact after the other.

Test pulses stay far below what can be felt and are not counted as therapy. What was measured feeds the rules.
"""

from __future__ import annotations

from firmware_model.electrodes import Electrodes
from scs.clock import Duration, Instant
from scs.domain.impedance import Impedances
from scs.domain.profile import Interface
from scs.wire.messages import ContactState, ImpedanceResult, ImpedanceState

CONTACT_TIME = Duration.of_ms(10)
"""How long one contact takes: a few test pulses and their recovery [A]."""


class ImpedanceMeasurement:
    """The last measurement, and the one under way."""

    def __init__(self, electrodes: Electrodes, interface: Interface) -> None:
        self._electrodes = electrodes
        self._interface = interface
        self._ends: Instant | None = None
        self._measured_us = 0
        self.known: Impedances | None = None
        """What the rules may use; None before the first measurement."""

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
        self.known = Impedances(self._electrodes.measure())

    def result(self) -> ImpedanceResult:
        """The answer to GetImpedance."""
        if self._ends is not None:
            return ImpedanceResult(ImpedanceState.MEASURING, 0, ())
        if self.known is None:
            return ImpedanceResult(ImpedanceState.NEVER, 0, ())
        rows = tuple((contact, ohms, self._state(ohms)) for contact, ohms in sorted(self.known.ohms.items()))
        return ImpedanceResult(ImpedanceState.READY, self._measured_us, rows)

    @property
    def suspects(self) -> tuple[tuple[int, ContactState], ...]:
        """The contacts that were found open or short."""
        return tuple((contact, state) for contact, _, state in self.result().contacts if state is not ContactState.OK)

    def _state(self, ohms: int) -> ContactState:
        if ohms > self._interface.open_ohm:
            return ContactState.OPEN
        return ContactState.SHORT if ohms < self._interface.short_ohm else ContactState.OK
