"""The slow reference for what the stimulator counts: every single pulse, one after the other, and nothing clever.

It shares the vocabulary of programs and their timing with the firmware and none of its code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scs.domain.charge import contact_currents_ua, recharge_currents_ua
from scs.domain.program import ActiveRecharge, Burst, Group
from scs.domain.pulse import occupation_us, period_us, pulses_per_period, recharge_width_us


@dataclass
class Reference:
    """Pulses of one group, each program at a constant amplitude from the beginning."""

    group: Group
    amplitudes_ua: Sequence[int]
    start_us: int = 0
    starts: list[tuple[int, int]] = field(default_factory=list)
    """(time, program) of every pulse that has begun."""

    def run(self, until_us: int) -> None:
        """Deliver everything that begins before `until_us`, from the beginning."""
        programs = self.group.programs
        due = {i: self.start_us for i in range(len(programs)) if self.amplitudes_ua[i]}
        free_us = self.start_us
        self.starts = []
        while due:
            index = min(due, key=lambda i: (due[i], i))
            begin_us = max(due[index], free_us)
            if begin_us >= until_us:
                return
            waveform = programs[index].waveform
            inner_us = period_us(waveform.intra_rate_mhz) if isinstance(waveform, Burst) else 0
            for number in range(pulses_per_period(waveform)):
                if begin_us + number * inner_us < until_us:
                    self.starts.append((begin_us + number * inner_us, index))
            free_us = begin_us + occupation_us(programs[index])
            due[index] += period_us(waveform.rate_mhz)

    def leading_pc(self) -> Mapping[int, int]:
        total: Counter[int] = Counter()
        for _, index in self.starts:
            program = self.group.programs[index]
            for contact, current in contact_currents_ua(program.contacts, self.amplitudes_ua[index]).items():
                total[contact] += current * program.pulse_width_us
        return total

    def driven_pc(self) -> Mapping[int, int]:
        total: Counter[int] = Counter()
        for _, index in self.starts:
            program = self.group.programs[index]
            if isinstance(program.recharge, ActiveRecharge):
                back = recharge_currents_ua(program.contacts, self.amplitudes_ua[index], program.recharge.ratio)
                for contact, current in back.items():
                    total[contact] += current * recharge_width_us(program)
        return total
