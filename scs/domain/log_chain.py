"""The chain of the implant's log: each entry carries a hash over itself and the link before it.

An entry that was changed, removed or put in its place no longer follows from its neighbour. There is no key in it:
it finds what went wrong and what was altered in part, not somebody who writes the whole log anew.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from scs.domain.status import LogEntry

LINK_SIZE = 12
"""Bytes of a link: SHA-256 cut to 96 bits, so that an entry with its link still fits its 96-byte cell [project]."""
UNCHAINED = bytes(LINK_SIZE)
"""What stands before entry 1, and instead of the link of entries that were written before there was a chain."""
RING_MIN = 1_000
"""A log holds at least so many entries; where there are fewer, nothing has been overwritten yet (FW-38)."""

_NUMBERS = struct.Struct("<IQB")


def next_link(before: bytes, entry: LogEntry) -> bytes:
    """The link of `entry` after the entry whose link is `before`."""
    assert len(before) == LINK_SIZE, f"a link has {LINK_SIZE} bytes"
    body = _NUMBERS.pack(entry.sequence, entry.at_us, entry.kind) + entry.detail.encode("ascii")
    return hashlib.sha256(before + body).digest()[:LINK_SIZE]


def breaks(chain: Sequence[tuple[LogEntry, bytes]], *, anchor: tuple[int, bytes] | None = None) -> list[str]:
    """What is wrong with a log, oldest entry first, in sentences; empty when every entry follows from the one before.

    `anchor` is the number and the link of the entry just before the first one, where somebody knows it; without one the
    chain is taken for the whole log.
    """
    said: list[str] = []
    number, link = anchor if anchor is not None else (0, UNCHAINED)
    may_be_unchained = True
    if anchor is None and chain and chain[0][0].sequence > 1:
        oldest, newest = chain[0][0].sequence, chain[-1][0].sequence
        if newest - oldest + 1 < RING_MIN:
            said.append(_missing(1, oldest - 1))
        number = oldest - 1
        may_be_unchained, link = True, chain[0][1]
    first_is_anchor = anchor is None and number > 0
    for entry, held in chain:
        if entry.sequence != number + 1:
            said.append(_missing(number + 1, entry.sequence - 1))
        elif held == UNCHAINED and may_be_unchained:
            pass
        elif not first_is_anchor and held != next_link(link, entry):
            said.append(f"entry {entry.sequence} does not follow from entry {number}: one of them was changed")
        may_be_unchained = may_be_unchained and held == UNCHAINED
        first_is_anchor = False
        number, link = entry.sequence, held
    return said


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"entry {first} is missing"
    return f"entries {first} to {last} are missing"
