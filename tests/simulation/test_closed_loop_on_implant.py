"""Does an implant with a closed loop keep every promise at every pulse, whatever the body does?"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.closed_loop import SLEW_NA
from firmware_model.device import Device, DeviceConfig
from firmware_model.power.battery import Consumer
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.body.quiet import QuietBody
from scs.clock import Duration, Instant
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group, replaced
from scs.domain.program_file import parse_program_file
from scs.domain.status import EcapQuality, Fault, LoopState, Posture
from scs.wire.requests import GetSensing, SetAmplitude, SoftStop
from scs.wire.responses import Done, Sensing
from tests.support.bodies import HostileBody, LivingBody
from tests.support.speaker import Speaker, new_op_id

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed-loop.toml"
FILE = parse_program_file("closed-loop.toml", EXAMPLE.read_text(encoding="utf-8"))
SAVED_UA, CEILING_UA = 5_500, 7_000
EVOKE = find_profile("evoke")


class Ear:
    """Hears every pulse: its whole current in µA."""

    def __init__(self) -> None:
        self.amplitudes_ua: list[int] = []

    def __call__(self, departure: Departure) -> None:
        self.amplitudes_ua.append(sum(current for current in departure.currents_ua.values() if current > 0))
        if departure.recharge_ua:
            for contact, current in departure.currents_ua.items():
                assert current * departure.width_us + departure.recharge_ua[contact] * departure.recharge_us == 0


def a_scene(seed: int = 1, **changes: Any) -> tuple[Speaker, Bench, Ear]:
    """A writer and a bench on an implant of the Evoke profile that holds the example, and an ear on its output."""
    assert FILE.implant is not None
    config = DeviceConfig("SCS-000001", EVOKE, find_policy("default"), FILE.implant)
    device = Device(config, RamMemory(), random.Random(seed), Instant(0))
    speaker, bench, ear = Speaker(device), Bench(device), Ear()
    bench.tap(ear)
    speaker.open()
    group: Group = replaced(FILE.group, programs=(replaced(FILE.group.programs[0], **changes),))
    speaker.write(group)
    return speaker, bench, ear


def row_of(speaker: Speaker) -> tuple[LoopState, EcapQuality, int, int]:
    """State, quality, nV read and µA of the next pulse of the only loop."""
    sensed = speaker.ask(GetSensing(), Sensing)
    assert len(sensed.loops) == 1
    program, state, quality, ecap_nv, target_nv, amplitude_ua, ceiling_ua, _ = sensed.loops[0]
    assert (program, target_nv, ceiling_ua) == (0, 50_000, CEILING_UA)
    return state, quality, ecap_nv, amplitude_ua


@pytest.mark.req("FW-50")
@pytest.mark.hazard("H10")
@settings(max_examples=12)
@given(st.integers(0, 2**32), st.sampled_from((30.0, 300.0, 2_000.0)))
def test_a_body_that_lies_gets_never_more_than_the_patient_agreed_to(seed: int, largest_uv: float) -> None:
    speaker, bench, ear = a_scene(seed)
    bench.put_into(HostileBody(seed, largest_uv))
    speaker.start()
    speaker.keep_alive(Duration.of_s(20))
    assert len(ear.amplitudes_ua) > 500
    assert max(ear.amplitudes_ua) <= CEILING_UA
    climbing = 1 + ear.amplitudes_ua.index(max(ear.amplitudes_ua[:80]))
    rises = [now - before for before, now in zip(ear.amplitudes_ua, ear.amplitudes_ua[1:], strict=False)]
    assert max(rises[climbing:]) <= SLEW_NA // 1_000
    assert speaker.status().fault is Fault.NONE


@pytest.mark.req("FW-50")
def test_the_potential_is_held_when_the_body_lies_down_where_an_open_loop_would_shock() -> None:
    heights_nv = {}
    for is_closed in (True, False):
        changes: dict[str, Any] = {} if is_closed else {"closed_loop": None}
        speaker, bench, ear = a_scene(**changes)
        speaker.start()
        speaker.keep_alive(Duration.of_s(10))
        upright_ua = ear.amplitudes_ua[-1]
        bench.set_pose("lying-back")
        speaker.keep_alive(Duration.of_s(10))
        body = QuietBody("lying-back")
        heights_nv[is_closed] = body.evoked_uv(0, ear.amplitudes_ua[-1] / 1_000, 210)
        if is_closed:
            assert row_of(speaker)[0] is LoopState.CLOSED
            assert ear.amplitudes_ua[-1] < upright_ua
        assert speaker.ask(GetSensing(), Sensing).posture is Posture.LYING_BACK
    assert heights_nv[True] == pytest.approx(50, abs=12)
    assert heights_nv[False] > 1.5 * heights_nv[True]


@pytest.mark.req("FW-50")
@pytest.mark.hazard("H10")
def test_a_lost_potential_falls_back_to_the_saved_amplitude_and_comes_back() -> None:
    speaker, bench, ear = a_scene()
    speaker.start()
    speaker.keep_alive(Duration.of_s(6))
    bench.put_into(QuietBody("upright", supine_csf_mm=40.0))
    speaker.keep_alive(Duration.of_s(4))
    state, quality, _, amplitude_ua = row_of(speaker)
    assert (state, quality, amplitude_ua) == (LoopState.FALLEN_BACK, EcapQuality.NO_SIGNAL, SAVED_UA)
    assert ear.amplitudes_ua[-1] == SAVED_UA
    bench.put_into(QuietBody())
    speaker.keep_alive(Duration.of_s(6))
    assert row_of(speaker)[0] is LoopState.CLOSED


def test_a_trial_opens_the_loop_and_what_is_delivered_is_what_was_asked_for() -> None:
    speaker, _, ear = a_scene()
    speaker.start()
    speaker.keep_alive(Duration.of_s(5))
    speaker.ask(SetAmplitude(new_op_id(), 0, 3_000, ()), Done)
    speaker.keep_alive(Duration.of_s(2))
    assert row_of(speaker)[0] is LoopState.OPEN
    assert ear.amplitudes_ua[-1] == 3_000
    assert speaker.status().targets_ua == (3_000,)


def test_stop_and_soft_stop_end_a_closed_loop_at_once_and_by_ramp() -> None:
    speaker, _, ear = a_scene()
    speaker.start()
    speaker.keep_alive(Duration.of_s(5))
    speaker.stop()
    delivered = len(ear.amplitudes_ua)
    speaker.keep_alive(Duration.of_s(2))
    assert len(ear.amplitudes_ua) == delivered
    speaker.start()
    speaker.keep_alive(Duration.of_s(5))
    speaker.ask(SoftStop(new_op_id()), Done)
    before_ua = ear.amplitudes_ua[-1]
    begun = len(ear.amplitudes_ua)
    speaker.keep_alive(Duration.of_s(4))
    falling = ear.amplitudes_ua[begun:]
    assert falling
    assert falling[0] <= before_ua
    assert falling == sorted(falling, reverse=True)
    assert speaker.ask(GetSensing(), Sensing).loops == ()


def test_equal_seeds_hear_equal_pulses_and_a_living_body_is_followed() -> None:
    heard = []
    for seed in (5, 5, 6):
        speaker, bench, ear = a_scene(seed)
        bench.put_into(LivingBody(((0, "upright"), (9_000_000, "lying-back")), coughs_us=(12_000_000,)))
        speaker.start()
        speaker.keep_alive(Duration.of_s(15))
        heard.append(ear.amplitudes_ua)
    assert heard[0] == heard[1] != heard[2]
    assert max(heard[0]) <= CEILING_UA


def test_a_group_with_a_closed_loop_draws_for_the_amplifier_as_long_as_it_runs_and_no_longer() -> None:
    speaker, bench, _ = a_scene()
    battery = speaker.device.parts.battery
    drawn_pc = battery.drawn_pc
    speaker.start()
    bench.jump(Duration.of_s(360))
    assert drawn_pc[Consumer.SENSING] == battery.plan.sensing_ua * 360_000_000
    speaker.stop()
    bench.jump(Duration.of_s(3_600))
    assert drawn_pc[Consumer.SENSING] == battery.plan.sensing_ua * 360_000_000
    open_loop, bench, _ = a_scene(closed_loop=None)
    open_loop.start()
    bench.jump(Duration.of_s(600))
    assert open_loop.device.parts.battery.drawn_pc[Consumer.SENSING] == 0
