"""What shows from outside of the implants that wear their cell out, warm the pocket or lose their calibration."""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Duration
from scs.domain.status import ChargerState, Mode
from scs.wire.requests import EnterMri, GetBattery, Start
from scs.wire.responses import BatteryReport, Done
from tests.support.bench_scene import Build, Scene
from tests.support.known_bad_judgement import PLAIN
from tests.support.speaker import new_op_id

HOUR_S = 3_600


def _battery(scene: Scene) -> BatteryReport:
    scene.speaker.open()
    return scene.speaker.ask(GetBattery(), BatteryReport)


def _measures_otherwise(build: Build) -> bool:
    scene = Scene(build)
    before = scene.measure().contacts
    scene.speaker.write(PLAIN)
    scene.restart()
    return scene.measure().contacts != before


def _comes_back_with_a_shock(build: Build) -> bool:
    """A conductor opens for a minute while therapy runs: whether all of the current is there when it closes again."""
    scene = Scene(build)
    scene.run(PLAIN)
    scene.bench.break_lead(3)
    scene.bench.jump(Duration.of_s(60))
    scene.bench.mend_lead(3)
    return bool(scene.pulses(1_000))


def _over_discharged(build: Build, times: int) -> BatteryReport:
    scene = Scene(build)
    for number in range(times):
        if number:
            # Recovered, so that the next one is another one.
            scene.bench.jump(Duration.of_s(4 * HOUR_S))
        scene.bench.place_charger(0)
        scene.bench.drain()
        scene.bench.jump(Duration.of_s(HOUR_S))
        scene.bench.place_charger(1_000)
        scene.bench.jump(Duration.of_s(60))
    return _battery(scene)


def _forgets_an_over_discharge(build: Build) -> bool:
    return _over_discharged(build, 1).over_discharges == 0


def _charges_a_worn_out_cell(build: Build) -> bool:
    report = _over_discharged(build, 3)
    return report.over_discharges == 3 and report.charge_ua > 0


def _is_dark_in_days(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.set_battery(0)
    scene.bench.jump(Duration.of_s(10 * 24 * HOUR_S))
    return scene.device.parts.battery.is_dark


def _delivers_without_supply(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.bench.load_supply(2_000_000)
    return bool(scene.pulses(500))


def _charging_badly(build: Build) -> Scene:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.bench.set_battery(300)
    scene.bench.place_charger(300)
    return scene


def _warms_the_pocket(build: Build) -> bool:
    scene = _charging_badly(build)
    scene.bench.jump(Duration.of_s(HOUR_S))
    return _battery(scene).rise_mk > 2_000


def _starts_in_a_warm_pocket(build: Build) -> bool:
    scene = _charging_badly(build)
    while _battery(scene).charger is not ChargerState.TOO_WARM:
        scene.bench.jump(Duration.of_s(10))
    return isinstance(scene.ask(Start(new_op_id(), 0)), Done)


def _enters_on_the_last_charge(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.set_battery(1)
    scene.ask(EnterMri(new_op_id()))
    return scene.speaker.status().mode is Mode.MRI


SUPPLY: dict[str, Callable[[Build], bool]] = {
    "calibration-cloned": _measures_otherwise,
    "over-discharge-uncounted": _forgets_an_over_discharge,
    "worn-out-cell-charged": _charges_a_worn_out_cell,
    "empty-cell-drawn-on": _is_dark_in_days,
    "brown-out-ignored": _delivers_without_supply,
    "lost-current-endured": _comes_back_with_a_shock,
    "charged-while-too-warm": _warms_the_pocket,
    "started-while-too-warm": _starts_in_a_warm_pocket,
    "mri-entered-at-any-charge": _enters_on_the_last_charge,
}
