"""Therapy that was started is delivered in its windows and up to its dose, whatever the clock is set to."""

from __future__ import annotations

import random

import pytest

from firmware_model.bench import Bench
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.domain.schedule import DAY_US, closes_in_us
from scs.domain.status import HeldBy, LogKind, ResetCause, TherapyState
from scs.wire.requests import Close, GetClock, GetDelivery, SetAmplitude, SetClock, SoftStop, Start
from scs.wire.responses import ClockReport, Delivery, Done
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

SECOND = 1_000_000
HOUR_US = 3_600 * SECOND
RAMP_US = 2 * SECOND
STEP_UA = 50
DAY_TIME = (8 * 60, 22 * 60)


def a_speaker(group: Group, clock_s: int | None = None, start_us: int = 0) -> Speaker:
    speaker = Speaker(a_device(start_us=start_us))
    speaker.open()
    speaker.write(group, slot=2)
    if clock_s is not None:
        set_clock(speaker, clock_s)
    return speaker


def set_clock(speaker: Speaker, second_of_day: int) -> None:
    speaker.ask(SetClock(new_op_id(), second_of_day), Done)


def delivery(speaker: Speaker) -> Delivery:
    speaker.open()
    return speaker.ask(GetDelivery(), Delivery)


def departures(speaker: Speaker) -> list[Departure]:
    heard: list[Departure] = []
    Bench(speaker.device).tap(heard.append)
    return heard


def said(speaker: Speaker) -> list[str]:
    entries = speaker.device.parts.event_log.after(0)
    return [entry.detail for entry in entries if entry.kind is LogKind.SCHEDULE]


def at_clock(hours: int, minutes: int = 0, seconds: int = 0) -> int:
    return (hours * 60 + minutes) * 60 + seconds


def test_the_clock_is_unset_at_power_on_and_counts_on_from_what_it_was_told() -> None:
    speaker = a_speaker(a_group(), start_us=5 * SECOND)
    assert speaker.ask(GetClock(), ClockReport) == ClockReport(5 * SECOND, False, 0, 0)
    set_clock(speaker, at_clock(23, 59, 30))
    speaker.wait(Duration.of_s(31))
    assert speaker.ask(GetClock(), ClockReport) == ClockReport(36 * SECOND, True, SECOND, 5 * SECOND)


def test_a_second_that_no_day_has_is_refused_and_the_clock_stays() -> None:
    speaker = a_speaker(a_group(), clock_s=at_clock(9))
    refused = speaker.refused(SetClock(new_op_id(), 86_400))
    assert refused.reason is Reason.OUT_OF_RANGE
    assert "86400" in refused.text
    assert "86399" in refused.text
    assert speaker.ask(GetClock(), ClockReport).time_of_day_us == 9 * HOUR_US


