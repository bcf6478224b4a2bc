"""The log that a programmer reads is the one that was written: each link is worked out again by hashing of its own."""

from __future__ import annotations

import hashlib

from scs.domain.status import LogEntry
from scs.simulation.observations import Checker, Scene

RING = 1_024
"""Entries that the implant keeps; older ones may be gone."""
NOT_CHAINED = bytes(12)


class LogChain(Checker):
    """Entries are those that were written, in their order and without a gap but for what damage to the memory took."""

    id = "log-chain"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._written: dict[int, LogEntry] = {}
        self._newest = 0
        self._has_damage = False
        self._read_to = 0

    def on_entry(self, entry: LogEntry) -> None:
        self.looked += 1
        if entry.sequence <= self._newest and not self._has_damage:
            self.say(entry.at_us, f"entry {entry.sequence} was written again over what had been told")
        self._written[entry.sequence] = entry
        self._newest = max(self._newest, entry.sequence)

    def on_damage(self, at_us: int, family: str, kind: str, lasts_us: int | None) -> None:
        self._has_damage |= family == "memory"

    def on_log(self, at_us: int, chain: tuple[tuple[LogEntry, bytes], ...]) -> None:
        before: tuple[LogEntry, bytes] | None = None
        for entry, link in chain:
            self.looked += 1
            written = self._written.get(entry.sequence)
            if written != entry:
                self._accuse(
                    at_us, f"entry {entry.sequence} reads {entry.kind.name} {entry.detail!r}, written: {written}"
                )
            if before is not None and entry.sequence != before[0].sequence + 1:
                self._accuse(at_us, f"entries {before[0].sequence + 1} to {entry.sequence - 1} are gone")
            elif before is not None and link != _link(before[1], entry):
                self._accuse(at_us, f"entry {entry.sequence} does not follow from the one before")
            before = (entry, link)
        if chain and chain[-1][0].sequence < self._newest - 1 and not self._has_damage:
            newest = self._written[self._newest]
            if newest.at_us < at_us - 1_000_000:
                self.say(at_us, f"entry {self._newest} was written and is not read")
        if chain and chain[0][0].sequence > max(1, self._newest - RING + 1):
            self._accuse(at_us, f"entries before {chain[0][0].sequence} are gone")

    def _accuse(self, at_us: int, sentence: str) -> None:
        """What lies in a memory that was damaged may be damaged; a memory that is well keeps every line."""
        if not self._has_damage:
            self.say(at_us, sentence)


def _link(before: bytes, entry: LogEntry) -> bytes:
    body = (
        entry.sequence.to_bytes(4, "little")
        + entry.at_us.to_bytes(8, "little")
        + bytes([entry.kind])
        + entry.detail.encode("ascii")
    )
    return hashlib.sha256(before + body).digest()[: len(NOT_CHAINED)]
