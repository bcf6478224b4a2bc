"""What an emulator still has to say to a client that does not read fast enough, up to a bound."""

from __future__ import annotations

from collections.abc import Callable

from scs.errors import LinkClosed

OUT_QUEUE_LIMIT = 262_144
"""The most unread bytes that a listener keeps for one link: 22 s of a 115,200 baud line. Whoever is further behind does
not read at all, and an emulator that runs for months must not keep its telemetry for it."""


class OutQueue:
    """Sends at once what the descriptor takes and keeps the rest; `transmit` is the non-blocking write."""

    def __init__(self, transmit: Callable[[bytes], int], limit: int = OUT_QUEUE_LIMIT) -> None:
        self._transmit = transmit
        self._limit = limit
        self._waiting = bytearray()

    @property
    def is_waiting(self) -> bool:
        """Something is left, so the descriptor should be watched for room."""
        return bool(self._waiting)

    def send(self, data: bytes) -> None:
        """Send or keep `data`; raises LinkClosed when the peer is gone or has left more than the limit unread."""
        self._waiting += data
        self.flush()
        if len(self._waiting) > self._limit:
            raise LinkClosed(
                f"the other side has left {len(self._waiting)} bytes unread, and {self._limit} is the most that are "
                f"kept for it; the link was dropped"
            )

    def flush(self) -> None:
        """Hand over what can be handed over now."""
        while self._waiting:
            try:
                taken = self._transmit(bytes(self._waiting))
            except BlockingIOError:
                return
            except OSError as exc:
                raise LinkClosed(f"the other side is gone ({exc.strerror or exc})") from exc
            del self._waiting[:taken]

    def clear(self) -> None:
        """Forget what waits: the one that it was meant for has gone."""
        self._waiting.clear()
