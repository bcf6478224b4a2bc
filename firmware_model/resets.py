"""Why the implant last began anew, and how often it did so without being asked.

What a reset leaves behind is written in two copies of which the newest valid one is read. Three unplanned resets within
ten minutes mean that the fourth is to be expected: the output is then taken away until a clinician clears it.
"""

from __future__ import annotations

import struct

from firmware_model.store import RESETS_AT, RESETS_SIZE, Memory
from scs.clock import Duration
from scs.domain.status import ResetCause
from scs.errors import StoreError
from scs.wire.crc import crc32c

STORM_RESETS = 3
STORM_WITHIN = Duration.of_s(600)
"""[project: FW-11]"""
UNPLANNED = (ResetCause.BROWN_OUT, ResetCause.WATCHDOG_LATE, ResetCause.WATCHDOG_EARLY)

_BODY = struct.Struct(f"<QBQI{STORM_RESETS}Q")
"""Serial number, cause, time of the last reset, count of all, times of the latest unplanned ones, each plus one."""
_CRC = struct.Struct("<I")
assert _BODY.size + _CRC.size <= RESETS_SIZE


class Resets:
    """What is known of resets. `cause` and `at_us` are those of the last one; at power-on, power-on itself."""

    def __init__(self, memory: Memory, now_us: int) -> None:
        self._memory = memory
        self._serial = 0
        self.cause, self.at_us, self.count = ResetCause.POWER_ON, now_us, 0
        self._recent: tuple[int, ...] = ()
        for copy in (0, 1):
            self._read(memory.read(RESETS_AT + copy * RESETS_SIZE, _BODY.size + _CRC.size))

    def unplanned(self, now_us: int) -> tuple[int, ...]:
        """Times of the unplanned resets of the last ten minutes. One that seems to lie in the future, because the clock
        was set back by a loss of power, counts: nobody can say how long ago it was."""
        return tuple(at_us for at_us in self._recent if now_us - at_us <= STORM_WITHIN.us)

    def is_storm(self, now_us: int) -> bool:
        """Whether the output has to stay off."""
        return len(self.unplanned(now_us)) >= STORM_RESETS

    def note(self, cause: ResetCause, now_us: int) -> None:
        """A reset has just happened. A memory that fails keeps it until the power goes, and stops nothing."""
        self.cause, self.at_us, self.count = cause, now_us, self.count + 1
        if cause in UNPLANNED:
            self._recent = (*self._recent, now_us)[-STORM_RESETS:]
        self._write()

    def forget(self) -> None:
        """A clinician has cleared the latch: the counting begins anew."""
        self._recent = ()
        self._write()

    def _write(self) -> None:
        recent = [at_us + 1 for at_us in self._recent] + [0] * (STORM_RESETS - len(self._recent))
        body = _BODY.pack(self._serial + 1, self.cause, self.at_us, self.count, *recent)
        copy = (self._serial + 1) % 2
        try:
            self._memory.write(RESETS_AT + copy * RESETS_SIZE, body + _CRC.pack(crc32c(body)))
            self._memory.flush()
        except StoreError:
            return
        self._serial += 1

    def _read(self, raw: bytes) -> None:
        body = raw[: _BODY.size]
        serial, _cause, _at_us, count, *recent = _BODY.unpack(body)
        if serial > self._serial and _CRC.unpack_from(raw, _BODY.size)[0] == crc32c(body):
            self._serial, self.count = serial, count
            self._recent = tuple(at - 1 for at in recent if at)
