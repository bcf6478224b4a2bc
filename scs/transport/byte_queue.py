"""A bounded queue of bytes between two threads. The writer waits for room, the reader for bytes; both with a bound."""

from __future__ import annotations

import threading

from scs.clock import Duration
from scs.errors import LinkClosed, TransportError

QUEUE_LIMIT = 1 << 20
"""The most bytes that may wait for a reader: a minute and a half of a 115,200 baud line."""


class ByteQueue:
    """First in, first out, safe between threads. `name` is the carrier's, for messages."""

    def __init__(self, name: str, limit: int = QUEUE_LIMIT) -> None:
        self._name = name
        self._limit = limit
        self._waiting = bytearray()
        self._closed_because: str | None = None
        self._changed = threading.Condition()

    def put(self, data: bytes, timeout: Duration) -> None:
        """Add all of `data`, a part at a time when it is longer than the room; raises TransportError when the reader
        leaves no room for `timeout`, LinkClosed when the queue was closed."""
        view = memoryview(data)
        with self._changed:
            while True:
                if self._closed_because is not None:
                    raise LinkClosed(self._closed_because)
                room = self._limit - len(self._waiting)
                self._waiting += view[:room]
                view = view[room:]
                self._changed.notify_all()
                if not view:
                    return
                if not self._changed.wait_for(self._has_room_or_is_closed, timeout.seconds):
                    raise TransportError(
                        f"{self._name}: {self._limit} bytes have waited {timeout.seconds:g} s unread; the other side "
                        f"has stopped reading, so restart it and connect again"
                    )

    def take(self, timeout: Duration) -> bytes:
        """All that waits, as soon as anything does, or `b""` after `timeout`; LinkClosed when closed and empty."""
        with self._changed:
            self._changed.wait_for(self._has_bytes_or_is_closed, max(0.0, timeout.seconds))
            if self._waiting:
                data = bytes(self._waiting)
                self._waiting.clear()
                self._changed.notify_all()
                return data
            if self._closed_because is not None:
                raise LinkClosed(self._closed_because)
            return b""

    def close(self, because: str) -> None:
        """Nothing more will be put. What waits can still be taken; after that `because` is the error's sentence."""
        with self._changed:
            if self._closed_because is None:
                self._closed_because = because
            self._changed.notify_all()

    def _has_bytes_or_is_closed(self) -> bool:
        return bool(self._waiting) or self._closed_because is not None

    def _has_room_or_is_closed(self) -> bool:
        return len(self._waiting) < self._limit or self._closed_because is not None
