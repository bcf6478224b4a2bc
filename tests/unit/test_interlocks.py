"""The interlocks at their limits: what is just allowed, what is one step more, and what is counted of it.

Levels are looked at from inside, because a limit that is off by a picocoulomb shows nowhere else. What flows back is
held between two exact bounds, in Decimal, which share no code with the fixed point of the interlocks.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.interlocks import (
    FINENESS,
    NET_PC_MAX,
    RECOVERY_US,
    SETTLED_PC_MAX,
    SETTLED_US,
    SPACING_US,
    SPACING_US_MAX,
    Interlocks,
    OutputLimits,
    _rest,
    _window_us,
)
from firmware_model.sensed import Leaving, Train
from scs.domain.status import Fault

LIMITS = OutputLimits(total_ua=20_000, contact_ua=12_000, phase_pc=5_000_000, areas_um2={3: 1_000_000})
"""E3 has a small area: 50 µC/cm² of it are 500,000 pC."""
WIDE = OutputLimits(total_ua=100_000, contact_ua=100_000, phase_pc=1_000_000_000)


def a_leaving(
    currents: dict[int, int],
    width_us: int,
    *,
    gap_us: int = 0,
    back: dict[int, int] | None = None,
    back_us: int | None = None,
    pulses: int = 1,
    intra_us: int = 0,
    channel: int = 0,
) -> Leaving:
    """With its mirror as recharge unless told otherwise; `back` {} flows back by itself."""
    mirror = {contact: -current for contact, current in currents.items()} if back is None else back
    lasts_us = (width_us if back_us is None else back_us) if mirror else 0
    return Leaving(channel, currents, width_us, gap_us, mirror, lasts_us, pulses, intra_us)


def fault_of(leaving: Leaving, limits: OutputLimits = LIMITS) -> Fault:
    interlocks = Interlocks(limits)
    assert interlocks.admits(leaving, 0) is (interlocks.fault is Fault.NONE)
    return interlocks.fault


PAIR = {1: -10_000, 2: 10_000}
ASYMMETRIC = {"back": {1: 5_002, 2: -5_002}, "back_us": 1_000}
"""Half the current for twice the width, and 2,000 pC more than went in: all that rounding may leave."""
SHAPES: dict[str, tuple[Leaving, Leaving, Fault]] = {
    "total": (
        a_leaving({1: -10_000, 2: -10_000, 4: 10_000, 5: 10_000}, 100),
        a_leaving({1: -10_000, 2: -10_001, 4: 10_001, 5: 10_000}, 100),
        Fault.OVER_CURRENT,
    ),
    "contact": (a_leaving({1: -12_000, 2: 12_000}, 100), a_leaving({1: -12_001, 2: 12_001}, 100), Fault.OVER_CURRENT),
    "sinking contact": (
        a_leaving({1: -12_000, 2: 6_000, 4: 6_000}, 100),
        a_leaving({1: -12_001, 2: 6_001, 4: 6_000}, 100),
        Fault.OVER_CURRENT,
    ),
    "sum": (a_leaving({1: -1, 2: 1}, 100), a_leaving({1: -1, 2: 2}, 100, back={}), Fault.UNBALANCED),
    "width": (a_leaving({1: -100, 2: 100}, 1_000), a_leaving({1: -100, 2: 100}, 1_001), Fault.OVER_WIDTH),
    "recharge": (
        a_leaving({1: -160, 2: 160}, 1_000, back={1: 10, 2: -10}, back_us=16_000),
        a_leaving({1: -160, 2: 160}, 1_000, back={1: 10, 2: -10}, back_us=16_001),
        Fault.OVER_WIDTH,
    ),
    "phase": (a_leaving(PAIR, 500), a_leaving(PAIR, 501), Fault.OVER_CHARGE),
    "phase of a recharge": (
        a_leaving(PAIR, 500, **ASYMMETRIC),  # type: ignore[arg-type]
        a_leaving(PAIR, 500, back={1: 5_003, 2: -5_003}, back_us=1_000),
        Fault.OVER_CHARGE,
    ),
    "density": (
        a_leaving({3: -500, 2: 500}, 1_000),
        a_leaving({3: -501, 2: 501}, 1_000),
        Fault.OVER_CHARGE,
    ),
    "density of a recharge": (
        a_leaving({3: -500, 2: 500}, 1_000, back={3: 252, 2: -252}, back_us=2_000),
        a_leaving({3: -501, 2: 501}, 1_000, back={3: 250, 2: -250}, back_us=2_000),
        Fault.OVER_CHARGE,
    ),
    "burst of two": (
        a_leaving({1: -100, 2: 100}, 100, gap_us=30, pulses=2, intra_us=230),
        a_leaving({1: -100, 2: 100}, 100, gap_us=30, pulses=2, intra_us=229),
        Fault.OVER_RATE,
    ),
    "burst of short ones": (
        a_leaving({1: -100, 2: 100}, 1, pulses=2, intra_us=25),
        a_leaving({1: -100, 2: 100}, 1, pulses=2, intra_us=24),
        Fault.OVER_RATE,
    ),
    "pulses at once": (
        a_leaving({1: -100, 2: 100}, 1, pulses=40, intra_us=25),
        a_leaving({1: -100, 2: 100}, 1, pulses=41, intra_us=25),
        Fault.OVER_RATE,
    ),
    "mirror": (
        a_leaving({1: -100, 2: 100}, 10),
        a_leaving({1: -100, 2: 100}, 10, back={1: 101, 2: -101}),
        Fault.UNBALANCED,
    ),
    "a microsecond's mirror": (
        a_leaving({1: -100, 2: 100}, 1),
        a_leaving({1: -100, 2: 100}, 1, back={1: 99, 2: -99}, back_us=1),
        Fault.UNBALANCED,
    ),
    "recharge that is no whole multiple": (
        a_leaving({1: -300, 2: 300}, 20, back={1: 200, 2: -200}, back_us=30),
        a_leaving({1: -300, 2: 300}, 20, back={1: 121, 2: -121}, back_us=50),
        Fault.UNBALANCED,
    ),
    "rounding of a ratio": (
        a_leaving({1: -104, 2: 104}, 10, back={1: 50, 2: -50}, back_us=20),
        a_leaving({1: -105, 2: 105}, 10, back={1: 50, 2: -50}, back_us=20),
        Fault.UNBALANCED,
    ),
    "rounding of a microsecond": (
        a_leaving({1: -104, 2: 104}, 1, back={1: 50, 2: -50}, back_us=2),
        a_leaving({1: -105, 2: 105}, 1, back={1: 50, 2: -50}, back_us=2),
        Fault.UNBALANCED,
    ),
    "rounding over three sources": (
        a_leaving({1: -308, 2: 103, 4: 103, 5: 102}, 10, back={1: 150, 2: -50, 4: -50, 5: -50}, back_us=20),
        a_leaving({1: -309, 2: 103, 4: 103, 5: 103}, 10, back={1: 150, 2: -50, 4: -50, 5: -50}, back_us=20),
        Fault.UNBALANCED,
    ),
    "rounding over three sinks": (
        a_leaving({1: 308, 2: -103, 4: -103, 5: -102}, 10, back={1: -150, 2: 50, 4: 50, 5: 50}, back_us=20),
        a_leaving({1: 309, 2: -103, 4: -103, 5: -103}, 10, back={1: -150, 2: 50, 4: 50, 5: 50}, back_us=20),
        Fault.UNBALANCED,
    ),
    "rounding counts no idle contact": (
        a_leaving({1: -104, 2: 104, 4: 0}, 10, back={1: 50, 2: -50, 4: 0}, back_us=20),
        a_leaving({1: -105, 2: 105, 4: 0}, 10, back={1: 50, 2: -50, 4: 0}, back_us=20),
        Fault.UNBALANCED,
    ),
    "rounding counts a contact of one microampere": (
        a_leaving({1: -6, 2: 1, 4: 5}, 10, back={1: 0, 2: 0, 4: 0}, back_us=20),
        a_leaving({1: -7, 2: 7}, 10, back={1: 0, 2: 0}, back_us=20),
        Fault.UNBALANCED,
    ),
    "rounding counts a sink of one microampere": (
        a_leaving({1: 6, 2: -1, 4: -5}, 10, back={1: 0, 2: 0, 4: 0}, back_us=20),
        a_leaving({1: 7, 2: -7}, 10, back={1: 0, 2: 0}, back_us=20),
        Fault.UNBALANCED,
    ),
    "every pulse of a burst": (
        a_leaving({1: -104, 2: 104}, 10, back={1: 50, 2: -50}, back_us=20, pulses=3, intra_us=50),
        a_leaving({1: -105, 2: 105}, 10, back={1: 50, 2: -50}, back_us=20, pulses=3, intra_us=50),
        Fault.UNBALANCED,
    ),
}


@pytest.mark.req("FW-03", "FW-07")
@pytest.mark.hazard("H04", "H05", "H26", "H36")
@pytest.mark.parametrize(("within", "beyond", "fault"), SHAPES.values(), ids=SHAPES)
def test_a_pulse_at_its_limit_leaves_and_one_step_more_does_not(within: Leaving, beyond: Leaving, fault: Fault) -> None:
    assert fault_of(within) is Fault.NONE
    assert fault_of(beyond) is fault


def test_a_leading_phase_is_given_nothing_for_rounding() -> None:
    tight = replace(LIMITS, phase_pc=4_999_999)
    assert fault_of(a_leaving(PAIR, 500, back={}), tight) is Fault.OVER_CHARGE


def test_a_device_that_may_drive_nothing_lets_nothing_pass() -> None:
    nothing = OutputLimits(0, 0, 0)
    assert fault_of(a_leaving({1: 0, 2: 0}, 100, back={}), nothing) is Fault.NONE
    assert fault_of(a_leaving({1: -1, 2: 1}, 100), nothing) is Fault.OVER_CURRENT


def test_a_fault_stays_until_it_is_cleared_and_nothing_leaves_meanwhile() -> None:
    interlocks = Interlocks(LIMITS)
    assert not interlocks.admits(a_leaving(PAIR, 501), 0)
    assert not interlocks.admits(a_leaving(PAIR, 500), 10_000)
    assert not interlocks.admits_all([a_train(a_leaving(PAIR, 500))], 20_000, 1_000_000)
    assert interlocks.fault is Fault.OVER_CHARGE
    interlocks.clear()
    assert interlocks.admits(a_leaving(PAIR, 500), 2_000_000)


# --------------------------------------------------------------------------------------------- what is left


def leaving_behind(pulses: int, current_ua: int = 25, channel: int = 0, contacts: tuple[int, int] = (1, 2)) -> Leaving:
    """Each pulse leaves `current_ua` times a thousand pC on both contacts: what a ratio of 16 did not divide."""
    one, other = contacts
    return a_leaving(
        {one: -(160 + current_ua), other: 160 + current_ua}, 1_000, back={one: 10, other: -10}, back_us=16_000,
        pulses=pulses, intra_us=17_000, channel=channel,
    )  # fmt: skip


@pytest.mark.req("FW-05")
@pytest.mark.hazard("H05", "H06")
def test_a_microcoulomb_may_be_left_at_once_and_then_a_picocoulomb_each_microsecond() -> None:
    interlocks = Interlocks(WIDE)
    assert interlocks.admits(leaving_behind(40), 0)
    assert {contact: level.level for contact, level in interlocks._net.items()} == {1: NET_PC_MAX, 2: NET_PC_MAX}
    assert interlocks.admits(leaving_behind(20), 500_000)
    assert not interlocks.admits(leaving_behind(1), 524_999)
    assert interlocks.fault is Fault.UNBALANCED
    later = Interlocks(WIDE)
    later.admits(leaving_behind(40), 0)
    later.admits(leaving_behind(20), 500_000)
    assert later.admits(leaving_behind(1), 525_000)


def test_a_level_falls_to_nothing_and_no_further() -> None:
    interlocks = Interlocks(WIDE)
    interlocks.admits(leaving_behind(1), 0)
    assert interlocks.admits(leaving_behind(40), 10_000_000)
    assert interlocks._net[1].level == NET_PC_MAX
    assert not interlocks.admits(leaving_behind(1), 10_000_001)


def test_contacts_are_counted_apart() -> None:
    interlocks = Interlocks(WIDE)
    assert interlocks.admits(leaving_behind(40, contacts=(1, 2)), 0)
    assert interlocks.admits(leaving_behind(40, contacts=(3, 4)), 1)
    assert {contact: level.level for contact, level in interlocks._net.items()} == dict.fromkeys(
        (1, 2, 3, 4), NET_PC_MAX
    )


def test_a_mirror_leaves_nothing_at_all() -> None:
    interlocks = Interlocks(WIDE)
    interlocks.admits(a_leaving({1: -100, 2: 100}, 100), 0)
    assert all(level.level == 0 for level in interlocks._net.values())


def exactly_left(charge_pc: int, flowing_us: int) -> tuple[Decimal, Decimal]:
    """The exact rest after a time, and that of a step of the fixed point earlier."""
    tau = Decimal(RECOVERY_US)
    early = max(Decimal(0), flowing_us - tau / FINENESS)
    return charge_pc * (-flowing_us / tau).exp(), charge_pc * (-early / tau).exp()


def assert_left(level: int, least: Decimal, most: Decimal) -> None:
    assert least <= level <= most * (1 + Decimal(1) / 10**8) + 2


@given(st.integers(0, 10**8), st.integers(0, 60_000))
def test_what_has_yet_to_flow_back_is_overstated_by_less_than_a_step(charge_pc: int, elapsed_us: int) -> None:
    assert_left(_rest(charge_pc, elapsed_us), *exactly_left(charge_pc, elapsed_us))


def test_nothing_has_flowed_back_before_it_began() -> None:
    assert _rest(1_000, -5) == _rest(1_000, 0) == 1_000


@given(st.integers(1, SETTLED_PC_MAX), st.integers(SETTLED_US, 10**18))
def test_what_has_settled_is_one_picocoulomb_whenever_it_is_asked_for(charge_pc: int, elapsed_us: int) -> None:
    """Whoever takes two such instants for equal is right: nothing that follows tells them apart."""
    assert _rest(charge_pc, elapsed_us) == 1


def test_a_state_forgets_since_when_settled_charge_waits_and_nothing_that_still_flows() -> None:
    interlocks = Interlocks(WIDE)
    interlocks.admits(PASSIVE, 0)
    end_us = PASSIVE.occupation_us
    states = [interlocks.state(end_us + after_us) for after_us in (SETTLED_US - 2, SETTLED_US - 1, SETTLED_US, 10**12)]
    assert states[0] != states[1] != states[2]
    assert states[2] == states[3]


PASSIVE = a_leaving({1: -1_000, 2: 1_000}, 200, back={})
"""200,000 pC that flow back by themselves."""


def test_what_a_passive_pulse_leaves_is_counted_when_the_next_one_has_left() -> None:
    """From the end of one to the end of the other, without the time in which the output was taken."""
    interlocks = Interlocks(WIDE)
    interlocks.admits(PASSIVE, 10_000)
    assert not interlocks._net
    interlocks.admits(PASSIVE, 14_000)
    assert_left(interlocks._net[1].level, *exactly_left(200_000, 3_800))


def test_pulses_of_others_stop_the_flow_for_as_long_as_they_last() -> None:
    interlocks = Interlocks(WIDE)
    interlocks.admits(PASSIVE, 10_000)
    for at_us in (10_500, 11_000, 11_500):
        interlocks.admits(a_leaving({3: -100, 4: 100}, 100, channel=1), at_us)
    interlocks.admits(PASSIVE, 14_000)
    assert_left(interlocks._net[1].level, *exactly_left(200_000, 3_800 - 3 * 200))
    assert 3 not in interlocks._net or interlocks._net[3].level == 0


def test_a_train_of_others_stops_the_flow_too() -> None:
    interlocks = Interlocks(WIDE)
    interlocks.admits(a_leaving({5: -100, 6: 100}, 100, channel=2), 0)
    interlocks.admits(PASSIVE, 10_000)
    others = a_leaving({3: -100, 4: 100}, 100, channel=1)
    assert interlocks.admits_all([Train(others, 3, 500, 10_500)], 10_500, 12_000)
    interlocks.admits(PASSIVE, 14_000)
    assert_left(interlocks._net[1].level, *exactly_left(200_000, 3_800 - 3 * 200))


def test_what_a_driven_pulse_leaves_comes_on_top_and_what_was_counted_is_not_counted_again() -> None:
    interlocks = Interlocks(WIDE)
    driven = a_leaving({1: -104, 2: 104}, 10, back={1: 50, 2: -50}, back_us=20)
    interlocks.admits(PASSIVE, 0)
    interlocks.admits(driven, 2_000)
    least, most = exactly_left(200_000, 1_800)
    first = interlocks._net[1].level
    assert_left(first, least + 40, most + 40)
    interlocks.admits(driven, 2_030)
    assert interlocks._net[1].level == first - 30 + 40


def test_charge_waits_where_it_was_left() -> None:
    """That of one timer is not another's, that of one contact not another's."""
    interlocks = Interlocks(WIDE)
    interlocks.admits(PASSIVE, 0)
    interlocks.admits(a_leaving({1: -1_000, 3: 1_000}, 200, back={}, channel=1), 300)
    assert not interlocks._net
    interlocks.admits(a_leaving({3: -1_000, 4: 1_000}, 200, back={}), 600)
    assert not interlocks._net


# --------------------------------------------------------------------------------------------------- whole trains


def a_train(leaving: Leaving, count: int = 100, spacing_us: int = 10_000, first_us: int = 20_000) -> Train:
    return Train(leaving, count, spacing_us, first_us)


FROM, UNTIL = 1_000_000_000, 1_100_000_000


def admits(interlocks: Interlocks, *trains: Train) -> bool:
    return interlocks.admits_all(list(trains), FROM, UNTIL)


def often(pulses: int, contacts: tuple[int, int] = (1, 2), channel: int = 0) -> Train:
    """Bursts of so many short pulses, each tenth of a second."""
    one, other = contacts
    burst = a_leaving({one: -100, other: 100}, 1, pulses=pulses, intra_us=25, channel=channel)
    return Train(burst, 100, 100_000, FROM)


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36")
def test_a_train_may_stand_at_half_the_limit_and_no_higher() -> None:
    """Twice what one of them adds: another may have waited just before."""
    half = NET_PC_MAX // 2 // 25_000
    leaves = Train(leaving_behind(half), 100, 1_000_000, FROM)
    assert admits(Interlocks(WIDE), leaves)
    assert not admits(Interlocks(WIDE), replace(leaves, leaving=leaving_behind(half + 1)))
    most = SPACING_US_MAX // 2 // SPACING_US
    assert admits(Interlocks(WIDE), often(most))
    assert not admits(Interlocks(WIDE), often(most + 1))


def test_trains_on_different_contacts_do_not_add_up_and_on_the_same_ones_they_do() -> None:
    most = SPACING_US_MAX // 2 // SPACING_US
    assert admits(Interlocks(WIDE), often(most), often(most, (3, 4), 1))
    assert not admits(Interlocks(WIDE), often(most), often(most, (2, 3), 1))
    idle = replace(often(most).leaving, currents_ua={1: -100, 2: 100, 3: 0}, recharge_ua={1: 100, 2: -100, 3: 0})
    assert admits(Interlocks(WIDE), Train(idle, 100, 100_000, FROM), often(most, (3, 4), 1))


def test_a_contact_is_driven_each_25_us_in_the_long_run_and_no_more_often() -> None:
    short = a_leaving({1: -100, 2: 100}, 1)
    assert admits(Interlocks(WIDE), Train(short, 1_000, 25, FROM))
    assert not admits(Interlocks(WIDE), Train(short, 1_000, 24, FROM))


def test_parts_of_a_pulse_count_as_whole_ones() -> None:
    """Three timers that fill the rate exactly: 100 us hold a third more of each than whole pulses."""
    trains = [Train(a_leaving({1: -100, 2: 100}, 1, channel=n), 1, 75, FROM) for n in range(3)]
    assert Interlocks(WIDE).admits_all(trains, FROM, FROM + 75)
    assert not Interlocks(WIDE).admits_all(trains, FROM, FROM + 100)


def test_what_was_left_before_a_train_counts_against_it() -> None:
    leaves = Train(leaving_behind(1), 1_000, 100_000, FROM)
    for before, is_admitted in ((38, True), (39, False)):
        interlocks = Interlocks(WIDE)
        interlocks.admits(leaving_behind(before), FROM)
        assert admits(interlocks, leaves) is is_admitted
    crowded = Interlocks(WIDE)
    crowded.admits(often(20, channel=1).leaving, FROM)
    assert admits(crowded, replace(often(10), leaving=often(10).leaving))
    fuller = Interlocks(WIDE)
    fuller.admits(often(21, channel=1).leaving, FROM)
    assert not admits(fuller, often(10))


def waiting(charge_ua: int) -> Interlocks:
    """A passive pulse of `charge_ua` times a thousand pC has just left timer 0."""
    interlocks = Interlocks(WIDE)
    interlocks.admits(a_leaving({1: -charge_ua, 2: charge_ua}, 1_000, back={}), FROM - 1_000)
    return interlocks


def test_what_waits_to_flow_back_counts_against_a_train_and_against_its_charge_alone() -> None:
    leaves = Train(leaving_behind(10), 100, 1_000_000, FROM)
    assert admits(waiting(500), leaves)
    assert not admits(waiting(501), leaves)
    # The rate has nothing to do with it.
    assert admits(waiting(900), often(20))


def test_what_waits_is_part_of_the_bound_and_is_not_counted_again() -> None:
    interlocks = waiting(400)
    leaves = Train(leaving_behind(10), 100, 1_000_000, FROM)
    assert admits(interlocks, leaves)
    assert not interlocks._waiting
    passive = Interlocks(WIDE)
    passive.admits(PASSIVE, FROM - 1_000)
    assert admits(passive, Train(PASSIVE, 100, 10_000, FROM))
    assert not passive._waiting


def test_a_level_at_the_end_of_a_train_is_no_lower_than_pulse_by_pulse() -> None:
    """The train leaves as much as flows off, so what was there before stays."""
    counted, slow = Interlocks(WIDE), Interlocks(WIDE)
    before, leaves = leaving_behind(36), leaving_behind(1)
    start_us = FROM + 36 * 17_000
    for interlocks in (counted, slow):
        assert interlocks.admits(before, FROM)
    at_start = slow._net[1].at(start_us)
    train = Train(leaves, 1_000, 25_000, start_us)
    assert counted.admits_all([train], start_us, start_us + 25_000_000)
    for number in range(1_000):
        assert slow.admits(leaves, start_us + number * 25_000)
    end_us = start_us + 25_000_000
    assert at_start > 250_000
    assert counted._net[1].at(end_us) == slow._net[1].at(end_us) == at_start
    assert counted._net[2].level == counted._net[1].level


def test_a_train_that_leaves_little_stands_at_twice_one_of_its_pulses() -> None:
    interlocks = Interlocks(WIDE)
    assert admits(interlocks, Train(leaving_behind(1), 100, 1_000_000, FROM))
    assert interlocks._net[1].level == 2 * 25_000
    assert interlocks._rate[1].level == 2 * SPACING_US


def test_the_window_of_a_passive_train_is_what_its_own_pulses_and_all_others_leave_of_a_period() -> None:
    own = a_train(PASSIVE, spacing_us=10_000)
    other = a_train(a_leaving({3: -1, 4: 1}, 150, channel=1), spacing_us=4_000)
    assert _window_us(own, [own]) == 9_800
    assert _window_us(own, [own, other]) == 9_800 - 3 * 300
    assert _window_us(other, [own, other]) == 4_000 - 300 - 1 * 200


def test_passive_trains_are_admitted_while_their_window_lets_the_charge_flow_back() -> None:
    """1,000,000 pC each: within 4 ms some 5 % are left, within 2 ms more than flows off."""
    loud = a_leaving({1: -5_000, 2: 5_000}, 200, back={})
    assert admits(Interlocks(WIDE), Train(loud, 100, 20_000, FROM))
    assert not admits(Interlocks(WIDE), Train(loud, 100, 2_000, FROM))
