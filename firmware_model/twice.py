"""Words of working memory that are kept twice: as they are, and as their complement.

A bit that flips in either copy no longer fits the other one. Which of the two is right cannot be told from them, so
whoever finds it goes to the safe state instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

WORD_BITS = 32
ALL_ONES = (1 << WORD_BITS) - 1
"""What a word and its second copy have that differ in every bit."""


complement: Callable[[int], int] = ALL_ONES.__xor__
"""The second copy of one word."""


def complements(words: Iterable[int]) -> tuple[int, ...]:
    """The second copy of each word."""
    return tuple(map(complement, words))
