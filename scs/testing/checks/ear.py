"""An ear at the electrodes: every pulse that leaves, with the monitors that may contradict it.

What is expected is worked out here from the prescription alone, by arithmetic of its own: shares, widths and periods
are never asked of the code that the firmware uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scs.domain.lead import contact_name
from scs.domain.profile import CaseElectrode
from scs.domain.program import ActiveRecharge, Burst, Group, Program
from scs.testing.checks.check import Bed, Context, expect, fail
from scs.testing.prescribed import PrescribedMonitor
from scs.testing.waveform import DeliveredMonitor, PulseLike

if TYPE_CHECKING:
    from firmware_model.tap import Departure

MHZ_US = 1_000_000_000
"""Microseconds in a second times millihertz in a hertz."""

TEST_PC_MAX = 100_000
"""The most that one test pulse of a measurement carries: 0.1 uC, a tenth of an ordinary pulse of therapy [project]."""
CASE_AREA_UM2 = 2_000_000_000
"""20 cm2 [assumed]."""


class Ear:
    """What has left the electrodes since it began to listen."""

    def __init__(self, bed: Bed, *, has_case: bool = False) -> None:
        profile = bed.profile
        if has_case and profile.case is None:
            case = CaseElectrode(area_um2=CASE_AREA_UM2, source="assumed: it returns the test current only")
            profile = profile.model_copy(update={"case": case})
        self.pulses: list[PulseLike] = []
        self.delivered = DeliveredMonitor(profile, bed.implant, bed.policy)

    def on_departure(self, pulse: Departure) -> None:
        """One pulse has begun."""
        self.pulses.append(pulse)
        self.delivered.on_departure(pulse)

    def since(self, us: int) -> list[PulseLike]:
        """The pulses that began at this time or later."""
        return [pulse for pulse in self.pulses if pulse.start_us >= us]

    @property
    def felt(self) -> list[PulseLike]:
        """The pulses that are too large for a test pulse."""
        return [pulse for pulse in self.pulses if amplitude_of(pulse) * pulse.width_us > TEST_PC_MAX]

    def course(self, program: int = 0) -> list[tuple[int, int]]:
        """(time, amplitude in uA) of each pulse of one program."""
        return [(pulse.start_us, amplitude_of(pulse)) for pulse in self.pulses if pulse.program == program]

    def object_to(self, group: Group | None = None) -> None:
        """Fail with the first thing that must not have left."""
        for violation in self.delivered.violations:
            fail(violation.sentence, group)


@contextmanager
def listening(context: Context, bed: Bed, *, has_case: bool = False) -> Iterator[Ear]:
    """An ear for as long as the block lasts. `has_case`: test pulses may return through the case, as no program may
    where the device's case is no electrode."""
    ear = Ear(bed, has_case=has_case)
    context.target.tap(ear.on_departure)
    try:
        yield ear
    finally:
        context.target.untap(ear.on_departure)


def amplitude_of(pulse: PulseLike) -> int:
    """The whole current of the leading phase, in uA."""
    return sum(current for current in pulse.currents_ua.values() if current > 0)


def as_prescribed(group: Group, pulses: list[PulseLike], allowed_ua: tuple[int, ...] | None = None) -> None:
    """Fail unless these pulses are those of the group, at most at its amplitudes."""
    monitor = PrescribedMonitor(group, allowed_ua)
    for pulse in pulses:
        monitor.on_departure(pulse)
        _shape(group, pulse)
    for violation in monitor.violations:
        fail(violation.sentence, group)
    for index, program in enumerate(group.programs):
        _bursts(group, program, [pulse for pulse in pulses if pulse.program == index])


