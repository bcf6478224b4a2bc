"""The whole contract of a carrier of bytes. It moves bytes and knows nothing of frames, messages or time-outs of
the protocol; whatever else is wanted (a tap, faults) wraps it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from scs.clock import Duration

WRITE_TIMEOUT = Duration.of_s(2)
"""How long a write may wait for the other side to make room.

It is the length of the therapy lease: whoever cannot get a frame out for that long has lost the implant anyway.
Without a bound, a peer that stops reading would freeze the thread that also has to send STOP.
"""

READ_SIZE = 65_536
"""The most bytes that one read asks the operating system for; about a hundred of the largest frames."""


class Transport(Protocol):
    """One end of a link. One thread at a time uses it; only `MemoryTransport` is made for more."""

    name: str
    """What the person typed, for messages."""

    def read(self, timeout: Duration) -> bytes:
        """Return whatever has arrived, as soon as anything has, or `b""` when `timeout` has passed.

        Raises LinkClosed when the other side is gone and everything it said has been read.
        """
        ...

    def write(self, data: bytes) -> None:
        """Hand over all of `data`, or raise: LinkClosed when the other side is gone, TransportError when it has
        taken nothing for WRITE_TIMEOUT."""
        ...

    def close(self) -> None:
        """Let go of the port. Closing twice does nothing."""
        ...

    def fileno(self) -> int | None:
        """A descriptor that becomes readable when bytes arrive, for `select`; None when this carrier has none."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
