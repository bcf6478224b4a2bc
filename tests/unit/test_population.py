"""The fibres of one level: the counts that were published, whose they are, and how they are recruited."""

from __future__ import annotations

import numpy as np
import pytest

from scs.body.anatomy import SEGMENTS, along_mm, places_in_columns
from scs.body.cable import Fibres, array_thresholds_ma
from scs.body.population import LEFT, RIGHT, Population, population

THICK_PERCENT = 0.5
"""Of the superficial myelinated fibres, those thicker than 10.7 µm at T10-11: about so many [F: Feirabend 2002]."""


def whole_above(diameter_um: float) -> float:
    """Of a gamma distribution of shape 2.6 and scale 1.15 µm between 2 and 16 µm, the part above a diameter."""
    grid = np.linspace(2, 16, 100_001)
    density = grid**1.6 * np.exp(-grid / 1.15)
    return float(density[grid >= diameter_um].sum() / density.sum())


def at(level: str, seed: int = 1, count: int = 40_000) -> Population:
    return population(level, along_mm(level), seed, count)


def test_as_many_thick_fibres_are_drawn_as_were_counted() -> None:
    """What is drawn begins at 5 µm; the counts are of all myelinated fibres."""
    drawn = at("T10").fibres.diameter_um
    assert 100 * (drawn > 10.7).mean() * whole_above(5) == pytest.approx(THICK_PERCENT, abs=0.15)
    for diameter in (7.1, 10.7):
        assert (drawn > diameter).mean() * whole_above(5) == pytest.approx(whole_above(diameter), rel=0.1)


def test_a_seed_gives_its_fibres_again_and_another_gives_others() -> None:
    one, again, other = at("T9", 7, 500), at("T9", 7, 500), at("T9", 8, 500)
    assert np.array_equal(one.fibres.diameter_um, again.fibres.diameter_um)
    assert np.array_equal(one.fibres.beside_mm, again.fibres.beside_mm)
    assert not np.array_equal(one.fibres.diameter_um, other.fibres.diameter_um)


def test_only_fibres_that_have_entered_below_are_there() -> None:
    low, high = at("T12"), at("C5")
    assert min(SEGMENTS[index] for index in low.segment if SEGMENTS[index][0] == "L") == "L5"
    assert "T12" not in {SEGMENTS[index] for index in low.segment}
    assert {SEGMENTS[index] for index in high.segment} >= {"C8", "T1", "T12", "L5", "S1"}


def test_both_sides_mirror_each_other() -> None:
    drawn = at("T9")
    assert set(np.unique(drawn.side)) == {LEFT, RIGHT}
    assert abs(drawn.fibres.beside_mm.mean()) < 0.03
    assert (drawn.fibres.beside_mm * drawn.side >= 0).all()


@pytest.mark.parametrize("level", ["T9", "C5"])
def test_the_sacral_fibres_run_inside_and_what_enters_later_outside(level: str) -> None:
    places = places_in_columns(level)
    there = [places[name] for name in reversed(SEGMENTS)]
    assert there == sorted(there)
    assert places["S5"] < 0.05
    assert 0.9 < places["C2"] <= 1


@pytest.mark.parametrize(("csf_mm", "first_ma"), [(2.0, 1.64), (3.2, 2.98), (4.0, 4.10), (5.8, 7.21)])
def test_the_first_fibres_fire_where_they_were_computed(csf_mm: float, first_ma: float) -> None:
    """The lowest thresholds, the top 0.02 %, at 210 µs and 1 S/m [C: physics 0.3]."""
    thresholds = array_thresholds_ma(at("T9").below(csf_mm), [(0.0, 0.0)], [-1.0], 0.21, 1.0)
    assert np.quantile(thresholds, 0.0002) == pytest.approx(first_ma, rel=0.10)


def test_recruitment_begins_slowly_and_then_grows_nearly_in_a_line() -> None:
    thresholds = array_thresholds_ma(at("T9").below(4.0), [(0.0, 0.0)], [-1.0], 0.21, 1.0)
    first = np.quantile(thresholds, 0.0004)
    part = [float((thresholds <= first * times).mean()) for times in (1.1, 1.4, 1.7, 2.0, 2.3, 2.6)]
    steps = np.diff(part)
    assert part[0] < 0.005
    assert (np.diff(steps[:3]) > 0).all()
    assert 0.08 < part[3] < 0.14, "12.8 % were computed at twice the first fibre [C: physics 3.5]"


def test_the_gap_is_fluid_half_a_lead_and_the_fibres_own_depth() -> None:
    drawn = at("T9", count=100)
    seen = drawn.below(4.0)
    assert isinstance(seen, Fibres)
    assert (seen.distance_mm >= 4.65).all()
    assert (seen.distance_mm <= 4.95).all()
