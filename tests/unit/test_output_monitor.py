"""What the output stage delivers when the rail does not suffice, and what is known of volts and of direct current."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.electrodes import Electrodes
from firmware_model.output_monitor import rail_mv, standing_bound_pc
from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.power.constants import plan_for
from scs.body.interface import passive_residue_nc
from scs.clock import Duration
from scs.domain.pulse import recovery_window_us
from scs.wire.requests import Start
from scs.wire.responses import Done
from tests.support.implants import REFERENCE, a_device, a_group, a_program, two_leads
from tests.support.speaker import Speaker, new_op_id

pytestmark = [pytest.mark.req("FW-35"), pytest.mark.hazard("H25")]
AVAILABLE_MV = REFERENCE.compliance.max_mv - REFERENCE.compliance.headroom_mv
SERIES_UF = 1 / (2 / 5 + 2 / 10)
"""Two double layers of 5 uF and two blocking capacitors of 10 uF [declared: the profile's interface row]."""
STEPS = 4_000


def driven(amplitude_ua: int, width_us: int, ohms: int, ratio: int | None = 1) -> Pulse:
    """A pulse from E3, of so many ohms, to the case."""
    electrodes = Electrodes(two_leads(), random.Random(1))
    electrodes.set_ohms(3, ohms)
    program = a_program(shares={3: -1_000, 0: 1_000}, width_us=width_us, ratio=ratio)
    return OutputStage(REFERENCE, electrodes).pulse(program, amplitude_ua, 20_000)


def integrated_pc(amplitude_ua: int, width_us: int, ohms: int) -> float:
    """The charge that a rail drives through resistance and capacitance, step by step (midpoints), from rest.

    V / ohm is A, so mV / ohm is mA; mA * us is nC, and nC / uF is mV.
    """
    charge_nc, step_us = 0.0, width_us / STEPS

    def current_ma(passed_nc: float) -> float:
        return min(amplitude_ua / 1_000, max(0.0, (AVAILABLE_MV - passed_nc / SERIES_UF) / ohms))

    for _ in range(STEPS):
        middle_nc = charge_nc + current_ma(charge_nc) * step_us / 2
        charge_nc += current_ma(middle_nc) * step_us
    return 1_000 * charge_nc


@settings(max_examples=60, deadline=None)
@given(
    amplitude_ua=st.integers(500, 25_500),
    width_us=st.integers(2, 100).map(lambda tens: 10 * tens),
    ohms=st.integers(150, 9_000),
)
def test_a_clipped_pulse_carries_what_the_integrated_circuit_carries_and_never_more(
    amplitude_ua: int, width_us: int, ohms: int
) -> None:
    pulse = driven(amplitude_ua, width_us, ohms)
    reference_pc = integrated_pc(amplitude_ua, width_us, ohms)
    # Rounding takes at most 1 uA of the mean; 0.1 % is the bound on the closed form.
    assert pulse.charge_pc <= 1.001 * reference_pc
    assert pulse.charge_pc + width_us >= 0.999 * reference_pc
    assert pulse.amplitude_ua <= pulse.commanded_ua == amplitude_ua
    assert pulse.is_clipped == (pulse.amplitude_ua < amplitude_ua)
    assert pulse.needed_mv <= REFERENCE.compliance.max_mv


@given(amplitude_ua=st.integers(1_000, 25_000), ohms=st.integers(150, 9_000))
def test_more_asked_for_is_never_less_delivered(amplitude_ua: int, ohms: int) -> None:
    assert driven(amplitude_ua, 400, ohms).amplitude_ua <= driven(amplitude_ua + 50, 400, ohms).amplitude_ua


def test_a_clipped_pulse_takes_back_what_it_delivered_and_not_what_was_asked() -> None:
    pulse = driven(20_000, 400, 3_000)
    assert pulse.is_clipped
    assert pulse.currents_ua == {3: -pulse.amplitude_ua, 0: pulse.amplitude_ua}
    assert set(pulse.residues_pc.values()) == {0}


@pytest.mark.parametrize(
    ("amplitude_ua", "width_us", "excursion_mv", "is_flagged"),
    # 5 uF: 1050, 3000, 3001 and 12700 nC.
    [
        (5_000, 210, 210, False),
        (10_000, 300, 600, False),
        (10_001, 300, 601, True),
        (12_700, 1_000, 2_540, True),
        (3_000, 30, 18, False),
    ],
)
def test_the_water_window_is_flagged_by_the_charge_on_the_double_layer(
    amplitude_ua: int, width_us: int, excursion_mv: int, is_flagged: bool
) -> None:
    pulse = driven(amplitude_ua, width_us, 300)
    assert (pulse.excursion_mv, pulse.leaves_water_window) == (excursion_mv, is_flagged)


@given(amplitude_ua=st.integers(100, 12_000), width_us=st.integers(50, 500), rate_mhz=st.integers(10_000, 400_000))
def test_what_stands_before_a_passive_pulse_is_bounded_by_the_closed_form(
    amplitude_ua: int, width_us: int, rate_mhz: int
) -> None:
    program = a_program(shares={3: -1_000, 0: 1_000}, width_us=width_us, ratio=None, rate_mhz=rate_mhz)
    window_us = recovery_window_us(a_group(program), 0)
    assume(window_us > 100)
    electrodes = Electrodes(two_leads(), random.Random(1))
    pulse = OutputStage(REFERENCE, electrodes).pulse(program, amplitude_ua, window_us)
    tau_us = REFERENCE.interface.time_constant_us()
    exact_pc = 1_000 * passive_residue_nc(pulse.charge_pc / 1_000, window_us, tau_us)
    bound_pc = standing_bound_pc(pulse)[3]
    assert exact_pc <= bound_pc
    # The decay is at most one of its 64 steps behind.
    earlier_us = max(1.0, window_us - tau_us / 64 - 1)
    assert bound_pc <= 1_000 * passive_residue_nc(pulse.charge_pc / 1_000, earlier_us, tau_us) * 1.001 + 3


def test_a_driven_pulse_leaves_nothing_standing() -> None:
    assert standing_bound_pc(driven(5_000, 210, 300)) == {}


@pytest.mark.parametrize(("needed_mv", "rail"), [(1, 2_000), (2_000, 2_000), (2_001, 2_500), (17_999, 18_000)])
def test_the_rail_is_the_next_step_above_what_is_needed(needed_mv: int, rail: int) -> None:
    assert rail_mv(needed_mv, plan_for("rechargeable", "reference")) == rail


def test_the_bench_reads_what_the_output_does() -> None:
    speaker = Speaker(a_device())
    speaker.open()
    bench = Bench(speaker.device)
    assert bench.output() == ()
    bench.set_impedance(3, 6_000)
    program = a_program(shares={3: -1_000, 7: 1_000}, amplitude_ua=5_000, width_us=200, ratio=4, ramp_us=0)
    speaker.write(a_group(program))
    speaker.ask(Start(new_op_id(), 0), Done)
    bench.jump(Duration.of_ms(500))
    (reading,) = bench.output()
    assert reading.is_clipped
    assert not reading.leaves_water_window
    assert (reading.commanded_ua, reading.needed_mv, reading.rail_mv) == (5_000, 18_000, 18_000)
    assert 0 < reading.delivered_ua < 5_000
    # 25 ms from pulse to pulse; what is left of a division by four is at most 3 uA of 200 us.
    left_pc = reading.delivered_ua % 4 * 200
    assert bench.net_dc_bound_na() == {3: -(-1_000 * left_pc // 25_000), 7: -(-1_000 * left_pc // 25_000)}
    assert bench.delivered_pc < bench.commanded_pc
    speaker.stop()
    assert (bench.output(), bench.net_dc_bound_na(), bench.standing_bound_pc()) == ((), {}, {})
