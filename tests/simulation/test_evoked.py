"""Are a growth curve and a comparison of loops what the body really does, and do they leave the implant as it was?"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.store import RamMemory
from scs.body.quiet import Body, QuietBody
from scs.clock import Duration, Instant
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import PatientLimits, replaced
from scs.domain.program_file import parse_program_file
from scs.domain.status import EcapQuality, LoopState, TherapyState
from scs.errors import BadPrescription, Overtaken, Refused
from scs.programmer.client import Client
from scs.programmer.evoked import POINTS, Growth, GrowthPoint, growth_amplitudes
from scs.programmer.evoked_words import comparison_data, comparison_lines, growth_data, growth_lines
from scs.programmer.sensing_words import sensing_text
from tests.support.bodies import LivingBody
from tests.support.wires import Bedside

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed-loop.toml"
FILE = parse_program_file("closed-loop.toml", EXAMPLE.read_text(encoding="utf-8"))
EVOKE = find_profile("evoke")
STEP_UA, SAVED_UA, HIGHEST_UA = EVOKE.amplitude.step_ua, 5_500, 7_000
RESTLESS = LivingBody(
    ((0, "upright"), (6_000_000, "lying-back"), (9_000_000, "upright"), (19_000_000, "lying-back"),
     (22_000_000, "upright")),
    coughs_us=(5_000_000, 11_000_000, 18_000_000, 24_000_000),
)  # fmt: skip
"""Lies down and coughs, in both parts of a comparison of 10 s each."""


def a_visit(body: Body | None = None, **changes: Any) -> tuple[Client, Device]:
    """A client on an implant that listens, with the example running at its committed amplitude."""
    assert FILE.implant is not None
    config = DeviceConfig("SCS-000001", EVOKE, find_policy("default"), FILE.implant)
    devices: list[Device] = []

    def make(now: Instant) -> Device:
        devices.append(Device(config, RamMemory(), random.Random(1), now))
        return devices[-1]

    bedside = Bedside(make)
    client = Client.open(bedside.connect(), bedside.clock)
    client.write_group(0, replaced(FILE.group, programs=(replaced(FILE.group.programs[0], **changes),)))
    Bench(devices[0]).put_into(body or QuietBody())
    client.start(0)
    client.hold(Duration.of_s(3))
    return client, devices[0]


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_growth_curve_finds_threshold_and_slope_of_the_body_and_goes_back(is_closed: bool) -> None:
    client, _ = a_visit(**({} if is_closed else {"closed_loop": None}))
    growth = client.measure_growth(0, STEP_UA)
    assert [point.amplitude_ua for point in growth.points] == list(growth_amplitudes(FILE.group.programs[0], STEP_UA))
    assert growth.points[-1].amplitude_ua == HIGHEST_UA
    body = QuietBody()
    # What the pulse itself leaves behind takes a little away, and more of a stronger one.
    for point in growth.points[-3:]:
        assert point.height_nv == pytest.approx(1_000 * body.evoked_uv(0, point.amplitude_ua / 1_000, 210), abs=18_000)
    steep_uv = body.evoked_uv(0, 7.0, 210) - body.evoked_uv(0, 6.5, 210)
    assert growth.line is not None
    assert growth.line.slope_nv_per_ma == pytest.approx(2_000 * steep_uv, rel=0.2)
    assert 4_500 < growth.line.threshold_ua < SAVED_UA
    now = client.status()
    assert (now.trial, now.targets_ua) == (False, (SAVED_UA,))
    client.hold(Duration.of_s(1))
    assert client.sensing().loops[0][1] is (LoopState.CLOSED if is_closed else LoopState.OPEN)
    said = growth_lines(growth)
    assert len(said) == POINTS + 2
    assert max(map(len, said)) <= 78
    assert "uV/mA" in said[-1]
    assert growth_data(growth)["slope_nv_per_ma"] == growth.line.slope_nv_per_ma


def test_a_closed_loop_is_seen_to_keep_the_potential_where_an_open_one_lets_it_wander() -> None:
    client, _ = a_visit(RESTLESS)
    compared = client.compare_loops(0, STEP_UA, Duration.of_s(10))
    opened, closed = compared.open_part, compared.closed_part
    assert compared.open_ua == SAVED_UA - STEP_UA
    assert closed.spread_nv < opened.spread_nv / 2
    assert closed.in_target_percent > opened.in_target_percent + 20
    assert closed.median_nv == pytest.approx(50_000, abs=6_000)
    assert not client.status().trial
    assert client.sensing().loops[0][1] is LoopState.CLOSED
    assert max(map(len, comparison_lines(compared))) <= 78
    assert comparison_data(compared)["closed"]["readings"] == 50


def test_a_stop_ends_a_growth_curve_and_nothing_is_tried_after_it() -> None:
    client, device = a_visit()

    def stop_at_the_third(progress: Any) -> None:
        if progress.done == 2:
            client.stop()

    with pytest.raises((Overtaken, Refused)):
        client.measure_growth(0, STEP_UA, progress=stop_at_the_third)
    assert client.status().therapy is TherapyState.OFF
    client.hold(Duration.of_s(3))
    assert not any(device.parts.stimulator.delivered_ua)


def test_without_a_range_or_a_channel_or_therapy_there_is_nothing_to_measure() -> None:
    client, _ = a_visit(closed_loop=None, patient=None)
    with pytest.raises(BadPrescription, match="no patient's range"):
        client.measure_growth(0, STEP_UA)
    with pytest.raises(BadPrescription, match="no closed loop"):
        client.compare_loops(0, STEP_UA, Duration.of_s(1))
    with pytest.raises(BadPrescription, match="none of 0 to 0"):
        client.measure_growth(1, STEP_UA)
    assert "no closed loop; potential" in sensing_text(client.sensing())
    client.soft_stop()
    client.hold(Duration.of_s(4))
    with pytest.raises(BadPrescription, match="therapy is off"):
        client.measure_growth(0, STEP_UA)


def test_amplitudes_of_a_curve_stay_in_the_range_and_on_the_grid() -> None:
    program = FILE.group.programs[0]
    narrow = replaced(program, patient=PatientLimits(lowest_ua=5_400, highest_ua=5_570))
    assert growth_amplitudes(narrow, STEP_UA) == (5_400, 5_450, 5_500, 5_550)
    assert growth_amplitudes(program, STEP_UA, 2_000)[-1] == 2_000
    assert growth_amplitudes(program, STEP_UA, 90_000)[-1] == HIGHEST_UA
    with pytest.raises(BadPrescription, match="raise the patient's highest"):
        growth_amplitudes(program, STEP_UA, 10)


def test_a_line_needs_three_potentials_that_rise() -> None:
    def curve(*heights_nv: int) -> Growth:
        points = tuple(GrowthPoint(1_000 * at, nv, EcapQuality.GOOD) for at, nv in enumerate(heights_nv, start=5))
        return Growth(0, "x", points, "")

    line = curve(20_000, 120_000, 220_000).line
    assert line is not None
    assert (line.threshold_ua, line.slope_nv_per_ma) == (4_800, 100_000)
    assert curve(20_000, 120_000).line is None
    assert curve(90_000, 60_000, 20_000).line is None
    assert "no threshold" in growth_lines(curve(90_000, 60_000, 20_000))[-1]
