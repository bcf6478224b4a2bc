"""The state machine of programmer, link and implant: nothing breaks it, and what is wrong is told with its story."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from firmware_model.known_bad import find_known_bad
from firmware_model.power.battery import Battery
from firmware_model.tap import Departure
from scs.clock import Duration
from scs.testing.course import INVARIANTS, Course, InvariantBroken
from scs.testing.machine import StimulatorMachine, run_machine
from scs.testing.simulated import World
from tests.support import traceability
from tests.support.implants import a_group, a_program

CAUGHT = {
    "density-limit-tenfold": "gate-holds",
    "ramp-one-step-too-far": "never-more-than-asked",
    "tried-amplitude-tenfold": "never-more-than-asked",
    "output-tenfold-unsensed": "never-more-than-asked",
    "start-ignores-slot": "never-more-than-asked",
    "recharge-missing-unsensed": "delivered-within-limits",
    "latch-forgotten": "fault-stays",
    "neighbouring-slot-written": "confirmed-is-stored",
    "older-image-wins": "confirmed-is-stored",
    "resumes-at-power-on": "output-has-a-cause",
    "mri-entered-running": "silent-modes",
}


@pytest.mark.req("FW-02", "FW-07", "FW-09", "FW-11", "FW-23", "FW-31", "FW-38")
@pytest.mark.hazard("H01", "H03", "H08", "H13", "H14", "H36", "H38")
@pytest.mark.slow
def test_many_steps_by_chance_break_no_invariant_and_look_at_each() -> None:
    ran = run_machine(seed=11, steps=8_000)
    assert ran.broken is None, str(ran.broken)
    assert ran.steps >= 8_000
    assert ran.pulses > 1_000
    assert min(ran.looked_at.values()) > 100, ran.looked_at


@pytest.mark.slow
def test_the_machine_of_hypothesis_finds_nothing() -> None:
    run_state_machine_as_test(
        StimulatorMachine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )


@pytest.mark.parametrize(("fault", "invariant"), CAUGHT.items(), ids=CAUGHT)
def test_a_firmware_that_is_wrong_breaks_an_invariant(fault: str, invariant: str) -> None:
    ran = run_machine(seed=1, steps=6_000, build=find_known_bad(fault).build)
    assert ran.broken is not None
    assert ran.broken.id == invariant
    assert str(ran.broken).startswith(f"{invariant} ({ran.broken.requirement}): {ran.broken.sentence}\n  1. ")


@pytest.mark.slow
def test_a_failure_of_a_wrong_firmware_shrinks_to_a_short_story() -> None:
    class Wrong(StimulatorMachine):
        build = find_known_bad("output-tenfold-unsensed").build

    with pytest.raises(InvariantBroken) as broken:
        run_state_machine_as_test(Wrong, settings=settings(max_examples=60, deadline=None, database=None))
    assert broken.value.id in {"never-more-than-asked", "delivered-within-limits"}
    assert len(broken.value.story) <= 6


def test_the_same_seed_takes_the_same_steps() -> None:
    one, other = run_machine(5, 600), run_machine(5, 600)
    assert (one.steps, one.pulses, one.looked_at) == (other.steps, other.pulses, other.looked_at)
    assert run_machine(6, 600).looked_at != one.looked_at


def test_every_invariant_names_a_requirement_and_stands_once() -> None:
    requirements = {row.id for row in traceability.requirements()}
    assert len({invariant.id for invariant in INVARIANTS}) == len(INVARIANTS)
    assert {invariant.requirement for invariant in INVARIANTS} <= requirements


def a_course() -> Course:
    course = Course(World())
    course.open()
    course.write(a_group(a_program(ramp_us=0)), 0)
    course.start(0)
    course.pass_time(Duration.of_s(1))
    assert course.monitor.pulses
    return course


def test_a_stop_that_delivers_is_told() -> None:
    course = a_course()
    course.stop()
    course.world.departures.append(Departure(1_100_000, 0, {1: -50, 2: 50}, 200, 0, {1: 50, 2: -50}, 200))
    with pytest.raises(InvariantBroken, match="no start was sent since the output was off"):
        course.pass_time(Duration.of_ms(10))
    course.world.knows.may_deliver = True
    course.ceilings_ua[0] = 50
    with pytest.raises(InvariantBroken, match="1 pulses left after a STOP that was acknowledged"):
        course.pass_time(Duration.of_ms(10))


def test_a_battery_beyond_full_is_told() -> None:
    class Overfull(Battery):
        @property
        def permille(self) -> int:
            return 1_001

    course = a_course()
    course.world.device.parts.battery.__class__ = Overfull
    with pytest.raises(InvariantBroken, match=r"battery-in-range .* the battery is at 1001 permille"):
        course.open()


def test_a_log_that_counts_backwards_is_told() -> None:
    course = a_course()
    log = course.world.device.parts.event_log
    before = log.newest

    class Backwards(World):
        def open(self) -> bool:
            log.newest -= 2
            return True

    course.world.__class__ = Backwards
    with pytest.raises(InvariantBroken, match=f"the newest entry of the log was {before} and is {before - 2}"):
        course.open()


@pytest.mark.slow
def test_the_command_prints_how_often_each_was_looked_at_and_how_fast() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scs.testing.machine", "--steps", "2000"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert " steps/s, seed 1" in first
    assert [line.split()[0] for line in rest[:-1]] == [invariant.id for invariant in INVARIANTS]
    assert rest[-1] == "no invariant is broken"
