"""Does each kind of fault change what is delivered, measured or told, and does the implant stay safe through all?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from firmware_model.bench import Bench
from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.device import Device
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import KINDS, FaultKind, find_kind
from firmware_model.faults.memory import FallibleMemory
from firmware_model.faults.script import Chance, FaultScript
from firmware_model.store import LOG_AT, SLOT_SIZE, RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import BatteryLevel, ChargerState, EcapQuality, Fault, LogKind, Mode
from scs.errors import ScsError
from scs.programmer.client import Client
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.testing.long_run import LongRun, RunPlan
from scs.testing.long_run_report import report_on
from scs.testing.report import Outcome
from scs.wire.prescription import encode_group
from tests.support.implants import a_config, a_group, a_program
from tests.support.speaker import Speaker

DAY_US = 86_400_000_000


def delivering(blueprint: Blueprint = AS_DESIGNED) -> tuple[Device, Bench, Campaign]:
    """An implant that delivers, and nobody who talks to it."""
    device = Device(a_config(), FallibleMemory(RamMemory()), Random(1), Instant(0), blueprint)
    speaker = Speaker(device)
    speaker.open()
    speaker.write(a_group())
    speaker.start()
    speaker.keep_alive(Duration.of_s(5))
    return device, Bench(device), Campaign(device)


def happen(kind_id: str, **values: Any) -> tuple[Device, Bench]:
    """The implant one minute after this happened to it."""
    device, bench, campaign = delivering()
    campaign.begin(find_kind(kind_id), values)
    campaign.step(device.now + Duration.of_s(60))
    return device, bench


def charger_of(device: Device) -> ChargerState:
    return device.parts.battery.charger


def kinds_told(device: Device) -> set[LogKind]:
    return {entry.kind for entry in device.parts.event_log.after(0)}


@pytest.mark.parametrize("kind_id", ["dac-stuck", "switch-welded", "recharge-missing", "recharge-small", "timer-fast"])
def test_what_the_interlocks_see_ends_the_output_and_is_told(kind_id: str) -> None:
    device, _ = happen(kind_id)
    assert device.parts.modes.mode is Mode.SAFE
    assert device.parts.stimulator.is_idle
    assert LogKind.INTERLOCK_TRIPPED in kinds_told(device)


@pytest.mark.parametrize(
    ("kind_id", "values"),
    [
        ("power-cut", {}), ("brown-out", {}), ("clock-stop", {}), ("task-hang", {}), ("task-skip", {"task": "links"}),
        ("timer-missed", {"task": "therapy"}), ("loop-wild", {}), ("spurious-reset", {}), ("bounce", {"times": 2}),
    ],
)  # fmt: skip
def test_whatever_resets_the_implant_leaves_the_output_off_and_says_why(kind_id: str, values: dict[str, Any]) -> None:
    device, bench = happen(kind_id, **values)
    assert device.parts.modes.mode is Mode.IDLE
    pulses = bench.pulses
    bench.jump(Duration.of_s(60))
    assert bench.pulses == pulses
    assert [entry.kind for entry in device.parts.event_log.after(0)].count(LogKind.POWER_ON) > 1


@pytest.mark.hazard("H36")
def test_a_sense_line_with_an_offset_ends_the_output_although_nothing_wrong_flows() -> None:
    device, bench = happen("sense-offset", contact=3, offset=400)
    assert device.parts.modes.mode is Mode.SAFE
    assert device.parts.stimulator.is_idle
    assert bench.delivered_pc == bench.commanded_pc


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36", "H26")
def test_interlocks_that_see_nothing_say_so_before_another_pulse_leaves() -> None:
    """Unnoticed, it would be there still when the output fails, days or years later, and nobody would see that."""
    device, bench, campaign = delivering()
    campaign.begin(find_kind("sense-lost"), {})
    pulses = bench.pulses
    campaign.step(device.now + Duration.of_s(60))
    assert (device.parts.modes.mode, device.parts.interlocks.fault) == (Mode.SAFE, Fault.INTERNAL)
    assert LogKind.INTERLOCK_TRIPPED in kinds_told(device)
    campaign.begin(find_kind("recharge-small"), {})
    campaign.step(device.now + Duration.of_s(60))
    assert bench.pulses == pulses


def test_a_load_on_the_supply_holds_the_implant_until_it_is_taken_away() -> None:
    device, bench, campaign = delivering()
    bench.set_battery(20)
    campaign.begin(find_kind("supply-load"), {"load": 300_000})
    campaign.step(device.now + Duration.of_s(60))
    pulses = bench.pulses
    campaign.step(device.now + Duration.of_s(60))
    assert bench.pulses == pulses
    assert device.parts.stimulator.is_idle


def test_a_supply_that_bounces_three_times_latches() -> None:
    device, _ = happen("bounce", times=5)
    assert (device.parts.modes.mode, device.parts.interlocks.fault) == (Mode.SAFE, Fault.RESETS)


@pytest.mark.parametrize("kind_id", ["ram-flip-mode", "ram-flip-therapy"])
def test_a_flipped_bit_of_working_memory_ends_the_output(kind_id: str) -> None:
    device, _ = happen(kind_id, bit=4, **({"word": 1} if "therapy" in kind_id else {}))
    assert device.parts.stimulator.is_idle
    assert device.parts.modes.mode is Mode.SAFE


@pytest.mark.parametrize("kind_id", ["lead-open", "compliance-clip"])
def test_what_the_rail_cannot_drive_is_less_than_was_commanded_and_is_flagged(kind_id: str) -> None:
    values: dict[str, Any] = {"contact": 7}
    if kind_id == "compliance-clip":
        # A little more than half is still driven, which is no reason to end therapy.
        values["impedance"] = 14_000
    device, bench, campaign = delivering()
    campaign.begin(find_kind(kind_id), values)
    campaign.step(device.now + Duration.of_s(30))
    assert bench.delivered_pc < bench.commanded_pc
    assert [entry.detail for entry in device.parts.event_log.after(0)].count("program 0 limited by compliance") == 1
    campaign.mend(find_kind(kind_id), values)
    delivered, commanded = bench.delivered_pc, bench.commanded_pc
    campaign.step(device.now + Duration.of_s(30))
    assert bench.delivered_pc - delivered == bench.commanded_pc - commanded
    assert (bench.delivered_pc > delivered) is (kind_id == "compliance-clip"), "what opened has ended therapy"


def test_a_short_is_measured_as_one() -> None:
    device, _bench = happen("lead-short", contact=5)
    assert device.parts.electrodes.measure()[5] < 100


def test_the_battery_says_that_it_is_low_and_a_charger_fills_it() -> None:
    device, bench = happen("slow-sag", charge=40)
    bench.jump(Duration.of_s(4 * 3_600))
    permille = bench.parts.battery.permille
    assert device.parts.battery.level is not BatteryLevel.GOOD
    Campaign(device).begin(find_kind("charging"), {"coupling": 1_000})
    bench.jump(Duration.of_s(3_600))
    assert charger_of(device) is ChargerState.CONSTANT_CURRENT
    assert bench.parts.battery.permille > permille
    Campaign(device).begin(find_kind("charger-removal"), {})
    bench.jump(Duration.of_s(1))
    assert charger_of(device) is ChargerState.ABSENT


def test_a_cell_that_breaks_down_at_once_takes_the_output_with_it() -> None:
    device, bench = happen("over-discharge")
    assert device.parts.power.is_dark
    pulses = bench.pulses
    bench.jump(Duration.of_s(60))
    assert bench.pulses == pulses


def test_a_drift_within_two_percent_is_lived_with() -> None:
    device, bench, campaign = delivering()
    campaign.begin(find_kind("timer-drift"), {"permille": -20})
    before = bench.pulses
    campaign.step(device.now + Duration.of_s(100))
    assert device.parts.modes.mode is Mode.THERAPY
    assert bench.pulses - before == pytest.approx(4_000 * 0.98, abs=4)


@pytest.mark.parametrize(
    ("kind_id", "values"),
    [
        ("memory-flip", {"address": 40, "mask": 1}),
        ("memory-double-flip", {"address": SLOT_SIZE + 40}),
        ("stuck-bit", {"address": 30, "mask": 255, "level": 1}),
    ],
)
def test_a_damaged_image_is_never_taken_for_a_good_one(kind_id: str, values: dict[str, Any]) -> None:
    device, bench, campaign = delivering()
    wanted = device.parts.store.image.groups
    campaign.begin(find_kind(kind_id), values)
    bench.reset()
    found = device.parts.store.image.groups
    assert found in (wanted, {})


def test_a_log_entry_that_was_damaged_is_found() -> None:
    device, bench, campaign = delivering()
    campaign.begin(find_kind("memory-flip"), {"address": LOG_AT + 2 * 96 + 20, "mask": 24})
    bench.reset()
    assert device.parts.event_log.broken


@pytest.mark.parametrize("kind_id", ["wear-out", "lost-write", "erase-fail", "wrong-page", "torn-write"])
def test_a_write_that_fails_leaves_what_was_in_force_or_nothing(kind_id: str) -> None:
    device, bench, campaign = delivering()
    before = dict(device.parts.store.image.groups)
    campaign.begin(find_kind(kind_id), {"bytes": 30} if kind_id == "torn-write" else {})
    other = a_group(a_program(amplitude_ua=1_000), name="other")
    campaign.step(device.now + Duration.of_s(3))
    _write_somehow(device, other, campaign)
    bench.reset()
    held = {slot: stored.data for slot, stored in device.parts.store.image.groups.items()}
    assert held in ({slot: stored.data for slot, stored in before.items()}, {}, _encoded(other))


def _encoded(group: Any) -> dict[int, bytes]:
    return {0: encode_group(group)}


def _write_somehow(device: Device, group: Any, campaign: Campaign) -> None:
    try:
        with Client.open(DirectLink(device, campaign.step), DeviceClock(device), chance=Random(7)) as client:
            client.stop()
            client.write_group(0, group)
    except ScsError:
        pass


@pytest.mark.parametrize("seed", range(8))
def test_months_of_random_faults_break_no_account(seed: int) -> None:
    chance = Random(seed)
    kinds: tuple[FaultKind, ...] = tuple(chance.sample(KINDS, chance.randint(3, 12)))
    lasts_us = chance.choice([None, 1_000_000, 600_000_000])
    plan = RunPlan(
        a_config(), a_group(), 30 * DAY_US, seed, FaultScript((), (Chance(kinds, DAY_US // 2, lasts_us),)),
        telemetry_us=DAY_US // 3, restart_us=3_600_000_000,
    )  # fmt: skip
    run = LongRun(plan)
    run.go_on(Duration(plan.duration_us))
    report = report_on(run)
    assert sum(report.faults.values()) >= 20
    assert [check for check in report.checks if check.outcome is Outcome.FAIL] == []


@pytest.mark.parametrize(
    ("kind_id", "values"), [("lead-intermittent", {"contact": 5}), ("pair-short", {"contact": 5, "other": 6})]
)
def test_a_loose_or_a_bridged_conductor_is_measured_as_one(kind_id: str, values: dict[str, int]) -> None:
    device, _bench, campaign = delivering()
    before = device.parts.electrodes.state
    healthy = {other: device.parts.electrodes.pair_ohms(5, other) for other in (6, 9)}
    campaign.begin(find_kind(kind_id), values)
    faulty = {other: device.parts.electrodes.pair_ohms(5, other) for other in (6, 9)}
    assert faulty != healthy
    assert device.parts.electrodes.state != before
    campaign.mend(find_kind(kind_id), values)
    assert {other: device.parts.electrodes.pair_ohms(5, other) for other in (6, 9)} == healthy


def test_a_pulse_meets_its_electrodes_as_they_are_and_not_as_they_were_at_that_amplitude() -> None:
    device, bench, _ = delivering()
    stimulator = device.parts.stimulator
    changes: tuple[Callable[[], object], ...] = (
        lambda: bench.break_lead(7),
        lambda: bench.mend_lead(7),
        lambda: bench.set_impedance(7, 90_000),
        lambda: bench.set_impedance(7, 300),
        lambda: bench.add_acute(7, 90_000, Duration.of_s(3_600)),
    )
    for change in changes:
        was_clipped = bool(stimulator.clipped)
        change()
        stimulator.set_amplitude(0, 2_000)
        assert bool(stimulator.clipped) is not was_clipped
    bench.jump(Duration.of_s(40 * 3_600))
    stimulator.set_amplitude(0, 2_000)
    assert not stimulator.clipped, "what came acutely has gone"


@pytest.mark.parametrize(("kind_id", "by_us", "hours"), [("clock-forward", 5 * 3_600_000_000, 5), ("clock-back", 0, 0)])
def test_a_clock_that_jumps_moves_the_time_of_the_day_and_nothing_else(kind_id: str, by_us: int, hours: int) -> None:
    device, bench, campaign = delivering()
    device.parts.day.clock.set(3_600, device.now.us)
    pulses = bench.pulses
    campaign.begin(find_kind(kind_id), {"by": by_us})
    assert bench.pulses == pulses
    assert device.parts.day.clock.time_of_day_us(device.now.us) == (1 + hours) * 3_600_000_000
    assert device.parts.modes.mode is Mode.THERAPY


def test_a_tick_that_begins_again_under_a_magnet_and_a_hung_loop_changes_no_instant() -> None:
    def told(*, is_wound: bool) -> list[tuple[int, LogKind, str]]:
        device, bench, campaign = delivering()
        bench.magnet(is_near=True)
        campaign.step(device.now + Duration(1_999_500))
        bench.hang()
        if is_wound:
            campaign.begin(find_kind("rollover"), {})
        campaign.step(device.now + Duration.of_s(12))
        return [(entry.at_us, entry.kind, entry.detail) for entry in device.parts.event_log.after(0)]

    assert told(is_wound=True) == told(is_wound=False)


def test_air_at_a_contact_is_measured_and_goes_away_by_itself() -> None:
    device, bench = happen("air-bubble", contact=7, impedance=9_000, fades=3_600_000_000)
    before = device.parts.electrodes.measure()[7]
    bench.jump(Duration.of_s(12 * 3_600))
    assert before > 9_000 > 2_000 > device.parts.electrodes.measure()[7]


def test_a_faded_cell_lasts_for_less_and_no_kind_makes_it_new_again() -> None:
    device, bench, campaign = delivering()
    battery = device.parts.battery
    campaign.begin(find_kind("cell-fade"), {"capacity": 500})
    assert battery.state.capacity_pc == battery.plan.capacity_pc // 2
    campaign.begin(find_kind("cell-fade"), {"capacity": 900})
    assert battery.state.capacity_pc == battery.plan.capacity_pc // 2
    assert bench.parts.battery.permille == 1_000


def test_a_case_that_turned_makes_another_posture_of_the_same_pose_until_it_is_turned_back() -> None:
    device, bench, campaign = delivering()
    bench.jump(Duration.of_s(10))
    upright = device.parts.senses.posture
    campaign.begin(find_kind("case-turned"), {"degrees": 90})
    bench.jump(Duration.of_s(10))
    assert device.parts.senses.posture is not upright
    campaign.mend(find_kind("case-turned"), {"degrees": 90})
    bench.jump(Duration.of_s(10))
    assert device.parts.senses.posture is upright


@pytest.mark.parametrize(
    ("kind_id", "quality"), [("ecap-lost", EcapQuality.NO_SIGNAL), ("ecap-at-rail", EcapQuality.SATURATED)]
)
def test_an_amplifier_that_is_broken_reads_so_and_is_mended(kind_id: str, quality: EcapQuality) -> None:
    device, _bench, campaign = delivering()
    senses = device.parts.senses

    def read() -> EcapQuality:
        return senses.channel.read(senses.body, 0, 6_000, 200, 500).quality

    assert read() is EcapQuality.GOOD
    campaign.begin(find_kind(kind_id), {})
    assert read() is quality
    campaign.mend(find_kind(kind_id), {})
    assert read() is EcapQuality.GOOD


def test_a_field_that_closes_the_magnets_switch_ends_therapy_and_starts_nothing_when_it_goes() -> None:
    device, bench = happen("magnet-near")
    assert device.parts.stimulator.is_idle
    Campaign(device).mend(find_kind("magnet-near"), {})
    pulses = bench.pulses
    bench.jump(Duration.of_s(60))
    assert bench.pulses == pulses


def test_all_kinds_of_fault_that_concern_the_implant_are_there() -> None:
    link_and_people = 12 + 3
    assert len(KINDS) >= 46 - link_and_people
    wanted = {
        "memory": 8, "power": 6, "output": 8, "time": 5, "processor": 4,
    }  # fmt: skip
    have = Counter(kind.family for kind in KINDS)
    assert all(have[family] >= count for family, count in wanted.items())
    assert len({kind.id for kind in KINDS}) == len(KINDS)
