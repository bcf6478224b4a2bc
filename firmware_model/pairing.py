"""Pairing takes proximity: a magnet that is held over the implant opens a window and lays out a secret to be carried.

The secret travels beside the link, by whoever stands there (in the laboratory, the bench). It is used once, the window
closes by itself, and three wrong first messages close it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SECRET_BYTES = 16
"""128 bits [project], so that it cannot be guessed from what was heard: a short code would need a PAKE."""
WINDOW_US = 60_000_000
"""How long a window is open [project]."""
FAILURES_MAX = 3
"""First messages with another secret until the window closes [project]."""


@dataclass(slots=True)
class Window:
    """One window; `secret` stays out of every printed form."""

    closes_us: int
    secret: bytes = field(repr=False)
    failures: int = 0

    def is_open(self, now_us: int) -> bool:
        """Whether the secret still counts."""
        return now_us < self.closes_us and self.failures < FAILURES_MAX
