"""What must be so of every verdict, whatever the group: monotone, complete, blind to units and to order, a union."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scs.domain.case import amplitude_range
from scs.domain.impedance import Impedances
from scs.domain.lead import Cylinder, Implant, PluggedLead, find_lead
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, Program, Tonic, replaced
from scs.domain.program_file import parse_program_file
from scs.domain.safety import judge
from scs.domain.verdict import Finding, Outcome, Tier, Verdict
from scs.proof import specification as spec
from scs.testing.strategies import groups, hostile_groups, impedances, implants, legal_groups, policies, profiles
from tests.support.implants import REFERENCE, two_leads

IMPLANT = two_leads()
DEFAULT, STRICT = find_policy("default"), find_policy("strict")
CHARGE_RULES = {"contact-current", "total-current", "phase-charge", "charge-density", "shannon", "compliance"}
"""The rules of which every one only grows louder with amplitude and width. The residue of a driven recharge comes and
goes with the remainder of a division, so `charge-balance` is not among them; `patient-range` gives way to the rule
itself when the amplitude has reached the patient's highest."""
MEASURED = Impedances({contact.number: 600 for contact in IMPLANT.contacts})
NUMBERS = tuple(contact.number for contact in IMPLANT.contacts)

amplitudes = st.integers(0, 510).map(lambda steps: steps * 50)
widths = st.integers(1, 100).map(lambda steps: steps * 10)
any_group = groups(numbers=NUMBERS)


def verdict(group: Group, policy: Policy = DEFAULT, implant: Implant = IMPLANT) -> Verdict:
    return judge(group, implant, REFERENCE, policy, MEASURED)


def blocks(found: Verdict, rules: set[str] = CHARGE_RULES) -> set[tuple[str, str | None]]:
    return {(f.rule, f.program) for f in found.findings if f.tier is Tier.BLOCK and f.rule in rules}


def a_bipole(
    amplitude_ua: int, width_us: int, shares: Mapping[int, int] | None = None, rate_mhz: int = 40_000
) -> Group:
    program = Program(
        name="p",
        contacts=ElectrodeConfig.of(shares or {3: -1_000, 4: 1_000}),
        amplitude_ua=amplitude_ua,
        pulse_width_us=width_us,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=rate_mhz),
    )
    return Group(name="g", programs=(program,))


def changed(group: Group, index: int, **changes: object) -> Group:
    programs = list(group.programs)
    programs[index] = replaced(programs[index], **changes)
    return replaced(group, programs=tuple(programs))


@pytest.mark.rule("contact-current", "total-current", "phase-charge", "charge-density", "shannon", "compliance")
@pytest.mark.req("FW-02", "FW-04")
@given(any_group, st.integers(1, 50_000), st.sampled_from([DEFAULT, STRICT]))
def test_raising_an_amplitude_removes_no_block(group: Group, more_ua: int, policy: Policy) -> None:
    louder = changed(group, 0, amplitude_ua=group.programs[0].amplitude_ua + more_ua, patient=None)
    assert blocks(verdict(changed(group, 0, patient=None), policy)) <= blocks(verdict(louder, policy))


@pytest.mark.rule("phase-charge", "charge-density", "shannon", "timing", "compliance")
@pytest.mark.req("FW-02", "FW-04")
@given(any_group, st.integers(1, 5_000), st.sampled_from([DEFAULT, STRICT]))
def test_widening_a_pulse_removes_no_block(group: Group, more_us: int, policy: Policy) -> None:
    rules = CHARGE_RULES | {"timing"}
    wider = changed(group, 0, pulse_width_us=group.programs[0].pulse_width_us + more_us)
    assert blocks(verdict(group, policy), rules) <= blocks(verdict(wider, policy), rules)


