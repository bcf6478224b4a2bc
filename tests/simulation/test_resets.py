"""What takes the output away without a word on the link: the magnet, the watchdog, and resets of every cause."""

from __future__ import annotations

import pytest

from firmware_model.bench import Bench
from firmware_model.magnet import HELD_MS, Gesture
from firmware_model.resets import STORM_WITHIN, UNPLANNED, Resets
from firmware_model.store import RESETS_AT, WORDS_END, RamMemory
from firmware_model.tick import TickTimer
from firmware_model.watchdog import OPENS_US, PERIOD_US, TASKS, TIMEOUT_US
from scs.clock import Duration
from scs.domain.status import Fault, LogKind, Mode, ResetCause
from scs.wire.requests import ClearFault, EnterMri, EnterStorage, GetResets, MeasureImpedance, Start
from scs.wire.responses import Done, ResetReport
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker, new_op_id

OFF_US = 2_000_000
ROLLOVERS = tuple(n * unit for unit in (1, 1_000) for n in (2**31 - 1, 2**32 - 1))
"""Where a 32-bit tick of microseconds or milliseconds becomes negative or begins again."""


def running(memory: RamMemory | None = None, start_us: int = 0) -> tuple[Speaker, Bench]:
    speaker = Speaker(a_device(memory, start_us=start_us))
    speaker.open()
    speaker.write(a_group())
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    return speaker, Bench(speaker.device)


def in_mode(mode: Mode) -> tuple[Speaker, Bench]:
    """An implant in this mode."""
    speaker = Speaker(a_device())
    bench = Bench(speaker.device)
    speaker.open()
    if mode is not Mode.UNPROGRAMMED:
        speaker.write(a_group())
    if mode is Mode.THERAPY:
        speaker.start()
    elif mode is Mode.MEASURING:
        speaker.ask(MeasureImpedance(new_op_id()), Done)
    elif mode is Mode.MRI:
        speaker.ask(EnterMri(new_op_id()), Done)
    elif mode is Mode.STORAGE:
        speaker.ask(EnterStorage(new_op_id()), Done)
    elif mode is Mode.DEPLETED:
        bench.set_battery(0)
        bench.jump(Duration.of_s(1))
    elif mode is Mode.SAFE:
        for _ in range(3):
            bench.reset()
    assert speaker.device.parts.modes.mode is mode
    return speaker, bench


def is_off(speaker: Speaker) -> bool:
    return speaker.device.parts.stimulator.is_idle


@pytest.mark.hazard("H39")
@pytest.mark.req("FW-32")
@pytest.mark.parametrize("mode", Mode)
def test_a_magnet_of_two_seconds_takes_the_output_away_in_every_mode_and_never_gives_it(mode: Mode) -> None:
    speaker, bench = in_mode(mode)
    bench.magnet(is_near=True)
    bench.jump(Duration(OFF_US + 500_000))
    assert is_off(speaker)
    assert speaker.device.parts.modes.mode not in (Mode.THERAPY, Mode.MEASURING)
    pulses = bench.pulses
    for seconds in (1, 7, 60):
        bench.jump(Duration.of_s(seconds))
    bench.magnet(is_near=False)
    bench.jump(Duration.of_s(60))
    assert (is_off(speaker), bench.pulses) == (True, pulses)


@pytest.mark.hazard("H27", "H39")
@pytest.mark.req("FW-32")
def test_a_magnet_that_passes_by_changes_nothing() -> None:
    speaker, bench = running()
    bench.magnet(is_near=True)
    bench.jump(Duration(OFF_US - 1_000))
    bench.magnet(is_near=False)
    bench.jump(Duration.of_s(1))
    assert not is_off(speaker)


