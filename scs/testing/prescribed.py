"""What was delivered against what was prescribed: amplitude, shares, width, gap, recharge, rate, order.

Like the monitor of the waveform it knows neither the firmware nor the split and the timing of the domain: it reads the
group and does its own arithmetic. An amplitude may be lower than prescribed (ramps, compliance), never higher; widths
are equal to the microsecond; pulses may wait for one another, and never come faster than the rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from scs.domain.lead import contact_name
from scs.domain.program import ActiveRecharge, Burst, Group, Program
from scs.testing.waveform import PulseLike, Violation

SECOND_US = 1_000_000


@dataclass(slots=True)
class _Course:
    """Where one program is in its periods."""

    due_us: int | None = None
    """When the next period may begin at the earliest, had it not waited."""
    last_us: int = 0
    in_burst: int = 0


class PrescribedMonitor:
    """Told of every pulse of one group; `allowed_ua` is per program and may be raised by who titrates."""

    def __init__(self, group: Group, allowed_ua: tuple[int, ...] | None = None) -> None:
        self._group = group
        self.allowed_ua = allowed_ua or tuple(program.amplitude_ua for program in group.programs)
        self._courses = [_Course() for _ in group.programs]
        occupied = [_occupied_us(program) for program in group.programs]
        self._slack_us = [sum(occupied) - own for own in occupied]
        self._said: set[tuple[str, int]] = set()
        self.violations: list[Violation] = []

    def on_departure(self, pulse: PulseLike) -> None:
        """One pulse has begun."""
        if not 0 <= pulse.program < len(self._group.programs):
            self._say(
                "program", pulse, "a pulse of a program that the group does not have", pulse.program, 0, "program"
            )
            return
        program = self._group.programs[pulse.program]
        self._look_at_amplitude(pulse, program)
        self._look_at_times(pulse, program)
        self._look_at_rate(pulse, program)

    def _look_at_amplitude(self, pulse: PulseLike, program: Program) -> None:
        total = sum(current for current in pulse.currents_ua.values() if current > 0)
        allowed = self.allowed_ua[pulse.program]
        if total > allowed:
            self._say("amplitude", pulse, f"{total} uA left where {allowed} uA are prescribed", total, allowed, "uA")
        shares = dict(program.contacts.shares)
        for number in {*shares, *pulse.currents_ua}:
            current, share = pulse.currents_ua.get(number, 0), shares.get(number, 0)
            # A share of the whole in whole microamperes is less than one for each contact away from the exact one.
            if abs(Fraction(share * total, 1_000) - current) >= len(shares):
                asked = round(share * total / 1_000)
                said = f"{contact_name(number)} carried {current} uA where its share of {total} uA is {asked} uA"
                self._say("share", pulse, said, current, asked, "uA")
        self._look_at_recharge(pulse, program, total)

    def _look_at_recharge(self, pulse: PulseLike, program: Program, total_ua: int) -> None:
        """The current of the recharge is the whole one over the ratio, and shared as the pulse is."""
        ratio = program.recharge.ratio if isinstance(program.recharge, ActiveRecharge) else 1
        shares = dict(program.contacts.shares)
        for number, back in pulse.recharge_ua.items():
            if back * pulse.currents_ua.get(number, 0) > 0:
                said = f"the recharge of {contact_name(number)} flowed the same way as its pulse"
                self._say("recharge-way", pulse, said, back, 0, "uA")
            elif abs(Fraction(shares.get(number, 0) * (total_ua // ratio), 1_000) + back) >= len(shares):
                asked = round(-shares.get(number, 0) * (total_ua // ratio) / 1_000)
                said = f"the recharge of {contact_name(number)} was {back} uA where its share is {asked} uA"
                self._say("recharge-share", pulse, said, back, asked, "uA")

    def _look_at_times(self, pulse: PulseLike, program: Program) -> None:
        recharge = program.recharge
        ratio = recharge.ratio if isinstance(recharge, ActiveRecharge) else 0
        for identity, what, seen, asked in (
            ("width", "a pulse", pulse.width_us, program.pulse_width_us),
            ("gap", "the gap before the recharge", pulse.gap_us, program.interphase_gap_us if ratio else 0),
            ("recharge", "the driven recharge", pulse.recharge_us, ratio * program.pulse_width_us),
        ):
            if seen != asked:
                self._say(
                    identity, pulse, f"{what} lasted {seen} us where {asked} us are prescribed", seen, asked, "us"
                )
        if bool(pulse.recharge_ua) != bool(ratio):
            asked_way = "driven" if ratio else "passive"
            said = f"the recharge was not {asked_way} as prescribed"
            self._say("recharge", pulse, said, int(bool(pulse.recharge_ua)), int(bool(ratio)), "driven")

    def _look_at_rate(self, pulse: PulseLike, program: Program) -> None:
        course, waveform = self._courses[pulse.program], program.waveform
        if isinstance(waveform, Burst):
            inner_us = _period_us(waveform.intra_rate_mhz)
            # The next burst may be due exactly one inner period after the last pulse of this one.
            is_due = course.due_us is not None and pulse.start_us >= course.due_us - self._slack_us[pulse.program]
            goes_on = course.in_burst < waveform.pulses or not is_due
            if course.in_burst and goes_on and pulse.start_us - course.last_us == inner_us:
                course.in_burst, course.last_us = course.in_burst + 1, pulse.start_us
                if course.in_burst > waveform.pulses:
                    said = f"a burst of {course.in_burst} pulses where {waveform.pulses} are prescribed"
                    self._say("burst", pulse, said, course.in_burst, waveform.pulses, "pulses")
                return
            course.in_burst = 1
        course.last_us = pulse.start_us
        period_us, slack_us = _period_us(waveform.rate_mhz), self._slack_us[pulse.program]
        if course.due_us is not None and pulse.start_us < course.due_us - slack_us:
            early_us = course.due_us - pulse.start_us
            said = f"a pulse came {early_us} us before its period of {period_us} us was over"
            self._say("rate", pulse, said, pulse.start_us, course.due_us, "us")
        due_us = pulse.start_us if course.due_us is None else max(course.due_us, pulse.start_us)
        course.due_us = due_us + period_us

    def _say(self, identity: str, pulse: PulseLike, sentence: str, value: int, limit: int, unit: str) -> None:
        if (identity, pulse.program) in self._said:
            return
        self._said.add((identity, pulse.program))
        known = 0 <= pulse.program < len(self._group.programs)
        name = self._group.programs[pulse.program].name if known else f"number {pulse.program + 1}"
        whole = f"at {pulse.start_us / SECOND_US:.6f} s, program {name}: {sentence}"
        self.violations.append(Violation(identity, whole, None, value, limit, unit, pulse.start_us))


def _period_us(rate_mhz: int) -> int:
    """The shortest whole number of microseconds that is not faster than the rate."""
    return ceil(Fraction(1_000 * SECOND_US, rate_mhz))


def _occupied_us(program: Program) -> int:
    """How long one period's pulses hold the output."""
    ratio = program.recharge.ratio if isinstance(program.recharge, ActiveRecharge) else 0
    once_us = program.pulse_width_us * (1 + ratio) + (program.interphase_gap_us if ratio else 0)
    waveform = program.waveform
    if isinstance(waveform, Burst):
        return (waveform.pulses - 1) * _period_us(waveform.intra_rate_mhz) + once_us
    return once_us
