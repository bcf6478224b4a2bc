"""What a running computation is at this moment, as one hashable value: equal values go on equally.

A search has to know when two ways have led to the same place. The place of a programmer is not in its fields alone, it
is also in the procedures that wait half-way; so frames, generators and everything that they hold are read, and points
in time count from now on, for it is waiting times that decide what comes next.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from enum import Enum
from functools import cache, lru_cache
from random import Random
from types import FrameType, GeneratorType
from typing import Any

from scs.clock import Duration, Instant

Shape = object
_OWN = ("scs.", "firmware_model.")
_PLAIN = (type(None), bool, int, float, str, bytes)
_LISTS = (list, tuple, deque)


class Shaper:
    """Reads one moment. `now_us` is what points in time count from; `points` names the whole numbers that are such
    points, and `left_out` the fields that decide about nothing."""

    def __init__(
        self, now_us: int, left_out: frozenset[str] = frozenset(), points: frozenset[str] = frozenset()
    ) -> None:
        self._now_us = now_us
        self._left_out = left_out
        self._points = points
        self._met: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, thing: Any) -> Shape:
        """The shape of anything that our own code holds."""
        if isinstance(thing, Enum):
            return type(thing).__name__, thing.name
        if isinstance(thing, _PLAIN):
            return thing
        if isinstance(thing, bytearray):
            return bytes(thing)
        if isinstance(thing, Instant):
            return "at", thing.us - self._now_us
        if isinstance(thing, Duration):
            return "for", thing.us
        if isinstance(thing, Random):
            return "chance", hash(thing.getstate())
        return self._of_whole(thing)

    def _of_whole(self, thing: Any) -> Shape:
        """What may hold itself: met a second time, it is only named."""
        if id(thing) in self._met:
            return "again", self._met[id(thing)]
        self._met[id(thing)] = len(self._met)
        # An object that went away in the middle would leave its number to another one.
        self._kept.append(thing)
        if isinstance(thing, _LISTS):
            return type(thing).__name__, tuple(map(self.of, thing))
        if isinstance(thing, dict | Counter):
            return "map", tuple((self.of(key), self.of(value)) for key, value in thing.items())
        if isinstance(thing, FrameType):
            return thing.f_code.co_qualname, thing.f_lasti, self.of(dict(thing.f_locals))
        if isinstance(thing, GeneratorType):
            return "procedure", self.of(thing.gi_frame), self.of(thing.gi_yieldfrom)
        if isinstance(thing, BaseException):
            return type(thing).__name__, self.of(thing.args)
        return self._of_object(thing)

    def _of_object(self, thing: Any) -> Shape:
        kind = type(thing)
        if hasattr(kind, "model_fields"):
            return kind.__name__, _digest(thing)
        if isinstance(thing, type) or not kind.__module__.startswith(_OWN):
            return "unchanging", getattr(thing, "__qualname__", kind.__qualname__)
        names = (*_declared(kind.__mro__), *getattr(thing, "__dict__", ()))
        held = [(name, self._named(name, getattr(thing, name, None))) for name in names if name not in self._left_out]
        return kind.__qualname__, tuple(held)

    def _named(self, name: str, value: Any) -> Shape:
        return ("at", value - self._now_us) if name in self._points else self.of(value)


@cache
def _declared(kinds: tuple[type, ...]) -> tuple[str, ...]:
    """The names of what has no place in a `__dict__`."""
    return tuple(name for one in reversed(kinds) for name in getattr(one, "__slots__", ()))


@lru_cache(256)
def _digest(prescription: Any) -> bytes:
    """Prescriptions are frozen and read often."""
    return hashlib.sha256(prescription.model_dump_json().encode()).digest()
