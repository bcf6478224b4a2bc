"""Ramps never overshoot, whatever is pressed when."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.device import Device
from scs.clock import Duration, Instant
from scs.domain.status import TherapyState
from scs.wire.requests import SetAmplitude, SoftStop, Start
from scs.wire.responses import RefusedReply
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id


def a_running(*, ramp_us: int = 1_000_000, **changes: object) -> Speaker:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group(a_program(ramp_us=ramp_us, **changes)))  # type: ignore[arg-type]
    speaker.start()
    return speaker


def delivered(speaker: Speaker) -> int:
    return speaker.status().delivered_ua[0]


def test_a_soft_start_takes_the_ramp_and_no_longer_than_a_tick_more() -> None:
    speaker = a_running(ramp_us=2_000_000)
    speaker.wait(Duration.of_ms(1_950))
    assert speaker.status().therapy is TherapyState.RAMPING_UP
    speaker.wait(Duration.of_ms(100))
    assert speaker.status().therapy is TherapyState.ON
    assert delivered(speaker) == 2_000


@pytest.mark.hazard("H03")
@pytest.mark.req("FW-09")
@given(
    presses=st.lists(st.tuples(st.integers(0, 150), st.sampled_from(["on", "off", "1000", "2000", "50"])), max_size=8)
)
def test_no_sequence_of_orders_makes_an_amplitude_jump_up_or_pass_its_target(presses: list[tuple[int, str]]) -> None:
    speaker = a_running(rate_mhz=200_000, width_us=100)
    before = 0
    highest = 2_000
    for wait_ms, order in presses:
        for _ in range(wait_ms // 5):
            speaker.wait(Duration.of_ms(5))
            now = delivered(speaker)
            # One tick is 25 ms at most here (1 s for 40 steps), so 5 ms see one step of 50 uA at most.
            assert now - before <= 50
            assert now <= highest
            before = now
        if order == "on":
            speaker.ask(Start(new_op_id(), 0), object)
        elif order == "off":
            speaker.ask(SoftStop(new_op_id()), object)
        else:
            speaker.ask(SetAmplitude(new_op_id(), 0, int(order), ()), object)
        before = max(before, delivered(speaker)) if order == "on" else delivered(speaker)


@pytest.mark.hazard("H03")
@pytest.mark.req("FW-09")
def test_start_while_running_changes_nothing() -> None:
    speaker = a_running()
    speaker.keep_alive(Duration.of_s(3))
    speaker.start()
    assert delivered(speaker) == 2_000
    assert speaker.status().therapy is TherapyState.ON


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
def test_a_group_that_was_replaced_is_not_turned_up_again_by_a_start() -> None:
    """What ramps down is no longer stored: a start means what is, and comes when the output is off."""
    speaker = a_running()
    speaker.keep_alive(Duration.of_s(3))
    speaker.write(a_group(a_program(amplitude_ua=500, width_us=300)))
    before = delivered(speaker)
    refused = speaker.ask(Start(new_op_id(), 0), RefusedReply)
    assert refused.reason is Reason.WRONG_MODE
    assert "former group of slot 0 is ramping down" in refused.text
    speaker.keep_alive(Duration.of_s(2))
    assert delivered(speaker) < before
    assert speaker.status().therapy is TherapyState.OFF
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    assert delivered(speaker) == 500


def test_a_lower_target_is_reached_at_once() -> None:
    speaker = a_running()
    speaker.keep_alive(Duration.of_s(3))
    speaker.ask(SetAmplitude(new_op_id(), 0, 500, ()), object)
    speaker.wait(Duration.of_ms(50))
    assert delivered(speaker) == 500


def test_a_cycle_pauses_and_starts_softly_again() -> None:
    speaker = a_running(cycling=(5_000_000, 3_000_000))
    assert speaker.keep_alive(Duration.of_s(4)).therapy is TherapyState.ON
    speaker.keep_alive(Duration.of_ms(1_500))
    paused = speaker.status()
    assert (paused.therapy, paused.delivered_ua) == (TherapyState.PAUSED, (0,))
    speaker.keep_alive(Duration.of_ms(2_600))
    again = speaker.status()
    assert again.therapy is TherapyState.RAMPING_UP
    assert 0 < again.delivered_ua[0] < 300


@pytest.mark.hazard("H08")
@pytest.mark.req("FW-11")
def test_therapy_is_off_after_a_restart() -> None:
    speaker = a_running()
    speaker.keep_alive(Duration.of_s(3))
    memory = speaker.device.memory
    again = Speaker(Device(speaker.device.parts.config, memory, random.Random(1), Instant(0)))
    again.open()
    again.wait(Duration.of_s(1))
    assert again.status().therapy is TherapyState.OFF
    assert again.device.parts.stimulator.ledger.pulses == 0


@pytest.mark.hazard("H20")
@pytest.mark.req("FW-26")
def test_an_empty_battery_ends_therapy_within_a_second() -> None:
    speaker = a_running()
    speaker.device.step(speaker.device.now + Duration.of_s(3_600 * 24 * 400))
    parts = speaker.device.parts
    assert parts.battery.permille == 0
    ended = next(entry for entry in parts.event_log.after(0) if entry.detail == "battery empty")
    period_us = 25_000
    assert parts.stimulator.ledger.pulses == pytest.approx(ended.at_us // period_us, abs=2)
