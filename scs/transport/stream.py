"""A transport over one non-blocking descriptor: a local terminal line or a connected socket.

This is the path that every round trip takes, so it is one wait and one system call a read, and one system call a
write; nothing is polled on a timer.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Duration, WallClock
from scs.errors import LinkClosed, TransportError
from scs.transport.base import READ_SIZE, WRITE_TIMEOUT, Transport
from scs.transport.readiness import Readiness


class StreamTransport(Transport):
    """Reads and writes a descriptor that was made non-blocking.

    `receive`, `transmit` and `release` are the three calls that differ between a terminal and a socket; they may
    raise OSError, which becomes LinkClosed here, with `remedy` at the end of the sentence.
    """

    def __init__(
        self,
        name: str,
        descriptor: int,
        *,
        receive: Callable[[int], bytes],
        transmit: Callable[[bytes], int],
        release: Callable[[], None],
        remedy: str,
        write_timeout: Duration = WRITE_TIMEOUT,
    ) -> None:
        self.name = name
        self._descriptor = descriptor
        self._receive = receive
        self._transmit = transmit
        self._release = release
        self._remedy = remedy
        self._write_timeout = write_timeout
        self._readiness = Readiness(descriptor)
        self._is_open = True

    def read(self, timeout: Duration) -> bytes:
        self._check_open()
        if not self._readiness.readable(timeout):
            return b""
        try:
            data = self._receive(READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as exc:
            raise self._gone(exc) from exc
        if not data:
            raise self._gone(None)
        return data

    def write(self, data: bytes) -> None:
        self._check_open()
        taken = self._offer(data)
        if taken < len(data):
            self._write_rest(data, taken)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._release()

    def fileno(self) -> int | None:
        return self._descriptor if self._is_open else None

    def _write_rest(self, data: bytes, taken: int) -> None:
        clock = WallClock()
        deadline = clock.now() + self._write_timeout
        while taken < len(data):
            if not self._readiness.writable(clock.now().until(deadline)):
                raise TransportError(
                    f"{self.name}: the other side took {taken} of {len(data)} bytes in "
                    f"{self._write_timeout.seconds:g} s and then nothing more; it has stopped reading, so restart it "
                    f"and connect again"
                )
            taken += self._offer(data[taken:])

    def _offer(self, data: bytes) -> int:
        try:
            return self._transmit(data)
        except BlockingIOError:
            return 0
        except OSError as exc:
            raise self._gone(exc) from exc

    def _gone(self, exc: OSError | None) -> LinkClosed:
        reason = f" ({exc.strerror})" if exc is not None and exc.strerror else ""
        return LinkClosed(f"{self.name}: the other end of the link is gone{reason}; {self._remedy}")

    def _check_open(self) -> None:
        if not self._is_open:
            raise LinkClosed(f"{self.name}: this end of the link was closed; open it again to go on")
