"""What the rules look at: one group on one implant under one profile and policy, and what a rule found there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scs.domain.charge import contact_currents_ua
from scs.domain.impedance import Impedances
from scs.domain.lead import CASE, Implant
from scs.domain.policy import Policy
from scs.domain.profile import CurrentRange, DeviceProfile, TimeRange
from scs.domain.program import Burst, Group, Program
from scs.domain.verdict import Shown, Tier


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a rule may ask about."""

    group: Group
    implant: Implant
    profile: DeviceProfile
    policy: Policy
    impedances: Impedances
    areas_um2: Mapping[int, int]
    """Of every contact that exists, the case included where it can be an electrode."""

    @classmethod
    def of(
        cls, group: Group, implant: Implant, profile: DeviceProfile, policy: Policy, impedances: Impedances | None
    ) -> Case:
        areas: dict[int, int] = dict(implant.areas_um2)
        if profile.case is not None:
            areas[CASE] = profile.case.area_um2
        return cls(group, implant, profile, policy, impedances or Impedances(), areas)

    def currents_ua(self, program: Program, amplitude_ua: int) -> dict[int, int]:
        """Signed currents of the contacts in the leading phase."""
        return contact_currents_ua(program.contacts, amplitude_ua)


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule found at one amplitude: the worst of it, in words and for a table."""

    tier: Tier
    contact: str | None
    value: Shown
    limit: Shown
    unit: str
    message: str
    remedy: str


def amplitude_range(program: Program, profile: DeviceProfile) -> CurrentRange:
    """The row that the amplitude of this program has to keep."""
    is_burst = isinstance(program.waveform, Burst) and profile.burst is not None
    return profile.burst.amplitude if is_burst and profile.burst else profile.amplitude


def width_range(program: Program, profile: DeviceProfile) -> TimeRange:
    """The row that the pulse width of this program has to keep."""
    is_burst = isinstance(program.waveform, Burst) and profile.burst is not None
    return profile.burst.pulse_width if is_burst and profile.burst else profile.pulse_width
