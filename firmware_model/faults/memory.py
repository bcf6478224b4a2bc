"""Non-volatile memory that fails in the ways that such memory does, when the bench asks for it.

Until then it is the memory that it stands in front of. What is wrong with it lasts until it is mended, whatever is
reset meanwhile; bytes that were damaged stay damaged until something writes them again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_model.store import MEMORY_SIZE, Memory
from scs.errors import StoreError

PAGE_SIZE = 256
"""What a write to a wrong page misses by [A: a usual page of serial flash]."""


class PowerGone(Exception):
    """The supply went away in the middle of a write: nothing after it has happened."""


@dataclass(slots=True)
class Defects:
    """What is wrong now. The defaults are those of a memory that is well."""

    stuck: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Address to (bits that are stuck, what they are stuck at)."""
    is_worn_out: bool = False
    """Every write fails, and is noticed to."""
    is_read_only: bool = False
    """Writes are lost, and nobody notices."""
    keeps_ones: bool = False
    """An erase fails: bits that were set stay set."""
    misses_by: int = 0
    """Writes go so many bytes too far."""
    tears_after: int | None = None
    """The supply goes after so many more bytes are written."""


class FallibleMemory:
    """A memory and its defects."""

    def __init__(self, memory: Memory) -> None:
        self.behind = memory
        """What it stands in front of."""
        self.defects = Defects()

    def read(self, offset: int, length: int) -> bytes:
        if not self.defects.stuck:
            return self.behind.read(offset, length)
        data = bytearray(self.behind.read(offset, length))
        for address, (mask, at) in self.defects.stuck.items():
            if offset <= address < offset + length:
                data[address - offset] = data[address - offset] & ~mask & 0xFF | at & mask
        return bytes(data)

    def write(self, offset: int, data: bytes) -> None:
        """Raises StoreError where the memory notices, PowerGone where the supply went."""
        defects = self.defects
        if defects.is_worn_out:
            raise StoreError("the memory takes no more writes; it is worn out, so replace the implant")
        if defects.tears_after is not None and defects.tears_after < len(data):
            kept, defects.tears_after = data[: defects.tears_after], None
            self._write(offset, kept)
            raise PowerGone
        if defects.tears_after is not None:
            defects.tears_after -= len(data)
        self._write(offset, data)

    def flush(self) -> None:
        self.behind.flush()

    def flip(self, address: int, mask: int) -> None:
        """Turn bits of one byte over, as radiation does."""
        assert 0 <= address < MEMORY_SIZE, f"the memory has {MEMORY_SIZE} bytes"
        self.behind.write(address, bytes([self.behind.read(address, 1)[0] ^ mask & 0xFF]))

    def _write(self, offset: int, data: bytes) -> None:
        defects = self.defects
        if defects.is_read_only:
            return
        if defects.keeps_ones:
            before = self.behind.read(offset, len(data))
            data = bytes(old | new for old, new in zip(before, data, strict=True))
        # A page beyond the end is the first one again: the address lines are what is wrong.
        at = offset if not defects.misses_by else (offset + defects.misses_by) % (MEMORY_SIZE - len(data))
        self.behind.write(at, data)
