"""Words of 64 bits with eight check bits: one wrong bit is found and put right, two are found.

The code is Hsiao's: every bit of data stands for another column of odd weight, the check bits for the columns of weight
one. One wrong bit gives its own column as syndrome, two give a sum of even weight, which is nobody's column. A word of
zeros has a check of zeros [recalled: Hsiao 1970, high; the properties are tested].
"""

from __future__ import annotations

from itertools import combinations

WORD = 8
"""Bytes of a word."""
STRETCH = 512 * WORD
"""Bytes that are looked at together where there are many."""
_BLANK = (bytes(STRETCH), bytes(STRETCH // WORD))


def _columns() -> tuple[int, ...]:
    found = [sum(1 << bit for bit in bits) for weight in (3, 5) for bits in combinations(range(8), weight)]
    return tuple(found[: 8 * WORD])


COLUMNS = _columns()
"""Of each bit of data, from the lowest of the first byte on."""
assert len(set(COLUMNS)) == 8 * WORD, "each bit has a column of its own"
assert all(column.bit_count() % 2 for column in COLUMNS), "two columns never make a third"


def _table(byte: int) -> bytes:
    columns = COLUMNS[8 * byte : 8 * byte + 8]
    checks = []
    for value in range(256):
        check = 0
        for bit in range(8):
            if value >> bit & 1:
                check ^= columns[bit]
        checks.append(check)
    return bytes(checks)


_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH = map(_table, range(WORD))
"""Of each byte of a word, what each of its values adds to the check."""
_PLACE = {column: bit for bit, column in enumerate(COLUMNS)}


def checks_of(words: bytes) -> bytes:
    """The check byte of each word; `words` is a whole number of them."""
    assert len(words) % WORD == 0, f"{len(words)} bytes are no whole number of words"
    if words == bytes(len(words)):
        # Most of a memory is empty.
        return bytes(len(words) // WORD)
    number = int.from_bytes
    # All words at once: every eighth byte, each replaced by what it adds.
    check = (
        number(words[0::WORD].translate(_FIRST), "little")
        ^ number(words[1::WORD].translate(_SECOND), "little")
        ^ number(words[2::WORD].translate(_THIRD), "little")
        ^ number(words[3::WORD].translate(_FOURTH), "little")
        ^ number(words[4::WORD].translate(_FIFTH), "little")
        ^ number(words[5::WORD].translate(_SIXTH), "little")
        ^ number(words[6::WORD].translate(_SEVENTH), "little")
        ^ number(words[7::WORD].translate(_EIGHTH), "little")
    )
    return check.to_bytes(len(words) // WORD, "little")


def agree(words: bytes, checks: bytes) -> bool:
    """Whether every word has its check. Where nobody has written both are zeros, and nothing has to be worked out."""
    if len(words) < STRETCH:
        return checks_of(words) == checks
    for at in range(0, len(words), STRETCH):
        stretch = words[at : at + STRETCH], checks[at // WORD : (at + STRETCH) // WORD]
        if stretch != _BLANK and checks_of(stretch[0]) != stretch[1]:
            return False
    return True


def corrected(word: bytes, check: int) -> tuple[bytes, int] | None:
    """The word and its check with one wrong bit put right, in whichever it was; None where that cannot be done."""
    syndrome = checks_of(word)[0] ^ check
    if syndrome.bit_count() < 2:
        return word, check ^ syndrome
    place = _PLACE.get(syndrome)
    if place is None:
        return None
    right = bytearray(word)
    right[place // 8] ^= 1 << place % 8
    return bytes(right), check
