"""Each rule: silent at its limit, speaking one step above, and the verdict as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.domain.impedance import Impedances
from scs.domain.profile import DeviceProfile, find_profile
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    Cycling,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    Tonic,
    replaced,
)
from scs.domain.safety import RULES, judge
from scs.domain.verdict import Finding, Outcome, Tier, Verdict
from tests.support.prescriptions import DEFAULT, REFERENCE, STRICT, a_group, a_program, an_implant, tonic

IMPLANT = an_implant()
PASSIVE = PassiveRecharge(kind="passive")
ALL_FINE = Impedances(dict.fromkeys(range(1, 17), 500))


def verdict(*programs: Program, policy: Any = DEFAULT, impedances: Impedances | None = None, **changes: Any) -> Verdict:
    return judge(a_group(*programs, **changes), IMPLANT, REFERENCE, policy, impedances)


def found(verdict: Verdict, rule: str) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.rule == rule]


def tiers(verdict: Verdict, rule: str) -> list[Tier]:
    return [finding.tier for finding in found(verdict, rule)]


def test_an_ordinary_program_passes_and_says_what_it_does_not_know() -> None:
    told = verdict()
    assert told.outcome is Outcome.PASS
    assert {unknown.rule for unknown in told.not_evaluated} == {"compliance", "lead-fault"}
    assert verdict(impedances=ALL_FINE).not_evaluated == ()


OFF_GRID: dict[str, dict[str, Any]] = {
    "amplitude": {"amplitude_ua": 5210},
    "amplitude above": {"amplitude_ua": 25_550},
    "width": {"pulse_width_us": 215},
    "width above": {"pulse_width_us": 1010},
    "gap": {"interphase_gap_us": 15},
    "rate": {"waveform": tonic(1201)},
    "ramp": {"ramp_us": 1_000_001},
    "ratio": {"recharge": ActiveRecharge(kind="active", ratio=9)},
    "cycling": {"cycling": Cycling(on_us=1_500_000, off_us=2_000_000)},
    "burst rate": {"waveform": Burst(kind="burst", rate_mhz=61_000, pulses=5, intra_rate_mhz=500_000)},
    "burst amplitude": {
        "amplitude_ua": 12_800,
        "waveform": Burst(kind="burst", rate_mhz=40_000, pulses=5, intra_rate_mhz=500_000),
    },
    "high rate": {"waveform": HighRate(kind="high-rate", rate_mhz=10_050_000), "pulse_width_us": 30},
    "patient": {"patient": PatientLimits(lowest_ua=10, highest_ua=6000)},
}


@pytest.mark.rule("grid")
@pytest.mark.parametrize("changes", OFF_GRID.values(), ids=OFF_GRID)
def test_what_the_device_cannot_set_is_blocked(changes: dict[str, Any]) -> None:
    assert tiers(verdict(**changes), "grid") == [Tier.BLOCK]


ON_THE_EDGE: dict[str, dict[str, Any]] = {
    "amplitude": {"amplitude_ua": 25_500, "pulse_width_us": 10},
    "width": {"pulse_width_us": 1000, "amplitude_ua": 50},
    "slowest rate": {"waveform": tonic(2)},
    "ratio": {"recharge": ActiveRecharge(kind="active", ratio=8), "pulse_width_us": 100},
    "few pulses": {"waveform": Burst(kind="burst", rate_mhz=10_000, pulses=2, intra_rate_mhz=250_000)},
    "many pulses": {"waveform": Burst(kind="burst", rate_mhz=60_000, pulses=7, intra_rate_mhz=1_000_000)},
    "patient": {"patient": PatientLimits(lowest_ua=5_200, highest_ua=5_200)},
}


@pytest.mark.rule("grid")
@pytest.mark.rule("patient-range")
@pytest.mark.parametrize("changes", ON_THE_EDGE.values(), ids=ON_THE_EDGE)
def test_the_ends_of_a_range_belong_to_it(changes: dict[str, Any]) -> None:
    assert verdict(**changes).blocking_rules == ()


@pytest.mark.rule("grid")
@pytest.mark.parametrize(
    ("changes", "value", "limit", "remedy"),
    [
        ({"amplitude_ua": 5_210}, 5_210, 50, "use 5.2 mA or 5.25 mA"),
        ({"amplitude_ua": 25_550}, 25_550, 25_500, "use 0 mA to 25.5 mA"),
        ({"pulse_width_us": 5}, 5, 10, "use 10 us to 1 ms"),
        ({"waveform": tonic(1201)}, 1_201_000, 1_200_000, "use 2 Hz to 1.2 kHz by 1 Hz"),
        ({"waveform": tonic(1)}, 1_000, 2_000, "use 2 Hz to 1.2 kHz by 1 Hz"),
        ({"recharge": ActiveRecharge(kind="active", ratio=9)}, 9, 8, "use at most 1:8"),
    ],
)
def test_what_is_off_the_grid_is_told_the_nearest_that_is_on_it(
    changes: dict[str, Any], value: int, limit: int, remedy: str
) -> None:
    (finding,) = found(verdict(**changes), "grid")
    assert (finding.value, finding.limit, finding.remedy) == (value, limit, remedy)


@pytest.mark.rule("grid")
def test_what_the_device_does_not_have_is_blocked() -> None:
    row = REFERENCE.model_dump(by_alias=False)
    bare = DeviceProfile.model_validate(
        {**row, "burst": None, "high_rate": None, "cycle_on": None}, by_name=True, by_alias=False
    )
    burst = Burst(kind="burst", rate_mhz=40_000, pulses=5, intra_rate_mhz=500_000)
    for changes in (
        {"waveform": burst},
        {"waveform": HighRate(kind="high-rate", rate_mhz=10_000_000), "pulse_width_us": 30},
        {"cycling": Cycling(on_us=1_000_000, off_us=1_000_000)},
    ):
        told = judge(a_group(**changes), IMPLANT, bare, DEFAULT)
        assert [finding.unit for finding in found(told, "grid")] == ["capability"]
    small = judge(a_group(), an_implant("boston-infinion-16", "medtronic-977a2"), REFERENCE, DEFAULT)
    assert found(small, "grid")[0].value == 24


@pytest.mark.rule("polarity")
def test_a_contact_that_is_not_there_is_blocked() -> None:
    told = verdict(contacts=ElectrodeConfig.of({17: -1000, 0: 1000}))
    assert [(finding.contact, finding.tier) for finding in found(told, "polarity")] == [("E17", Tier.BLOCK)]


@pytest.mark.rule("polarity")
def test_the_rule_does_not_trust_the_type() -> None:
    forged = object.__new__(ElectrodeConfig)
    object.__setattr__(forged, "shares", ((1, -900), (2, 1000)))
    program = a_program().model_copy(update={"contacts": forged})
    group = a_group().model_copy(update={"programs": (program,)})
    assert tiers(judge(group, IMPLANT, REFERENCE, DEFAULT), "polarity") == [Tier.BLOCK]


def limited(**rows: int) -> DeviceProfile:
    """The reference device with other current and charge limits, so that each can be met alone."""
    dumped = REFERENCE.model_dump(by_alias=False)
    for row, value in rows.items():
        unit = "max_pc" if row == "phase_charge" else "max_ua"
        dumped[row] = {unit: value, "source": "test"}
    dumped["amplitude"]["max_ua"] = min(dumped["amplitude"]["max_ua"], dumped["total_current"]["max_ua"])
    return DeviceProfile.model_validate(dumped, by_name=True, by_alias=False)


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
@pytest.mark.rule("contact-current")
@pytest.mark.rule("phase-charge")
@pytest.mark.parametrize(
    ("rule", "profile", "at_limit_ua"),
    [
        ("contact-current", limited(contact_current=5_000), 5_000),
        ("phase-charge", limited(phase_charge=1_050_000), 5_000),
    ],
)
def test_a_current_or_charge_one_step_above_its_limit_is_blocked(
    rule: str, profile: DeviceProfile, at_limit_ua: int
) -> None:
    assert not found(judge(a_group(amplitude_ua=at_limit_ua), IMPLANT, profile, DEFAULT), rule)
    (finding, *_) = found(judge(a_group(amplitude_ua=at_limit_ua + 50), IMPLANT, profile, DEFAULT), rule)
    assert finding.tier is Tier.BLOCK
    assert finding.largest_passing_amplitude_ua == at_limit_ua


@pytest.mark.rule("total-current")
def test_a_program_above_the_device_total_is_blocked_even_where_no_contact_is() -> None:
    profile = limited(contact_current=5_000, total_current=8_000)
    shared = ElectrodeConfig.of({1: -500, 2: -500, 3: 500, 4: 500})
    assert judge(a_group(contacts=shared, amplitude_ua=8_000), IMPLANT, profile, DEFAULT).outcome is Outcome.PASS
    told = judge(a_group(contacts=shared, amplitude_ua=8_050), IMPLANT, profile, DEFAULT)
    assert tiers(told, "total-current") == [Tier.BLOCK]


@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
@pytest.mark.rule("charge-density")
@pytest.mark.rule("shannon")
@pytest.mark.parametrize(
    ("rule", "policy", "amplitude_ua", "tier"),
    [
        # 12.252 mm² and 1000 µs: 30 µC/cm² are 3675 µA, 50 are 6126; k = 1.85 is 2945 µA, 1.5 is 1968 µA.
        ("charge-density", DEFAULT, 3650, None),
        ("charge-density", DEFAULT, 3700, Tier.CONFIRM),
        ("charge-density", DEFAULT, 6100, Tier.CONFIRM),
        ("charge-density", DEFAULT, 6150, Tier.BLOCK),
        ("charge-density", STRICT, 3650, None),
        ("charge-density", STRICT, 3700, Tier.BLOCK),
        ("shannon", DEFAULT, 1950, None),
        ("shannon", DEFAULT, 2000, Tier.NOTICE),
        ("shannon", DEFAULT, 2900, Tier.NOTICE),
        ("shannon", DEFAULT, 2950, Tier.CONFIRM),
        ("shannon", STRICT, 2950, Tier.BLOCK),
    ],
)
def test_density_and_shannon_speak_from_their_thresholds_on(
    rule: str, policy: Any, amplitude_ua: int, tier: Tier | None
) -> None:
    told = verdict(amplitude_ua=amplitude_ua, pulse_width_us=1000, policy=policy)
    assert tiers(told, rule) == ([] if tier is None else [tier])


@pytest.mark.rule("timing")
@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"pulse_width_us": 410, "waveform": tonic(1200)}, True),  # 820 of 834 µs
        ({"pulse_width_us": 417, "waveform": tonic(1200)}, True),
        ({"pulse_width_us": 420, "waveform": tonic(1200)}, False),
        ({"pulse_width_us": 410, "interphase_gap_us": 20, "waveform": tonic(1200)}, False),
        ({"pulse_width_us": 100, "recharge": ActiveRecharge(kind="active", ratio=8), "waveform": tonic(1100)}, True),
        ({"pulse_width_us": 110, "recharge": ActiveRecharge(kind="active", ratio=8), "waveform": tonic(1100)}, False),
        ({"waveform": Burst(kind="burst", rate_mhz=60_000, pulses=5, intra_rate_mhz=500_000)}, True),
        ({"waveform": Burst(kind="burst", rate_mhz=60_000, pulses=7, intra_rate_mhz=360_000)}, False),
    ],
)
def test_pulses_and_bursts_fit_their_periods(changes: dict[str, Any], fits: bool) -> None:
    assert bool(found(verdict(**changes), "timing")) is not fits


@pytest.mark.rule("timing")
@pytest.mark.parametrize(("on_s", "ramp_ms", "is_told"), [(2, 1_500, False), (2, 2_000, True), (1, 10_000, True)])
def test_a_ramp_that_takes_all_of_a_cycle_is_told_and_may_be_sent(on_s: int, ramp_ms: int, is_told: bool) -> None:
    cycling = Cycling(on_us=on_s * 1_000_000, off_us=9_000_000)
    told = verdict(cycling=cycling, ramp_us=ramp_ms * 1_000)
    assert tiers(told, "timing") == ([Tier.NOTICE] if is_told else [])
    assert told.outcome is (Outcome.NOTICE if is_told else Outcome.PASS)
    assert "never reached" in "".join(finding.message for finding in found(told, "timing")) or not is_told


@pytest.mark.rule("timing")
def test_programs_fit_beside_one_another_or_are_blocked() -> None:
    fast = a_program(name="fast", amplitude_ua=500, pulse_width_us=200, waveform=tonic(1200))
    slow = a_program(name="slow", amplitude_ua=500, pulse_width_us=210)
    assert not found(verdict(fast, slow), "timing")
    assert tiers(verdict(fast, replaced(slow, pulse_width_us=220)), "timing") == [Tier.BLOCK]


@pytest.mark.rule("timing")
def test_a_prime_runs_at_a_multiple_of_its_base() -> None:
    base = a_program(name="base", waveform=tonic(50), pulse_width_us=100)
    for hertz, fits in ((300, True), (310, False)):
        prime = a_program(name="prime", waveform=tonic(hertz), pulse_width_us=100, amplitude_ua=500)
        group = Group(name="g", delivery="multiplexed", programs=(base, prime))
        assert bool(found(judge(group, IMPLANT, REFERENCE, DEFAULT), "timing")) is not fits


@pytest.mark.hazard("H05")
@pytest.mark.hazard("H06")
@pytest.mark.req("FW-05")
@pytest.mark.rule("charge-balance")
def test_a_residue_is_judged_as_direct_current() -> None:
    third = ActiveRecharge(kind="active", ratio=3)
    # 2 µA x 100 µs are left 250 times a second: 50 nA; at 1000 Hz 200 nA; x 5 programs' worth of width 1000 nA.
    assert not found(
        verdict(amplitude_ua=200, pulse_width_us=100, recharge=third, waveform=tonic(250)), "charge-balance"
    )
    told = verdict(amplitude_ua=200, pulse_width_us=100, recharge=third, waveform=tonic(1000))
    assert tiers(told, "charge-balance") == [Tier.CONFIRM]
    assert found(told, "charge-balance")[0].value == 200
    strict = verdict(amplitude_ua=200, pulse_width_us=100, recharge=third, waveform=tonic(1000), policy=STRICT)
    assert tiers(strict, "charge-balance") == [Tier.BLOCK]


@pytest.mark.rule("charge-balance")
def test_programs_add_up_on_the_contacts_they_share() -> None:
    third = ActiveRecharge(kind="active", ratio=3)
    one = a_program(name="one", amplitude_ua=200, pulse_width_us=80, recharge=third, waveform=tonic(500))
    other = replaced(one, name="other")
    elsewhere = replaced(one, name="elsewhere", contacts=ElectrodeConfig.of({2: -1000, 3: 1000}))
    assert not found(verdict(one), "charge-balance")
    assert not found(verdict(one, elsewhere), "charge-balance")
    assert tiers(verdict(one, other), "charge-balance") == [Tier.CONFIRM, Tier.CONFIRM]


@pytest.mark.rule("charge-balance")
def test_a_passive_recharge_needs_five_time_constants() -> None:
    assert not found(verdict(recharge=PASSIVE, waveform=tonic(100)), "charge-balance")
    told = verdict(recharge=PASSIVE, amplitude_ua=100, waveform=tonic(150))
    assert [finding.unit for finding in found(told, "charge-balance")] == ["us"]
    assert tiers(verdict(recharge=PASSIVE, waveform=tonic(600)), "charge-balance") == [Tier.BLOCK, Tier.CONFIRM]


@pytest.mark.rule("compliance")
def test_the_voltage_that_is_needed_is_judged_when_it_is_known() -> None:
    # 10 mA x 1000 Ω = 10 V, 2.1 µC on 10 and 5 µF twice = 1.26 V, headroom 0.4 V.
    for ohms, fits in ((1634, True), (1635, False)):
        told = verdict(amplitude_ua=10_000, impedances=Impedances({1: ohms}))
        assert bool(found(told, "compliance")) is not fits
    high = Impedances({1: 5_000})
    assert tiers(verdict(impedances=high), "compliance") == [Tier.CONFIRM]
    assert tiers(verdict(impedances=high, policy=STRICT), "compliance") == [Tier.BLOCK]


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-37")
@pytest.mark.rule("patient-range")
def test_the_patients_highest_amplitude_is_judged_too() -> None:
    reach = PatientLimits(lowest_ua=0, highest_ua=3_000)
    told = verdict(amplitude_ua=1_000, pulse_width_us=1000, patient=reach)
    assert [(finding.rule, finding.tier) for finding in told.findings] == [("patient-range", Tier.CONFIRM)]
    assert found(told, "patient-range")[0].largest_passing_amplitude_ua == 2_900
    outside = verdict(amplitude_ua=3_050, patient=reach)
    assert tiers(outside, "patient-range") == [Tier.BLOCK]


@pytest.mark.hazard("H25")
@pytest.mark.req("FW-35")
@pytest.mark.rule("lead-fault")
@pytest.mark.parametrize(("ohms", "faulty"), [(10_000, False), (10_001, True), (100, False), (99, True)])
def test_a_contact_known_to_be_open_or_short_is_blocked(ohms: int, faulty: bool) -> None:
    assert bool(found(verdict(amplitude_ua=50, impedances=Impedances({1: ohms})), "lead-fault")) is faulty


@pytest.mark.rule("charge-balance")
def test_exactly_the_limit_of_direct_current_passes() -> None:
    """2 µA x 100 µs every 2 ms are 100 nA."""
    third = ActiveRecharge(kind="active", ratio=3)
    assert not found(
        verdict(amplitude_ua=200, pulse_width_us=100, recharge=third, waveform=tonic(500)), "charge-balance"
    )
    more = verdict(amplitude_ua=200, pulse_width_us=100, recharge=third, waveform=tonic(501))
    assert [finding.value for finding in found(more, "charge-balance")] == [101]


@pytest.mark.rule("charge-balance")
def test_exactly_five_time_constants_are_enough() -> None:
    """R · C of the reference device is 1334 µs, so 6670 µs are needed: a period of 6880 µs with a pulse of 210 µs."""
    for rate_mhz, is_enough in ((145_349, True), (145_370, False)):
        waveform = Tonic(kind="tonic", rate_mhz=rate_mhz)
        told = verdict(recharge=PASSIVE, amplitude_ua=100, waveform=waveform)
        windows = [finding for finding in found(told, "charge-balance") if finding.unit == "us"]
        assert bool(windows) is not is_enough


SHOWN = [
    # rule, changes, (contact, value, limit, unit)
    ("charge-density", {"amplitude_ua": 5_000, "pulse_width_us": 1000}, ("E1", 40.809, 30, "uC/cm2")),
    ("shannon", {"amplitude_ua": 5_000, "pulse_width_us": 1000}, ("E1", 2.3097, 1.85, "k")),
    ("phase-charge", {"amplitude_ua": 12_800, "pulse_width_us": 1000}, ("E1", 12.8, 12.75, "uC")),
]


@pytest.mark.parametrize(("rule", "changes", "shown"), SHOWN)
def test_a_finding_shows_the_numbers_it_was_decided_by(rule: str, changes: Any, shown: Any) -> None:
    """12.252 mm²: 5 µC are 40.81 µC/cm², and log10(5 · 40.81) is 2.310."""
    (finding,) = found(verdict(contacts=ElectrodeConfig.of({1: -1000, 2: 500, 3: 500}), **changes), rule)
    assert (finding.contact, finding.value, finding.limit, finding.unit) == shown


def test_currents_and_volts_are_shown_in_the_units_of_people() -> None:
    tight = limited(contact_current=5_000, total_current=8_000)
    told = judge(a_group(amplitude_ua=9_000, contacts=ElectrodeConfig.of({1: -1000, 2: 1000})), IMPLANT, tight, DEFAULT)
    shown = {finding.rule: (finding.value, finding.limit, finding.unit) for finding in told.findings}
    assert shown["contact-current"] == (9.0, 5.0, "mA")
    assert shown["total-current"] == (9.0, 8.0, "mA")
    (volts,) = found(verdict(impedances=Impedances({1: 5_000})), "compliance")
    assert (volts.value, volts.limit, volts.unit) == (27.056, 18.0, "V")


@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
@pytest.mark.rule("charge-density")
@pytest.mark.rule("shannon")
@pytest.mark.parametrize(("cathode", "anode"), [(1, 9), (9, 1)])
def test_the_contact_with_the_least_metal_is_named(cathode: int, anode: int) -> None:
    """E1 is a ring of 12.25 mm², E9 a plate of 6 mm², and both carry the same charge."""
    mixed = an_implant("medtronic-977a2", "medtronic-39565")
    group = a_group(contacts=ElectrodeConfig.of({cathode: -1000, anode: 1000}), amplitude_ua=5_000, pulse_width_us=1000)
    told = judge(group, mixed, REFERENCE, DEFAULT)
    assert {finding.contact for finding in told.findings if finding.rule in ("charge-density", "shannon")} == {"E9"}


@pytest.mark.rule("compliance")
def test_the_worst_contact_of_each_polarity_counts() -> None:
    """6 mA through 1000 Ω and, shared, 3 mA through 4000 Ω: 6 + 12 V, 0.756 V on the capacitors, 0.4 V headroom."""
    shared = ElectrodeConfig.of({1: -1000, 2: 500, 3: 500})
    told = verdict(contacts=shared, amplitude_ua=6_000, impedances=Impedances({1: 1_000, 2: 1_500, 3: 4_000}))
    assert [finding.value for finding in found(told, "compliance")] == [19.156]


def test_findings_are_listed_in_the_order_of_the_rules() -> None:
    told = verdict(amplitude_ua=25_500, pulse_width_us=1000, patient=PatientLimits(lowest_ua=0, highest_ua=1_000))
    order = [rule.id for rule in RULES]
    assert [order.index(finding.rule) for finding in told.findings] == sorted(
        order.index(finding.rule) for finding in told.findings
    )
    assert told.outcome is Outcome.BLOCK


AMPLITUDES = st.integers(0, 510).map(lambda steps: steps * 50)
WIDTHS = st.integers(1, 100).map(lambda steps: steps * 10)


def without_windows(told: Verdict) -> Verdict:
    return Verdict(tuple(finding for finding in told.findings if finding.unit != "us"), ())


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
@given(amplitude=AMPLITUDES, width=WIDTHS, hertz=st.integers(2, 1200), ratio=st.integers(0, 8))
def test_the_largest_passing_amplitude_passes_and_one_step_more_does_not(
    amplitude: int, width: int, hertz: int, ratio: int
) -> None:
    recharge = ActiveRecharge(kind="active", ratio=ratio) if ratio else PASSIVE
    contacts = ElectrodeConfig.of({1: -457, 2: -543, 3: 311, 0: 689})
    group = a_group(
        contacts=contacts, amplitude_ua=amplitude, pulse_width_us=width, recharge=recharge, waveform=tonic(hertz)
    )
    for finding in judge(group, IMPLANT, REFERENCE, DEFAULT).findings:
        largest = finding.largest_passing_amplitude_ua
        if largest is None:
            continue
        least = Tier.NOTICE if finding.tier is Tier.NOTICE else Tier.CONFIRM
        at = judge(group.with_amplitudes({"a": largest}), IMPLANT, REFERENCE, DEFAULT)
        above = judge(group.with_amplitudes({"a": largest + 50}), IMPLANT, REFERENCE, DEFAULT)
        if finding.rule == "charge-balance":
            # The recovery window, which no amplitude changes, speaks in the same rule.
            at, above = without_windows(at), without_windows(above)
        assert not [other for other in found(at, finding.rule) if other.tier >= least]
        assert [other for other in found(above, finding.rule) if other.tier >= least]


@given(amplitude=AMPLITUDES, more=st.integers(1, 100), width=WIDTHS)
def test_raising_the_amplitude_never_removes_a_block(amplitude: int, more: int, width: int) -> None:
    low = verdict(amplitude_ua=amplitude, pulse_width_us=width)
    high = verdict(amplitude_ua=amplitude + 50 * more, pulse_width_us=width)
    assert set(low.blocking_rules) <= set(high.blocking_rules)


@pytest.mark.parametrize("profile_id", ["intellis", "proclaim", "wavewriter-alpha", "senza", "evoke", "opennerve-gen2"])
def test_every_published_device_can_be_judged(profile_id: str) -> None:
    told = judge(
        a_group(amplitude_ua=2_000, pulse_width_us=200),
        an_implant("medtronic-977a2"),
        find_profile(profile_id),
        DEFAULT,
    )
    assert told.outcome in Outcome
