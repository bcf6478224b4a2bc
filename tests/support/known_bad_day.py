"""What shows from outside of the implants that keep to no window and to no dose."""

from __future__ import annotations

from collections.abc import Callable

from firmware_model.tap import Departure
from scs.clock import Duration
from scs.wire.requests import SetClock, Start
from scs.wire.responses import Done
from tests.support.bench_scene import Build, Scene, amplitude
from tests.support.implants import a_group, a_program
from tests.support.speaker import new_op_id

BY_DAY = a_group(a_program(rate_mhz=100_000), schedule=((480, 1_320),))
DOSED = a_group(a_program(rate_mhz=100_000), daily_dose_us=60_000_000)


def _at(build: Build, second_of_day: int, for_s: int) -> list[Departure]:
    """The pulses of a group with a window, started at this time of the day."""
    scene = Scene(build)
    scene.speaker.write(BY_DAY)
    scene.speaker.ask(SetClock(new_op_id(), second_of_day), Done)
    scene.speaker.start()
    return scene.pulses(for_s * 1_000)


def _delivers_at_night(build: Build) -> bool:
    return bool(_at(build, 0, 10))


def _delivers_after_its_end(build: Build) -> bool:
    return _at(build, 1_320 * 60 - 10, 20)[-1].start_us >= 10_000_000


def _opens_at_once(build: Build) -> bool:
    return amplitude(_at(build, 480 * 60 - 10, 11)[0]) > 100


def _starts_without_a_clock(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(BY_DAY)
    return isinstance(scene.speaker.ask(Start(new_op_id(), 0), object), Done)


def _goes_on(build: Build) -> bool:
    scene = Scene(build)
    scene.run(DOSED)
    scene.bench.jump(Duration.of_s(60))
    return bool(scene.pulses(1_000))


def _goes_on_once_the_clock_is_set(build: Build) -> bool:
    scene = Scene(build)
    scene.run(DOSED)
    scene.speaker.keep_alive(Duration.of_s(70))
    scene.speaker.ask(SetClock(new_op_id(), 0), Done)
    return bool(scene.pulses(10_000))


DAY: dict[str, Callable[[Build], bool]] = {
    "window-ignored": _delivers_at_night,
    "window-closed-late": _delivers_after_its_end,
    "window-opens-in-full": _opens_at_once,
    "clock-begins-at-midnight": _starts_without_a_clock,
    "dose-ignored": _goes_on,
    "dose-refilled-by-clock": _goes_on_once_the_clock_is_set,
}
