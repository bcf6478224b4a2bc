"""The byte stuffing of the library, for every short string: it is the one of docs/protocol.md, and one to one.

The decoder relies on three things: no zero inside, a known greatest length, and that encoding again tells the one right
encoding from the others that a COBS decoder would take.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st


def stuffed_by_the_rule(plain: bytes) -> bytes:
    """Each run between zeros behind its length and one; 254 bytes behind FF, which implies no zero."""
    stuffed = b""
    runs = plain.split(b"\0")
    for number, run in enumerate(runs, start=1):
        rest = run
        while len(rest) >= 254:
            stuffed, rest = stuffed + b"\xff" + rest[:254], rest[254:]
        if rest or not run or number < len(runs):
            stuffed += bytes([len(rest) + 1]) + rest
    return stuffed


def every_string(alphabet: bytes, longest: int) -> Iterator[bytes]:
    return (bytes(letters) for length in range(longest + 1) for letters in itertools.product(alphabet, repeat=length))


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
def test_every_short_string_is_stuffed_by_the_rule_and_comes_back() -> None:
    for plain in every_string(b"\x00\x01\x02\xff", 7):
        stuffed = cobs.encode(plain)
        assert stuffed == stuffed_by_the_rule(plain)
        assert 0 not in stuffed
        assert cobs.decode(stuffed) == plain


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("letter", [1, 0xFE, 0xFF])
def test_runs_around_254_and_508_bytes_are_stuffed_by_the_rule(letter: int) -> None:
    around = [*range(3), *range(252, 258), *range(506, 512)]
    for before, after in itertools.product(around, around):
        for plain in (bytes([letter]) * before + b"\0" + bytes([letter]) * after, bytes([letter]) * (before + after)):
            stuffed = cobs.encode(plain)
            assert stuffed == stuffed_by_the_rule(plain)
            assert len(stuffed) <= len(plain) + len(plain) // 254 + 1
            assert cobs.decode(stuffed) == plain


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
def test_every_short_stuffed_string_is_refused_or_the_one_encoding_of_its_content() -> None:
    """Short of 254 bytes COBS is one to one: whatever decodes encodes to the same again."""
    refused = 0
    for stuffed in every_string(b"\x01\x02\x03\x04\xff", 6):
        try:
            plain = cobs.decode(stuffed)
        except cobs.DecodeError:
            refused += 1
        else:
            assert cobs.encode(plain) == (stuffed or b"\x01")
    assert refused


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@given(st.binary(max_size=600))
def test_any_string_is_stuffed_by_the_rule(plain: bytes) -> None:
    assert cobs.encode(plain) == stuffed_by_the_rule(plain)


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
def test_encoding_again_tells_the_needless_group_that_the_library_takes() -> None:
    needless = b"\xff" + b"\x07" * 254 + b"\x01"
    plain = cobs.decode(needless)
    assert plain == b"\x07" * 254
    assert cobs.encode(plain) == needless[:-1]
