"""Random groups from a seeded generator: anything that can be said on the wire, legal or not, in great numbers.

Two thirds are mild: on the device's grid and in the lower quarter of its ranges, where most of what clinicians write
lies. The rest reach over all of the ranges and now and then beyond them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from scs.domain.lead import CONTACTS_MAX
from scs.domain.profile import CurrentRange, RateRange, TimeRange
from scs.domain.program import (
    WHOLE,
    ActiveRecharge,
    Burst,
    Cycling,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    Recharge,
    Tonic,
    Waveform,
)
from scs.testing.checks.check import Bed

MILD = 0.65
MILD_RATE_MHZ = 100_000
"""A passive recharge has its five time constants below this rate."""


def random_group(chance: Random, bed: Bed) -> Group:
    """Any group for this implant."""
    return _Draw(chance, bed, is_mild=chance.random() < MILD, is_passive=chance.random() < 0.4).group()


@dataclass(frozen=True, slots=True)
class _Draw:
    """One group's throw of the dice."""

    chance: Random
    bed: Bed
    is_mild: bool
    is_passive: bool

    def group(self) -> Group:
        count = self.chance.choice((1, 1, 1, 1, 2, 2, 3, 4))
        programs = tuple(self.program(f"P{number + 1}") for number in range(count))
        if count > 1 and self.rarely(0.15):
            return Group(name="G", delivery="multiplexed", programs=programs)
        return Group(name="G", programs=programs)

    def program(self, name: str) -> Program:
        profile = self.bed.profile
        waveform = self.waveform()
        burst = profile.burst if isinstance(waveform, Burst) else None
        amplitudes = burst.amplitude if burst else profile.amplitude
        amplitude_ua = self.current(amplitudes)
        return Program(
            name=name,
            contacts=self.electrodes(),
            amplitude_ua=amplitude_ua,
            pulse_width_us=max(1, self.time(burst.pulse_width if burst else profile.pulse_width)),
            interphase_gap_us=self.time(profile.interphase_gap) if self.rarely(0.3) else 0,
            recharge=self.recharge(),
            waveform=waveform,
            ramp_us=self.time(profile.ramp),
            cycling=self.cycling() if self.rarely(0.1) else None,
            patient=self.patient(amplitudes, amplitude_ua) if self.rarely(0.2) else None,
        )

    def rarely(self, share: float) -> bool:
        return self.chance.random() < share

    def wrongly(self, share: float) -> bool:
        """Now and then, and never in a mild group."""
        return not self.is_mild and self.rarely(share)

    def electrodes(self) -> ElectrodeConfig:
        there = {contact.number for contact in self.bed.implant.contacts}
        if self.rarely(0.15):
            there.add(0)
        if self.wrongly(0.08):
            there.add(self.chance.randint(1, CONTACTS_MAX))
        cathodes = self.chance.randint(1, min(3, len(there) - 1))
        anodes = self.chance.randint(1, min(3, len(there) - cathodes))
        chosen = self.chance.sample(sorted(there), cathodes + anodes)
        shares = (*self.shares(cathodes, -1), *self.shares(anodes, 1))
        return ElectrodeConfig.of(dict(zip(chosen, shares, strict=True)))

    def shares(self, count: int, sign: int) -> list[int]:
        edges = sorted(self.chance.sample(range(1, WHOLE), count - 1))
        return [sign * (high - low) for low, high in zip([0, *edges], [*edges, WHOLE], strict=True)]

    def current(self, row: CurrentRange) -> int:
        most = row.max_ua // row.step_ua // (4 if self.is_mild else 1)
        least = -(-row.min_ua // row.step_ua)
        value = row.step_ua * self.chance.randint(least, max(least, most))
        if self.wrongly(0.08):
            return value + self.chance.randint(1, row.step_ua)
        return row.max_ua + self.chance.choice((row.step_ua, 10 * row.max_ua)) if self.wrongly(0.08) else value

    def time(self, row: TimeRange) -> int:
        most = row.max_us // row.step_us // (4 if self.is_mild else 1)
        least = -(-row.min_us // row.step_us)
        value = row.step_us * self.chance.randint(least, max(least, most))
        if self.wrongly(0.04):
            return value + 1
        return row.max_us + row.step_us if self.wrongly(0.04) else value

    def rate(self, row: RateRange) -> int:
        band = row.bands[0] if self.is_mild else self.chance.choice(row.bands)
        most_mhz = min(band.max_mhz, max(band.min_mhz, MILD_RATE_MHZ)) if self.is_mild else band.max_mhz
        steps = self.chance.randint(0, (most_mhz - band.min_mhz) // band.step_mhz)
        return band.min_mhz + steps * band.step_mhz + (1 if self.wrongly(0.04) else 0)

    def waveform(self) -> Waveform:
        profile = self.bed.profile
        if self.rarely(0.2) and (profile.burst or self.wrongly(0.1)):
            rate = self.rate(profile.burst.rate if profile.burst else profile.tonic_rate)
            inner = profile.burst.intra_rate if profile.burst else profile.tonic_rate
            pulses, intra = self.chance.randint(2, 7), max(self.rate(inner), rate + 1)
            return Burst(kind="burst", rate_mhz=rate, pulses=pulses, intra_rate_mhz=intra)
        if self.rarely(0.15) and (profile.high_rate or self.wrongly(0.3)):
            return HighRate(kind="high-rate", rate_mhz=self.rate(profile.high_rate or profile.tonic_rate))
        return Tonic(kind="tonic", rate_mhz=self.rate(profile.tonic_rate))

    def recharge(self) -> Recharge:
        if self.is_passive or self.wrongly(0.1):
            return PassiveRecharge(kind="passive")
        if self.wrongly(0.05):
            return ActiveRecharge(kind="active", ratio=self.chance.randint(1, 16))
        return ActiveRecharge(kind="active", ratio=self.chance.choice((1, 1, 1, 2, 5)))

    def cycling(self) -> Cycling:
        on_row, off_row = self.bed.profile.cycle_on, self.bed.profile.cycle_off
        if on_row is None or off_row is None:
            return Cycling(on_us=1_000_000, off_us=1_000_000)
        return Cycling(on_us=max(1, self.time(on_row)), off_us=max(1, self.time(off_row)))

    def patient(self, row: CurrentRange, amplitude_ua: int) -> PatientLimits:
        lowest = amplitude_ua if self.rarely(0.3) else row.min_ua
        highest = amplitude_ua + row.step_ua * self.chance.choice((0, 1, 4, 20, 100))
        if self.wrongly(0.1):
            lowest = highest
        return PatientLimits(lowest_ua=min(lowest, highest), highest_ua=highest)
