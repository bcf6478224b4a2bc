"""The closed forms of the electrode interface against the vectors of the facts and against numerical integration.

The reference integrates the circuit itself (voltages of the capacitors) by Runge-Kutta of the fourth order; it shares
no formula with scs.body.interface.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.body.interface import (
    ContactInterface,
    Loop,
    bipolar_ohm,
    clipped,
    encapsulation,
    net_dc_ua,
    passive_rate_hz_max,
    passive_residue_nc,
)

State = tuple[float, ...]

VECTORS = [
    (5.0, 210.0, 600.0, 5.0, 3420.0, 210.0),
    (10.0, 500.0, 800.0, 5.0, 10000.0, 1000.0),
    (12.7, 1000.0, 1000.0, 5.0, 17780.0, 2540.0),
    (3.0, 30.0, 700.0, 5.0, 2136.0, 18.0),
    (6.0, 400.0, 450.0, 3.6, 4033.0, 667.0),
]
"""mA, us, ohm, uF, then mV in all and mV per interface: physics facts 2.2 [C]."""


def runge_kutta(slope: Callable[[State], State], state: State, span_us: float, steps: int) -> State:
    h = span_us / steps

    def moved(by: State, part: float) -> State:
        return tuple(x + part * h * d for x, d in zip(state, by, strict=True))

    for _ in range(steps):
        a = slope(state)
        b = slope(moved(a, 0.5))
        c = slope(moved(b, 0.5))
        d = slope(moved(c, 1.0))
        state = tuple(x + h * (p + 2 * q + 2 * r + s) / 6 for x, p, q, r, s in zip(state, a, b, c, d, strict=True))
    return state


def loop_of(ohm: float, uf: float, faradaic: float = math.inf, blocking: float = math.inf) -> Loop:
    contact = ContactInterface(uf, faradaic, blocking)
    return Loop(ohm, (contact, contact))


@pytest.mark.parametrize(("ma", "us", "ohm", "uf", "total_mv", "each_mv"), VECTORS)
def test_the_voltage_transient_is_that_of_the_facts(
    ma: float, us: float, ohm: float, uf: float, total_mv: float, each_mv: float
) -> None:
    loop = loop_of(ohm, uf)
    assert loop.voltage_mv(ma, us) == pytest.approx(total_mv, abs=0.5)
    assert loop.excursions_mv(ma, us) == pytest.approx((each_mv, each_mv), abs=0.5)


@pytest.mark.parametrize(("row", "total_mv"), [(1, 9995.0), (2, 17755.0)])
def test_a_faradaic_path_takes_some_millivolts_off(row: int, total_mv: float) -> None:
    ma, us, ohm, uf, *_ = VECTORS[row]
    assert loop_of(ohm, uf, faradaic=20_000).voltage_mv(ma, us) == pytest.approx(total_mv, abs=1.0)


def test_the_flag_of_the_water_window_rises_for_the_vectors_that_leave_it() -> None:
    flags = [ContactInterface(uf).leaves_water_window(ma, us) for ma, us, _, uf, *_ in VECTORS]
    assert flags == [False, True, True, False, True]


@given(
    ma=st.floats(0.1, 25.0),
    us=st.floats(20.0, 1000.0),
    ohm=st.floats(100.0, 3000.0),
    uf=st.floats(1.0, 20.0),
    faradaic=st.floats(500.0, 50_000.0),
    blocking=st.floats(1.0, 22.0),
)
def test_the_transient_agrees_with_the_integrated_circuit(
    ma: float, us: float, ohm: float, uf: float, faradaic: float, blocking: float
) -> None:
    loop = loop_of(ohm, uf, faradaic, blocking)

    def slope(state: State) -> State:
        return ((ma - state[0] / faradaic) / uf, ma / blocking)

    double_layer_mv, capacitor_mv = runge_kutta(slope, (0.0, 0.0), us, 50)
    reference_mv = ma * ohm + 2 * (double_layer_mv + capacitor_mv)
    assert loop.voltage_mv(ma, us) == pytest.approx(reference_mv, rel=1e-3)
    assert loop.excursions_mv(ma, us)[0] == pytest.approx(double_layer_mv, rel=1e-3)


@given(
    ma=st.floats(0.5, 25.0),
    us=st.floats(50.0, 1000.0),
    ohm=st.floats(200.0, 5000.0),
    uf=st.floats(1.0, 10.0),
    rail_mv=st.floats(2_000.0, 18_000.0),
)
def test_a_clipped_pulse_agrees_with_the_integrated_circuit_and_is_never_more_than_commanded(
    ma: float, us: float, ohm: float, uf: float, rail_mv: float
) -> None:
    loop = loop_of(ohm, uf, blocking=10.0)
    pulse = clipped(loop, ma, us, rail_mv)

    def slope(state: State) -> State:
        return (min(ma, (rail_mv - state[0] * (2 / uf + 2 / 10.0)) / ohm),)

    (reference_nc,) = runge_kutta(slope, (0.0,), us, 2_000)
    assert pulse.delivered_nc == pytest.approx(reference_nc, rel=1e-3)
    assert pulse.delivered_nc <= pulse.commanded_nc * (1 + 1e-12)
    assert pulse.is_clipped == (loop.voltage_mv(ma, us) > rail_mv)
    assert pulse.current_ma(us) == pytest.approx(slope((reference_nc,))[0], rel=1e-3)


@pytest.mark.parametrize(
    ("ohm", "blocking", "tau_us"), [(800, 10, 1333), (800, 4.7, 969), (1500, 10, 2500), (500, 22, 1019)]
)
def test_the_time_constant_of_the_loop_is_that_of_the_facts(ohm: float, blocking: float, tau_us: float) -> None:
    assert loop_of(ohm, 5.0, blocking=blocking).tau_us == pytest.approx(tau_us, abs=1.0)


@pytest.mark.parametrize("rate_hz", [50.0, 145.0, 400.0])
def test_the_residue_of_a_passive_recharge_agrees_with_an_integrated_train(rate_hz: float) -> None:
    loop = loop_of(800.0, 5.0, blocking=10.0)
    ma, width_us = 6.0, 210.0
    window_us = 1_000_000 / rate_hz - width_us
    standing_nc = 0.0
    for _ in range(40):
        (standing_nc,) = runge_kutta(
            lambda state: (-state[0] * 0.6 / 800.0,), (standing_nc + ma * width_us,), window_us, 300
        )
    assert passive_residue_nc(ma * width_us, window_us, loop.tau_us) == pytest.approx(standing_nc, rel=1e-3)


def test_the_direct_current_of_a_mismatch_is_that_of_the_facts() -> None:
    assert net_dc_ua(1260.0, 0.01, 50.0) == pytest.approx(0.63)


def test_a_passive_recharge_has_time_up_to_the_rate_of_the_facts() -> None:
    assert passive_rate_hz_max(1333.0, 210.0) == pytest.approx(145.0, abs=1.0)


def test_encapsulation_grows_over_weeks_to_its_plateau() -> None:
    assert encapsulation(0) == pytest.approx(0.85)
    assert encapsulation(21) == pytest.approx(1.0712, abs=1e-4)
    assert encapsulation(3650) == pytest.approx(1.20)


def test_two_neighbours_share_the_spreading_resistance_once_each() -> None:
    assert bipolar_ohm(300.0, 320.0, 7.0) == pytest.approx(544.0)
    assert bipolar_ohm(300.0, 320.0, 14.0) == pytest.approx(582.0)


@pytest.mark.parametrize(
    "made",
    [
        lambda: ContactInterface(0.0),
        lambda: ContactInterface(5.0, faradaic_ohm=-1.0),
        lambda: ContactInterface(5.0, blocking_uf=math.nan),
        lambda: Loop(0.0, (ContactInterface(5.0),)),
        lambda: Loop(500.0, ()),
        lambda: clipped(loop_of(500.0, 5.0), 5.0, 210.0, 0.0),
        lambda: passive_residue_nc(1.0, 0.0, 1.0),
        lambda: encapsulation(-1.0),
        lambda: bipolar_ohm(300.0, 300.0, 0.0),
    ],
)
def test_what_no_circuit_can_be_is_refused(made: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"above 0|at least 1|0 days old"):
        made()
