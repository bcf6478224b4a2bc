"""At every corner of every profile: is the group delivered with all accounts in agreement, or refused by a rule?"""

from __future__ import annotations

from collections.abc import Iterator
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
SHARES = ({1: -1_000, 2: 1_000}, {2: -1_000, 1: 334, 3: 333, 4: 333})
FOUR, EIGHT = "medtronic-3487a", "medtronic-977a2"


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


def corners(profile: DeviceProfile) -> Iterator[Group]:
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


@pytest.mark.parametrize(
    "profile_id",
    # What the reference device can is so much that its corners take most of the time.
    [pytest.param(name, marks=[pytest.mark.slow] * (name == "reference")) for name in profile_ids()],
)
def test_every_corner_of_a_profile_is_delivered_as_prescribed_or_refused(profile_id: str) -> None:
    profile, policy = find_profile(profile_id), find_policy("default")
    few = profile.counts.contacts < 8
    implant = Implant(leads=(PluggedLead(port="A", lead=find_lead(FOUR if few else EIGHT)),))
    delivered = refused = 0
    reasons: set[str] = set()
    for group in corners(profile):
        verdict = judge(group, implant, profile, policy)
        plan = RunPlan(
            DeviceConfig("SCS-000001", profile, policy, implant), group, SPELL.us,
            acknowledged=tuple(sorted({finding.rule for finding in verdict.findings})),
        )  # fmt: skip
        try:
            run = LongRun(plan)
        except Refused as error:
            reasons.add(error.reason)
            refused += bool(verdict.blocking_rules)
            continue
        assert not verdict.blocking_rules
        run.go_on(SPELL)
        report = report_on(run)
        assert [check for check in report.checks if check.outcome is not Outcome.PASS] == [], group
        assert report.watched_pulses > 0
        delivered += 1
    assert reasons == {"blocked"}, "what the rules do not block is not refused"
    assert delivered >= 4
    assert refused >= 4
