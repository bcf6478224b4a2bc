"""A whole implant put aside and taken out again, as often as a search needs it.

The search goes on from the same state in many ways. A copy takes the implant's own objects apart by pickling; what
never changes, a group above all, is not copied but shared.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, Generic, TypeVar

from firmware_model.commands import Row
from firmware_model.comparator import Command
from firmware_model.output_stage import Pulse
from firmware_model.parts import DeviceConfig
from firmware_model.sensed import Leaving
from firmware_model.store import Image
from scs.domain.lead import Implant
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group, Program
from scs.domain.status import LogEntry
from scs.wire.requests import Open
from scs.wire.responses import Opened

T = TypeVar("T")

_UNCHANGING = frozenset(
    {Command, DeviceConfig, DeviceProfile, Group, Image, Implant, Leaving, LogEntry, Open, Opened, Program, Pulse, Row}
)
"""Frozen all the way down: sharing one of these cannot carry a change from one copy to another."""


class Keeper(Generic[T]):
    """Puts states aside. `shared` are further types whose objects never change."""

    def __init__(self, *shared: type) -> None:
        self._types = _UNCHANGING | frozenset(shared)
        self._numbers: dict[int, int] = {}
        self._objects: list[object] = []

    def put_aside(self, state: T) -> bytes:
        """A copy of the state as it is now."""
        stream = io.BytesIO()
        _Pickler(stream, self).dump(state)
        return stream.getvalue()

    def take_out(self, kept: bytes) -> T:
        """Another copy of what was put aside."""
        state: T = _Unpickler(io.BytesIO(kept), self).load()
        return state

    def number_of(self, shared: object) -> int | None:
        """The number by which a shared object is found again; None for what has to be copied."""
        if type(shared) not in self._types:
            return None
        number = self._numbers.get(id(shared))
        if number is None:
            # The list keeps the object alive, so that its id stays its own.
            number = self._numbers[id(shared)] = len(self._objects)
            self._objects.append(shared)
        return number

    def object_of(self, number: int) -> object:
        return self._objects[number]


class _Pickler(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, keeper: Keeper[Any]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._keeper = keeper

    def persistent_id(self, obj: object) -> int | None:
        return self._keeper.number_of(obj)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, keeper: Keeper[Any]) -> None:
        super().__init__(stream)
        self._keeper = keeper

    def persistent_load(self, pid: int) -> object:
        return self._keeper.object_of(pid)
