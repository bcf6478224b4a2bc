"""Closed form against pulse by pulse, to the last picocoulomb, and what a stop leaves."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firmware_model.electrodes import Electrodes
from firmware_model.interlocks import HARDWARE, Interlocks
from firmware_model.ledger import Ledger
from firmware_model.output_stage import OutputStage
from firmware_model.over_current import TRIP, OverCurrent
from firmware_model.power.battery import Battery
from firmware_model.stimulator import Stimulator
from scs.clock import Instant
from scs.domain.program import Group, Program
from scs.domain.pulse import occupation_us, period_us, recovery_window_us
from tests.support.implants import REFERENCE, a_group, a_program, two_leads
from tests.support.pulse_by_pulse import Reference


def a_stimulator(group: Group, amplitudes_ua: Sequence[int]) -> Stimulator:
    electrodes = Electrodes(two_leads(), random.Random(1))
    ledger = Ledger(REFERENCE.interface.time_constant_us())
    output = OutputStage(REFERENCE, electrodes)
    stimulator = Stimulator(
        output,
        Interlocks(HARDWARE["reference"]),
        OverCurrent(TRIP["reference"]),
        Battery("rechargeable"),
        ledger,
        Instant(0),
    )
    stimulator.load(group)
    for index, amplitude_ua in enumerate(amplitudes_ua):
        stimulator.set_amplitude(index, amplitude_ua)
    return stimulator


def agrees(stimulator: Stimulator, reference: Reference) -> None:
    ledger = stimulator.ledger
    assert ledger.pulses == len(reference.starts)
    assert dict(ledger.leading_pc) == dict(reference.leading_pc())
    assert dict(ledger.driven_pc) == dict(reference.driven_pc())


@st.composite
def programs(draw: st.DrawFn, name: str) -> Program:
    width_us = draw(st.integers(1, 50)) * 10
    burst = draw(st.none() | st.tuples(st.integers(2, 7), st.sampled_from([500_000, 625_000, 1_000_000])))
    return a_program(
        name,
        shares=draw(st.sampled_from([{1: -1_000, 2: 1_000}, {1: -333, 2: -667, 9: 1_000}, {3: 1_000, 0: -1_000}])),
        amplitude_ua=draw(st.integers(1, 40)) * 50,
        width_us=width_us if burst is None else min(width_us, 300),
        rate_mhz=draw(st.integers(10_000, 60_000)),
        ratio=draw(st.sampled_from([None, 1, 2, 3])) if burst is None else None,
        burst=burst,
    )


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """Groups whose programs fit together, so that everybody waits and nobody for ever."""
    count = draw(st.integers(1, 4))
    chosen: list[Program] = []
    for number in range(count):
        program = draw(programs(f"P{number}"))
        shortest = min(period_us(p.waveform.rate_mhz) for p in [*chosen, program])
        if sum(occupation_us(p) for p in [*chosen, program]) <= shortest:
            chosen.append(program)
    group = a_group(*chosen or [a_program()])
    # Where a passive recharge has no time to recover, the interlocks rightly open the switches.
    assume(all(recovery_window_us(group, index) > 12_000 for index in range(len(group.programs))))
    return group


@given(group=groups(), until_us=st.integers(1, 6_000_000), cuts=st.lists(st.integers(1, 6_000_000), max_size=4))
def test_counting_equals_pulse_by_pulse_to_the_last_picocoulomb(group: Group, until_us: int, cuts: list[int]) -> None:
    amplitudes = [program.amplitude_ua for program in group.programs]
    stimulator = a_stimulator(group, amplitudes)
    for cut in sorted(cut for cut in cuts if cut < until_us):
        assert stimulator.advance(Instant(cut))
    assert stimulator.advance(Instant(until_us))
    reference = Reference(group, amplitudes)
    reference.run(until_us)
    agrees(stimulator, reference)


CROWDED = a_group(
    a_program("A", rate_mhz=1_000_000, width_us=400, shares={1: -1_000, 2: 1_000}),
    a_program("B", rate_mhz=990_000, width_us=50, shares={3: -1_000, 4: 1_000}),
    a_program("C", rate_mhz=980_000, width_us=50, shares={5: -1_000, 6: 1_000}),
)
"""Nearly always somebody waits: 99.7 % of the time of the output is taken."""


@pytest.mark.parametrize("until_us", [*range(700_001, 701_100, 37), *range(1_999_000, 2_000_100, 61)])
def test_who_waits_for_whom_is_known_after_a_leap(until_us: int) -> None:
    stimulator = a_stimulator(CROWDED, [500, 500, 500])
    starts = crowded_starts()
    # What follows the leap begins where it ended: a queue that was forgotten or dreamt up would shift it.
    for now_us in range(until_us, until_us + 3_000, 50):
        stimulator.advance(Instant(now_us))
        assert stimulator.ledger.pulses == bisect_left(starts, now_us), now_us


@cache
def crowded_starts() -> list[int]:
    reference = Reference(CROWDED, [500, 500, 500])
    reference.run(2_100_000)
    return [start_us for start_us, _ in reference.starts]


@pytest.mark.hazard("H07")
@pytest.mark.req("FW-10")
@given(until_us=st.integers(1, 3_000_000))
def test_a_stop_at_any_microsecond_leaves_nothing_of_what_was_driven(until_us: int) -> None:
    group = a_group(a_program("A", ratio=1), a_program("B", ratio=2, rate_mhz=33_000, shares={1: -1_000, 0: 1_000}))
    stimulator = a_stimulator(group, [2_000, 3_000])
    stimulator.advance(Instant(until_us))
    stimulator.halt()
    pulses = stimulator.ledger.pulses
    stimulator.advance(Instant(until_us + 10_000_000))
    assert stimulator.ledger.pulses == pulses
    assert set(stimulator.ledger.net_pc().values()) == {0}


@pytest.mark.hazard("H07")
@pytest.mark.req("FW-10")
def test_a_stop_inside_a_burst_begins_no_other_pulse_of_it() -> None:
    group = a_group(a_program(burst=(5, 500_000), ratio=None, rate_mhz=40_000, width_us=100))
    stimulator = a_stimulator(group, [600])
    stimulator.advance(Instant(2_001))
    stimulator.halt()
    stimulator.advance(Instant(1_000_000))
    assert stimulator.ledger.pulses == 2


@pytest.mark.hazard("H07")
@pytest.mark.req("FW-10")
def test_an_amplitude_of_zero_inside_a_burst_ends_it_and_leaves_the_bursts_of_others() -> None:
    """The last step of a soft stop ends therapy: nothing may leave after it."""
    group = a_group(
        *(
            a_program(name, burst=(pulses, 500_000), ratio=None, rate_mhz=20_000, width_us=100)
            for name, pulses in (("A", 5), ("B", 2))
        )
    )
    stimulator = a_stimulator(group, [600, 600])
    stimulator.advance(Instant(2_001))
    stimulator.set_amplitude(0, 0)
    stimulator.advance(Instant(40_000))
    assert stimulator.ledger.pulses == 2 + 2


@pytest.mark.hazard("H05")
@pytest.mark.req("FW-05")
def test_what_waits_to_flow_back_after_a_passive_stop_is_gone_within_twenty_time_constants() -> None:
    stimulator = a_stimulator(a_group(a_program(ratio=None)), [2_000])
    stimulator.advance(Instant(1_000_000))
    stimulator.halt()
    ledger = stimulator.ledger
    assert ledger.passive_bound_pc(7, 1_000_000) > 0
    assert ledger.passive_bound_pc(7, 1_000_000 + 20 * ledger.time_constant_us) <= 1


def test_a_day_of_pulses_is_counted_and_not_looped_over() -> None:
    group = a_group(
        *(a_program(f"P{n}", rate_mhz=rate, width_us=100) for n, rate in enumerate((40_000, 130_000, 7_000)))
    )
    stimulator = a_stimulator(group, [1_000, 1_000, 1_000])
    day_us = 86_400_000_000
    stimulator.advance(Instant(day_us))
    periods = [period_us(program.waveform.rate_mhz) for program in group.programs]
    assert stimulator.ledger.pulses == sum(-(-day_us // period) for period in periods)


def test_a_current_that_the_rail_cannot_drive_is_delivered_smaller_and_flagged() -> None:
    electrodes = Electrodes(two_leads(), random.Random(1))
    electrodes.set_ohms(3, 9_000)
    output = OutputStage(REFERENCE, electrodes)
    program = a_program(shares={3: -1_000, 0: 1_000})
    pulse = output.pulse(program, 5_000, 20_000)
    assert pulse.is_clipped
    assert pulse.needed_mv <= REFERENCE.compliance.max_mv
    assert 1_800 < pulse.amplitude_ua < 2_000


@pytest.mark.req("FW-35")
@pytest.mark.parametrize(("ohms", "is_clipped"), [(300, False), (9_000, True)])
def test_the_ledger_tells_commanded_from_delivered_charge(ohms: int, is_clipped: bool) -> None:
    electrodes = Electrodes(two_leads(), random.Random(1))
    electrodes.set_ohms(3, ohms)
    program = a_program(shares={3: -1_000, 0: 1_000}, width_us=210)
    pulse = OutputStage(REFERENCE, electrodes).pulse(program, 5_000, 20_000)
    ledger = Ledger(REFERENCE.interface.time_constant_us())
    ledger.add(pulse, 7)
    assert ledger.commanded_pc == 7 * 5_000 * 210
    assert ledger.delivered_pc == -ledger.leading_pc[3]
    assert (ledger.delivered_pc < ledger.commanded_pc) is is_clipped