@pytest.mark.hazard("H39")
@pytest.mark.req("FW-32")
def test_a_magnet_works_while_the_firmware_stands_still_and_what_raises_the_output_is_refused_under_it() -> None:
    speaker, bench = running()
    bench.magnet(is_near=True)
    speaker.wait(Duration(OFF_US - 100_000))
    bench.hang()
    pulses_before = bench.pulses
    bench.jump(Duration(101_000))
    assert speaker.device.parts.watchdog.is_hung
    assert is_off(speaker)
    assert bench.pulses > pulses_before
    bench.jump(Duration(TIMEOUT_US))
    speaker.open()
    refused = speaker.refused(Start(new_op_id(), 0))
    assert (refused.reason, "magnet" in refused.text) == (Reason.WRONG_MODE, True)
    bench.magnet(is_near=False)
    speaker.start()
    assert speaker.status().mode is Mode.THERAPY


@pytest.mark.req("FW-32")
def test_a_magnet_of_ten_seconds_restarts_the_firmware_once_and_is_no_unplanned_reset() -> None:
    speaker, bench = running()
    bench.magnet(is_near=True)
    bench.jump(Duration(HELD_MS[Gesture.RESTART] * 1_000 + 1_000))
    bench.jump(Duration.of_s(3_600))
    speaker.open()
    report = speaker.ask(GetResets(), ResetReport)
    assert (report.cause, report.count, report.unplanned_us, report.is_magnet_held) == (ResetCause.MAGNET, 1, (), True)


@pytest.mark.hazard("H37")
@pytest.mark.req("FW-12")
@pytest.mark.parametrize("task", [*TASKS, None])
@pytest.mark.parametrize("late_us", [0, 1, 77_777, 99_999])
def test_a_task_or_a_loop_that_hangs_is_reset_within_the_timeout(task: str | None, late_us: int) -> None:
    speaker, bench = running()
    bench.jump(Duration(late_us))
    hung_us = speaker.device.now.us
    if task is None:
        bench.hang()
    else:
        bench.skip_task(task)
    bench.jump(Duration(TIMEOUT_US - PERIOD_US))
    assert not is_off(speaker)
    bench.jump(Duration(PERIOD_US + 1))
    assert is_off(speaker)
    speaker.open()
    report = speaker.ask(GetResets(), ResetReport)
    assert report.cause is ResetCause.WATCHDOG_LATE
    assert report.at_us <= hung_us + 250_001
    assert speaker.status().mode is Mode.IDLE


