"""Does a world that goes in circles end, and is it told like any other violation?

Whatever goes in circles here gives up by itself after GIVE_UP turns or fewer, so that a bound that is gone fails the
test instead of hanging it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.campaign import RETURNS_AT_ONCE_MAX, Campaign
from firmware_model.faults.kinds import find_kind
from firmware_model.faults.memory import FallibleMemory, PowerGone
from firmware_model.pace import TURNS_AT_ONCE_MAX, NoTimePasses, Pace
from firmware_model.store import RamMemory
from firmware_model.therapy import Therapy
from scs.clock import Duration, Instant
from scs.domain.status import Mode, ResetCause
from scs.simulation import sweep
from scs.simulation import world as world_module
from scs.simulation.campaign import examine_with
from scs.simulation.checkers import liveness
from scs.simulation.plan import SECOND_US, VISIT, Plan, Row
from scs.simulation.seed import Outcome, a_config, play
from scs.simulation.world import Build, World

GIVE_UP = 5 * TURNS_AT_ONCE_MAX
PLAN = Plan(3, "reference", 200 * SECOND_US, (Row(0, 10 * SECOND_US, VISIT, told={"tasks": ["write", "start"]}),))


class Weary:
    """Counts what goes in circles, and has enough of it at last."""

    def __init__(self, give_up: int = GIVE_UP) -> None:
        self.turns, self._give_up = 0, give_up

    def turn(self) -> None:
        self.turns += 1
        if self.turns > self._give_up:
            pytest.fail("nobody ends what goes in circles")


def made_of(blueprint: Blueprint, device: type[Device] = Device) -> Build:
    def build(config: DeviceConfig, memory: FallibleMemory, rng: Random, start: Instant) -> Device:
        return device(config, memory, rng, start, blueprint)

    return build


def test_a_supply_that_goes_again_in_the_first_write_after_it_came_back_comes_back_too() -> None:
    """It ended the emulator."""
    memory = FallibleMemory(RamMemory())
    device = Device(a_config("reference"), memory, Random(1), Instant(0))
    campaign = Campaign(device)
    campaign.begin(find_kind("torn-write"), {"bytes": 3})
    campaign.begin(find_kind("power-cut"), {})
    assert memory.defects.tears_after is None, "the write was torn"
    campaign.step(device.now + Duration.of_s(1))
    assert (device.parts.resets.cause, device.parts.modes.mode) == (ResetCause.POWER_ON, Mode.UNPROGRAMMED)


def test_a_supply_that_never_lets_it_write_is_said_and_not_waited_for() -> None:
    class Gone(FallibleMemory):
        def write(self, offset: int, data: bytes) -> None:
            raise PowerGone

    memory = FallibleMemory(RamMemory())
    device = Device(a_config("reference"), memory, Random(1), Instant(0))
    memory.__class__ = Gone
    with pytest.raises(NoTimePasses, match="the supply"):
        Campaign(device).begin(find_kind("power-cut"), {})


def stuck() -> Build:
    """A ramp whose tick is due again in the instant in which it was done."""
    weary = Weary()

    class Stuck(Therapy):
        def _tick(self, index: int) -> None:
            weary.turn()
            due_us = self._channels[index].next_tick_us
            super()._tick(index)
            self._channels[index].next_tick_us = due_us

    return made_of(replace(AS_DESIGNED, therapy=Stuck))


def hasty() -> Build:
    """A ramp that never arrives, and ticks each microsecond."""
    weary = Weary()

    class Hasty(Therapy):
        def _tick(self, index: int) -> None:
            weary.turn()
            channel = self._channels[index]
            assert channel.next_tick_us is not None
            channel.next_tick_us += 1

    return made_of(replace(AS_DESIGNED, therapy=Hasty))


def powerless() -> Build:
    """A supply that goes again each time that it has come back; each return takes milliseconds."""
    weary = Weary(3 * RETURNS_AT_ONCE_MAX)

    class Powerless(Device):
        def step(self, until: Instant) -> None:
            if self.parts.therapy.group is None and self.parts.event_log.newest < 4:
                super().step(until)
                return
            weary.turn()
            raise PowerGone

    return made_of(AS_DESIGNED, Powerless)


def said_of(outcome: Outcome) -> str:
    (violation,) = outcome.violations
    assert violation.checker == "liveness"
    return violation.sentence


@pytest.mark.parametrize(
    ("build", "said"),
    [(stuck, "the implant turned 10,000 times"), (powerless, "the supply turned 100 times")],
    ids=["stuck", "powerless"],
)
def test_an_implant_for_which_time_stands_still_is_a_violation_and_no_hang(
    build: Callable[[], Build], said: str
) -> None:
    assert f"no time passes: {said} to what is due at " in said_of(play(PLAN, build()))
    assert play(PLAN).violations == []


def test_an_implant_that_is_far_too_busy_is_a_violation_and_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_module, "TURNS_MAX", 2_000)
    assert play(PLAN).violations == []
    assert "the implant has turned 2,004 times to what is due" in said_of(play(PLAN, hasty()))


def a_world() -> World:
    return World(a_config("reference"), 1)


def test_a_program_that_asks_again_and_again_and_never_waits_is_found_out() -> None:
    world, weary = a_world(), Weary()
    port = world.plug(0, lambda _: (False, None, False))

    def body() -> None:
        while True:
            weary.turn()
            port.read(Duration(0))

    world.begin("programmer 1", body)
    with pytest.raises(NoTimePasses, match="the world turned 10,000 times"):
        world.run(SECOND_US)


def test_what_is_put_off_to_this_very_instant_for_ever_is_found_out() -> None:
    world, weary = a_world(), Weary()

    def again() -> None:
        weary.turn()
        world.at(world.now_us, again)

    world.at(5, again)
    with pytest.raises(NoTimePasses, match="what is due at 5 us"):
        world.run(SECOND_US)


def test_a_turn_in_another_microsecond_begins_the_count_anew() -> None:
    pace = Pace("somebody")
    for at_us in (1, 2):
        for _ in range(TURNS_AT_ONCE_MAX):
            pace.turn(at_us)
    with pytest.raises(NoTimePasses, match="somebody turned"):
        pace.turn(2)
    assert pace.turns == 2 * TURNS_AT_ONCE_MAX + 1


def test_what_goes_in_circles_is_shrunk_like_anything_else() -> None:
    rows = [Row(n, (10 + n) * SECOND_US, "double-press") for n in range(1, 4)]
    found = examine_with(replace(PLAN, rows=(*PLAN.rows, *rows)), stuck())
    assert found is not None
    assert (found.faults_before, found.plan.faults) == (3, ())
    assert [violation.checker for violation in found.violations] == ["liveness"]


SWEPT = ["--seeds", "1", "--days", "3", "--only", "stop-on-tick"]


def test_a_sweep_prints_a_line_for_each_firmware_and_what_all_came_to() -> None:
    said: list[str] = []
    assert sweep.main([*SWEPT, "--only", "calibration-cloned"], said.append) == 0
    assert said[0].split("  ")[0] == sweep.REAL
    assert said[0].endswith("nothing in 1 seeds")
    assert "stop-latency" in said[1]
    assert said[-2:] == ["1 of 2 known-bad firmwares are accused, with up to 1 seeds each",
                         "3 plays, and each came to an end"]  # fmt: skip


def test_a_sweep_fails_when_a_checker_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "WITHIN_US", None)
    said: list[str] = []
    assert sweep.main(SWEPT, said.append) == 1
    assert "NOT AS IT SHOULD BE seed 0: TypeError" in said[0]
    assert f"{sweep.REAL}" in said[-1]


def test_a_sweep_of_what_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong, words in ((["--seeds", "0"], "at least 1"), (["--only", "nothing"], "no known-bad firmware")):
        with pytest.raises(SystemExit):
            sweep.main(wrong)
        assert words in capsys.readouterr().err
