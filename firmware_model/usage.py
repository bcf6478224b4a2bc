"""How long each group and each of its programs was delivered since the implant was made, kept in memory.

It is counted in RAM and written at least once an hour of therapy and whenever therapy has ended, so a loss of power
costs at most the last hour. A memory that fails stops nothing: the next hour is tried again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmware_model.store import USAGE_AT, USAGE_SIZE, Memory
from scs.clock import Duration
from scs.domain.program import GROUPS_MAX, PROGRAMS_MAX
from scs.errors import StoreError
from scs.wire.crc import crc32c

KEPT_EVERY = Duration.of_s(3_600)
"""At most this much is lost with the power; more often would wear the memory [project]."""

_SERIAL = struct.Struct("<Q")
_ROW = struct.Struct(f"<IQ{PROGRAMS_MAX}Q")
_CRC = struct.Struct("<I")
_BODY_SIZE = _SERIAL.size + GROUPS_MAX * _ROW.size
assert _BODY_SIZE + _CRC.size <= USAGE_SIZE


@dataclass(slots=True)
class SlotUsage:
    """Of one slot: how often it was started, how long it ran, and how long each program had an amplitude."""

    starts: int = 0
    therapy_us: int = 0
    programs_us: list[int] = field(default_factory=lambda: [0] * PROGRAMS_MAX)


class Usage:
    """Counts, and keeps what it counted in two copies of which the newest valid one is read."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._serial = 0
        self.slots = [SlotUsage() for _ in range(GROUPS_MAX)]
        for copy in (0, 1):
            self._read(memory.read(USAGE_AT + copy * USAGE_SIZE, _BODY_SIZE + _CRC.size))
        self._unsaved_us = 0
        self._is_unsaved = False

    def started(self, slot: int) -> None:
        """Therapy of a slot has begun from off."""
        self.slots[slot].starts += 1
        self._is_unsaved = True

    def count(self, slot: int, elapsed_us: int, is_delivering: tuple[bool, ...]) -> None:
        """So long has the group in `slot` run, with an amplitude in the programs that deliver."""
        assert elapsed_us >= 0, "time does not run backwards"
        row = self.slots[slot]
        row.therapy_us += elapsed_us
        for index, delivers in enumerate(is_delivering):
            if delivers:
                row.programs_us[index] += elapsed_us
        self._unsaved_us += elapsed_us
        self._is_unsaved = self._is_unsaved or elapsed_us > 0

    def count_more(self, slot: int, elapsed_us: int, programs_us: Sequence[int]) -> None:
        """The group in `slot` has run so long, and each of its programs had an amplitude for so long of it."""
        self.count(slot, elapsed_us, ())
        for index, delivered_us in enumerate(programs_us):
            self.slots[slot].programs_us[index] += delivered_us

    def keep(self, *, is_running: bool) -> None:
        """Write what was counted when an hour has gathered or therapy is off; a memory that fails is tried again."""
        if not self._is_unsaved or (is_running and self._unsaved_us < KEPT_EVERY.us):
            return
        body = _SERIAL.pack(self._serial + 1) + b"".join(
            _ROW.pack(row.starts, row.therapy_us, *row.programs_us) for row in self.slots
        )
        self._unsaved_us = 0
        try:
            copy = (self._serial + 1) % 2
            self._memory.write(USAGE_AT + copy * USAGE_SIZE, body + _CRC.pack(crc32c(body)))
            self._memory.flush()
        except StoreError:
            return
        self._serial += 1
        self._is_unsaved = False

    def _read(self, raw: bytes) -> None:
        body = raw[:_BODY_SIZE]
        serial = int(_SERIAL.unpack_from(body)[0])
        if serial <= self._serial or _CRC.unpack_from(raw, _BODY_SIZE)[0] != crc32c(body):
            return
        self._serial = serial
        for slot, numbers in enumerate(_ROW.iter_unpack(body[_SERIAL.size :])):
            self.slots[slot] = SlotUsage(numbers[0], numbers[1], list(numbers[2:]))
