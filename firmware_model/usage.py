"""How long each group and each of its programs was delivered since the implant was made, and in which posture.

It is counted in RAM and written at least once an hour of therapy and whenever therapy has ended, so a loss of power
costs at most the last hour. A memory that fails stops nothing: the next hour is tried again. What a former version
counted is read and goes on; in which posture it was is not known, so the postures then come to less than the whole.

The record ends with the last slot that was ever used: most implants have one group, and the rows of the others would
be zeros, checked and written every hour.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from firmware_model.regions import USAGE, TwoCopies
from firmware_model.store import USAGE_AT, USAGE_SIZE, Memory
from scs.clock import Duration
from scs.domain.program import GROUPS_MAX, PROGRAMS_MAX
from scs.domain.status import Posture
from scs.errors import StoreError
from scs.wire.crc import crc32c

KEPT_EVERY = Duration.of_s(3_600)
"""At most this much is lost with the power; more often would wear the memory [project]."""
POSTURES = len(Posture)

_ROW = struct.Struct(f"<IQ{PROGRAMS_MAX}Q{PROGRAMS_MAX * POSTURES}Q")
"""Starts, time of therapy, time of each program, and of each program the time in each posture."""
_UNUSED = bytes(_ROW.size)
_SERIAL = struct.Struct("<Q")
_FORMER_ROW = struct.Struct(f"<IQ{PROGRAMS_MAX}Q")
_CRC = struct.Struct("<I")
_FORMER_SIZE = _SERIAL.size + GROUPS_MAX * _FORMER_ROW.size
assert _FORMER_SIZE + _CRC.size <= USAGE_SIZE


@dataclass(slots=True)
class SlotUsage:
    """Of one slot: how often it was started, how long it ran, and how long each program had an amplitude."""

    starts: int = 0
    therapy_us: int = 0
    programs_us: list[int] = field(default_factory=lambda: [0] * PROGRAMS_MAX)
    postures_us: list[list[int]] = field(default_factory=lambda: [[0] * POSTURES for _ in range(PROGRAMS_MAX)])
    """Of each program, the part of its time that was spent in each posture."""


class Usage:
    """Counts, and keeps what it counted in two copies of which the newest valid one is read."""

    def __init__(self, memory: Memory) -> None:
        self._region = TwoCopies(memory, USAGE, b"USED")
        self.slots = [SlotUsage() for _ in range(GROUPS_MAX)]
        body = self._region.body
        if body is not None:
            used = [_row(numbers) for numbers in _ROW.iter_unpack(body)]
            self.slots[: len(used)] = used
        elif self._region.was_never_whole:
            self.slots = _former(memory) or self.slots
        self._unsaved_us = 0
        self._is_unsaved = False
        self._packed = _up_to_the_last_used([_packed(row) for row in self.slots])
        self._changed: set[int] = set()

    def started(self, slot: int) -> None:
        """Therapy of a slot has begun from off."""
        self.slots[slot].starts += 1
        self._changed.add(slot)
        self._is_unsaved = True

    def count(self, slot: int, elapsed_us: int, is_delivering: tuple[bool, ...], posture: Posture) -> None:
        """So long has the group in `slot` run in this posture, with an amplitude in the programs that deliver."""
        assert elapsed_us >= 0, "time does not run backwards"
        row = self.slots[slot]
        self._changed.add(slot)
        row.therapy_us += elapsed_us
        for index, delivers in enumerate(is_delivering):
            if delivers:
                row.programs_us[index] += elapsed_us
                row.postures_us[index][posture] += elapsed_us
        self._unsaved_us += elapsed_us
        self._is_unsaved = self._is_unsaved or elapsed_us > 0

    def count_more(self, slot: int, elapsed_us: int, programs_us: Sequence[int], posture: Posture) -> None:
        """The group in `slot` has run so long in this posture, and each program had an amplitude for so long of it."""
        self.count(slot, elapsed_us, (), posture)
        row = self.slots[slot]
        for index, delivered_us in enumerate(programs_us):
            row.programs_us[index] += delivered_us
            row.postures_us[index][posture] += delivered_us

    def keep(self, *, is_running: bool) -> None:
        """Write what was counted when an hour has gathered or therapy is off; a memory that fails is tried again."""
        if not self._is_unsaved or (is_running and self._unsaved_us < KEPT_EVERY.us):
            return
        self._unsaved_us = 0
        try:
            for slot in self._changed:
                self._packed += [_UNUSED] * (slot + 1 - len(self._packed))
                self._packed[slot] = _packed(self.slots[slot])
            self._changed.clear()
            self._region.write(b"".join(self._packed))
        except StoreError:
            return
        self._is_unsaved = False


def _up_to_the_last_used(rows: list[bytes]) -> list[bytes]:
    while rows and rows[-1] == _UNUSED:
        rows.pop()
    return rows


def _packed(row: SlotUsage) -> bytes:
    in_postures = [us for program in row.postures_us for us in program]
    return _ROW.pack(row.starts, row.therapy_us, *row.programs_us, *in_postures)


def _row(numbers: Sequence[int]) -> SlotUsage:
    starts, therapy_us = numbers[:2]
    programs_us = list(numbers[2 : 2 + PROGRAMS_MAX])
    in_postures = numbers[2 + PROGRAMS_MAX :]
    postures_us = [list(in_postures[index * POSTURES :][:POSTURES]) for index in range(PROGRAMS_MAX)]
    return SlotUsage(starts, therapy_us, programs_us, postures_us)


def _former(memory: Memory) -> list[SlotUsage]:
    """What a version without postures counted; nothing where there is none."""
    raws = [memory.read(USAGE_AT + copy * USAGE_SIZE, _FORMER_SIZE + _CRC.size) for copy in (0, 1)]
    whole = [raw for raw in raws if any(raw) and _CRC.unpack_from(raw, _FORMER_SIZE)[0] == crc32c(raw[:_FORMER_SIZE])]
    newest = max(whole, key=lambda raw: int(_SERIAL.unpack_from(raw)[0]), default=b"")
    rows: Iterable[tuple[int, ...]] = _FORMER_ROW.iter_unpack(newest[_SERIAL.size : _FORMER_SIZE])
    return [SlotUsage(numbers[0], numbers[1], list(numbers[2:])) for numbers in rows]
