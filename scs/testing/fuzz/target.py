"""What is fuzzed: how real input looks, how it is damaged, and what must hold of whatever reads it.

Only an error of scs.errors may come out of a reader. Anything else, a broken promise of a target, a hang and memory
that grows are findings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Feed = Callable[[bytes], int]
"""Hand over one input; how many units (frames, messages, files) were in it. Raises ScsError where it is refused."""
Mutate = Callable[[bytes, Random], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. `prepare` gives a feed that may keep what is dear to make, and nothing that an input has changed."""

    name: str
    words: str
    unit: str
    seeds: Callable[[], tuple[bytes, ...]]
    """Real input, made by the project itself."""
    prepare: Callable[[], Feed]
    mutate: Mutate


def promise(holds: bool, sentence: str) -> None:
    """Raise BrokenPromise with the sentence unless it holds."""
    if not holds:
        raise BrokenPromise(sentence)


class BrokenPromise(AssertionError):
    """A reader took an input, and what it made of it is wrong."""
