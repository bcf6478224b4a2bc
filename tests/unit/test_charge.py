"""Charge arithmetic: exact, monotone, and bounded from the right side."""

from __future__ import annotations

from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.domain.charge import (
    contact_currents_ua,
    decay,
    density_exceeds,
    largest_density_charge_pc,
    pulse_residues_pc,
    shannon_exceeds,
    shannon_factor,
    split_current,
)
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig
from tests.support.prescriptions import a_program

SHARES = (
    st.lists(st.integers(1, 400), min_size=1, max_size=16)
    .filter(lambda parts: sum(parts) <= WHOLE)
    .map(lambda parts: [*parts[:-1], WHOLE - sum(parts[:-1])])
)


@pytest.mark.hazard("H34")
@pytest.mark.req("FW-06")
@given(amplitude=st.integers(0, 100_000), shares=SHARES)
def test_a_split_sums_to_the_whole_and_is_within_a_step_of_fair(amplitude: int, shares: list[int]) -> None:
    parts = split_current(amplitude, shares)
    assert sum(parts) == amplitude
    assert all(part >= amplitude * share // WHOLE for part, share in zip(parts, shares, strict=True))


@pytest.mark.hazard("H34")
@pytest.mark.req("FW-06")
@given(amplitude=st.integers(0, 50_000), more=st.integers(1, 60), shares=SHARES)
def test_raising_the_amplitude_lowers_no_contact(amplitude: int, more: int, shares: list[int]) -> None:
    before, after = split_current(amplitude, shares), split_current(amplitude + more, shares)
    assert all(low <= high for low, high in zip(before, after, strict=True))


@given(amplitude=st.integers(0, 400), shares=SHARES)
def test_what_is_left_over_goes_where_the_divisor_rule_sends_it(amplitude: int, shares: list[int]) -> None:
    """The rule dealt out one microampere at a time from nothing, with fractions."""
    parts = [0] * len(shares)
    for _ in range(amplitude):
        claims = [Fraction(share, part + 1) for share, part in zip(shares, parts, strict=True)]
        parts[claims.index(max(claims))] += 1
    assert split_current(amplitude, shares) == tuple(parts)


def test_currents_of_all_contacts_sum_to_nothing() -> None:
    electrodes = ElectrodeConfig.of({1: -333, 2: -333, 3: -334, 4: 500, 0: 500})
    currents = contact_currents_ua(electrodes, 101)
    assert currents == {0: 51, 1: -34, 2: -33, 3: -34, 4: 50}
    assert sum(currents.values()) == 0


@pytest.mark.hazard("H06")
@pytest.mark.req("FW-05")
def test_a_recharge_that_does_not_divide_leaves_an_exact_residue() -> None:
    """191 µA at 1:3 come back as 63 µA for three times the width: 2 µA x 100 µs = 200 pC are left."""
    program = a_program(amplitude_ua=191, pulse_width_us=100, recharge=ActiveRecharge(kind="active", ratio=3))
    assert pulse_residues_pc(program, {1: -191, 0: 191}) == {1: -200, 0: 200}
    whole = a_program(amplitude_ua=192, pulse_width_us=100, recharge=ActiveRecharge(kind="active", ratio=3))
    assert pulse_residues_pc(whole, {1: -192, 0: 192}) == {1: 0, 0: 0}


@given(amount=st.integers(0, 10**9), elapsed=st.integers(0, 60_000), constant=st.integers(1, 5_000))
def test_the_decay_is_an_upper_bound_and_close(amount: int, elapsed: int, constant: int) -> None:
    getcontext().prec = 40
    exact = amount * (-Decimal(elapsed) / constant).exp()
    bound = decay(amount, elapsed, constant)
    assert bound >= exact
    assert bound <= exact * Decimal("1.017") + 2


@given(charge=st.integers(0, 10**8), area=st.integers(1, 10**8), limit=st.integers(1, 100))
def test_density_is_compared_without_division(charge: int, area: int, limit: int) -> None:
    assert density_exceeds(charge, area, limit) == (Decimal(100) * charge / area > limit)
    largest = largest_density_charge_pc(area, limit)
    assert not density_exceeds(largest, area, limit)
    assert density_exceeds(largest + 1, area, limit)


def test_shannons_factor_is_the_floor_of_the_power() -> None:
    assert shannon_factor(1850) == 707_945
    assert shannon_factor(1500) == 316_227
    assert shannon_factor(2000) == 1_000_000
    assert not shannon_exceeds(1_000_000, 1_000_000, 2000)
    assert shannon_exceeds(1_000_001, 1_000_000, 2000)


VECTORS = [
    # id, contact current µA, width µs, area µm², D > 30, k > 1.85: physics facts 1.5 [C]
    ("V1", 5_000, 210, 11_969_000, False, False),
    ("V2", 10_500, 300, 11_969_000, False, True),
    ("V3", 12_700, 1000, 11_969_000, True, True),
    ("V4", 25_500, 500, 11_969_000, True, True),
    ("V5", 25_500, 1000, 11_969_000, True, True),
    ("V6", 3_000, 30, 11_969_000, False, False),
    ("V7", 15_000, 30, 12_723_000, False, False),
    ("V8", 600, 1000, 11_969_000, False, False),
    ("V9", 2_000, 400, 11_969_000, False, False),
    ("V10", 7_000, 400, 11_969_000, False, False),
    ("V11", 5_000, 210, 4_000_000, False, False),
    ("V12", 10_000, 500, 4_000_000, True, True),
]


@pytest.mark.rule("charge-density")
@pytest.mark.rule("shannon")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
@pytest.mark.parametrize(("name", "current", "width", "area", "dense", "beyond"), VECTORS)
def test_the_published_limits_fall_where_they_were_computed(
    name: str, current: int, width: int, area: int, dense: bool, beyond: bool
) -> None:
    charge = current * width
    assert density_exceeds(charge, area, 30) is dense
    assert shannon_exceeds(charge, area, 1850) is beyond
