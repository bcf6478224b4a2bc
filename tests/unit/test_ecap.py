"""The evoked potential: its growth against the population model, its wave, what hides it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.body.ecap import RICKER_HEIGHT, artefact_uv, growth, noise_uv, velocity_m_per_s, wave_uv

TIMES_MS = np.linspace(0, 5, 5_001)
POPULATION = [
    # fluid mm, first fibre mA, slope µV/mA, zero of the line over the first fibre, µV at 5.5 mA [C: physics 4.2]
    (3.0, 2.60, 187, 1.31, 412),
    (3.5, 3.23, 129, 1.30, 160),
    (4.0, 3.93, 92, 1.29, 50),
    (5.0, 5.53, 49, 1.28, 0.5),
]


@pytest.mark.parametrize(("csf_mm", "first_ma", "slope", "ratio", "at_5_5"), POPULATION)
def test_growth_is_that_of_the_population_of_fibres(
    csf_mm: float, first_ma: float, slope: float, ratio: float, at_5_5: float
) -> None:
    found = growth(csf_mm)
    assert found.threshold_ma / first_ma == pytest.approx(ratio, rel=0.03)
    assert found.slope_uv_per_ma == pytest.approx(slope, rel=0.05)
    assert found.height_uv(5.5) == pytest.approx(at_5_5, rel=0.12)


@given(st.floats(2.5, 5.5), st.floats(0, 20), st.floats(0.01, 5))
def test_more_current_is_never_a_smaller_potential(csf_mm: float, current_ma: float, more_ma: float) -> None:
    curve = growth(csf_mm)
    assert 0 <= curve.height_uv(current_ma) <= curve.height_uv(current_ma + more_ma)


@given(st.floats(2.5, 5.0), st.floats(1, 12))
def test_a_cord_that_comes_nearer_answers_more(csf_mm: float, current_ma: float) -> None:
    assert growth(csf_mm).height_uv(current_ma) >= growth(csf_mm + 0.5).height_uv(current_ma)


def test_growth_is_a_line_above_the_threshold() -> None:
    curve = growth(4.0)
    currents = np.linspace(1.2, 2.0, 9) * curve.threshold_ma
    heights = [curve.height_uv(float(current)) for current in currents]
    assert np.corrcoef(currents, heights)[0, 1] ** 2 > 0.989
    assert curve.height_uv(0.5 * curve.threshold_ma) < 0.1


def test_a_longer_pulse_needs_less_current() -> None:
    assert growth(4.0, 400).threshold_ma < growth(4.0).threshold_ma < growth(4.0, 100).threshold_ma


def test_no_current_however_large_breaks_the_curve() -> None:
    assert growth(4.0).height_uv(1e9) > 1e9
    assert growth(4.0).height_uv(-1e9) == 0


@pytest.mark.parametrize(
    ("diameter_um", "measured"), [(5.7, 25.3), (8.7, 44.4), (10.0, 52.9), (12.8, 70.1), (14.0, 77.4), (16.0, 88.9)]
)
def test_fibres_conduct_as_fast_as_in_the_double_cable_model(diameter_um: float, measured: float) -> None:
    assert velocity_m_per_s(diameter_um) == pytest.approx(measured, rel=0.05)


def test_the_wave_is_as_high_as_asked_and_arrives_a_seventh_of_a_millisecond_later_a_contact() -> None:
    arrivals = []
    for contact in range(4):
        wave = wave_uv(TIMES_MS, 50.0, 7.0 * contact)
        arrivals.append(TIMES_MS[wave.argmin()])
        assert wave.max() - wave.min() == pytest.approx(50 * np.exp(-7.0 * contact / 60), rel=0.01)
    assert np.diff(arrivals) == pytest.approx([0.132] * 3, abs=0.002)
    assert pytest.approx(1.446, abs=0.001) == RICKER_HEIGHT


def test_the_trough_is_where_it_is_recorded_three_to_six_contacts_away() -> None:
    """0.6 to 1.2 ms after the pulse began [R, med: Parker 2012, Russo 2018, Dietz 2022]."""
    for contact in (3, 4, 5):
        assert 0.6 < TIMES_MS[wave_uv(TIMES_MS, 50.0, 7.0 * contact).argmin()] < 1.25


def test_the_artefact_begins_after_the_pulse_and_dies_away() -> None:
    artefact = artefact_uv(TIMES_MS, 5.0)
    assert (artefact[TIMES_MS < 0.21] == 0).all()
    assert artefact.max() == pytest.approx(5_200, rel=0.02)
    assert artefact[-1] < 20


def test_noise_has_the_width_that_is_stated_and_comes_from_the_generator() -> None:
    times = np.linspace(0, 100, 50_000)
    one, again = (noise_uv(times, np.random.Generator(np.random.PCG64(3))) for _ in range(2))
    assert np.array_equal(one, again)
    assert one.std() == pytest.approx((3.0**2 + 0.5) ** 0.5, rel=0.02)


@pytest.mark.parametrize(("csf_mm", "width_us"), [(0.0, 210.0), (4.0, 0.0)])
def test_no_distance_and_no_width_make_no_curve(csf_mm: float, width_us: float) -> None:
    with pytest.raises(ValueError, match="both are above 0"):
        growth(csf_mm, width_us)
