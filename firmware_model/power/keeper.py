"""What the firmware itself remembers of the battery, over every reset: over-discharges, and what was said of it.

Two records in memory, written in turn, each with its CRC: a write that is cut off leaves the other one. The charge of
the cell is not among it; that is physics, and no business of the firmware's memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from firmware_model.power.battery import Battery
from firmware_model.store import POWER_AT, POWER_SIZE, Memory
from scs.domain.status import BatteryLevel, ChargerState
from scs.errors import StoreError
from scs.wire.crc import crc32c

_RECORD = struct.Struct("<QBBB")
"""Serial number of the write, over-discharges, whether the present one is among them, the level."""
_CRC = struct.Struct("<I")
assert _RECORD.size + _CRC.size <= POWER_SIZE


@dataclass(frozen=True, slots=True)
class PowerRecord:
    """What is kept."""

    over_discharges: int = 0
    is_counted: bool = False
    """Whether the over-discharge that the cell is still recovering from has been counted."""
    level: BatteryLevel = BatteryLevel.GOOD


class PowerKeeper:
    """Reads the record at power-on, gives it to the battery, and writes the next one. A failing memory is counted."""

    def __init__(self, memory: Memory, battery: Battery) -> None:
        self._memory = memory
        self._battery = battery
        self.lost = 0
        self.is_dark = False
        """Whether the logic has no power: nothing is heard, answered or written."""
        self.charger = ChargerState.ABSENT
        """The charger's state that was logged last."""
        self._serial, self.record = max(
            (found for index in (0, 1) if (found := self._read(index)) is not None),
            key=lambda found: found[0],
            default=(0, PowerRecord()),
        )
        battery.over_discharges = self.record.over_discharges
        battery.gauge.restore(self.record.level)

    def note_level(self, level: BatteryLevel) -> None:
        """Remember what was said of the battery."""
        self._write(replace(self.record, level=level))

    def note_over_discharge(self) -> bool:
        """Count an over-discharge unless it was counted; False then. What the cell is told holds without memory too."""
        if self.record.is_counted:
            return False
        most = self._battery.plan.over_discharges_max
        self._write(
            replace(self.record, over_discharges=min(most, self.record.over_discharges + 1), is_counted=True)
        )  # fmt: skip
        self._battery.over_discharges = self.record.over_discharges
        return True

    def note_recovered(self) -> None:
        """The cell is out of it: the next over-discharge is another one."""
        if self.record.is_counted:
            self._write(replace(self.record, is_counted=False))

    def _write(self, record: PowerRecord) -> None:
        self.record = record
        serial = self._serial + 1
        body = _RECORD.pack(serial, record.over_discharges, record.is_counted, record.level)
        try:
            self._memory.write(POWER_AT + serial % 2 * POWER_SIZE, body + _CRC.pack(crc32c(body)))
            self._memory.flush()
        except StoreError:
            self.lost += 1
            return
        self._serial = serial

    def _read(self, index: int) -> tuple[int, PowerRecord] | None:
        raw = self._memory.read(POWER_AT + index * POWER_SIZE, _RECORD.size + _CRC.size)
        body = raw[: _RECORD.size]
        if not any(raw) or _CRC.unpack_from(raw, _RECORD.size)[0] != crc32c(body):
            return None
        serial, over_discharges, is_counted, level = _RECORD.unpack(body)
        try:
            return serial, PowerRecord(over_discharges, bool(is_counted), BatteryLevel(level))
        except ValueError:
            return None
