"""The cell as bytes, for an emulator that keeps it over its own restarts. It is physics, and no part of the memory."""

from __future__ import annotations

import struct
from collections.abc import Callable

from firmware_model.power.battery import Battery, CellState
from firmware_model.power.constants import PC_PER_UAH
from firmware_model.store import Memory
from scs.errors import StoreError
from scs.wire.crc import crc32c

PC_PER_MAH = 1_000 * PC_PER_UAH
CELL_AT = 1 << 20
"""Where the emulator's file keeps the cell: far beyond the memory, which may grow."""
RECORD_SIZE = 64
_BODY = struct.Struct("<4sQQQQQ")
"""Magic, serial number of the write, what the plan's cell holds when new, and the three of the state."""
_CRC = struct.Struct("<I")
_MAGIC = b"CELL"
assert _BODY.size + _CRC.size <= RECORD_SIZE


def pack_cell(serial: int, new_pc: int, state: CellState) -> bytes:
    """One record. `new_pc` tells one kind of cell from another."""
    body = _BODY.pack(_MAGIC, serial, new_pc, state.capacity_pc, state.left_pc, state.reserve_pc)
    return (body + _CRC.pack(crc32c(body))).ljust(RECORD_SIZE, b"\0")


def unpack_cell(raw: bytes) -> tuple[int, int, CellState] | None:
    """Serial number, charge of a new cell and state; None when the record was not finished."""
    body = raw[: _BODY.size]
    magic, serial, new_pc, capacity_pc, left_pc, reserve_pc = _BODY.unpack(body)
    if magic != _MAGIC or _CRC.unpack_from(raw, _BODY.size)[0] != crc32c(body):
        return None
    return serial, new_pc, CellState(capacity_pc, left_pc, reserve_pc)


class KeptCell:
    """Puts the cell that was kept into the implant's battery, and keeps it again whenever it is told to.

    Two records, written in turn: whoever is killed while writing leaves the other one. Raises StoreError when what was
    kept belongs to another kind of cell, or cannot be read: a cell that is full by mistake would be a lie. `battery`
    is asked each time, because a snapshot that is restored puts in another one.
    """

    def __init__(self, memory: Memory, battery: Callable[[], Battery]) -> None:
        self._memory = memory
        self._battery = battery
        self._serial = 0
        self._kept: CellState | None = None
        raws = [memory.read(CELL_AT + index * RECORD_SIZE, RECORD_SIZE) for index in (0, 1)]
        found = [record for raw in raws if (record := unpack_cell(raw)) is not None]
        if not found:
            if any(map(any, raws)):
                raise StoreError("the state of the cell is damaged; give another --state file")
            return
        self._serial, new_pc, state = max(found, key=lambda record: record[0])
        now = battery()
        if new_pc != now.plan.capacity_pc:
            held, wanted = new_pc // PC_PER_MAH, now.plan.capacity_pc // PC_PER_MAH
            raise StoreError(f"the state holds a cell of {held} mAh and this profile has one of {wanted} mAh; "
                             "give the --profile that it was made with, or another --state file")  # fmt: skip
        now.restore(state)
        self._kept = state

    def keep(self) -> None:
        """Write the cell as it is now, if it has changed."""
        battery = self._battery()
        state = battery.state
        if state == self._kept:
            return
        self._serial, self._kept = self._serial + 1, state
        record = pack_cell(self._serial, battery.plan.capacity_pc, state)
        self._memory.write(CELL_AT + self._serial % 2 * RECORD_SIZE, record)