@pytest.mark.hazard("H37")
@pytest.mark.req("FW-12")
def test_a_kick_in_the_closed_window_resets_and_a_later_one_does_not() -> None:
    speaker, bench = running()
    round_us = (speaker.device.now.us // PERIOD_US + 1) * PERIOD_US
    bench.jump(Duration(round_us + OPENS_US - speaker.device.now.us))
    bench.kick_watchdog()
    bench.jump(Duration.of_s(1))
    assert not is_off(speaker)
    bench.jump(Duration(round_us + 20 * PERIOD_US + OPENS_US + 1 - speaker.device.now.us))
    bench.kick_watchdog()
    bench.jump(Duration(1))
    assert is_off(speaker)
    assert speaker.device.parts.resets.cause is ResetCause.WATCHDOG_EARLY


@pytest.mark.hazard("H08", "H27")
@pytest.mark.req("FW-11")
@pytest.mark.parametrize("cause", [cause for cause in ResetCause if cause is not ResetCause.POWER_ON])
def test_after_a_reset_of_any_cause_therapy_is_off_until_it_is_asked_for(cause: ResetCause) -> None:
    speaker, bench = running()
    bench.reset(cause)
    bench.jump(Duration.of_s(3_600))
    assert is_off(speaker)
    speaker.open()
    assert speaker.ask(GetResets(), ResetReport).cause is cause
    booted = [e.detail for e in speaker.device.parts.event_log.after(0) if e.kind is LogKind.POWER_ON]
    assert booted[-1] == f"generation 1 fault none reset {cause.name.lower().replace('_', '-')}"
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    assert not is_off(speaker)


@pytest.mark.hazard("H08", "H27")
@pytest.mark.req("FW-11")
def test_three_unplanned_resets_within_ten_minutes_latch_the_output_off_until_it_is_cleared() -> None:
    memory = RamMemory()
    speaker, bench = running(memory)
    for cause in UNPLANNED:
        assert speaker.device.parts.modes.mode is not Mode.SAFE
        bench.jump(Duration.of_s(299))
        bench.reset(cause)
    speaker.open()
    assert (speaker.status().mode, speaker.status().fault) == (Mode.SAFE, Fault.RESETS)
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.FAULT_LATCHED
    later = Speaker(a_device(RamMemory(bytes(memory.data))))
    later.open()
    assert later.status().fault is Fault.RESETS
    speaker.ask(ClearFault(new_op_id()), Done)
    bench.reset()
    assert speaker.device.parts.modes.mode is Mode.IDLE


@pytest.mark.req("FW-11")
def test_resets_that_are_further_apart_latch_nothing() -> None:
    speaker, bench = running()
    for _ in range(6):
        bench.jump(Duration(STORM_WITHIN.us // 2 + 1))
        bench.reset()
    assert speaker.device.parts.modes.mode is Mode.IDLE


@pytest.mark.req("FW-11")
def test_a_torn_record_of_a_reset_brings_back_the_one_before() -> None:
    memory = RamMemory()
    resets = Resets(memory, 0)
    resets.note(ResetCause.BROWN_OUT, 5)
    before = bytes(memory.data)
    resets.note(ResetCause.BROWN_OUT, 9)
    after = bytes(memory.data)
    assert Resets(RamMemory(after), 10).unplanned(10) == (5, 9)
    changed = [at for at in range(RESETS_AT, WORDS_END) if before[at] != after[at]]
    for cut in range(changed[0], changed[-1] + 1):
        assert Resets(RamMemory(after[:cut] + before[cut:]), 10).unplanned(10) == (5,), f"cut at {cut}"


@pytest.mark.hazard("H23")
@pytest.mark.req("FW-27")
@pytest.mark.parametrize("rollover_us", ROLLOVERS)
@pytest.mark.parametrize("unit_us", [1, 1_000])
def test_a_tick_that_begins_again_measures_as_one_that_does_not(rollover_us: int, unit_us: int) -> None:
    for start_us in range(rollover_us - 3 * unit_us, rollover_us + 3 * unit_us, unit_us):
        timer = TickTimer(unit_us)
        timer.start(start_us)
        due_us = timer.due_us(start_us, 5)
        assert 5 * unit_us < due_us - start_us <= 6 * unit_us
        assert [timer.has_passed(due_us - 1, 5), timer.has_passed(due_us, 5)] == [False, True]


@pytest.mark.hazard("H23")
@pytest.mark.req("FW-27")
@pytest.mark.parametrize("rollover_us", ROLLOVERS)
def test_an_implant_does_the_same_over_a_rollover_of_the_tick_as_at_any_other_time(rollover_us: int) -> None:
    def story(start_us: int) -> list[object]:
        speaker, bench = running(start_us=start_us)
        bench.magnet(is_near=True)
        bench.jump(Duration.of_s(3))
        bench.magnet(is_near=False)
        speaker.open()
        speaker.start()
        speaker.keep_alive(Duration.of_s(3))
        bench.hang()
        bench.jump(Duration.of_s(1))
        log = speaker.device.parts.event_log.after(0)
        told = [(e.at_us - start_us, e.kind, e.detail) for e in log if e.kind is not LogKind.SESSION_OPENED]
        return [told, bench.pulses, is_off(speaker)]

    # A second and a half before it, and then so that it falls into the magnet's and into the watchdog's time.
    plain = story(0)
    for ahead_us in (1_500_000, 4_000_000, 9_100_000):
        start_us = (rollover_us - ahead_us) // 1_000_000 * 1_000_000
        assert story(start_us) == plain
