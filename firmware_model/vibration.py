"""The vibrator in the can: how a patient notices that somebody pairs, opens a session or changes what is delivered.

It is told by the log's own entries, so nothing can be logged and not felt. A person feels one vibration at a time: what
follows within its pause is counted and not felt apart.
"""

from __future__ import annotations

from scs.domain.status import LogEntry, LogKind

NOTICED = (LogKind.ACCESS, LogKind.SESSION_OPENED, LogKind.GROUP_COMMITTED)
"""What a patient is to notice (S-12 of docs/SECURITY.md)."""
PAUSE_US = 2_000_000
"""Between two vibrations that are felt apart [project]."""


class Vibration:
    """Counts what was felt, and remembers why it last vibrated."""

    def __init__(self) -> None:
        self.count = 0
        self.at_us: int | None = None
        self.why: LogKind | None = None

    def tell(self, entry: LogEntry) -> None:
        """Vibrate when this entry is one that a patient is to notice."""
        if entry.kind not in NOTICED:
            return
        if self.at_us is None or entry.at_us >= self.at_us + PAUSE_US:
            self.count += 1
            self.at_us = entry.at_us
        self.why = entry.kind
