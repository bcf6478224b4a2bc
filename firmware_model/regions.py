"""What lies where in the memory, and who may write there.

Every part is handed the memory behind a guard that lets it write into its own regions only, as a memory protection
unit does. A region of its own is kept in two copies, each with its magic, serial number and CRC-32C, written in turn:
after a loss of power at any byte the old record is read or the new one, never a mix.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from typing import NamedTuple

from firmware_model.store import (
    CALIBRATION_AT,
    CHECKS_AT,
    HOURS_AT,
    IDENTITY_AT,
    KEYS_AT,
    LOG_AT,
    MEMORY_SIZE,
    POWER_AT,
    RESETS_AT,
    USAGE_AT,
    Memory,
)
from scs.errors import StoreError
from scs.wire.crc import crc32c


@dataclass(frozen=True, slots=True)
class Region:
    """The bytes from `start` up to and without `end`."""

    name: str
    start: int
    end: int
    holds: str
    """For docs/memory.md: what lies here, and how it is kept whole."""


PROGRAM = Region(
    "program", 0, LOG_AT, "two whole images of groups, fault and kept mode; two records of the last operation"
)
"""All that a program transfer writes beside the log."""
LOG = Region("log", LOG_AT, POWER_AT, "a ring of entries, each with its check, chained by hashes")
POWER = Region("power", POWER_AT, USAGE_AT, "over-discharges and what was said of the battery, in two records")
FORMER_USAGE = Region("former usage", USAGE_AT, RESETS_AT, "the count of a version without postures; read, not written")
RESETS = Region("resets", RESETS_AT, CALIBRATION_AT, "the last reset and the unplanned ones, in two records")
CALIBRATION = Region(
    "calibration", CALIBRATION_AT, IDENTITY_AT, "gain and offset of the impedance meter, in two copies; the factory's"
)
IDENTITY = Region("identity", IDENTITY_AT, KEYS_AT, "layout, serial number and profile, in two copies; the factory's")
KEYS = Region("keys", KEYS_AT, HOURS_AT, "pairing keys, in two copies; nothing on the wire reaches them")
USAGE = Region("usage", HOURS_AT, CHECKS_AT, "starts and hours of each group, program and posture, in two copies")
CHECKS = Region(
    "checks", CHECKS_AT, MEMORY_SIZE, "a mark, and eight check bits for each 64 of all above; the memory's own"
)
REGIONS = (PROGRAM, LOG, POWER, FORMER_USAGE, RESETS, CALIBRATION, IDENTITY, KEYS, USAGE, CHECKS)
assert all(region.start % 8 == 0 for region in REGIONS), "no word belongs to two regions"
assert [region.start for region in REGIONS] == [0, *(region.end for region in REGIONS[:-1])], "no gap and no overlap"
assert REGIONS[-1].end == MEMORY_SIZE


class Guarded:
    """The memory as one part sees it: all of it can be read, and its own region written."""

    def __init__(self, memory: Memory, region: Region) -> None:
        self.memory = memory
        self._region = region

    def read(self, offset: int, length: int) -> bytes:
        return self.memory.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """Raise StoreError, and write nothing, when a single byte would lie elsewhere."""
        region = self._region
        if not region.start <= offset <= offset + len(data) <= region.end:
            raise StoreError(
                f"{len(data)} bytes at {offset} are not all within the region {region.name} "
                f"({region.start} to {region.end - 1}); nothing was written"
            )
        self.memory.write(offset, data)

    def flush(self) -> None:
        self.memory.flush()


_HEADER = struct.Struct("<4sIQ")
"""Magic, length of the body, serial number of the write."""
_CRC = struct.Struct("<I")


class _Copy(NamedTuple):
    """One copy as it was found; serial number 0 and no body where it is blank or damaged."""

    is_blank: bool
    serial: int = 0
    body: bytes = b""


class TwoCopies:
    """One record in two copies, the newest whole one in force. `magic` tells it from the records of other regions."""

    def __init__(self, memory: Memory, region: Region, magic: bytes) -> None:
        assert len(magic) == len(b"SCS1"), "a magic has four bytes"
        self._memory = Guarded(memory, region)
        self._region, self._magic = region, magic
        self._size = (region.end - region.start) // 2
        self._copies = [self._read(index) for index in (0, 1)]

    @property
    def body(self) -> bytes | None:
        """What is in force; None when no copy is whole."""
        newest = max(self._copies, key=lambda copy: copy.serial)
        return newest.body if newest.serial else None

    @property
    def generation(self) -> int:
        """How often the record was written; 0 when no copy is whole."""
        return max(copy.serial for copy in self._copies)

    @property
    def was_never_whole(self) -> bool:
        """Whether nothing was ever finished: blank, or torn in the first write with nothing in the other copy."""
        return self.body is None and any(copy.is_blank for copy in self._copies)

    @property
    def damaged(self) -> tuple[str, ...]:
        """A sentence for each copy that is there and not whole."""
        return tuple(
            f"{self._region.name} copy {'AB'[index]} is damaged or was not finished"
            for index, copy in enumerate(self._copies)
            if not copy.serial and not copy.is_blank
        )

    def write(self, body: bytes) -> None:
        """Put `body` in force as one record; raise StoreError and leave the former one in force otherwise."""
        first, second = self._copies
        serial = max(first.serial, second.serial) + 1
        record = _HEADER.pack(self._magic, len(body), serial) + body
        record += _CRC.pack(crc32c(record))
        if len(record) > self._size:
            raise StoreError(f"a record of {len(record)} bytes is longer than the {self._size} of {self._region.name}")
        # A copy that is damaged is the one to be written, whatever its place: the other one is in force.
        index = 0 if first.serial < second.serial or serial == 1 else 1
        self._memory.write(self._region.start + index * self._size, record)
        self._memory.flush()
        self._copies[index] = _Copy(is_blank=False, serial=serial, body=body)

    def write_both(self, body: bytes) -> None:
        """Put `body` in force in both copies, so that damage to one of them brings nothing older back."""
        self.write(body)
        self.write(body)

    def _read(self, index: int) -> _Copy:
        raw = self._memory.read(self._region.start + index * self._size, self._size)
        if not any(raw):
            return _Copy(is_blank=True)
        magic, length, serial = _HEADER.unpack_from(raw)
        end = _HEADER.size + length
        if magic != self._magic or end + _CRC.size > self._size or _CRC.unpack_from(raw, end)[0] != crc32c(raw[:end]):
            return _Copy(is_blank=False)
        return _Copy(is_blank=False, serial=serial, body=raw[_HEADER.size : end])


_MADE_FROM = (
    "Made from `firmware_model/regions.py` by `make docs`. Each record has its own CRC-32C. Every part sees the memory "
    "through a guard that lets it write into its own region only. Never for clinical use."
)


def document() -> str:
    """docs/memory.md: the map."""
    rows = [f"| {r.name} | {r.start} | {r.end - r.start} | {r.holds} |" for r in REGIONS]
    return "\n".join(
        [
            "# What lies where in the memory",
            "",
            _MADE_FROM,
            "",
            "| region | first byte | bytes | what it holds |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(document())
