"""The emulator's side of a link: something that waits to be connected to, and says what happened.

A listener never calls back. It is polled, answers with events in the order in which they happened, and what it is
given to send it sends when it can. A client that does not read is dropped, with an event, once
`out_queue.OUT_QUEUE_LIMIT` bytes wait for it; it never blocks the implant.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from scs.clock import Duration


@dataclass(frozen=True, slots=True)
class Connected:
    """Somebody is at the other end. A `link_id` is never used twice by one listener."""

    link_id: int


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes arrived."""

    link_id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The other end is gone, or was dropped; `reason` is a sentence for a log."""

    link_id: int
    reason: str


ListenerEvent = Connected | Received | Disconnected


class Listener(Protocol):
    """Waits for clients at one address. One thread uses it."""

    name: str
    """What was asked for, with what the system chose filled in."""

    address: str
    """What the person at the other side types."""

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        """Wait until something happens, `extra_wakeup_fd` becomes readable or `timeout` has passed, whichever is
        first; an empty list is an answer. The extra descriptor is only watched, never read."""
        ...

    def send(self, link_id: int, data: bytes) -> None:
        """Send `data` when the link can take it. A link that is gone swallows it: its Disconnected tells."""
        ...

    def close(self) -> None:
        """Drop every link without an event, and the address. Closing twice does nothing."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
