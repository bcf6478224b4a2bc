"""The line of keys at the bottom of every screen: whole keys, beside each other, and the palette always at the end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from programmer_tui.widgets.key_line import GAP, Key, placed

KEYS = st.builds(
    lambda sign, does: Key(sign, sign, does, ""),
    st.sampled_from(["s", "space", "^p", "f12", "↑"]),
    st.sampled_from(["Start", "STOP", "Review and send", "逆", ""]),
)
PALETTE = Key("ctrl+p", "^p", "All actions", "")


@given(st.lists(KEYS, max_size=12), st.sampled_from([None, PALETTE]), st.integers(20, 200))
def test_keys_stand_whole_and_beside_each_other_and_the_last_at_the_end(
    keys: list[Key], last: Key | None, width: int
) -> None:
    places = placed(keys, last, width)
    shown = [place.key for place in places]
    assert shown[: len(shown) - (last is not None)] == keys[: len(shown) - (last is not None)]
    assert all(one.at + one.key.width + GAP <= other.at for one, other in pairwise(places))
    assert all(place.at > 0 and place.at + place.key.width <= width for place in places)
    if last is not None:
        assert places[-1].key is last


def test_what_has_no_room_is_left_out_and_nothing_behind_it_is_pulled_forward() -> None:
    keys = [Key("a", "a", "Ask", ""), Key("b", "b", "Much too long for that", ""), Key("c", "c", "Cut", "")]
    assert [place.key.name for place in placed(keys, None, 16)] == ["a"]


def test_a_place_has_its_cells_and_no_others() -> None:
    (place,) = placed([Key("a", "a", "Ask", "")], None, 20)
    assert [x for x in range(20) if place.has(x)] == [1, 2, 3, 4, 5]
