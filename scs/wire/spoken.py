"""Bytes as words that can be read aloud and typed: each 16 bits are one word of five letters.

The letters are those of Wilkerson's proquints ("A Proposal for Proquints", arXiv:0901.4016): consonant, vowel,
consonant, vowel, consonant, most significant bits first.
"""

from __future__ import annotations

from scs.errors import BadQuantity

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
_SHAPE = ((12, _CONSONANTS), (10, _VOWELS), (6, _CONSONANTS), (4, _VOWELS), (0, _CONSONANTS))
"""By how many bits each letter's part of the word is shifted, and what it is looked up in."""
CHECK_WORDS = 6
"""Words of a handshake's hash that both sides show [project]: 96 bits, which nobody finds twice."""


def spoken(data: bytes) -> str:
    """Words joined by hyphens; an even number of bytes."""
    if len(data) % 2:
        raise BadQuantity(f"{len(data)} bytes are no whole words; give an even number")
    numbers = (int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    return "-".join(
        "".join(letters[number >> shift & len(letters) - 1] for shift, letters in _SHAPE) for number in numbers
    )


def read_spoken(text: str, size: int) -> bytes:
    """The `size` bytes that were spoken, with hyphens or blanks in between; BadQuantity names the word that is none."""
    words = text.lower().replace("-", " ").split()
    if len(words) * 2 != size:
        raise BadQuantity(f"{len(words)} words were given and there are {size // 2}; read them again")
    return b"".join(_number(word).to_bytes(2, "big") for word in words)


def check_words(transcript: bytes) -> str:
    """What both sides of a handshake show, so that two people can compare."""
    return spoken(transcript[: 2 * CHECK_WORDS])


def _number(word: str) -> int:
    if len(word) != len(_SHAPE):
        raise BadQuantity(f"{word!r} is no word of {len(_SHAPE)} letters; read it again")
    number = 0
    for letter, (shift, letters) in zip(word, _SHAPE, strict=True):
        if letter not in letters:
            raise BadQuantity(f"{word!r} is no such word: {letter!r} should be one of {letters}; read it again")
        number |= letters.index(letter) << shift
    return number
