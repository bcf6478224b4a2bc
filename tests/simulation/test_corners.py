"""At every corner of every profile: is the group delivered with all accounts in agreement, or refused by a rule?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from firmware_model.device import DeviceConfig
from scs.clock import Duration
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import BurstRanges, CurrentRange, DeviceProfile, TimeRange, find_profile, profile_ids
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    Cycling,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    Program,
    Recharge,
    Tonic,
    Waveform,
)
from scs.domain.safety import judge
from scs.errors import Refused
from scs.testing.long_run import LongRun, RunPlan
from scs.testing.long_run_report import report_on
from scs.testing.report import Outcome

SPELL = Duration.of_s(3)
"""Longer than the longest start, with some pulses of the slowest rate after it."""
LONG_SPELL = Duration.of_s(20)
"""Longer than the longest ramp."""
Counts = tuple[int, int]
SHARES = ({1: -1_000, 2: 1_000}, {2: -1_000, 1: 334, 3: 333, 4: 333})
FOUR, EIGHT = "medtronic-3487a", "medtronic-977a2"
FEW, MANY = 4, 8
"""Contacts of these."""


def waveforms(profile: DeviceProfile) -> Iterator[tuple[Waveform, CurrentRange, TimeRange]]:
    """Each with the slowest and the quickest rate that the profile has, and the rows that it is bound by."""
    tonic, high = profile.tonic_rate, profile.high_rate
    for rate_mhz in {tonic.min_mhz, tonic.max_mhz}:
        yield Tonic(kind="tonic", rate_mhz=rate_mhz), profile.amplitude, profile.pulse_width
    if high is not None:
        for rate_mhz in {high.min_mhz, high.max_mhz}:
            yield HighRate(kind="high-rate", rate_mhz=rate_mhz), profile.amplitude, profile.pulse_width
    burst = profile.burst
    if isinstance(burst, BurstRanges):
        for rate_mhz, inner_mhz, pulses in product(
            {burst.rate.min_mhz, burst.rate.max_mhz},
            {burst.intra_rate.min_mhz, burst.intra_rate.max_mhz},
            {burst.pulses_min, burst.pulses_max},
        ):
            waveform = Burst(kind="burst", rate_mhz=rate_mhz, pulses=pulses, intra_rate_mhz=inner_mhz)
            yield waveform, burst.amplitude, burst.pulse_width


def corners(profile: DeviceProfile, _contacts: int) -> Iterator[Group]:
    most = profile.recharge.active_ratio_max
    recharges: list[Recharge] = [PassiveRecharge(kind="passive")]
    recharges += [ActiveRecharge(kind="active", ratio=ratio) for ratio in sorted({1, most}) if ratio]
    for (waveform, amplitude, width), recharge, shares in product(waveforms(profile), recharges, SHARES):
        for amplitude_ua, width_us in product(
            {max(amplitude.step_ua, amplitude.min_ua), amplitude.max_ua}, {width.min_us, width.max_us}
        ):
            program = Program(
                name="corner",
                contacts=ElectrodeConfig.of(shares),
                amplitude_ua=amplitude_ua,
                pulse_width_us=width_us,
                recharge=recharge,
                waveform=waveform,
            )
            yield Group(name="corner", programs=(program,))


def courses(profile: DeviceProfile, contacts: int) -> Iterator[Group]:
    """The shortest and the longest of every time beside the pulse, with as many programs as a group may have."""
    gap, ramp, on, off = profile.interphase_gap, profile.ramp, profile.cycle_on, profile.cycle_off
    ratio = min(1, profile.recharge.active_ratio_max)
    cycles: list[Cycling | None] = [None]
    if on is not None and off is not None:
        cycles += [
            Cycling(on_us=on.min_us, off_us=max(off.step_us, off.min_us)),
            Cycling(on_us=on.max_us, off_us=off.max_us),
        ]
    longest_us = (gap.max_us if ratio else gap.min_us, ramp.max_us)
    times = [((gap.min_us, ramp.min_us), cycle) for cycle in cycles[:2]] + [(longest_us, cycles[-1])]
    count = min(profile.counts.programs_per_group, contacts // 2)
    for rate_mhz, ((gap_us, ramp_us), cycling) in product(
        sorted({profile.tonic_rate.min_mhz, profile.tonic_rate.max_mhz}), times
    ):
        programs = [
            Program(
                name=f"P{number}",
                contacts=ElectrodeConfig.of({2 * number + 1: -1_000, 2 * number + 2: 1_000}),
                amplitude_ua=max(profile.amplitude.step_ua, profile.amplitude.min_ua),
                pulse_width_us=profile.pulse_width.min_us,
                interphase_gap_us=gap_us,
                recharge=ActiveRecharge(kind="active", ratio=ratio) if ratio else PassiveRecharge(kind="passive"),
                waveform=Tonic(kind="tonic", rate_mhz=rate_mhz),
                ramp_us=ramp_us,
                cycling=cycling,
            )
            for number in range(count)
        ]
        yield Group(name="course", programs=tuple(programs))


def try_all(profile: DeviceProfile, groups: Callable[[DeviceProfile, int], Iterator[Group]], spell: Duration) -> Counts:
    """Deliver what no rule blocks, and have the rest refused; how many were delivered, and how many were not."""
    policy = find_policy("default")
    contacts = FEW if profile.counts.contacts < MANY else MANY
    implant = Implant(leads=(PluggedLead(port="A", lead=find_lead(FOUR if contacts == FEW else EIGHT)),))
    asked = delivered = refused = 0
    for group in groups(profile, contacts):
        asked += 1
        verdict = judge(group, implant, profile, policy)
        plan = RunPlan(
            DeviceConfig("SCS-000001", profile, policy, implant), group, spell.us,
            acknowledged=tuple(sorted({finding.rule for finding in verdict.findings})), spells=4,
        )  # fmt: skip
        try:
            run = LongRun(plan)
        except Refused as error:
            refused += error.reason == "blocked" and bool(verdict.blocking_rules)
            continue
        assert not verdict.blocking_rules
        run.go_on(spell)
        report = report_on(run)
        assert [check for check in report.checks if check.outcome is not Outcome.PASS] == [], group
        assert report.pulses > 0
        assert report.watched_pulses > 0 or spell is LONG_SPELL, "nothing leaves while somebody listens"
        delivered += 1
    assert delivered + refused == asked, "what the rules do not block is not refused"
    return delivered, refused


@pytest.mark.parametrize(
    "profile_id",
    # What the reference device can is so much that its corners take most of the time.
    [pytest.param(name, marks=[pytest.mark.slow] * (name == "reference")) for name in profile_ids()],
)
def test_every_corner_of_a_profile_is_delivered_as_prescribed_or_refused(profile_id: str) -> None:
    delivered, refused = try_all(find_profile(profile_id), corners, SPELL)
    assert delivered >= 4
    assert refused >= 4


@pytest.mark.parametrize("profile_id", profile_ids())
def test_the_ends_of_every_time_beside_the_pulse_are_delivered_with_all_programs_or_refused(profile_id: str) -> None:
    delivered, refused = try_all(find_profile(profile_id), courses, LONG_SPELL)
    assert delivered >= 2, "at the slowest rate nothing stands in the way"
    assert delivered + refused >= 4
