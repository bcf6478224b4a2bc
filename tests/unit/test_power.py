"""The implant's own power: what is drawn, when it is called low, how it is charged, and what it never survives."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.power.battery import Battery, Consumer, Demand
from firmware_model.power.constants import Kind, plan_for
from firmware_model.power.warmth import UK_PER_MK, Warmth
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.longevity import longevity
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Cycling, Group, replaced
from scs.domain.status import BatteryLevel, ChargerState, LogKind, Mode, TherapyState
from scs.programmer.battery_words import battery_text
from scs.wire.codec import encode_message
from scs.wire.framing import Frame, FrameType, encode
from scs.wire.requests import GetBattery, Open, Start
from scs.wire.responses import BatteryReport
from scs.wire.terms import Reason, Role
from tests.support.implants import a_group, a_program
from tests.support.reference_implant import reference_config
from tests.support.speaker import Speaker, new_op_id, only

HOUR, DAY, YEAR = Duration.of_s(3_600), Duration.of_s(86_400), Duration.of_s(31_557_600)
US_PER_HOUR = 3_600_000_000


def an_implant(profile_id: str = "reference", memory: RamMemory | None = None) -> Device:
    profile = find_profile(profile_id)
    config = DeviceConfig("SCS-POWER", profile, find_policy("default"), reference_config().implant)
    return Device(config, memory if memory is not None else RamMemory(), random.Random(1), Instant(0))


def a_running(group: Group, profile_id: str = "reference") -> Speaker:
    speaker = Speaker(an_implant(profile_id))
    speaker.open()
    speaker.write(group)
    speaker.start()
    return speaker


def said(device: Device) -> list[str]:
    return [entry.detail for entry in device.parts.event_log.after(0) if entry.kind is LogKind.BATTERY]


# -------------------------------------------------------------------------------------------------------- who draws


@pytest.mark.parametrize("profile_id", ["reference", "proclaim"])
@pytest.mark.req("FW-26")
def test_the_implant_draws_what_is_foretold_of_it(profile_id: str) -> None:
    shares = {3: -1_000, 4: 1_000}
    group = a_group(a_program(amplitude_ua=4_000, ratio=None, ramp_us=0, shares=shares, cycling=(10**8, 10**8)))
    speaker = a_running(group, profile_id)
    electrodes, battery = speaker.device.parts.electrodes, speaker.device.parts.battery
    speaker.wait(Duration(US_PER_HOUR))
    drawn = [pc / US_PER_HOUR for pc in battery.drawn_pc]
    told = longevity(group, find_profile(profile_id), load_ohm=electrodes.ohms(3) + electrodes.ohms(4)).draw
    assert drawn[Consumer.HOUSEKEEPING] == pytest.approx(told.housekeeping_ua)
    assert drawn[Consumer.STARTS] == pytest.approx(told.starts_ua, rel=0.01)
    assert drawn[Consumer.STIMULATION] == pytest.approx(told.stimulation_ua, rel=0.03)


@pytest.mark.req("FW-26")
def test_short_cycles_can_cost_more_than_going_on() -> None:
    def drawn(cycling: Cycling | None) -> int:
        program = a_program(amplitude_ua=500, width_us=60, ratio=None, ramp_us=0)
        speaker = a_running(a_group(replaced(program, cycling=cycling)))
        speaker.wait(HOUR)
        battery = speaker.device.parts.battery
        return battery.drawn_pc[Consumer.STIMULATION] + battery.drawn_pc[Consumer.STARTS]

    assert drawn(Cycling(on_us=1_000_000, off_us=1_000_000)) > drawn(None) > drawn(Cycling(on_us=10**9, off_us=10**9))


def test_a_session_keeps_the_radio_on_until_it_is_forgotten() -> None:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.wait(HOUR)
    battery = speaker.device.parts.battery
    assert battery.drawn_pc[Consumer.TELEMETRY] == battery.plan.telemetry_ua * 60_000_000


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 400 * 24 * US_PER_HOUR), max_size=12),
    kind=st.sampled_from(["rechargeable", "primary"]),
)
def test_it_makes_no_difference_how_often_somebody_looks(cuts: list[int], kind: Kind) -> None:
    def run(times: list[int]) -> tuple[int, int, list[int], BatteryLevel]:
        battery = Battery(kind)
        now = 0
        for time in times:
            while (due := battery.next_us(now)) is not None and due <= time:
                battery.pass_time(now, due)
                now = due
                battery.read(now)
            battery.pass_time(now, time)
            now = time
            battery.read(now)
        return battery.cell.left_pc, battery.cell.reserve_pc, battery.drawn_pc, battery.level

    end = 401 * 24 * US_PER_HOUR
    assert run([end]) == run([*sorted(cuts), end])


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["rechargeable", "primary"]),
    left_permille=st.sampled_from([0, 1, 2, 90, 100, 101, 500, 1_000]),
    now_us=st.integers(0, 2 * US_PER_HOUR),
    for_us=st.integers(0, 1_100_000),
    drive_ua=st.sampled_from([0, 400, 30_000, 1_000_000]),
    coupling_permille=st.sampled_from([None, 0, 100, 1_000]),
    beside=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_a_battery_that_is_said_to_be_quiet_changes_nothing_meanwhile(
    kind: Kind,
    left_permille: int,
    now_us: int,
    for_us: int,
    drive_ua: int,
    coupling_permille: int | None,
    beside: tuple[bool, bool, bool],
) -> None:
    battery = Battery(kind)
    battery.set_permille(left_permille)
    if battery.charging is not None and coupling_permille is not None:
        battery.charging.place(coupling_permille, battery.cell, now_us)
    due_us = battery.next_us(now_us, Demand(drive_ua, *beside))
    if battery.is_quiet(now_us, now_us + for_us, drive_ua):
        assert due_us is None or due_us > now_us + for_us


def test_a_short_time_far_from_a_reading_is_quiet_and_one_with_a_reading_or_a_charger_is_not() -> None:
    battery = Battery("rechargeable")
    reading_us = battery.plan.reading_us
    assert battery.is_quiet(1, 4_001, 400)
    assert not battery.is_quiet(reading_us - 4_000, reading_us, 400)
    assert not battery.is_quiet(1, 1_000_001, 400)
    assert not battery.is_quiet(1, 4_001, 1_000_000)
    assert battery.charging is not None
    battery.charging.place(1_000, battery.cell, 1)
    assert not battery.is_quiet(1, 4_001, 400)


# ------------------------------------------------------------------------------------------------- low, ERI and EOS


@pytest.mark.req("FW-26")
@pytest.mark.hazard("H20")
def test_a_cell_that_runs_down_says_each_level_once_and_in_order() -> None:
    speaker = a_running(a_group(a_program(amplitude_ua=6_000, width_us=300, ratio=None)), "proclaim")
    device = speaker.device
    speaker.wait(Duration(15 * YEAR.us))
    assert said(device) == ["level low", "level replace-soon", "level ended"]
    assert device.parts.modes.mode is Mode.DEPLETED
    assert [e.detail for e in device.parts.event_log.after(0) if e.kind is LogKind.THERAPY_STOPPED] == ["battery empty"]


@pytest.mark.req("FW-26")
@pytest.mark.hazard("H20")
def test_elective_replacement_comes_months_before_the_end() -> None:
    device = an_implant("proclaim")
    device.step(Instant(0) + Duration(40 * YEAR.us))
    at = {entry.detail: entry.at_us for entry in device.parts.event_log.after(0)}
    assert at["level ended"] - at["level replace-soon"] > 90 * DAY.us
    assert at["level replace-soon"] > at["level low"]


@pytest.mark.req("FW-26")
@pytest.mark.hazard("H20")
def test_a_voltage_that_jumps_about_a_bound_says_nothing_twice() -> None:
    battery = Battery("primary")
    bound = battery.plan.low_mv
    levels: list[BatteryLevel] = []
    chance = random.Random(4)
    for _ in range(2_000):
        battery.gauge.read(bound + chance.randint(-battery.plan.hysteresis_mv + 5, battery.plan.hysteresis_mv - 1))
        if not levels or levels[-1] is not battery.gauge.level:
            levels.append(battery.gauge.level)
    assert levels == [BatteryLevel.GOOD, BatteryLevel.LOW]


def test_a_single_low_reading_says_nothing_and_three_do() -> None:
    gauge = Battery("primary").gauge
    low = Battery("primary").plan.low_mv
    for readings, level in (((low, low, low + 1), "GOOD"), ((low, low), "GOOD"), ((low,), "LOW")):
        for reading in readings:
            gauge.read(reading)
        assert gauge.level.name == level


def test_what_was_said_is_not_said_again_after_a_reset() -> None:
    memory = RamMemory()
    device = an_implant("proclaim", memory)
    Bench(device).set_battery(150)
    device.step(device.now + DAY)
    again = an_implant("proclaim", memory)
    Bench(again).set_battery(140)
    again.step(again.now + DAY)
    assert said(again) == ["level low"]


# ------------------------------------------------------------------------------------------------------- charging


def charged(coupling_permille: int, permille: int, duration: Duration) -> Device:
    device = an_implant()
    bench = Bench(device)
    bench.set_battery(permille)
    bench.place_charger(coupling_permille)
    bench.jump(duration)
    return device


@pytest.mark.req("FW-28")
def test_a_charge_takes_hours_and_ends_full() -> None:
    """Up to 4 h for a full charge [found: F14]."""
    assert charged(1_000, 0, Duration(2 * HOUR.us)).parts.battery.charger is ChargerState.CONSTANT_CURRENT
    assert charged(1_000, 0, Duration(int(3.5 * HOUR.us))).parts.battery.charger is ChargerState.CONSTANT_VOLTAGE
    full = charged(1_000, 0, Duration(5 * HOUR.us))
    assert (full.parts.battery.charger, full.parts.battery.permille >= 999) == (ChargerState.FULL, True)
    assert said(full)[:2] == ["charging", "fully charged"]


def test_the_steps_of_the_taper_are_as_long_as_the_smooth_way() -> None:
    """dq/dt falls in a straight line with what is missing, so the time is a logarithm."""
    battery = Battery("rechargeable")
    assert battery.charging is not None
    assert battery.plan.charging is not None
    battery.set_permille(battery.plan.charging.taper_from_permille)
    battery.charging.place(1_000, battery.cell, 0)
    now = 0
    while battery.charger is not ChargerState.FULL:
        due = battery.next_us(now, Demand(is_stored=True))
        assert due is not None
        battery.pass_time(now, due, Demand(is_stored=True))
        now = due
    end = battery.plan.charging.taper_end_permille / 1_000
    span = 1 - battery.plan.charging.taper_from_permille / 1_000
    smooth_us = span * battery.plan.capacity_pc / battery.plan.charging.current_ua / (1 - end) * math.log(1 / end)
    assert now == pytest.approx(smooth_us, rel=0.03)


@pytest.mark.req("FW-28")
@pytest.mark.hazard("H22")
@settings(max_examples=25, deadline=None)
@given(coupling=st.integers(1, 1_000), permille=st.integers(0, 1_000), minutes=st.lists(st.integers(1, 90), max_size=6))
def test_the_pocket_never_gets_two_degrees_warmer(coupling: int, permille: int, minutes: list[int]) -> None:
    device = charged(coupling, permille, Duration(0))
    battery = device.parts.battery
    for count in minutes:
        device.step(device.now + Duration.of_s(60 * count))
        assert battery.rise_mk(device.now.us) <= 2_000


@pytest.mark.req("FW-28", "FW-34")
@pytest.mark.hazard("H22")
def test_a_badly_placed_charger_is_stopped_and_comes_back_when_the_pocket_has_cooled() -> None:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.write(a_group(a_program()))
    bench = Bench(speaker.device)
    bench.set_battery(300)
    bench.place_charger(300)
    battery = speaker.device.parts.battery
    seen = set()
    for _ in range(60):
        speaker.wait(Duration.of_s(30))
        seen.add(battery.charger)
        if battery.charger is ChargerState.TOO_WARM:
            assert battery.charge_ua == 0
            speaker.open()
            assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.BUSY
    assert seen == {ChargerState.CONSTANT_CURRENT, ChargerState.TOO_WARM}
    assert said(speaker.device).count("charging stopped: pocket too warm") > 1
    assert battery.permille > 300


@pytest.mark.req("FW-28")
@pytest.mark.hazard("H22")
def test_a_charger_that_is_moved_to_a_better_place_lets_the_pocket_cool_and_goes_on_charging() -> None:
    """The pocket that cooled below the bound was taken for one that reaches it now, and now, and now."""
    device = charged(688, 300, Duration.of_s(3_000))
    warm_mk = device.parts.battery.rise_mk(device.now.us)
    Bench(device).place_charger(1_000)
    device.step(device.now + HOUR)
    assert device.parts.battery.charger is ChargerState.CONSTANT_CURRENT
    assert device.parts.battery.rise_mk(device.now.us) < warm_mk < 2_000


@pytest.mark.req("FW-28")
@settings(max_examples=40, deadline=None)
@given(
    permille=st.integers(0, 1_000),
    places=st.lists(st.tuples(st.sampled_from((0, 150, 250, 400, 688, 1_000)), st.integers(1, 40)), max_size=12),
)
def test_whatever_is_due_while_a_charger_is_moved_about_lies_ahead(
    permille: int, places: list[tuple[int, int]]
) -> None:
    device = charged(0, permille, Duration(0))
    for coupling, minutes in places:
        Bench(device).place_charger(coupling)
        until = device.now + Duration.of_s(60 * minutes)
        device.step(until)
        due = device.next_due()
        assert due is None or due > until
        assert device.parts.battery.rise_mk(until.us) <= 2_000


def test_a_charger_that_is_far_off_charges_nothing() -> None:
    battery = charged(199, 500, HOUR).parts.battery
    assert (battery.charger, battery.charge_ua, battery.permille < 500) == (ChargerState.MISALIGNED, 0, True)


@given(st.integers(0, 10**12), st.integers(0, 3_000), st.integers(0, 6_000))
def test_the_warmth_is_the_closed_form(elapsed: int, first: int, steady: int) -> None:
    warmth = Warmth(900_000_000)
    warmth._from_uk = first * UK_PER_MK
    warmth.head_for(steady * UK_PER_MK, 0)
    exact = steady + (first - steady) * math.exp(-elapsed / 900e6)
    assert warmth.at(elapsed) / UK_PER_MK == pytest.approx(exact, abs=0.002)


# -------------------------------------------------------------------------------------- empty, dark, and worn out


@pytest.mark.req("FW-25")
@pytest.mark.hazard("H21")
def test_an_empty_cell_lives_about_thirty_days_and_then_answers_nothing() -> None:
    """About 30 days from the loss of stimulation to over-discharge [found: F20]."""
    memory = RamMemory()
    device = an_implant(memory=memory)
    Bench(device).set_battery(0)
    device.step(device.now + Duration(29 * DAY.us))
    before = bytes(memory.data)
    was_dark = device.parts.battery.is_dark
    device.step(device.now + Duration(2 * DAY.us))
    assert (was_dark, device.parts.battery.is_dark) == (False, True)
    device.receive(encode(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(7, Role.WRITER)))))
    device.receive(encode(Frame(FrameType.STOP, 0, 0, b"")))
    device.step(device.now + DAY)
    assert (device.take_output(), device.next_due()) == (b"", None)
    assert bytes(memory.data) == before, "written without power"


@pytest.mark.req("FW-25", "FW-34")
@pytest.mark.hazard("H21")
def test_a_charger_wakes_a_dark_implant_without_its_firmware_and_therapy_stays_off() -> None:
    speaker = a_running(a_group(a_program(ramp_us=0)))
    device, bench = speaker.device, Bench(speaker.device)
    bench.set_battery(0)
    bench.jump(Duration(40 * DAY.us))
    bench.place_charger(1_000)
    bench.jump(Duration.of_s(60))
    assert device.parts.battery.charger is ChargerState.PRECHARGE
    speaker.open()
    assert speaker.status().mode is Mode.DEPLETED
    bench.jump(HOUR)
    speaker.open()
    status = speaker.status()
    assert (status.mode, status.therapy) == (Mode.IDLE, TherapyState.OFF)
    assert "over-discharge 1 of 3" in said(device)


@pytest.mark.req("FW-25")
@pytest.mark.hazard("H21")
def test_the_third_over_discharge_is_the_end_also_after_a_reset() -> None:
    """Three over-discharges end the life of the device [found: F20]."""
    memory = RamMemory()
    for count in (1, 2, 3):
        device = an_implant(memory=memory)
        bench = Bench(device)
        bench.set_battery(0)
        bench.jump(Duration(31 * DAY.us))
        bench.place_charger(1_000)
        bench.jump(Duration(5 * HOUR.us))
        assert f"over-discharge {count} of 3" in said(device)
        assert device.parts.modes.mode is (Mode.UNPROGRAMMED if count < 3 else Mode.DEPLETED)
    assert (device.parts.battery.charger, device.parts.battery.permille) == (ChargerState.WORN_OUT, 0)
    assert device.parts.battery.level is BatteryLevel.ENDED
    assert said(device)[-2:] == ["level ended", "charging refused: worn out"]


@pytest.mark.req("FW-25")
def test_a_charger_taken_off_and_on_counts_the_same_over_discharge_once() -> None:
    device = an_implant()
    bench = Bench(device)
    bench.set_battery(0)
    bench.jump(Duration(31 * DAY.us))
    for _ in range(5):
        bench.place_charger(1_000)
        bench.jump(Duration.of_s(60))
        bench.place_charger(0)
        bench.jump(Duration(5 * DAY.us))
    assert [line for line in said(device) if line.startswith("over-")] == ["over-discharge 1 of 3"]


def test_a_decade_with_a_charge_a_week_is_quick_to_reckon() -> None:
    """Closed form: the number of steps is that of the changes, not of the seconds."""
    battery = Battery("rechargeable")
    assert battery.charging is not None
    now = steps = 0
    for _ in range(520):
        for coupling, hours in ((0, 164), (1_000, 4)):
            battery.charging.place(coupling, battery.cell, now)
            until = now + hours * US_PER_HOUR
            while (due := battery.next_us(now, Demand(drive_ua=400))) is not None and due <= until:
                battery.pass_time(now, due, Demand(drive_ua=400))
                now, steps = due, steps + 1
                battery.read(now)
            battery.pass_time(now, until)
            now = until
    assert steps < 520 * 60


def test_an_aged_cell_holds_less() -> None:
    device = an_implant()
    Bench(device).age_battery(800)
    assert device.parts.battery.state.capacity_pc == plan_for("rechargeable").capacity_pc * 8 // 10
    assert device.parts.battery.permille == 1_000


@pytest.mark.req("FW-26")
def test_the_report_says_what_is_so_while_it_is_charged() -> None:
    speaker = Speaker(an_implant())
    Bench(speaker.device).set_battery(500)
    Bench(speaker.device).place_charger(500)
    speaker.device.step(speaker.device.now + Duration.of_s(60))
    speaker.open()
    report = only(speaker.send(speaker.request(GetBattery())), BatteryReport)
    assert (report.charger, report.charge_ua) == (ChargerState.CONSTANT_CURRENT, 30_000)
    assert 0 < report.rise_mk < 2_400 and report.lasts_s == (1 << 32) - 1  # noqa: PT018
    assert "charger constant-current, 30 mA" in battery_text(report)
