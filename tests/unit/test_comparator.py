"""Sensed against commanded: silent at each tolerance, a fault one unit beyond it, and fair to pulses that wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.comparator import Command, Comparator
from firmware_model.sensed import Leaving, Train
from scs.domain.status import Fault

TOLD = Command({1: -1_000, 2: -9_000, 3: 10_000}, 200, 200, 10_200, 1, 0)
AS_TOLD = Leaving(0, {1: -1_000, 2: -9_000, 3: 10_000}, 200, 0, {1: 1_000, 2: 9_000, 3: -10_000}, 200, 1, 0)
BURST = replace(TOLD, pulses=5, intra_us=2_040)
AS_BURST = replace(AS_TOLD, pulses=5, intra_us=2_040)


def told(command: Command | None = TOLD, channel: int = 0) -> Comparator:
    comparator = Comparator()
    comparator.command(channel, command)
    return comparator


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36", "H26")
@pytest.mark.parametrize(
    ("within", "beyond", "fault"),
    [
        ({"currents_ua": {1: -1_200, 2: -9_000, 3: 10_200}}, {"currents_ua": {1: -1_201, 3: 1_201}}, "OVER_CURRENT"),
        ({"currents_ua": {2: -9_450, 3: 9_450}}, {"currents_ua": {2: -9_451, 3: 9_451}}, "OVER_CURRENT"),
        ({"currents_ua": {3: 10_500, 2: -9_000}}, {"currents_ua": {3: 10_501, 2: -9_000}}, "OVER_CURRENT"),
        ({"currents_ua": {1: 200, 3: -200}}, {"currents_ua": {1: 201, 2: -201}}, "OVER_CURRENT"),
        ({"currents_ua": {4: 200, 1: -200}}, {"currents_ua": {4: 201, 1: -201}}, "OVER_CURRENT"),
        ({"currents_ua": {3: 1, 1: -1}}, {"currents_ua": {3: -501, 1: 0}}, "OVER_CURRENT"),
        ({"width_us": 210}, {"width_us": 211}, "OVER_WIDTH"),
        ({"width_us": 1}, {"width_us": 2_000}, "OVER_WIDTH"),
        ({"recharge_us": 210}, {"recharge_us": 211}, "OVER_WIDTH"),
        ({}, {"recharge_ua": {}, "recharge_us": 0}, "UNBALANCED"),
        ({}, {"pulses": 2, "intra_us": 5_000}, "OVER_RATE"),
        ({"currents_ua": {1: 0, 2: 0, 3: 1}}, {"currents_ua": {1: 0, 2: 0, 3: 0}}, "INTERNAL"),
    ],
)
def test_a_pulse_is_compared_with_what_its_timer_was_told(
    within: dict[str, object], beyond: dict[str, object], fault: str
) -> None:
    assert told().fault(replace(AS_TOLD, **within), 0) is None  # type: ignore[arg-type]
    assert told().fault(replace(AS_TOLD, **beyond), 0) is Fault[fault]  # type: ignore[arg-type]


@pytest.mark.parametrize(("pulses", "intra_us", "passes"), [(5, 2_000, True), (5, 1_999, False), (6, 2_040, False)])
def test_a_burst_is_compared_in_number_and_in_its_inner_rate(pulses: int, intra_us: int, passes: bool) -> None:
    found = told(BURST).fault(replace(AS_BURST, pulses=pulses, intra_us=intra_us), 0)
    assert found == (None if passes else Fault.OVER_RATE)


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36")
def test_a_timer_that_was_told_to_be_silent_may_not_deliver_and_one_that_was_told_nothing_is_not_compared() -> None:
    assert told(None).fault(AS_TOLD, 0) is Fault.OVER_CURRENT
    assert Comparator().fault(AS_TOLD, 0) is None


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H33", "H36")
@pytest.mark.parametrize(("spacing_us", "fault"), [(10_000, None), (9_999, Fault.OVER_RATE)])
def test_a_rate_may_be_two_percent_higher_than_told_and_no_more(spacing_us: int, fault: Fault | None) -> None:
    comparator = told()
    comparator.count(AS_TOLD, 0)
    assert comparator.fault(AS_TOLD, spacing_us) == fault


def test_another_amplitude_goes_on_in_the_same_rhythm_and_a_new_start_begins_anew() -> None:
    comparator = told()
    comparator.count(AS_TOLD, 0)
    comparator.command(0, TOLD)
    assert comparator.fault(AS_TOLD, 5_000) is Fault.OVER_RATE
    comparator.command(0, None)
    comparator.command(0, TOLD)
    assert comparator.fault(AS_TOLD, 5_000) is None


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H04")
def test_a_pulse_begins_when_the_one_before_has_ended_and_no_earlier() -> None:
    comparator = told()
    comparator.command(1, TOLD)
    comparator.count(AS_TOLD, 1_000)
    other = replace(AS_TOLD, channel=1)
    assert comparator.fault(other, 1_399) is Fault.OVER_RATE
    assert comparator.fault(other, 1_400) is None


def test_a_burst_that_was_broken_off_holds_the_output_no_longer() -> None:
    comparator = told(BURST)
    comparator.count(AS_BURST, 0)
    comparator.command(1, TOLD)
    other = replace(AS_TOLD, channel=1)
    assert comparator.fault(other, 2_440) is Fault.OVER_RATE
    comparator.cut(2_440)
    assert comparator.fault(other, 2_439) is Fault.OVER_RATE
    assert comparator.fault(other, 2_440) is None


def test_a_pulse_that_waited_does_not_make_the_next_one_early() -> None:
    comparator = told()
    comparator.command(1, TOLD)
    other = replace(AS_TOLD, channel=1)
    comparator.count(AS_TOLD, 0)
    comparator.count(other, 400)
    # It had been due at any time from 0 on; the next one then is due at 10.2 ms.
    assert comparator.fault(other, 9_999) is Fault.OVER_RATE
    assert comparator.fault(other, 10_000) is None
    # And one that began on an idle output had not waited.
    comparator.count(other, 10_300)
    assert comparator.fault(other, 20_299) is Fault.OVER_RATE
    assert comparator.fault(other, 20_300) is None


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=4),
    st.integers(5, 60),
)
def test_a_fair_output_is_never_accused(shapes: list[tuple[int, int, int]], count: int) -> None:
    """Whatever waits for whom: pulses that fall due in their periods and begin when the output is free."""
    comparator, dues = Comparator(), []
    together = sum(2 * width for width, _, _ in shapes)
    for channel, (width, longer, first) in enumerate(shapes):
        period = together + longer
        leaving = replace(AS_TOLD, channel=channel, width_us=width, recharge_us=width)
        comparator.command(channel, replace(TOLD, width_us=width, recharge_us=width, period_us=period))
        dues += [(first + number * period, channel, leaving) for number in range(count)]
    free_us = 0
    for due_us, _, leaving in sorted(dues, key=lambda due: due[:2]):
        start_us = max(due_us, free_us)
        assert comparator.fault(leaving, start_us) is None
        comparator.count(leaving, start_us)
        free_us = start_us + leaving.occupation_us


def train(count: int = 10, spacing_us: int = 10_200, first_us: int = 0, leaving: Leaving = AS_TOLD) -> Train:
    return Train(leaving, count, spacing_us, first_us)


def test_whole_trains_are_compared_like_their_pulses() -> None:
    assert told().fault_of_all([train()]) is None
    assert told().fault_of_all([train(spacing_us=10_000)]) is None
    assert told().fault_of_all([train(spacing_us=9_999)]) is Fault.OVER_RATE
    assert told().fault_of_all([train(leaving=replace(AS_TOLD, width_us=211))]) is Fault.OVER_WIDTH
    comparator = told()
    comparator.count(AS_TOLD, 0)
    assert comparator.fault_of_all([train(first_us=9_999)]) is Fault.OVER_RATE
    assert comparator.fault_of_all([train(first_us=10_000)]) is None


def test_what_follows_trains_is_compared_with_the_last_of_them() -> None:
    comparator = told()
    comparator.command(1, TOLD)
    comparator.count_all([train()], 100_000)
    assert comparator.fault(replace(AS_TOLD, channel=1), 92_199) is Fault.OVER_RATE, "the last one is under way"
    assert comparator.fault(replace(AS_TOLD, channel=1), 92_200) is None
    assert comparator.fault(AS_TOLD, 101_799) is Fault.OVER_RATE
    assert comparator.fault(AS_TOLD, 101_800) is None


def test_a_pulse_that_waited_for_the_last_of_a_train_does_not_make_its_next_one_early() -> None:
    comparator = told()
    comparator.command(1, TOLD)
    other = replace(AS_TOLD, channel=1)
    comparator.count_all([train(), train(1, first_us=81_900, leaving=other)], 92_000)
    comparator.count(other, 92_200)
    # It was due at 92.1 ms.
    assert comparator.fault(other, 102_300) is None
