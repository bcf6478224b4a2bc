"""Does lost time add up, is it forgotten, and does the answer not depend on how often somebody looked?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.compliance_monitor import FORGETS, PATIENCE_US, ComplianceMonitor

pytestmark = [pytest.mark.req("FW-35"), pytest.mark.hazard("H25")]


def test_what_is_lost_in_one_go_is_enough_after_the_patience_and_said_once() -> None:
    monitor = ComplianceMonitor()
    monitor.observe((1,), 1_000, delivers=True)
    assert monitor.next_due_us() == 1_000 + PATIENCE_US
    assert monitor.take(1_000 + PATIENCE_US - 1) == ()
    assert monitor.take(1_000 + PATIENCE_US) == (1,)
    assert monitor.next_due_us() is None
    assert monitor.take(1_000 + 9 * PATIENCE_US) == ()


def test_what_comes_and_goes_adds_up() -> None:
    monitor, now_us = ComplianceMonitor(), 0
    for _ in range(5):
        monitor.observe((0,), now_us, delivers=True)
        now_us += PATIENCE_US // 5
        assert monitor.take(now_us) == ()
        monitor.observe((), now_us, delivers=True)
        now_us += PATIENCE_US // 5
    monitor.observe((0,), now_us, delivers=True)
    due_us = monitor.next_due_us()
    assert due_us is not None
    assert due_us < now_us + PATIENCE_US // 5


def test_it_is_forgotten_while_all_is_delivered_and_not_while_nothing_is() -> None:
    for delivers, left_us in ((True, PATIENCE_US), (False, 1)):
        monitor = ComplianceMonitor()
        monitor.observe((0,), 0, delivers=True)
        monitor.observe((), PATIENCE_US - 1, delivers=delivers)
        later_us = PATIENCE_US + FORGETS * PATIENCE_US
        monitor.observe((0,), later_us, delivers=True)
        assert monitor.next_due_us() == later_us + left_us


@given(
    told=st.lists(st.tuples(st.sampled_from([(), (0,), (0, 2)]), st.booleans(), st.integers(0, 4_000_000)), max_size=8),
    looks=st.integers(1, 5),
)
def test_looking_more_often_changes_nothing(told: list[tuple[tuple[int, ...], bool, int]], looks: int) -> None:
    once, often = ComplianceMonitor(), ComplianceMonitor()
    now_us = 0
    for lost, delivers, for_us in told:
        once.observe(lost, now_us, delivers=delivers)
        for look in range(looks):
            often.observe(lost, now_us + for_us * look // looks, delivers=delivers)
        now_us += for_us
        assert once.next_due_us() == often.next_due_us()
        assert once.take(now_us) == often.take(now_us)
        assert once.state(now_us) == often.state(now_us)
