"""The witness of the delivered waveform: silent at each limit, a sentence one unit beyond it, with its own sums."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.tap import Departure
from scs.clock import Duration
from scs.domain.policy import find_policy
from scs.domain.program import Group, replaced
from scs.testing.prescribed import PrescribedMonitor
from scs.testing.waveform import DeliveredMonitor, Violation
from tests.support.implants import REFERENCE, a_device, a_group, a_program, two_leads
from tests.support.sources import tree_of
from tests.support.speaker import Speaker

DEFAULT, STRICT = find_policy("default"), find_policy("strict")
AREA_UM2 = two_leads().areas_um2[3]


def a_pulse(
    currents: Mapping[int, int] | None = None,
    width_us: int = 210,
    *,
    start_us: int = 0,
    back: Mapping[int, int] | None = None,
) -> Departure:
    """A balanced pulse of 2 mA from E7 to E3 with its mirror as recharge, unless told otherwise."""
    leading = currents or {3: -2_000, 7: 2_000}
    mirrored = {number: -current for number, current in leading.items()} if back is None else back
    return Departure(start_us, 0, leading, width_us, 0, mirrored, width_us if mirrored else 0)


def seen(*pulses: Departure, strict: bool = False) -> list[Violation]:
    monitor = DeliveredMonitor(REFERENCE, two_leads(), STRICT if strict else DEFAULT)
    for pulse in pulses:
        monitor.on_departure(pulse)
    return monitor.finish(pulses[-1].start_us + 2_000_000)


def ids(violations: list[Violation]) -> set[str]:
    return {violation.id for violation in violations}


@pytest.mark.parametrize("name", ["scs/testing/waveform.py", "scs/testing/prescribed.py"])
def test_the_witness_shares_no_arithmetic_with_what_it_watches(name: str) -> None:
    foreign = ("scs.domain.charge", "scs.domain.pulse", "scs.domain.rules", "scs.domain.safety", "scs.domain.case")
    imported = [node.module or "" for node in ast.walk(tree_of(name)) if isinstance(node, ast.ImportFrom)]
    assert imported
    assert not [module for module in imported if module.startswith((*foreign, "firmware_model"))]


def test_a_plain_pulse_is_nothing_to_say() -> None:
    assert not seen(a_pulse(), a_pulse(start_us=25_000))


@pytest.mark.req("FW-05", "FW-07")
@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "expected"),
    [
        (a_pulse({3: -25_500, 0: 25_500}, 10), a_pulse({3: -25_501, 0: 25_501}, 10), "contact-current"),
        (a_pulse({3: -25_500, 0: 25_500}, 10), a_pulse({3: -25_000, 4: -501, 0: 25_501}, 10), "total-current"),
        (a_pulse({3: -1_000, 7: 1_000}, 1_000), a_pulse({3: -1_000, 7: 1_000}, 1_001), "width"),
        (a_pulse(), a_pulse({3: -2_000, 7: 2_001}), "sum-zero"),
        (a_pulse(), a_pulse({3: -2_000, 7: 2_000}, back={3: 2_000, 7: -1_999}), "sum-zero"),
        (a_pulse({3: -2_000, 16: 2_000}), a_pulse({3: -2_000, 17: 2_000}), "contact"),
    ],
)
def test_a_unit_beyond_a_limit_is_said_and_the_limit_is_not(
    at_the_limit: Departure, beyond: Departure, expected: str
) -> None:
    assert expected not in ids(seen(at_the_limit))
    assert expected in ids(seen(beyond))


@pytest.mark.rule("charge-density")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
def test_the_density_of_what_left_is_held_to_the_block_of_the_policy() -> None:
    # 1 pC/µm² is 100 µC/cm², so the 50 that block are half the area in pC.
    width_us = 1_000
    most_ua = AREA_UM2 // 2 // width_us
    assert "charge-density" not in ids(seen(a_pulse({3: -most_ua, 7: most_ua}, width_us)))
    assert "charge-density" in ids(seen(a_pulse({3: -most_ua - 1, 7: most_ua + 1}, width_us)))


@pytest.mark.rule("shannon")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
@given(st.integers(1, 1_000), st.integers(1, 25_500))
def test_shannons_line_is_held_under_the_strict_policy(width_us: int, current_ua: int) -> None:
    charge_uc = Fraction(current_ua * width_us, 10**6)
    density = charge_uc / Fraction(AREA_UM2, 10**8)
    is_above = (charge_uc * density) ** 20 > 10**37
    found = ids(seen(a_pulse({3: -current_ua, 7: current_ua}, width_us), strict=True))
    assert ("shannon" in found) == is_above
    assert "shannon" not in ids(seen(a_pulse({3: -current_ua, 7: current_ua}, width_us))), "default only asks"


def test_a_pulse_that_begins_inside_another_is_said() -> None:
    assert not seen(a_pulse(), a_pulse(start_us=420))
    assert ids(seen(a_pulse(), a_pulse(start_us=419))) == {"overlap"}


@pytest.mark.req("FW-05")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("left_pc", "is_said"), [(24_900, False), (25_700, True)])
def test_net_charge_over_any_second_is_held_to_the_direct_current_of_the_policy(left_pc: int, is_said: bool) -> None:
    """40 pulses a second may leave a microcoulomb, and one pulse more may fall into a second."""
    back = 2_000 - left_pc // 100
    pulses = [
        Departure(n * 25_000, 0, {3: -2_000, 7: 2_000}, 100, 0, {3: back, 7: -back}, 100) for n in range(200)
    ]  # fmt: skip
    assert ("net-charge" in ids(seen(*pulses))) == is_said


@pytest.mark.req("FW-05")
@pytest.mark.hazard("H05")
def test_passive_charge_that_has_no_time_to_flow_back_is_said_and_with_time_it_is_not() -> None:
    slow = [a_pulse(start_us=n * 25_000, back={}) for n in range(100)]
    fast = [a_pulse(start_us=n * 1_000, back={}) for n in range(100)]
    assert not seen(*slow)
    assert ids(seen(*fast)) == {"net-charge", "direct-current"}


def test_what_driven_recharges_leave_is_exact_and_signed() -> None:
    monitor = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT)
    for n in range(7):
        monitor.on_departure(a_pulse(start_us=n * 25_000, back={3: 1_999, 7: -1_999}))
    assert monitor.net_pc() == {3: -7 * 210, 7: 7 * 210}


def passive(start_us: int, program: int = 0, current_ua: int = 2_000, width_us: int = 210) -> Departure:
    return Departure(start_us, program, {3: -current_ua, 7: current_ua}, width_us, 0, {}, 0)


def test_pulses_of_two_programs_that_meet_on_a_contact_are_not_left_there_because_of_it() -> None:
    """The second one only makes the first flow back later: each has its own period to do so."""
    base = [passive(n * 25_000) for n in range(200)]
    prime = [passive(n * 25_000 + 300 + n, 1) for n in range(200)]
    assert not seen(*sorted(base + prime, key=lambda pulse: pulse.start_us))
    assert ids(seen(*(passive(n * 1_500) for n in range(200)))) == {"net-charge", "direct-current"}


@pytest.mark.req("FW-05")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("current_ua", "is_said"), [(890, False), (930, True)])
def test_what_has_not_flowed_back_by_the_next_pulse_counts_once(current_ua: int, is_said: bool) -> None:
    """Of each phase e^(-4.1/1.333) is left, 4.6 %, 238 times a second; a microcoulomb is 911 uA for 100 us."""
    said = ids(seen(*(passive(n * 4_200, 0, current_ua, 100) for n in range(500))))
    assert ("net-charge" in said) == is_said


def test_a_burst_piles_up_before_it_flows_back() -> None:
    bursts = [passive(n * 25_000 + place * 2_000, 0, 1_000) for n in range(100) for place in range(5)]
    assert not seen(*bursts)
    close = [passive(n * 3_000 + place * 500, 0, 1_000) for n in range(400) for place in range(5)]
    assert "net-charge" in ids(seen(*close))


@given(st.lists(st.tuples(st.integers(1, 4_000), st.integers(1, 1_000), st.integers(-5_000, 5_000)), max_size=30))
def test_what_waits_lies_between_the_bounds_that_the_monitor_gives(pulses: list[tuple[int, int, int]]) -> None:
    """Against the differential equation in ordinary floating point, with the flow standing still in each pulse."""
    monitor = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT, time_constant_us=1_000)
    now_us, truth = 0, 0.0
    for program, (pause_us, width_us, current_ua) in enumerate(pulses):
        monitor.on_departure(Departure(now_us, program % 3, {3: current_ua, 7: -current_ua}, width_us, 0, {}, 0))
        now_us += width_us
        truth = (truth + current_ua * width_us) * exp(-pause_us / 1_000)
        now_us += pause_us
        least, most = monitor.waiting_pc(3, now_us)
        assert least - 1e-6 <= abs(truth) <= most + 1e-6
    if len(pulses) == 1:
        assert most - least <= 1 or truth == 0


@pytest.mark.req("FW-05")
@pytest.mark.hazard("H05")
def test_the_mean_of_a_long_time_is_held_more_closely_than_any_second() -> None:
    """A second may hold one pulse more than its mean; many seconds may not hold that again and again."""
    left_pc = 1_005_000 // 40
    pulses = [
        Departure(n * 25_000, 0, {3: -2_000, 7: 2_000}, 1, 0, {3: 2_000 + left_pc, 7: -2_000 - left_pc}, 1)
        for n in range(4_000)
    ]
    monitor = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT)
    for pulse in pulses:
        monitor.on_departure(pulse)
    assert "net-charge" not in ids(monitor.violations)
    assert "direct-current" in ids(monitor.finish(100_000_000))


def test_a_second_is_looked_at_when_something_drops_out_of_it_too() -> None:
    """A charge that was taken back a second ago no longer counts; the one that followed then stands alone."""
    monitor = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT)

    def leaves(start_us: int, left_ua: int) -> None:
        back = {3: 2_000 + left_ua, 7: -2_000 - left_ua}
        monitor.on_departure(Departure(start_us, 0, {3: -2_000, 7: 2_000}, 1_000, 0, back, 1_000))

    leaves(0, -500)
    for n in range(1, 6):
        leaves(n * 100_000, 400)
    assert not monitor.violations
    assert ids(monitor.finish(1_000_000)) == {"net-charge"}


def test_a_program_that_is_faster_than_the_device_is_said() -> None:
    assert not seen(*(a_pulse({3: -10, 7: 10}, 10, start_us=n * 100) for n in range(50)))
    assert ids(seen(*(a_pulse({3: -10, 7: 10}, 10, start_us=n * 98) for n in range(200)))) == {"rate"}


def delivered(group: Group, duration: Duration) -> tuple[list[Violation], list[Violation]]:
    """What both witnesses say of a group that the good implant delivers from a soft start on."""
    device = a_device()
    speaker = Speaker(device)
    speaker.open()
    speaker.write(group)
    whole = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT)
    prescribed = PrescribedMonitor(group)
    Bench(device).tap(whole.on_departure)
    Bench(device).tap(prescribed.on_departure)
    speaker.start()
    device.step(device.now + duration)
    assert whole.pulses > 0
    return whole.finish(device.now.us), prescribed.violations


@pytest.mark.parametrize(
    "group",
    [
        a_group(a_program(ramp_us=0)),
        a_group(a_program(ratio=4, gap_us=50, amplitude_ua=2_050)),
        a_group(a_program(ratio=None), a_program("P2", rate_mhz=71_000, shares={12: -1_000, 11: 317, 13: 683})),
        a_group(a_program(burst=(5, 500_000), width_us=500, ramp_us=0, cycling=(1_000_000, 1_000_000))),
        a_group(a_program(burst=(5, 500_000), ratio=None, ramp_us=0)),
        a_group(a_program(ratio=None, ramp_us=0), a_program("b", rate_mhz=41_000, ratio=None, ramp_us=0)),
        a_group(*(a_program(f"P{n}", rate_mhz=(90 + n) * 1_000, ramp_us=0) for n in range(4))),
    ],
)
def test_what_the_implant_delivers_is_what_was_prescribed(group: Group) -> None:
    assert delivered(group, Duration.of_s(4)) == ([], [])


PLAIN = a_group(a_program(shares={3: -600, 4: -400, 7: 1_000}))
EXACT = Departure(0, 0, {3: -1_200, 4: -800, 7: 2_000}, 210, 0, {3: 1_200, 4: 800, 7: -2_000}, 210)


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("pulse", "expected"),
    [
        (EXACT, set()),
        (replace(EXACT, width_us=211), {"width"}),
        (replace(EXACT, recharge_us=209), {"recharge"}),
        (replace(EXACT, gap_us=1), {"gap"}),
        (replace(EXACT, recharge_ua={}, recharge_us=0), {"recharge"}),
        (replace(EXACT, recharge_ua=EXACT.currents_ua), {"recharge-way"}),
        (replace(EXACT, recharge_ua={3: 1_190, 4: 800, 7: -1_990}), {"recharge-share"}),
        (replace(EXACT, recharge_ua={3: 1_200, 5: 800, 7: -2_000}), {"recharge-share"}),
        (
            replace(EXACT, currents_ua={3: -1_206, 4: -804, 7: 2_010}, recharge_ua={3: 1_206, 4: 804, 7: -2_010}),
            {"amplitude"},
        ),
        (replace(EXACT, currents_ua={3: -1_000, 4: -1_000, 7: 2_000}), {"share"}),
        (replace(EXACT, currents_ua={4: -1_200, 3: -800, 7: 2_000}), {"share"}),
        (replace(EXACT, program=1), {"program"}),
    ],
)
def test_a_pulse_that_is_not_as_prescribed_is_said(pulse: Departure, expected: set[str]) -> None:
    monitor = PrescribedMonitor(PLAIN)
    monitor.on_departure(pulse)
    assert ids(monitor.violations) == expected


@pytest.mark.parametrize(("period_us", "is_said"), [(25_000, False), (24_999, True), (30_000, False)])
def test_a_pulse_before_its_period_is_over_is_said(period_us: int, is_said: bool) -> None:
    monitor = PrescribedMonitor(PLAIN)
    for n in range(5):
        monitor.on_departure(replace(EXACT, start_us=n * period_us))
    assert ("rate" in ids(monitor.violations)) == is_said


def test_a_burst_of_one_pulse_too_many_is_said() -> None:
    group = a_group(replaced(a_program(burst=(2, 500_000)), name="b"))
    monitor = PrescribedMonitor(group)
    for start_us in (0, 2_000, 25_000, 27_000):
        monitor.on_departure(replace(EXACT, start_us=start_us))
    assert not monitor.violations
    monitor.on_departure(replace(EXACT, start_us=29_000))
    assert ids(monitor.violations) == {"burst"}
