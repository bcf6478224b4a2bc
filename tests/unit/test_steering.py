"""Steering moves the field and keeps its total; templates across the columns of a paddle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmer_tui.draft import ProgramDraft
from programmer_tui.steering import moved_by_one, neighbour, steered_towards, transverse_tripole
from programmer_tui.widgets.lead_geometry import Layout, layout
from scs.domain.lead import CASE
from tests.support.prescriptions import an_implant

TWO_LEADS: Layout = layout(an_implant())
PADDLE: Layout = layout(an_implant("medtronic-39565"))
UP, DOWN, LEFT, RIGHT = (0, -1), (0, 1), (-1, 0), (1, 0)


def test_a_step_moves_a_tenth_of_the_cathode_to_the_next_contact() -> None:
    assert steered_towards({3: -1000, 0: 1000}, TWO_LEADS, *DOWN) == {3: -900, 4: -100, 0: 1000}
    assert steered_towards({3: -900, 4: -100, 0: 1000}, TWO_LEADS, *DOWN) == {3: -800, 4: -200, 0: 1000}
    assert steered_towards({3: -900, 4: -100, 0: 1000}, TWO_LEADS, *UP) == {3: -1000, 0: 1000}


def test_ten_steps_carry_the_cathode_to_the_next_contact_and_nothing_is_left_behind() -> None:
    shares: dict[int, int] | None = {3: -1000, 0: 1000}
    for _ in range(10):
        assert shares is not None
        shares = steered_towards(shares, TWO_LEADS, *RIGHT)
    assert shares == {11: -1000, 0: 1000}


def test_an_anode_in_the_way_is_not_turned_round_and_the_lead_ends_somewhere() -> None:
    assert steered_towards({3: -1000, 4: 1000}, TWO_LEADS, *DOWN) is None
    assert steered_towards({8: -1000, 7: 1000}, TWO_LEADS, *DOWN) is None
    assert neighbour(TWO_LEADS, 8, *DOWN) is None
    assert neighbour(TWO_LEADS, 9, *RIGHT) is None
    assert neighbour(TWO_LEADS, CASE, *UP) is None


@given(
    st.dictionaries(st.integers(1, 16), st.integers(1, 1000), min_size=1, max_size=6),
    st.lists(st.sampled_from([UP, DOWN, LEFT, RIGHT]), max_size=30),
)
def test_whichever_way_it_is_steered_the_total_is_kept(weights: dict[int, int], ways: list[tuple[int, int]]) -> None:
    shares = {contact: -weight for contact, weight in weights.items()}
    total = sum(shares.values())
    for across, down in ways:
        after = steered_towards(shares, TWO_LEADS, across, down)
        if after is not None:
            assert (sum(after.values()), all(share < 0 for share in after.values())) == (total, True)
            shares = after


def test_everything_moves_by_one_contact_or_nothing_does() -> None:
    assert moved_by_one({3: -1000, 2: 500, 4: 500}, TWO_LEADS, *DOWN) == {4: -1000, 3: 500, 5: 500}
    assert moved_by_one({3: -1000, 0: 1000}, TWO_LEADS, *RIGHT) == {11: -1000, 0: 1000}
    assert moved_by_one({8: -1000, 7: 1000}, TWO_LEADS, *DOWN) is None
    assert moved_by_one({}, TWO_LEADS, *DOWN) is None


def test_a_tripole_lies_across_a_paddle_and_not_across_two_leads() -> None:
    middle = next(cell.contact for cell in PADDLE.cells if transverse_tripole(PADDLE, cell.contact))
    tripole = transverse_tripole(PADDLE, middle)
    assert tripole is not None
    assert sorted(tripole.values()) == [-1000, 500, 500]
    columns = [PADDLE.cell(contact).column for contact in tripole]
    assert len(set(columns)) == 3
    assert transverse_tripole(TWO_LEADS, 3) is None


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_steering_to_a_contact_that_was_off_zeroes_the_amplitude_and_further_steps_keep_it() -> None:
    draft = ProgramDraft().shared({3: -1000, 0: 1000}).typed("amplitude", "2 mA")
    first = steered_towards(draft.shares, TWO_LEADS, *DOWN)
    assert first is not None
    begun = draft.shared(first)
    assert begun.texts["amplitude"] == "0 mA"
    again = begun.typed("amplitude", "2 mA")
    second = steered_towards(again.shares, TWO_LEADS, *DOWN)
    assert second is not None
    assert again.shared(second).texts["amplitude"] == "2 mA"
