"""Bytes as words that can be read aloud: the published examples, and what is no such word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.errors import BadQuantity
from scs.wire.spoken import check_words, read_spoken, spoken


def test_the_words_are_those_of_the_proposal() -> None:
    """arXiv:0901.4016 gives the addresses 127.0.0.1 and 63.84.220.193 as examples."""
    assert spoken(bytes([127, 0, 0, 1])) == "lusab-babad"
    assert spoken(bytes([63, 84, 220, 193])) == "gutih-tugad"


@given(st.binary(max_size=32).filter(lambda data: len(data) % 2 == 0))
def test_what_was_spoken_is_read_again(data: bytes) -> None:
    assert read_spoken(spoken(data).replace("-", "  ").upper(), len(data)) == data


@pytest.mark.parametrize(
    ("text", "said"),
    [("lusab", "1 words"), ("lusab-babax", "'x'"), ("lusab-bab", "5 letters"), ("lusab-eabad", "'e'")],
)
def test_a_word_that_is_none_is_named(text: str, said: str) -> None:
    with pytest.raises(BadQuantity, match=said):
        read_spoken(text, 4)


def test_an_odd_byte_is_no_word_and_six_words_are_compared() -> None:
    with pytest.raises(BadQuantity, match="1 bytes"):
        spoken(b"\1")
    assert len(check_words(bytes(32)).split("-")) == 6
