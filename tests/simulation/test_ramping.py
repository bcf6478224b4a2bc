"""A ramp that asks the rest of the implant once comes to the same, to the last field, as one that asks at each tick."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.faults.memory import FallibleMemory
from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.ramp_again import RampAgain
from firmware_model.snapshot import restore_snapshot, take_snapshot
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.program import Group, Program, replaced
from scs.domain.schedule import Window
from scs.wire.requests import SetClock
from scs.wire.responses import Done
from tests.support.implants import a_config, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

MINUTE = 60_000_000


class TickByTick(Device):
    """Asks everybody at every tick of a ramp."""

    def _ramp_on(self, until: Instant) -> None:
        del until


class Tallied(Device):
    """Counts the ramps that are delivered tick by tick."""

    climbed = 0

    def _climb(self, end_us: int, ramp: RampAgain) -> bool:
        self.climbed += 1
        return super()._climb(end_us, ramp)


def begun(group: Group, permille: int, device: Device | None = None) -> str:
    """A snapshot of an implant that was started half a minute before its window opens."""
    speaker = Speaker(device or an_implant(Device))
    speaker.open()
    speaker.write(group)
    speaker.ask(SetClock(new_op_id(), 8 * 3_600 - 30), Done)
    Bench(speaker.device).set_battery(permille)
    speaker.start()
    return take_snapshot(speaker.device)


def life(device: Device, beginning: str, steps_us: tuple[int, ...]) -> tuple[str, ...]:
    """A snapshot after each of the steps."""
    restore_snapshot(device, beginning)
    taken = []
    for step_us in steps_us:
        device.step(device.now + Duration(step_us))
        taken.append(take_snapshot(device))
    return tuple(taken)


def an_implant(kind: type[Device]) -> Device:
    return kind(a_config(), FallibleMemory(RamMemory()), Random(1), Instant(0))


GROUPS = {
    "two programs": a_group(a_program("P1", rate_mhz=90_000), a_program("P2", rate_mhz=33_000, ramp_us=5_000_000)),
    "one": a_group(a_program("P1")),
}


@pytest.mark.req("FW-09")
@pytest.mark.parametrize("name", GROUPS)
@settings(max_examples=25, deadline=None)
@given(
    permille=st.sampled_from((1_000, 500, 202, 101, 40, 11, 1)),
    steps_us=st.lists(st.integers(1, 3 * MINUTE), min_size=1, max_size=5).map(tuple),
    dose_us=st.sampled_from((None, 60_000_000, 70_000_000)),
)
def test_a_ramp_comes_to_the_same_as_tick_by_tick(
    name: str, permille: int, steps_us: tuple[int, ...], dose_us: int | None
) -> None:
    window = (Window(from_minute=8 * 60, to_minute=8 * 60 + 2),)
    group = replaced(GROUPS[name], schedule=window, daily_dose_us=dose_us)
    beginning = begun(group, permille)
    fast, slow = (life(an_implant(kind), beginning, steps_us) for kind in (Device, TickByTick))
    assert fast == slow


@pytest.mark.req("FW-09")
@pytest.mark.parametrize("pulses", [0, 10, 40, 70])
def test_a_battery_that_reaches_a_bound_in_the_midst_of_a_ramp_is_read_all_the_same(pulses: int) -> None:
    """The latest reading of a row that decides falls into the ramp, just after so many pulses have drawn enough."""
    device = an_implant(Device)
    device.step(Instant(device.parts.battery.plan.reading_us * 5 - 31_000_000))
    waiting = replaced(GROUPS["one"], schedule=(Window(from_minute=8 * 60, to_minute=8 * 60 + 2),))
    restored = begun(waiting, 1_000, device)
    fast, slow = (an_implant(kind) for kind in (Device, TickByTick))
    lives = []
    for implant in (fast, slow):
        restore_snapshot(implant, restored)
        battery, stimulator = implant.parts.battery, implant.parts.stimulator
        worse_mv = battery.gauge.worse_at_mv
        assert worse_mv is not None, "a full cell can get worse"
        implant.step(implant.now + Duration(30_000_500))
        bound_pc = battery.cell.left_at_or_below(worse_mv, stimulator.drive_at_ua((2_000,)))
        assert bound_pc is not None, "a bound is reached at some charge"
        battery.cell.left_pc = bound_pc + pulses * 400_000
        lives.append(life(implant, take_snapshot(implant), (900_000, 4 * MINUTE)))
    assert lives[0] == lives[1]


@pytest.mark.req("FW-09")
@pytest.mark.parametrize("name", GROUPS)
def test_a_ramp_that_comes_every_day_is_counted_and_comes_to_the_same(name: str) -> None:
    """The output begins anew at each window, so the soft stop finds the pulses where it found them the day before.

    Whoever steps the implant comes a little later every day.
    """
    windows = (Window(from_minute=8 * 60, to_minute=11 * 60),)
    beginning = begun(replaced(GROUPS[name], schedule=windows), 1_000)
    fast, slow = an_implant(Tallied), an_implant(TickByTick)
    assert isinstance(fast, Tallied)
    for implant in (fast, slow):
        restore_snapshot(implant, beginning)
    climbed = []
    for _ in range(4):
        for implant in (fast, slow):
            for _ in range(24):
                implant.step(implant.now + Duration(60 * MINUTE + 12_000))
        assert take_snapshot(fast) == take_snapshot(slow)
        climbed.append(fast.climbed)
    assert climbed[0] >= 3, "up from zero, on to the end, and down"
    assert climbed[3] - climbed[2] == 1, "only the first tick, with which the delivery begins"


class WeakAbove(OutputStage):
    """Like the one before, but from 1 mA on it drives half of what is asked."""

    def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
        return super().pulse(program, amplitude_ua if amplitude_ua < 1_000 else amplitude_ua // 2, window_us)


@pytest.mark.req("FW-09")
def test_a_ramp_through_another_output_is_not_the_one_that_was_seen() -> None:
    """Its first pulses are the same ones."""
    windows = (Window(from_minute=8 * 60, to_minute=8 * 60 + 2),)
    beginning = begun(replaced(GROUPS["one"], schedule=windows), 1_000)
    ledgers = []
    for implant in (an_implant(Device), an_implant(TickByTick)):
        restore_snapshot(implant, beginning)
        implant.step(implant.now + Duration(3 * 24 * 60 * MINUTE))
        parts = implant.parts
        parts.stimulator.rewire(WeakAbove(parts.config.profile, parts.electrodes))
        implant.step(implant.now + Duration(24 * 60 * MINUTE))
        ledgers.append((parts.stimulator.ledger, parts.battery.cell.left_pc))
    assert ledgers[0] == ledgers[1]
