"""The enumeration agrees everywhere with the specification, and shows a wrong function at once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.domain import charge, pulse, rules_amplitude, safety
from scs.domain.profile import RateBand
from scs.domain.program import replaced
from scs.domain.verdict import Verdict
from scs.proof import specification as spec
from scs.proof.enumeration import ROWS, Space, Subject, enumerate_all, walk
from tests.support.implants import REFERENCE
from tests.support.sources import tree_of

THIN = Space(
    replaced(
        REFERENCE,
        amplitude=replaced(REFERENCE.amplitude, max_ua=12_750, step_ua=850),
        pulse_width=replaced(REFERENCE.pulse_width, step_us=110, min_us=110),
        tonic_rate=replaced(REFERENCE.tonic_rate, bands=(RateBand(min_mhz=2_000, max_mhz=1_200_000, step_mhz=38_000),)),
        interphase_gap=replaced(REFERENCE.interphase_gap, step_us=500),
    )
)
"""A thinner grid of the same device, for what is to be found wrong anyway."""


@pytest.mark.slow
@pytest.mark.req("FW-04", "FW-05", "PR-05")
@pytest.mark.rule("charge-density", "shannon", "timing", "charge-balance", "phase-charge")
@pytest.mark.hazard("H34")
def test_every_point_of_the_reference_profile_is_as_specified() -> None:
    rows = enumerate_all()
    assert [row.name for row in rows] == list(ROWS)
    assert [row for row in rows if row.disagreements] == []
    assert sum(row.points for row in rows) >= 15_000_000


def test_the_specification_takes_nothing_from_the_rules() -> None:
    tree = tree_of("scs/proof/specification.py")
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "scs" in (node.module or "")]


def one_more_na(case: Any, index: int, program: Any, currents: Mapping[int, int]) -> dict[int, Any]:
    left = rules_amplitude.mean_dc_na(case, index, program, currents)
    return {number: value + 1 for number, value in left.items()}


def deaf_judge(*arguments: Any) -> Verdict:
    return Verdict((), safety.judge(*arguments).not_evaluated)


def later_period(rate: Any) -> Any:
    return pulse.TICKS_PER_SECOND_SCALED // rate


CONTROLS: list[tuple[str, str, Callable[..., Any]]] = [
    ("charge-density", "density_exceeds", lambda q, area, limit: 100 * q > limit * area * 101 // 100),
    ("charge-density", "density_exceeds", lambda q, area, limit: 10 * q > limit * area),
    (
        "shannon",
        "shannon_exceeds",
        lambda q, area, milli: q * q > (charge.shannon_factor(milli) * 1_001 // 1_000) * area,
    ),
    ("periods", "period_us", later_period),
    ("periods", "phase_charge_pc", lambda current, width: current * width),
    ("timing", "pulse_us", lambda program: pulse.pulse_us(program) - 1),
    ("timing", "period_us", lambda rate: pulse.period_us(rate) + 1),
    ("charge-balance", "mean_dc_na", one_more_na),
    ("verdicts", "judge", deaf_judge),
]
"""Row, function, and a wrong one in its place."""


@pytest.mark.parametrize("name", ROWS)
def test_a_thin_grid_agrees_too(name: str) -> None:
    row = walk(name, space=THIN)
    assert row.points > 0
    assert (row.disagreements, row.example) == (0, "")


@pytest.mark.parametrize(("name", "function", "wrong"), CONTROLS)
def test_a_wrong_function_is_shown_with_its_first_point(name: str, function: str, wrong: Callable[..., Any]) -> None:
    space = Space() if name in ("charge-density", "shannon") else THIN
    row = walk(name, replace(Subject(), **{function: wrong}), space)
    assert row.disagreements > 0
    assert row.example


@given(st.integers(0, 25_500), st.integers(1, 1_000), st.integers(1, 3 * 10**9), st.sampled_from([1_500, 1_850, 1_750]))
def test_the_edge_of_shannons_line_is_where_the_powers_cross(current: int, width: int, area: int, milli: int) -> None:
    k = Fraction(milli, 1_000)
    most_pc = spec.largest_shannon_charge_pc(area, k)
    assert (current * width > most_pc) == spec.shannon_is_above(current, width, area, k)


@given(st.integers(0, 25_500), st.integers(1, 1_000), st.integers(1, 3 * 10**9), st.sampled_from([30, 50]))
def test_the_edge_of_the_density_is_where_the_quotient_is(current: int, width: int, area: int, limit: int) -> None:
    edge = spec.largest_current_ua(width, spec.largest_density_charge(area, limit))
    assert (current > edge) == spec.density_is_above(current, width, area, limit)


def test_no_array_can_overflow() -> None:
    """The largest numbers that the walks multiply stay within 63 bits."""
    space = Space()
    charge_pc = int(space.amplitudes_ua[-1]) * int(space.widths_us[-1])
    assert charge_pc**2 < 2**63
    assert charge.shannon_factor(1_850) * max(space.areas_um2) < 2**63
    assert charge_pc * space.profile.recharge.active_ratio_max * 1_000 < 2**63
