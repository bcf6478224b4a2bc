"""The exact timeline of a group as the implant delivers it: every phase of every pulse, to the microsecond.

The real therapy, stimulator, output stage and interlocks run; the tap is listened to. Times are microseconds since
therapy was started, or since every ramp had ended.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.parts import DeviceConfig, Parts
from firmware_model.refusal import refusal
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.clock import Instant
from scs.domain.program import Burst, Group
from scs.domain.pulse import period_us
from scs.domain.status import TherapyState
from scs.wire.terms import Reason

CHUNK_US = 1_000_000
"""So much is delivered before what left is handed on: long timelines need little memory."""
SETTLED_WITHIN_US = 3_600_000_000
"""A group whose ramps have not all ended after an hour never settles: some cycle is shorter than its ramp."""


class PhaseKind(StrEnum):
    """What a contact is doing."""

    LEADING = "leading"
    RECHARGE = "recharge"
    PASSIVE = "passive"


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of time in which the contacts of one program carry constant currents, or recover passively.

    A passive phase has no currents of its own: the contacts are tied together, and what flows back is an exponential.
    """

    start_us: int
    end_us: int
    program: int
    """The place of the program in its group."""
    kind: PhaseKind
    currents_ua: Mapping[int, int]
    """Signed, per contact; 0 in a passive phase."""


class Timeline:
    """Delivers one admitted group and tells what leaves. The caller has judged the group."""

    def __init__(self, config: DeviceConfig, group: Group, seed: int, *, is_settled: bool) -> None:
        """Start therapy; with `is_settled`, zero is the instant at which every ramp has ended (Refused if never)."""
        self._group = group
        self._parts = AS_DESIGNED.assemble(config, RamMemory(), random.Random(seed), Instant(0))
        self._now_us = 0
        self._parts.therapy.start(0, group, Instant(0))
        if is_settled:
            self._settle()
        self._zero_us = self._now_us

    @property
    def parts(self) -> Parts:
        """For the ledger and the delivered amplitudes."""
        return self._parts

    @property
    def settled_us(self) -> int:
        """How long after the start of therapy the timeline begins; 0 when it begins with it."""
        return self._zero_us

    def phases(self, from_us: int, until_us: int) -> Iterator[Phase]:
        """Every phase that overlaps the window, in the order of their beginnings; asked for once, times ascending.

        A driven phase has its true beginning and end. A passive one lasts until the next pulse of any program, and is
        told of as far as the window goes. Raises Refused when the interlocks open the switches.
        """
        assert 0 <= from_us <= until_us, "a window does not end before it begins"
        # What is under way when the window opens began at most a period ago, and which pulse of its burst it is shows
        # one period earlier still.
        lead_in_us = 2 * max(period_us(program.waveform.rate_mhz) for program in self._group.programs)
        listen_us = max(self._now_us, self._zero_us + from_us - lead_in_us)
        end_us = self._zero_us + until_us
        self._run(listen_us)
        seen: list[Departure] = []
        self._parts.stimulator.taps.add(seen.append)
        phases = _Phases(self._group, listen_us)
        while self._now_us < end_us:
            self._run(min(end_us, self._now_us + CHUNK_US))
            for departure in seen:
                yield from self._within(phases.on(departure), from_us, until_us)
            seen.clear()
        yield from self._within(phases.end(end_us), from_us, until_us)

    def _within(self, phases: list[Phase], from_us: int, until_us: int) -> Iterator[Phase]:
        for phase in phases:
            start_us, end_us = phase.start_us - self._zero_us, phase.end_us - self._zero_us
            if start_us < until_us and end_us > from_us:
                yield Phase(start_us, end_us, phase.program, phase.kind, phase.currents_ua)

    def _settle(self) -> None:
        therapy = self._parts.therapy
        while therapy.state is not TherapyState.ON:
            due = therapy.next_due()
            if due is None or due.us > SETTLED_WITHIN_US:
                raise refusal(
                    Reason.OUT_OF_RANGE,
                    "the group is still ramping after an hour, its cycles are shorter than its ramps; leave --settled "
                    "away, or shorten ramp",
                )
            self._run(due.us)

    def _run(self, until_us: int) -> None:
        therapy, stimulator = self._parts.therapy, self._parts.stimulator
        while (due := therapy.next_due()) is not None and due.us <= until_us:
            stimulator.advance(due)
            therapy.on_time(due)
        stimulator.advance(Instant(until_us))
        self._now_us = until_us
        if stimulator.tripped_us is not None:
            fault = self._parts.interlocks.fault.name.lower().replace("_", "-")
            raise refusal(
                Reason.FAULT_LATCHED,
                f"the interlocks opened the switches {stimulator.tripped_us} us after the start: {fault}; nothing "
                "leaves after that",
            )


class _Phases:
    """Turns pulses, as they leave, into phases."""

    def __init__(self, group: Group, start_us: int) -> None:
        self._waveforms = [program.waveform for program in group.programs]
        self._number: dict[int, tuple[int, int]] = {}
        """Per program: the beginning of its latest pulse, and which pulse of its burst that was."""
        self._recovering: dict[int, Mapping[int, int]] = {}
        """Per program whose latest pulse flows back by itself: its contacts, at zero."""
        self._free_us = start_us
        self._is_free = True

    def on(self, departure: Departure) -> list[Phase]:
        """The phases that one pulse ends and begins."""
        program, start_us = departure.program, departure.start_us
        phases = self.end(start_us)
        leading_end_us = start_us + departure.width_us
        phases.append(Phase(start_us, leading_end_us, program, PhaseKind.LEADING, departure.currents_ua))
        self._free_us = leading_end_us
        self._recovering.pop(program, None)
        if departure.recharge_ua:
            recharge_us = leading_end_us + departure.gap_us
            self._free_us = recharge_us + departure.recharge_us
            phases.append(Phase(recharge_us, self._free_us, program, PhaseKind.RECHARGE, departure.recharge_ua))
        else:
            self._recovering[program] = dict.fromkeys(departure.currents_ua, 0)
        self._is_free = self._ends_its_burst(program, start_us)
        return phases

    def end(self, until_us: int) -> list[Phase]:
        """What has been recovering since the latest pulse, until this time; nothing does inside of a burst."""
        if not self._is_free or until_us <= self._free_us:
            return []
        return [
            Phase(self._free_us, until_us, program, PhaseKind.PASSIVE, self._recovering[program])
            for program in sorted(self._recovering)
        ]

    def _ends_its_burst(self, program: int, start_us: int) -> bool:
        waveform = self._waveforms[program]
        if not isinstance(waveform, Burst):
            return True
        before_us, number = self._number.get(program, (0, waveform.pulses))
        number = number + 1 if start_us - before_us == period_us(waveform.intra_rate_mhz) else 1
        self._number[program] = (start_us, number)
        return number >= waveform.pulses