def test_a_reset_keeps_the_clock_and_a_loss_of_power_takes_it() -> None:
    memory = RamMemory()
    device = a_device(memory)
    for cause, is_set in ((ResetCause.WATCHDOG_LATE, True), (ResetCause.MAGNET, True), (ResetCause.BROWN_OUT, False)):
        device.parts.day.clock.set(0, device.now.us)
        device.restart(cause)
        assert device.parts.day.clock.is_set is is_set, cause
    device.parts.day.clock.set(0, device.now.us)
    assert not a_device(memory).parts.day.clock.is_set


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
def test_a_group_with_windows_is_not_started_while_the_clock_is_unset() -> None:
    speaker = a_speaker(a_group(schedule=(DAY_TIME,)))
    refused = speaker.refused(Start(new_op_id(), 2))
    assert refused.reason is Reason.CLOCK_UNSET
    assert "set it" in refused.text
    set_clock(speaker, at_clock(9))
    speaker.start(2)
    assert speaker.keep_alive(Duration.of_s(3)).therapy is TherapyState.ON


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
def test_output_is_zero_when_the_window_ends_and_rises_by_ramp_when_it_opens() -> None:
    speaker = a_speaker(a_group(schedule=(DAY_TIME,)), clock_s=at_clock(21, 59, 50))
    speaker.start(2)
    heard = departures(speaker)
    closes_us = speaker.device.now.us + 10 * SECOND
    speaker.wait(Duration.of_s(60))
    last = heard[-1]
    assert closes_us - 50_000 <= last.start_us < closes_us
    assert max(abs(current) for current in last.currents_ua.values()) <= STEP_UA
    report = delivery(speaker)
    assert (report.held_by, report.next_us) == (HeldBy.WINDOW, closes_us + 10 * HOUR_US)
    assert speaker.status().therapy is TherapyState.PAUSED
    heard.clear()
    speaker.wait(Duration(report.next_us + RAMP_US - speaker.device.now.us))
    assert report.next_us < heard[0].start_us <= report.next_us + 50_000 + 25_000
    assert max(abs(current) for current in heard[0].currents_ua.values()) <= STEP_UA
    assert delivery(speaker).held_by is HeldBy.NOTHING
    assert said(speaker) == ["slot 2 waits for its window", "slot 2 goes on"]


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-52")
def test_the_dose_of_a_day_is_never_passed_and_comes_back_after_24_hours() -> None:
    dose_us = 600 * SECOND
    speaker = a_speaker(a_group(daily_dose_us=dose_us))
    began_us = speaker.device.now.us
    speaker.start(2)
    speaker.wait(Duration(2 * HOUR_US))
    report = delivery(speaker)
    assert report.held_by is HeldBy.DOSE
    # The day begins with the first pulses, one step of the ramp after the start.
    assert report.next_us == began_us + 50_000 + DAY_US
    assert dose_us - RAMP_US <= report.used_us <= dose_us
    assert report.dose_us == dose_us
    assert speaker.device.parts.usage.slots[2].programs_us[0] == report.used_us
    speaker.wait(Duration(report.next_us + SECOND - speaker.device.now.us))
    again = delivery(speaker)
    assert again.held_by is HeldBy.NOTHING
    assert 0 < again.used_us < SECOND + 1
    assert said(speaker) == ["slot 2 waits: the day's dose is used up", "slot 2 goes on"]


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-52")
@pytest.mark.parametrize("how", ["clock", "reset", "stop"])
def test_nothing_gives_a_second_dose(how: str) -> None:
    speaker = a_speaker(a_group(daily_dose_us=600 * SECOND), clock_s=at_clock(9))
    speaker.start(2)
    speaker.wait(Duration(HOUR_US))
    speaker.open()
    used_us = speaker.ask(GetDelivery(), Delivery).used_us
    if how == "clock":
        set_clock(speaker, at_clock(8, 59))
    elif how == "reset":
        speaker.device.restart(ResetCause.WATCHDOG_LATE)
        speaker.open()
    else:
        speaker.stop()
    assert isinstance(speaker.ask(Start(new_op_id(), 2), object), Done)
    heard = departures(speaker)
    speaker.wait(Duration(HOUR_US))
    report = delivery(speaker)
    assert (report.held_by, report.used_us) == (HeldBy.DOSE, used_us)
    assert not heard


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-52")
@pytest.mark.slow
def test_cycles_of_a_dose_are_counted_at_once_as_they_are_one_by_one() -> None:
    group = a_group(a_program(cycling=(30 * SECOND, 90 * SECOND)), daily_dose_us=2 * HOUR_US, schedule=(DAY_TIME,))
    ends: list[tuple[object, ...]] = []
    for piece_us in (50 * HOUR_US, 7 * SECOND + 13):
        speaker = a_speaker(group, clock_s=at_clock(9))
        speaker.start(2)
        left_us = 50 * HOUR_US
        while left_us:
            speaker.wait(Duration(min(piece_us, left_us)))
            left_us -= min(piece_us, left_us)
        parts, bench = speaker.device.parts, Bench(speaker.device)
        used_us = parts.day.doses.used_us(2, parts.now_us)
        told = [(entry.at_us, entry.detail) for entry in parts.event_log.after(0) if entry.kind is LogKind.SCHEDULE]
        ends.append((bench.pulses, dict(bench.leading_pc()), used_us, told, parts.usage.slots[2].programs_us))
    assert ends[0] == ends[1]
    assert len(ends[0][3]) >= 3  # type: ignore[arg-type]


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
def test_stop_and_soft_stop_end_what_waits_and_no_window_begins_it_again() -> None:
    for soft in (False, True):
        speaker = a_speaker(a_group(schedule=(DAY_TIME,)), clock_s=at_clock(7))
        speaker.start(2)
        assert speaker.status().therapy is TherapyState.PAUSED
        if soft:
            speaker.ask(SoftStop(new_op_id()), Done)
        else:
            speaker.stop()
        speaker.wait(Duration(DAY_US))
        assert Bench(speaker.device).pulses == 0
        speaker.open()
        assert speaker.status().therapy is TherapyState.OFF


