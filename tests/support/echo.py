"""The smallest emulator: whatever a client says, it says back. It stands behind every carrier in turn."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from scs.clock import Duration
from scs.errors import LinkClosed
from scs.transport.base import Transport
from scs.transport.listener import Disconnected, Listener, ListenerEvent, Received

_FOREVER = Duration.of_s(60)


class EchoHost:
    """Polls a listener in a thread of its own, and keeps every event. It is stopped through the extra descriptor."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.events: list[ListenerEvent] = []
        self.polls = 0
        self._stop, self._stopped = socket.socketpair()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="echo host")

    @property
    def disconnections(self) -> list[Disconnected]:
        return [event for event in self.events if isinstance(event, Disconnected)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the listener and wait for its thread; raises what went wrong in it."""
        if self._thread.is_alive():
            self._stop.send(b"!")
        self._thread.join(10)
        assert not self._thread.is_alive(), "the echo host did not stop"
        self._stop.close()
        self._stopped.close()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with self.listener:
                while not self._is_told_to_stop():
                    for event in self.listener.poll(_FOREVER, self._stopped.fileno()):
                        self.events.append(event)
                        if isinstance(event, Received):
                            self.listener.send(event.link_id, event.data)
                    self.polls += 1
        except BaseException as exc:  # noqa: BLE001 - a thread's edge: `stop` raises it in the test's thread
            self._failure = exc

    def _is_told_to_stop(self) -> bool:
        self._stopped.setblocking(False)
        try:
            return bool(self._stopped.recv(1))
        except BlockingIOError:
            return False


class EchoEnd:
    """Echoes at one end of a pair of transports until the other end closes it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._thread = threading.Thread(target=self._run, name="echo end")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self.transport.close()
        self._thread.join(10)
        assert not self._thread.is_alive(), "the echo end did not stop"

    def _run(self) -> None:
        try:
            while True:
                data = self.transport.read(_FOREVER)
                if data:
                    self.transport.write(data)
        except LinkClosed:
            return
