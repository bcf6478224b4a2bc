"""What a verdict says, whole: which program and contact, value and limit, in which words, and what would pass."""

from __future__ import annotations

import pytest

from scs.domain.case import Case
from scs.domain.charge import period_residues_pc, pulse_residues_pc, split_current
from scs.domain.policy import Policy
from scs.domain.program import ActiveRecharge, Burst, ElectrodeConfig, PassiveRecharge, PatientLimits, Program, replaced
from scs.domain.rules_amplitude import charge_balance, charge_density
from scs.domain.safety import judge, largest_passing_ua
from scs.domain.verdict import Finding, NotEvaluated, Tier
from tests.support.prescriptions import DEFAULT, REFERENCE, STRICT, a_group, a_program, an_implant, tonic

IMPLANT = an_implant()
PAIR = ElectrodeConfig.of({1: -1_000, 2: 1_000})
LESS = "lower the amplitude, shorten the pulse, or share the current over more contacts"


@pytest.mark.req("FW-37", "FW-04")
@pytest.mark.rule("patient-range")
@pytest.mark.hazard("H01")
def test_what_the_patient_can_reach_is_told_with_all_that_the_rule_says() -> None:
    program = a_program(
        name="leg", contacts=PAIR, amplitude_ua=1_000, patient=PatientLimits(lowest_ua=0, highest_ua=12_000)
    )
    assert judge(a_group(program), IMPLANT, REFERENCE, DEFAULT).findings == (
        Finding(
            rule="patient-range",
            tier=Tier.NOTICE,
            program="leg",
            contact="E1",
            value=1.7146,
            limit=1.5,
            unit="k",
            largest_passing_amplitude_ua=9_350,
            message="at the patient's highest, 12 mA, shannon: E1 reaches Shannon's k = 1.715, above 1.5",
            remedy="use at most 9.35 mA: lower the patient's highest amplitude",
        ),
    )


def test_what_is_said_of_the_amplitude_is_not_said_again_of_the_patients_highest() -> None:
    program = a_program(
        name="low", contacts=PAIR, amplitude_ua=9_000, pulse_width_us=1_000,
        patient=PatientLimits(lowest_ua=0, highest_ua=12_000),
    )  # fmt: skip
    assert judge(a_group(program), IMPLANT, REFERENCE, DEFAULT).findings == (
        Finding("charge-density", Tier.BLOCK, "low", "E1", 73.4561, 50, "uC/cm2", 3_650,
                "E1 carries 73.46 µC/cm² per phase, above 50 µC/cm²", f"use at most 3.65 mA: {LESS}"),
        Finding("shannon", Tier.CONFIRM, "low", "E1", 2.8203, 1.85, "k", 2_900,
                "E1 reaches Shannon's k = 2.820, above 1.85", f"use at most 2.9 mA: {LESS}"),
    )  # fmt: skip


def test_each_finding_names_its_program() -> None:
    fine = a_program(name="one", contacts=PAIR, amplitude_ua=1_000)
    wrong = a_program(name="two", contacts=ElectrodeConfig.of({17: -1_000, 0: 1_000}), amplitude_ua=1_010)
    found = judge(a_group(fine, wrong), IMPLANT, REFERENCE, DEFAULT).findings
    assert [(one.rule, one.program, one.contact) for one in found] == [
        ("grid", "two", None),
        ("polarity", "two", "E17"),
    ]


def test_a_residue_at_the_patients_highest_is_found_in_the_second_program_too() -> None:
    """The rule of charge balance looks at the program's place in its group."""
    quiet = a_program(name="one", contacts=PAIR, amplitude_ua=1_000, waveform=tonic(40))
    uneven = a_program(
        name="two",
        contacts=ElectrodeConfig.of({3: -457, 4: -543, 5: 1_000}),
        amplitude_ua=0,
        pulse_width_us=200,
        recharge=ActiveRecharge(kind="active", ratio=7),
        waveform=tonic(400),
        patient=PatientLimits(lowest_ua=0, highest_ua=1_000),
    )
    (found,) = (one for one in judge(a_group(quiet, uneven), IMPLANT, REFERENCE, DEFAULT).findings if one.unit == "nA")
    assert (found.rule, found.tier, found.program, found.contact) == ("patient-range", Tier.CONFIRM, "two", "E5")
    assert (found.value, found.largest_passing_amplitude_ua) == (480, 750)


def test_what_has_no_time_to_flow_back_at_the_patients_highest_is_found_in_the_second_program_too() -> None:
    quiet = a_program(name="one", contacts=PAIR, amplitude_ua=1_000, waveform=tonic(40))
    passive = a_program(
        name="two",
        contacts=ElectrodeConfig.of({3: -1_000, 4: 1_000}),
        amplitude_ua=100,
        pulse_width_us=300,
        recharge=PassiveRecharge(kind="passive"),
        waveform=tonic(120),
        patient=PatientLimits(lowest_ua=0, highest_ua=3_000),
    )
    (found,) = (one for one in judge(a_group(quiet, passive), IMPLANT, REFERENCE, DEFAULT).findings if one.unit == "nA")
    assert (found.rule, found.tier, found.program) == ("patient-range", Tier.CONFIRM, "two")
    assert (found.value, found.largest_passing_amplitude_ua) == (361, 800)


