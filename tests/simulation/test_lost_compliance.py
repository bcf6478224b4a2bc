"""Does therapy end softly when most of its current is lost for long, and stay off until somebody orders it?"""

from __future__ import annotations

import pytest

from firmware_model.bench import Bench
from firmware_model.compliance_monitor import PATIENCE_US
from firmware_model.device import Device
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import LogKind, Mode, TherapyState
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker

pytestmark = [pytest.mark.req("FW-35"), pytest.mark.hazard("H25")]
SECOND = Duration.of_s(1)
TWO = a_group(a_program("one", shares={3: -1_000, 7: 1_000}), a_program("two", shares={10: -1_000, 11: 1_000}))


def running(group: Group) -> tuple[Device, Bench]:
    """An implant that delivers a group, ramped up, and nobody who talks to it."""
    device = a_device()
    speaker = Speaker(device)
    speaker.open()
    speaker.write(group)
    speaker.start()
    bench = Bench(device)
    bench.jump(Duration.of_s(70))
    return device, bench


def ended(device: Device) -> list[str]:
    return [e.detail for e in device.parts.event_log.after(0) if e.kind is LogKind.LEAD_FAULT and "ends" in e.detail]


def test_what_is_lost_ends_at_once_and_the_others_softly_and_all_is_told() -> None:
    device, bench = running(TWO)
    bench.break_lead(3)
    bench.jump(Duration(PATIENCE_US - 1))
    assert (ended(device), device.parts.therapy.state) == ([], TherapyState.ON)
    bench.jump(Duration(1))
    assert ended(device) == ["program 0 without compliance: therapy ends"]
    assert device.parts.therapy.state is TherapyState.RAMPING_DOWN
    bench.jump(Duration.of_ms(100))
    assert device.parts.stimulator.delivered_ua[0] == 0, "what hardly flows does not come back on the way down"
    assert 0 < device.parts.stimulator.delivered_ua[1] < TWO.programs[1].amplitude_ua
    bench.mend_lead(3)
    bench.jump(Duration.of_s(5))
    assert (device.parts.modes.mode, device.parts.therapy.state) == (Mode.IDLE, TherapyState.OFF)


def test_only_an_order_starts_it_again_and_it_ramps_up() -> None:
    device, bench = running(TWO)
    bench.break_lead(3)
    bench.jump(Duration.of_s(60))
    bench.mend_lead(3)
    pulses = bench.pulses
    bench.jump(Duration.of_s(2 * 86_400))
    assert bench.pulses == pulses
    speaker = Speaker(device)
    speaker.open()
    speaker.start()
    bench.jump(Duration.of_ms(200))
    assert 0 < device.parts.stimulator.delivered_ua[0] < TWO.programs[0].amplitude_ua
    bench.jump(Duration.of_s(60))
    assert device.parts.therapy.state is TherapyState.ON


def test_a_conductor_that_opens_and_closes_is_lost_too() -> None:
    device, bench = running(TWO)
    for _ in range(8):
        bench.break_lead(7)
        bench.jump(Duration.of_ms(500))
        bench.mend_lead(7)
        bench.jump(SECOND)
    assert ended(device)
    assert device.parts.therapy.group is None


@pytest.mark.parametrize(("ohms", "is_lost"), [(14_000, False), (20_000, True)])
def test_a_rail_that_is_a_little_short_delivers_less_and_goes_on(ohms: int, is_lost: bool) -> None:
    device, bench = running(TWO)
    bench.set_impedance(3, ohms)
    bench.jump(SECOND)
    commanded_ua, delivered_ua = TWO.programs[0].amplitude_ua, device.parts.stimulator.delivered_ua[0]
    assert device.parts.stimulator.clipped == (0,)
    assert (2 * delivered_ua < commanded_ua) is is_lost
    bench.jump(Duration.of_s(3_600))
    assert bool(ended(device)) is is_lost


def test_a_cycle_in_which_it_is_lost_is_not_counted_as_one_like_any_other() -> None:
    cycled = a_group(a_program(ramp_us=0, cycling=(1_000_000, 9_000_000), shares={3: -1_000, 7: 1_000}))
    device, bench = running(cycled)
    bench.break_lead(3)
    bench.jump(Duration.of_s(3_600))
    assert ended(device), "a second in each of three cycles"
    assert device.parts.therapy.group is None


def test_how_long_a_step_is_changes_nothing() -> None:
    logs = []
    for steps in (1, 61):
        device, bench = running(TWO)
        bench.break_lead(3)
        for _ in range(steps):
            bench.jump(Duration(61_000_000 // steps))
        logs.append(([(e.at_us, e.detail) for e in device.parts.event_log.after(0)], dict(bench.leading_pc())))
    assert logs[0] == logs[1]
