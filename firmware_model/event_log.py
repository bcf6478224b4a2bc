"""The implant's log: a ring in non-volatile memory whose sequence numbers are never used twice.

Each entry lies in a cell of its own with its own CRC-32C and the link that chains it to the entry before it. An entry
is written before anybody is told of it, so a number that was ever told is found again after a restart. Cells of the
former version, which have no link, are read and stay what they are.
"""

from __future__ import annotations

import struct

from firmware_model.store import LOG_AT, LOG_SIZE, Memory
from scs.domain.log_chain import LINK_SIZE, RING_MIN, UNCHAINED, breaks, next_link
from scs.domain.status import LogEntry, LogKind
from scs.errors import StoreError
from scs.wire.crc import crc32c

CELL_SIZE = 96
CAPACITY = LOG_SIZE // CELL_SIZE
"""1024 entries; at least 1000 are asked for (FW-38 of the requirements, a value of this project)."""
DETAIL_MAX = 64
"""Bytes and characters of a detail; ASCII, so both are the same."""

_CELL = struct.Struct("<IQBB64s")
_LINKED_SIZE = _CELL.size + LINK_SIZE
_CRC = struct.Struct("<I")
_UNUSED = bytes(CELL_SIZE)
assert _LINKED_SIZE + _CRC.size <= CELL_SIZE
assert CAPACITY >= RING_MIN


class EventLog:
    """Appends entries and finds them again. A memory that fails is counted in `lost` and never stops therapy.

    `broken` says in words where the chain that was found does not hold.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._entries: dict[int, LogEntry] = {}
        self._links: dict[int, bytes] = {}
        self.lost = 0
        cells = memory.read(LOG_AT, LOG_SIZE)
        used: set[int] = set()
        # Behind the last byte that is not zero no cell was ever used.
        for index in range(-(-len(cells.rstrip(b"\0")) // CELL_SIZE)):
            raw = cells[index * CELL_SIZE : (index + 1) * CELL_SIZE]
            if raw == _UNUSED:
                continue
            used.add(index)
            entry, link = _read(raw)
            if entry is not None and entry.sequence % CAPACITY == index:
                self._entries[entry.sequence], self._links[entry.sequence] = entry, link
        # In the order of their numbers, as they stay: the last one is the newest.
        self._entries = dict(sorted(self._entries.items()))
        self.newest = next(reversed(self._entries), 0)
        """The newest sequence number; 0 while the log is empty."""
        self._next = self.newest + 1
        # A damaged cell just behind the newest may have held a number that somebody was told: it is skipped.
        while self._next % CAPACITY in used and not self._holds_older(self._next) and len(used) < CAPACITY:
            self._next += 1
        self._forget_overwritten()
        self.broken = breaks(self.chain_after(0))

    @property
    def oldest(self) -> int:
        return next(iter(self._entries), 0)

    def append(self, at_us: int, kind: LogKind, detail: str) -> LogEntry:
        """Write one entry. `detail` is cut to DETAIL_MAX characters; other than ASCII is shown as a question mark."""
        text = detail.encode("ascii", "replace")[:DETAIL_MAX]
        sequence, entries, links = self._next, self._entries, self._links
        entry = LogEntry(sequence, at_us, kind, text.decode("ascii"))
        link = next_link(links.get(self.newest, UNCHAINED), entry)
        body = _CELL.pack(sequence, at_us, kind, len(text), text) + link
        try:
            self._memory.write(
                LOG_AT + sequence % CAPACITY * CELL_SIZE, (body + _CRC.pack(crc32c(body))).ljust(CELL_SIZE, b"\0")
            )
        except StoreError:
            self.lost += 1
        entries[sequence], links[sequence] = entry, link
        entries.pop(sequence - CAPACITY, None)
        links.pop(sequence - CAPACITY, None)
        self.newest, self._next = sequence, sequence + 1
        assert len(entries) <= CAPACITY, "the ring holds at most its capacity"
        return entry

    def after(self, sequence: int) -> list[LogEntry]:
        """Every entry with a larger number, oldest first."""
        return [self._entries[number] for number in sorted(self._entries) if number > sequence]

    def chain_after(self, sequence: int) -> list[tuple[LogEntry, bytes]]:
        """Every entry with a larger number and its link, oldest first; UNCHAINED for one of the former version."""
        return [(entry, self._links[entry.sequence]) for entry in self.after(sequence)]

    def _holds_older(self, sequence: int) -> bool:
        return sequence - CAPACITY in self._entries

    def _forget_overwritten(self) -> None:
        for sequence in [number for number in self._entries if number <= self._next - 1 - CAPACITY]:
            del self._entries[sequence], self._links[sequence]


def _read(raw: bytes) -> tuple[LogEntry | None, bytes]:
    if _is_checked(raw, _LINKED_SIZE):
        link = raw[_CELL.size : _LINKED_SIZE]
    elif _is_checked(raw, _CELL.size) and not any(raw[_CELL.size + _CRC.size :]):
        link = UNCHAINED
    else:
        return None, UNCHAINED
    sequence, at_us, kind, length, text = _CELL.unpack_from(raw)
    try:
        return LogEntry(sequence, at_us, LogKind(kind), text[:length].decode("ascii")), link
    except ValueError:
        return None, UNCHAINED


def _is_checked(raw: bytes, size: int) -> bool:
    """Whether the CRC that lies behind the first `size` bytes is theirs."""
    return int(_CRC.unpack_from(raw, size)[0]) == crc32c(raw[:size])