def test_what_is_not_known_names_every_contact_and_both_rules() -> None:
    reason = "no impedance of E1, E2; measure it first"
    unknown = judge(a_group(name="leg", contacts=PAIR), IMPLANT, REFERENCE, DEFAULT).not_evaluated
    assert unknown == (NotEvaluated("compliance", "leg", reason), NotEvaluated("lead-fault", "leg", reason))


# ------------------------------------------------------------------------------------- the largest that passes


def largest(program: Program, check: object, above_ua: int, *, min_ua: int = 0, policy: Policy = STRICT) -> int | None:
    """With a device whose amplitudes begin at `min_ua`."""
    profile = replaced(REFERENCE, amplitude=replaced(REFERENCE.amplitude, min_ua=min_ua))
    case = Case.of(a_group(program), IMPLANT, profile, policy, None)
    return largest_passing_ua(case, 0, program, check, above_ua, Tier.BLOCK)  # type: ignore[arg-type]


UNEVEN = a_program(
    contacts=ElectrodeConfig.of({1: -457, 2: -543, 3: 311, 4: 689}), pulse_width_us=200,
    recharge=ActiveRecharge(kind="active", ratio=3), waveform=tonic(600),
)  # fmt: skip
"""Up to 3 mA only 0, 1.95 and 3 mA leave less than 100 nA on every contact."""


@pytest.mark.rule("charge-balance")
@pytest.mark.parametrize(
    ("above_ua", "min_ua", "passes_ua"),
    [(3_000, 0, 3_000), (2_950, 0, 1_950), (2_900, 0, 1_950), (1_900, 0, 0), (1_900, 50, None), (2_900, 1_950, 1_950),
     (2_900, 2_000, None), (3_000, 3_000, 3_000)],
)  # fmt: skip
def test_the_residue_of_a_ratio_is_searched_down_to_the_least_amplitude(
    above_ua: int, min_ua: int, passes_ua: int | None
) -> None:
    """It goes up and down with the amplitude, so halving would miss amplitudes that pass."""
    assert largest(UNEVEN, charge_balance, above_ua, min_ua=min_ua) == passes_ua


@pytest.mark.rule("charge-density")
@pytest.mark.parametrize(
    ("above_ua", "min_ua", "passes_ua"),
    [(10_000, 0, 2_150), (2_150, 0, 2_150), (2_100, 0, 2_100), (0, 0, 0), (0, 50, None), (50, 50, 50), (50, 30, 50),
     (40, 30, None), (10_000, 2_150, 2_150), (10_000, 2_160, None), (30_000, 0, 2_150)],
)  # fmt: skip
def test_the_largest_amplitude_that_passes_lies_on_the_grid_and_in_the_range(
    above_ua: int, min_ua: int, passes_ua: int | None
) -> None:
    """30 µC/cm² under the strict policy on 11.97 mm² at 1 ms: 3.59 mA, of which a share of 60 % flows here."""
    program = a_program(contacts=ElectrodeConfig.of({1: -1_000, 2: 1_000}), pulse_width_us=1_000)
    edge = IMPLANT.areas_um2[1] * 30 // 100 // 1_000 // 50 * 50
    expected = edge if passes_ua == 2_150 else passes_ua
    least = edge if min_ua == 2_150 else edge + 10 if min_ua == 2_160 else min_ua
    above = edge if above_ua == 2_150 else above_ua
    assert largest(program, charge_density, above, min_ua=least) == expected


# -------------------------------------------------------------------------------------------------- of the charge


def test_shares_that_are_not_whole_are_named_with_their_sum() -> None:
    with pytest.raises(AssertionError, match="shares sum to 999 permille"):
        split_current(1_000, [500, 499])


def test_a_microampere_is_taken_back_like_any_other_current() -> None:
    program = a_program(contacts=PAIR)
    assert pulse_residues_pc(program, {1: -1, 2: 1}) == {1: 0, 2: 0}


@pytest.mark.parametrize(("pulses", "is_driven"), [(5, True), (3, False)])
def test_every_pulse_of_a_burst_leaves_its_residue(pulses: int, is_driven: bool) -> None:
    burst = Burst(kind="burst", rate_mhz=20_000, pulses=pulses, intra_rate_mhz=250_000)
    recharge = ActiveRecharge(kind="active", ratio=2) if is_driven else PassiveRecharge(kind="passive")
    program = a_program(contacts=PAIR, pulse_width_us=100, recharge=recharge, waveform=burst)
    once = 100 if is_driven else 101 * 100
    assert period_residues_pc(program, {1: -101, 2: 101}, 0, 1_000) == {1: pulses * once, 2: pulses * once}