@pytest.mark.rule("charge-density", "shannon", "contact-current", "phase-charge")
@given(amplitudes, widths, st.integers(1, 998), st.integers(1, 998), st.sampled_from([DEFAULT, STRICT]))
def test_raising_a_share_removes_no_block_of_its_contact(
    amplitude: int, width: int, share: int, more: int, policy: Policy
) -> None:
    """The contact's own current rises with its share, so what blocked it still blocks, there or further on."""
    more = min(more, 999 - share)
    before = verdict(a_bipole(amplitude, width, {3: -share, 5: share - 1_000, 4: 1_000}), policy)
    after = verdict(a_bipole(amplitude, width, {3: -share - more, 5: share + more - 1_000, 4: 1_000}), policy)
    blocked = {f.rule for f in before.findings if f.tier is Tier.BLOCK and f.contact == "E3" and f.rule in CHARGE_RULES}
    assert blocked <= {f.rule for f in after.findings if f.tier is Tier.BLOCK}


@pytest.mark.rule("charge-density", "shannon")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
@given(amplitudes, widths, st.integers(100, 2_999), st.sampled_from([DEFAULT, STRICT]))
def test_shrinking_a_contact_removes_no_block(amplitude: int, width: int, length_um: int, policy: Policy) -> None:
    lead = find_lead("medtronic-977a2")
    assert isinstance(lead.shape, Cylinder)
    shorter = replaced(lead, shape=replaced(lead.shape, length_um=length_um), published_area_um2=None)
    smaller = Implant(leads=(PluggedLead(port="A", lead=shorter), PluggedLead(port="B", lead=shorter)))
    group = a_bipole(amplitude, width)
    assert blocks(verdict(group, policy)) <= blocks(verdict(group, policy, smaller))


@pytest.mark.req("FW-02")
@given(amplitudes, widths, st.integers(2, 1_200), st.sampled_from([DEFAULT, STRICT]))
def test_everything_that_is_legal_by_the_sentences_of_the_rules_passes(
    amplitude: int, width: int, hertz: int, policy: Policy
) -> None:
    """Complete, and sound: blocked exactly where the specification in rationals says so."""
    area = IMPLANT.areas_um2[3]
    is_blocked = (
        any(
            spec.density_is_above(amplitude, width, area, limit)
            for tier, limit in policy.density_tiers()
            if tier is Tier.BLOCK
        )
        or any(
            spec.shannon_is_above(amplitude, width, area, Fraction(milli, 1_000))
            for tier, milli in policy.shannon_tiers()
            if tier is Tier.BLOCK
        )
        or amplitude * width > REFERENCE.phase_charge.max_pc
        or spec.pulse_us(width, 0, 1) > spec.period_us(hertz * 1_000)
    )
    found = judge(a_bipole(amplitude, width, rate_mhz=hertz * 1_000), IMPLANT, REFERENCE, policy)
    assert (found.outcome is Outcome.BLOCK) == is_blocked


FILE = """
format = "scs-program/1"
title = "t"
source = "declared"
[group]
name = "g"
[[group.programs]]
name = "p"
contacts = {{ {contacts} }}
amplitude = "{amplitude}"
pulse_width = "{width}"
recharge = {{ kind = "active", ratio = 1 }}
waveform = {{ kind = "tonic", rate = "{rate}" }}
"""


@pytest.mark.req("PR-05")
@pytest.mark.hazard("H33")
@given(amplitudes, widths, st.integers(2, 1_200), st.integers(1, 999))
def test_the_unit_that_somebody_writes_changes_nothing(amplitude: int, width: int, hertz: int, share: int) -> None:
    small = FILE.format(
        contacts=f'E3 = "-{share} permille", E5 = "-{1_000 - share}‰", E4 = "+1000 permille"',
        amplitude=f"{amplitude} uA", width=f"{width} us", rate=f"{hertz * 1_000} mHz",
    )  # fmt: skip
    large = FILE.format(
        contacts=f'E4 = "+100%", E5 = "-{(1_000 - share) / 10}%", E3 = "-{share / 10} %"',
        amplitude=f"{amplitude / 1_000:.3f} mA", width=f"{width / 1_000:.3f} ms", rate=f"{hertz / 1_000:.3f} kHz",
    )  # fmt: skip
    one, other = (parse_program_file("f.toml", text).group for text in (small, large))
    assert one == other
    assert verdict(one) == verdict(other)


