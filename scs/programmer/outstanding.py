"""What a session waits for: the answer to its one request, and the answer to a STOP. Only the session changes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from scs.clock import Duration, Instant
from scs.wire.framing import Frame
from scs.wire.messages import Request, Response
from scs.wire.responses import LogPart
from scs.wire.terms import LOG_PARTS_MAX


@dataclass(slots=True)
class Outstanding:
    """A request that was sent and is not answered yet."""

    request: Request
    frame: Frame
    counter: int
    sent_first: Instant
    retry_at: Instant
    interval: Duration
    is_own: bool
    """Whether the session asked by itself: opening, identifying, heartbeat."""
    regreetings: int = 0
    """How many more handshakes were made for it."""
    found: int = 0
    """For how many of its handshakes the implant was found to be there."""
    parts: dict[int, LogPart] = field(default_factory=dict)
    """What has come so far of an answer in several frames."""

    def is_whole_with(self, part: LogPart, now: Instant) -> bool:
        """Keep a part; whether all are there. While they come, nothing is asked again (docs/protocol.md 9.8)."""
        if not part.number < part.of <= LOG_PARTS_MAX:
            return False
        self.parts[part.number] = part
        self.retry_at = now + self.interval
        return len(self.parts) >= part.of

    def answered_with(self, last: Response) -> tuple[Response, tuple[Response, ...]]:
        """The answer: its last message, and the parts before it."""
        parts = [self.parts[number] for number in sorted(self.parts)]
        return (parts[-1], tuple(parts[:-1])) if parts else (last, ())


@dataclass(slots=True)
class OutstandingStop:
    """A STOP that was pressed and is not answered yet."""

    frame: Frame
    counter: int
    pressed_at: Instant
    retry_at: Instant
    warned: bool = False
    has_regreeted: bool = False
