"""Measuring the impedance of every contact against the case, and of every two contacts, one after the other.

Test pulses are small, pass the rules and the interlocks like every pulse, and are not counted as therapy. What was
measured feeds the rules and raises no limit. A contact found open, short, high or intermittent stays latched over
resets, apart from the log, until a later measurement finds it whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from firmware_model.electrodes import Electrodes
from firmware_model.meter import Meter
from firmware_model.probe import Probe
from firmware_model.stimulator import Stimulator
from scs.clock import Instant
from scs.domain.impedance import HIGH_OHM, INTERMITTENT_OHM, Impedances, settled_ohm
from scs.domain.lead import CASE
from scs.domain.profile import Interface
from scs.wire.responses import ImpedanceMatrix, ImpedanceResult
from scs.wire.terms import PAIRS_MAX, ContactState, ImpedanceState

Pair = tuple[int, int]
"""Two contacts; (contact, CASE) is that contact against the case."""


class ImpedanceMeasurement:
    """The last measurement, and the one under way."""

    def __init__(
        self, electrodes: Electrodes, interface: Interface, meter: Meter, probe: Probe, stimulator: Stimulator
    ) -> None:
        self._electrodes = electrodes
        self._meter = meter
        self._interface = interface
        self._probe = probe
        self._stimulator = stimulator
        self._begins_us = 0
        self._ends: Instant | None = None
        self._done = 0
        """Reads that have been taken of the measurement under way."""
        self._reads_ohm: dict[Pair, list[int]] = {}
        self._pairs_ohm: dict[Pair, int] = {}
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
        """What is to be latched: the contacts found other than whole, with their ohms."""
        return {contact: ohms for contact, ohms, state in self._rows() if state is not ContactState.OK}

    def check(self) -> None:
        """Raise Refused when a rule lets some test pulse not pass; nothing has left then."""
        self._probe.check()

    def begin(self, now: Instant) -> None:
        assert self._ends is None, "one measurement at a time"
        spacing_us = self._probe.spacing_us
        # The recharge of the last pulse of therapy comes to its end first.
        self._begins_us = max(now.us, self._stimulator.free_us) + spacing_us
        self._ends = Instant(self._begins_us + self._probe.reads * spacing_us)
        self._done, self._reads_ohm = 0, {}

    def abort(self) -> None:
        """Stop measuring; the last complete measurement stands."""
        if self._ends is not None:
            self._stimulator.end_tests()
        self._ends, self._reads_ohm = None, {}

    def next_due(self) -> Instant | None:
        return self._ends

    def advance(self, until: Instant) -> bool:
        """Let every test pulse leave that begins before `until`, and read it; False when the interlocks tripped."""
        while self._ends is not None and self._done < self._probe.reads:
            at_us = self._begins_us + self._done * self._probe.spacing_us
            if at_us >= until.us:
                break
            pair = self._probe.pair(self._done)
            if not self._stimulator.test(self._probe.program(*pair), at_us):
                return False
            true_ohm = self._electrodes.pair_ohms(*pair, at_us)
            self._reads_ohm.setdefault(pair, []).append(self._meter.measure({0: true_ohm})[0])
            self._done += 1
        return True

    def finish(self, now: Instant) -> None:
        """The last pair is done."""
        assert self._ends is not None, "a measurement was under way"
        assert self._ends <= now, "the measurement is over"
        assert self._done == self._probe.reads, "every read has been taken"
        settled = {pair: settled_ohm(reads) for pair, reads in self._reads_ohm.items()}
        self.abort()
        self._measured_us = now.us
        ohms = {one: settled.pop((one, CASE)) for one in self._electrodes.contacts}
        self._pairs_ohm = settled
        self.known = Impedances(self._with_bridges(ohms))
        self._is_measured = True

    def result(self) -> ImpedanceResult:
        """The answer to GetImpedance."""
        if self._ends is not None:
            return ImpedanceResult(ImpedanceState.MEASURING, 0, ())
        if not self._is_measured:
            return ImpedanceResult(ImpedanceState.NEVER, 0, self._rows())
        return ImpedanceResult(ImpedanceState.READY, self._measured_us, self._rows())

    def matrix(self, first: int) -> ImpedanceMatrix:
        """The answer to GetImpedanceMatrix: the pairs from number `first` on, as many as fit; none before READY."""
        if self._ends is not None:
            return ImpedanceMatrix(ImpedanceState.MEASURING, 0, first, 0, ())
        if not self._is_measured:
            return ImpedanceMatrix(ImpedanceState.NEVER, 0, first, 0, ())
        rows = tuple((*pair, ohms, self._state(ohms)) for pair, ohms in sorted(self._pairs_ohm.items()))
        part = rows[first : first + PAIRS_MAX]
        return ImpedanceMatrix(ImpedanceState.READY, self._measured_us, first, len(rows), part)

    @property
    def suspects(self) -> tuple[tuple[int, ContactState], ...]:
        """The contacts that were found other than whole."""
        return tuple((contact, state) for contact, _, state in self.result().contacts if state is not ContactState.OK)

    def _with_bridges(self, ohms: Mapping[int, int]) -> dict[int, int]:
        """Two contacts that are whole by themselves and touch each other count as short, both."""
        found = dict(ohms)
        for one, other in combinations(sorted(ohms), 2):
            between = self._pairs_ohm[one, other]
            if between < self._interface.short_ohm <= min(ohms[one], ohms[other]):
                found[one], found[other] = min(found[one], between), min(found[other], between)
        return found

    def _rows(self) -> tuple[tuple[int, int, ContactState], ...]:
        known = self.known or Impedances()
        return tuple((contact, ohms, self._state(ohms)) for contact, ohms in sorted(known.ohms.items()))

    def _state(self, ohms: int) -> ContactState:
        if ohms == INTERMITTENT_OHM:
            return ContactState.INTERMITTENT
        if ohms > self._interface.open_ohm:
            return ContactState.OPEN
        if ohms < self._interface.short_ohm:
            return ContactState.SHORT
        return ContactState.HIGH if ohms > HIGH_OHM else ContactState.OK