@given(any_group, st.randoms(use_true_random=False))
def test_the_order_of_programs_changes_nothing(group: Group, chance: object) -> None:
    """Interleaved programs are all alike; in a multiplexed group the first one is the base."""
    together = replaced(group, delivery="interleaved")
    order = list(together.programs)
    chance.shuffle(order)  # type: ignore[attr-defined]
    one, other = verdict(together), verdict(replaced(together, programs=tuple(order)))
    assert sorted(map(repr, one.findings)) == sorted(map(repr, other.findings))
    assert set(one.not_evaluated) == set(other.not_evaluated)


@given(any_group)
def test_the_order_in_which_contacts_are_written_changes_nothing(group: Group) -> None:
    for program in group.programs:
        backwards = dict(reversed(program.contacts.shares))
        assert ElectrodeConfig.of(backwards) == program.contacts


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
@settings(max_examples=60)
@given(amplitudes, widths, st.integers(1, 8), st.integers(2, 1_200), st.sampled_from([DEFAULT, STRICT]))
def test_the_largest_passing_amplitude_passes_and_one_step_more_does_not(
    amplitude: int, width: int, ratio: int, hertz: int, policy: Policy
) -> None:
    group = changed(
        a_bipole(amplitude, width, {3: -617, 5: -383, 4: 1_000}, hertz * 1_000),
        0, recharge=ActiveRecharge(kind="active", ratio=ratio),
    )  # fmt: skip
    step = amplitude_range(group.programs[0], REFERENCE).step_ua
    for finding in verdict(group, policy).findings:
        largest = finding.largest_passing_amplitude_ua
        if largest is not None:
            assert not speaks(finding, changed(group, 0, amplitude_ua=largest), policy)
            assert largest < amplitude
            assert speaks(finding, changed(group, 0, amplitude_ua=largest + step), policy)


def speaks(finding: Finding, group: Group, policy: Policy) -> bool:
    """Whether the rule still asks for something: a notice counts only where a notice was given."""
    quiet = () if finding.tier is Tier.NOTICE else (Tier.NOTICE,)
    return any(f.rule == finding.rule and f.tier not in quiet for f in verdict(group, policy).findings)


@given(legal_groups(IMPLANT, REFERENCE), legal_groups(IMPLANT, REFERENCE), st.integers(1, 20))
def test_the_verdict_of_a_group_is_the_union_over_what_is_delivered(one: Group, other: Group, times: int) -> None:
    """Programs with driven recharges that leave nothing meet only in time: all else each program says by itself."""
    listed = tuple(
        replaced(program, name=f"P{index}", amplitude_ua=program.amplitude_ua * times,
                 recharge=ActiveRecharge(kind="active", ratio=1), patient=None)
        for index, program in enumerate((*one.programs, *other.programs)[:4])
    )  # fmt: skip
    together = verdict(Group(name="g", programs=listed))
    alone = [verdict(Group(name="g", programs=(program,))) for program in listed]
    assert {f for f in together.findings if f.program is not None} == {f for each in alone for f in each.findings}
    assert {f.rule for f in together.findings if f.program is None} <= {"timing"}


@pytest.mark.req("FW-02")
@given(any_group, any_group, st.sampled_from([DEFAULT, STRICT]))
def test_adding_a_program_removes_no_finding(group: Group, other: Group, policy: Policy) -> None:
    base = replaced(group, delivery="interleaved", programs=group.programs[:3])
    more = replaced(base, programs=(*base.programs, replaced(other.programs[0], name="added")))
    before, after = verdict(base, policy), verdict(more, policy)
    loudest: dict[tuple[str, str | None], Tier] = {}
    for found in after.findings:
        key = (found.rule, found.program)
        loudest[key] = max(found.tier, loudest.get(key, found.tier))
    for found in before.findings:
        assert loudest[found.rule, found.program] >= found.tier


@settings(max_examples=200)
@given(groups() | hostile_groups(), implants(), profiles(), policies(), impedances() | st.none())
def test_no_group_on_any_implant_makes_the_judge_fall(
    group: Group, implant: Implant, profile: DeviceProfile, policy: Policy, measured: Impedances | None
) -> None:
    found = judge(group, implant, profile, policy, measured)
    assert all(finding.message and finding.remedy for finding in found.findings)
    assert found == judge(group, implant, profile, policy, measured)
