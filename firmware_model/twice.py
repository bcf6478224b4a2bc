"""Words of working memory that are kept twice: as they are, and as their complement.

A bit that flips in either copy no longer fits the other one. Which of the two is right cannot be told from them, so
whoever finds it goes to the safe state instead of guessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import xor

WORD_BITS = 32
_MASK = (1 << WORD_BITS) - 1
_ONLY_ONES = {_MASK}


def complement(word: int) -> int:
    """The second copy of one word."""
    return word ^ _MASK


def complements(words: Iterable[int]) -> tuple[int, ...]:
    """The second copy of each word."""
    return tuple([word ^ _MASK for word in words])


def is_twice(words: Sequence[int], second: Sequence[int]) -> bool:
    """Whether there are as many of both, one at least, and each second copy is its word's complement."""
    return len(words) == len(second) and set(map(xor, words, second)) == _ONLY_ONES