def test_an_amplitude_that_is_tried_while_the_group_waits_is_not_delivered() -> None:
    speaker = a_speaker(a_group(schedule=(DAY_TIME,)), clock_s=at_clock(7))
    speaker.start(2)
    speaker.ask(SetAmplitude(new_op_id(), 0, 3_000, ()), Done)
    speaker.keep_alive(Duration.of_s(20))
    assert Bench(speaker.device).pulses == 0


def test_the_rates_that_are_delivered_are_read_back_on_the_tick() -> None:
    group = a_group(
        a_program(rate_mhz=60_000),
        a_program("P2", shares={1: -1_000, 2: 1_000}, burst=(3, 500_000), width_us=200, ratio=None),
    )
    speaker = a_speaker(group)
    speaker.start(2)
    assert speaker.ask(GetDelivery(), Delivery).rates == ((60_000, 16_667, 0), (40_000, 25_000, 2_000))
    speaker.stop()
    assert speaker.ask(GetDelivery(), Delivery).rates == ()


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_clock_is_set_to_nothing_jumps_and_nothing_leaves_outside_of_a_window(seed: int) -> None:
    rng = random.Random(seed)
    first = rng.randrange(1_440)
    windows = ((first, (first + rng.randint(1, 700)) % 1_440), ((first + 800) % 1_440, (first + 900) % 1_440))
    cycling = rng.choice((None, (5 * SECOND, 3 * SECOND)))
    group = a_group(a_program(rate_mhz=20_000, cycling=cycling), schedule=windows)
    assert group.schedule is not None
    speaker = a_speaker(group, clock_s=rng.randrange(86_400))
    heard = departures(speaker)
    speaker.wait(Duration.of_s(100))
    assert not heard, "a schedule starts nothing"
    speaker.open()
    speaker.start(2)
    speaker.ask(Close(), Done)
    day, was_ua = speaker.device.parts.day, 0
    for _ in range(25):
        speaker.open()
        edge = rng.choice([minute for window in windows for minute in window]) * 60
        set_clock(speaker, (edge + rng.randint(-12, 8)) % 86_400)
        speaker.ask(Close(), Done)
        set_us = speaker.device.now.us
        speaker.wait(Duration(rng.randrange(1, 15 * SECOND)))
        for left in heard:
            time_us = day.clock.time_of_day_us(left.start_us)
            assert time_us is not None
            is_open = closes_in_us(group.schedule, time_us) is not None
            # The clock went out of the window: the soft stop that this asks for is all that may still leave.
            assert is_open or left.start_us <= set_us + RAMP_US, (left.start_us, time_us)
            amplitude_ua = -sum(current for current in left.currents_ua.values() if current < 0)
            assert amplitude_ua <= was_ua + STEP_UA, "it rises by steps"
            assert amplitude_ua >= was_ua - STEP_UA or cycling is not None, "it falls by steps"
            was_ua = amplitude_ua
        if heard and speaker.device.now.us - heard[-1].start_us > 60_000:
            was_ua = 0
        heard.clear()