def _shape(group: Group, pulse: PulseLike) -> None:
    """Contacts, signs, shares, widths and recharge of one pulse, to the microampere and the microsecond."""
    program = group.programs[pulse.program]
    amplitude = amplitude_of(pulse)
    expect(
        pulse.width_us == program.pulse_width_us,
        f"a pulse lasted {pulse.width_us} us, {program.pulse_width_us} us are prescribed",
        group,
    )
    _shared(group, program, pulse.currents_ua, amplitude, 1, "the leading phase")
    if not isinstance(program.recharge, ActiveRecharge):
        expect(not any(pulse.recharge_ua.values()), "a passive recharge was driven", group)
        return
    ratio = program.recharge.ratio
    expect(
        pulse.gap_us == program.interphase_gap_us,
        f"the gap before the recharge was {pulse.gap_us} us, {program.interphase_gap_us} us are prescribed",
        group,
    )
    expect(
        pulse.recharge_us == ratio * program.pulse_width_us,
        f"the recharge lasted {pulse.recharge_us} us instead of {ratio * program.pulse_width_us} us",
        group,
    )
    _shared(group, program, pulse.recharge_ua, amplitude // ratio, -1, "the recharge")


def _shared(group: Group, program: Program, currents: Mapping[int, int], whole_ua: int, sign: int, what: str) -> None:
    """Each polarity carries the whole, each contact its share, within one microampere a contact."""
    flowing = {number: current for number, current in currents.items() if current}
    shares = dict(program.contacts.shares)
    for number, current in flowing.items():
        share = shares.get(number)
        if share is None or (share * current * sign < 0):
            fail(f"{what} drove {current} uA through {contact_name(number)}, which has another part in it", group)
    for polarity in (program.contacts.cathodes, program.contacts.anodes):
        total = sum(abs(flowing.get(number, 0)) for number, _ in polarity)
        expect(total == whole_ua, f"{what} carried {total} uA in one polarity instead of {whole_ua} uA", group)
        for number, permille in polarity:
            off = abs(1_000 * abs(flowing.get(number, 0)) - whole_ua * permille)
            expect(
                off < 1_000 * len(polarity),
                f"{what} drove {abs(flowing.get(number, 0))} uA through {contact_name(number)}; its share of "
                f"{whole_ua} uA is {permille / 10:g} %",
                group,
            )


def _bursts(group: Group, program: Program, pulses: list[PulseLike]) -> None:
    """A burst has its pulses, at its inner period; the last burst may be cut short by the end of listening."""
    if not isinstance(program.waveform, Burst) or not pulses:
        return
    inner = period_us(program.waveform.intra_rate_mhz)
    bursts: list[int] = []
    last = None
    for pulse in pulses:
        if last is not None and pulse.start_us - last == inner and bursts[-1] < program.waveform.pulses:
            bursts[-1] += 1
        else:
            bursts.append(1)
        last = pulse.start_us
    wrong = {count for count in bursts[:-1] if count != program.waveform.pulses}
    expect(
        not wrong,
        f"bursts had {sorted(wrong)} pulses {inner} us apart; {program.waveform.pulses} are prescribed",
        group,
    )


def period_us(rate_mhz: int) -> int:
    """From one pulse to the next: the next whole microsecond, so that no rate is above what is prescribed."""
    return -(-MHZ_US // rate_mhz)


def as_often(group: Group, pulses: list[PulseLike], from_us: int, until_us: int) -> None:
    """Fail unless each program was delivered as often as prescribed between two times, give or take one period."""
    for index, program in enumerate(group.programs):
        waveform = program.waveform
        each = waveform.pulses if isinstance(waveform, Burst) else 1
        count = sum(from_us <= pulse.start_us < until_us and pulse.program == index for pulse in pulses)
        if program.amplitude_ua == 0:
            expect(count == 0, f"program {index + 1} gave {count} pulses at 0 uA", group)
            continue
        wanted = (until_us - from_us) * each // period_us(waveform.rate_mhz)
        expect(
            abs(count - wanted) <= each + 1,
            f"program {index + 1} gave {count} pulses in {(until_us - from_us) / 1e6:g} s, {wanted} are prescribed",
            group,
        )
