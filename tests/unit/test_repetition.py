"""Cycles that are counted at once leave every account as cycles that are delivered one by one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.repetition import Repetition
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import Mode
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker

SECOND = 1_000_000
GROUPS = {
    "one": a_group(a_program(cycling=(30 * SECOND, 90 * SECOND))),
    "passive": a_group(a_program(ratio=None, cycling=(20 * SECOND, 10 * SECOND))),
    "burst": a_group(
        a_program(
            burst=(5, 500_000), width_us=500, ratio=None, shares={1: -1_000, 2: 1_000}, cycling=(7_000_000, 5_000_000)
        )
    ),
    "two cycles": a_group(
        a_program("a", cycling=(30 * SECOND, 90 * SECOND)),
        a_program("b", rate_mhz=50_000, shares={9: -1_000, 10: 1_000}, cycling=(20 * SECOND, 20 * SECOND)),
    ),
    "one steady": a_group(
        a_program("a", cycling=(30 * SECOND, 10 * SECOND)),
        a_program("b", rate_mhz=50_000, shares={9: -1_000, 10: 1_000}),
    ),
}


def running(group: Group) -> tuple[Device, Bench]:
    device = a_device()
    speaker = Speaker(device)
    speaker.open()
    speaker.write(group)
    speaker.start()
    # The session is forgotten before anything is compared: nobody is there any more.
    device.step(device.now + Duration.of_s(400))
    return device, Bench(device)


def accounts(device: Device) -> dict[str, Any]:
    parts, bench = device.parts, Bench(device)
    return {
        "pulses": bench.pulses,
        "leading": bench.leading_pc(),
        "commanded": parts.stimulator.ledger.commanded_pc,
        "delivered": parts.stimulator.ledger.delivered_pc,
        "net": bench.net_pc(),
        "cell": parts.battery.state,
        "drawn": tuple(parts.battery.drawn_pc),
        "usage": [asdict(row) for row in parts.usage.slots],
        "log": [entry for entry in parts.event_log.after(0) if entry.sequence],
        "mode": parts.modes.mode,
        "amplitudes": parts.stimulator.delivered_ua,
        "due": parts.therapy.next_due(),
    }


def one_by_one(bench: Bench, duration_us: int) -> None:
    """The same time in pieces that are shorter than any cycle, so that nothing repeats within one."""
    while duration_us:
        piece_us = min(duration_us, 5 * SECOND + 13)
        bench.jump(Duration(piece_us))
        duration_us -= piece_us


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("duration_us", [3_600 * SECOND, 2_000 * SECOND + 333_333])
def test_counted_cycles_equal_delivered_ones_to_the_last_picocoulomb(
    name: str, duration_us: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    repeat = Repetition._repeat

    def noting(self: Repetition, added: Any, times: int) -> None:
        counted.append(times)
        repeat(self, added, times)

    monkeypatch.setattr(Repetition, "_repeat", noting)
    (at_once, leaping), (slowly, walking) = running(GROUPS[name]), running(GROUPS[name])
    counted.clear()
    leaping.jump(Duration(duration_us))
    assert sum(counted) >= 5, "nothing was counted at once, so nothing is compared"
    counted.clear()
    one_by_one(walking, duration_us)
    assert not counted
    assert accounts(at_once) == accounts(slowly)
    # And what comes afterwards is the same as well.
    leaping.jump(Duration(77 * SECOND))
    one_by_one(walking, 77 * SECOND)
    assert accounts(at_once) == accounts(slowly)


def test_cycles_are_counted_at_once_whatever_ran_before_on_other_contacts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier group left to flow back by itself waits for good where nothing is delivered any more."""
    counted: list[int] = []
    monkeypatch.setattr(Repetition, "_repeat", lambda _, __, times: counted.append(times))
    device = a_device()
    speaker = Speaker(device)
    speaker.open()
    speaker.write(a_group(a_program(ratio=None, shares={11: -1_000, 12: 1_000})), slot=1)
    speaker.write(GROUPS["one"])
    speaker.start(1)
    # On its way up: a long train that leaves at once keeps its rest in another account.
    device.step(device.now + Duration.of_ms(1_100))
    speaker.stop()
    speaker.start()
    device.step(device.now + Duration.of_s(1_200))
    assert counted


@pytest.mark.slow
def test_the_battery_says_everything_that_it_says_cycle_by_cycle_and_ends_therapy_in_the_same_one() -> None:
    (at_once, leaping), (slowly, walking) = running(GROUPS["one"]), running(GROUPS["one"])
    for bench in (leaping, walking):
        bench.set_battery(2)
    leaping.jump(Duration.of_s(24 * 3_600))
    one_by_one(walking, 24 * 3_600 * SECOND)
    assert at_once.parts.modes.mode is slowly.parts.modes.mode is Mode.DEPLETED
    said = [[(e.kind, e.detail) for e in device.parts.event_log.after(0)] for device in (at_once, slowly)]
    assert said[0] == said[1]
    times = [[e.at_us for e in device.parts.event_log.after(0)] for device in (at_once, slowly)]
    assert all(abs(one - other) <= 2 * SECOND for one, other in zip(*times, strict=True))


def test_whoever_listens_hears_every_cycle() -> None:
    _, bench = running(GROUPS["one"])
    seen: list[int] = []
    bench.tap(lambda departure: seen.append(departure.start_us))
    before = bench.pulses
    bench.jump(Duration.of_s(1_000))
    assert len(seen) == bench.pulses - before > 0


def test_a_lead_that_breaks_between_two_steps_is_met_by_the_next_cycle() -> None:
    (_, leaping), (_, walking) = running(GROUPS["one"]), running(GROUPS["one"])
    for bench in (leaping, walking):
        bench.jump(Duration.of_s(600))
        bench.break_lead(7)
    leaping.jump(Duration.of_s(1_200))
    one_by_one(walking, 1_200 * SECOND)
    assert leaping.leading_pc() == walking.leading_pc()


@pytest.mark.slow
def test_cycles_in_another_posture_are_counted_for_that_posture_and_to_the_same_microsecond() -> None:
    (at_once, leaping), (slowly, walking) = running(GROUPS["burst"]), running(GROUPS["burst"])
    # A cycle takes 12 s, so the posture changes at every second of it: also within the first one that is compared.
    for turn in range(12):
        for bench in (leaping, walking):
            bench.set_pose(("lying-back", "upright")[turn % 2])
        leaping.jump(Duration(301 * SECOND))
        one_by_one(walking, 301 * SECOND)
    assert accounts(at_once) == accounts(slowly)
    assert sum(us > 900 * SECOND for us in at_once.parts.usage.slots[0].postures_us[0]) == 2