def test_a_window_costs_what_it_costs_at_any_rate() -> None:
    # Two edges a day, and nothing in between: the number of steps does not grow with the pulses.
    counts = []
    for rate_mhz in (2_000, 1_000_000):
        group = a_group(a_program(rate_mhz=rate_mhz, width_us=100), schedule=(DAY_TIME,))
        speaker = a_speaker(group, clock_s=at_clock(9))
        speaker.start(2)
        speaker.wait(Duration.of_s(120))
        steps, device = 0, speaker.device
        end = device.now + Duration(3 * DAY_US)
        while device.now < end:
            due = device.next_due()
            assert due is not None
            device.step(min(end, max(due, Instant(device.now.us + 1))))
            steps += 1
        counts.append(steps)
    assert abs(counts[0] - counts[1]) <= 2, counts


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
@pytest.mark.parametrize("bit", [0, 20, 36])
def test_a_clock_of_which_a_bit_flipped_is_unset_and_what_hangs_on_it_waits(bit: int) -> None:
    speaker = a_speaker(a_group(schedule=(DAY_TIME,)), clock_s=at_clock(9))
    speaker.start(2)
    speaker.keep_alive(Duration.of_s(5))
    speaker.device.parts.day.clock.flip(bit)
    heard = departures(speaker)
    speaker.keep_alive(Duration.of_s(5))
    assert not [left for left in heard if left.start_us > speaker.device.now.us - 5 * SECOND + RAMP_US]
    assert speaker.ask(GetDelivery(), Delivery).held_by is HeldBy.CLOCK
    assert speaker.ask(GetClock(), ClockReport) == ClockReport(speaker.device.now.us, False, 0, 0)
    assert said(speaker) == ["slot 2 waits: the clock is not set"]
    set_clock(speaker, at_clock(9))
    speaker.keep_alive(Duration.of_s(3))
    assert speaker.status().therapy is TherapyState.ON


@pytest.mark.hazard("H24", "H03")
@pytest.mark.req("FW-51", "FW-52")
@pytest.mark.parametrize("seed", range(10))
def test_orders_in_any_order_around_the_edges_break_neither_window_nor_dose_nor_ramp(seed: int) -> None:
    rng = random.Random(seed)
    dose_us = 90 * SECOND
    group = a_group(a_program(rate_mhz=20_000), schedule=(DAY_TIME, (1_380, 60)), daily_dose_us=dose_us)
    assert group.schedule is not None
    speaker = a_speaker(group, clock_s=at_clock(9))
    heard = departures(speaker)
    began_us = set_us = target_ua = was_ua = 0
    delivered_us, is_started = 0, False
    for _ in range(80):
        order = rng.choice(("clock", "clock", "start", "start", "amplitude", "soft-stop", "stop", "wait", "wait"))
        if order == "clock":
            edge = rng.choice((8, 22, 23, 1)) * 3_600
            set_clock(speaker, (edge + rng.randint(-8, 4)) % 86_400)
            set_us = speaker.device.now.us
        elif order == "start":
            speaker.ask(Start(new_op_id(), 2), object)
            is_started = True
        elif order == "amplitude":
            target_ua = rng.choice((500, 1_000, 2_500))
            if isinstance(speaker.ask(SetAmplitude(new_op_id(), 0, target_ua, ()), object), Done):
                # The ramp of another target takes as long, from this instant on.
                set_us = speaker.device.now.us
        elif order == "soft-stop":
            speaker.ask(SoftStop(new_op_id()), object)
            is_started = False
        elif order == "stop":
            speaker.stop()
            is_started, was_ua = False, 0
        heard.clear()
        since_us = speaker.device.now.us
        speaker.keep_alive(Duration(rng.randrange(1, 6 * SECOND)))
        for left in heard:
            time_us = speaker.device.parts.day.clock.time_of_day_us(left.start_us)
            assert time_us is not None
            is_open = closes_in_us(group.schedule, time_us) is not None
            assert is_open or left.start_us <= set_us + RAMP_US, (order, left.start_us - since_us)
            assert is_started or left.start_us <= since_us + RAMP_US or order == "wait", "it began by itself"
            amplitude_ua = -sum(current for current in left.currents_ua.values() if current < 0)
            assert amplitude_ua <= was_ua + 2 * STEP_UA, "it rises by steps"
            was_ua = amplitude_ua
        if not heard or speaker.device.now.us - heard[-1].start_us > 60_000:
            was_ua = 0
        delivered_us += 50_000 * len(heard)
        began_us = began_us or (heard[0].start_us if heard else 0)
        assert delivered_us <= dose_us + 50_000 * 80, "the dose is passed"
    assert began_us, "something was delivered"
