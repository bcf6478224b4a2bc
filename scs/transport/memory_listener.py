"""An emulator in the same process: connected to by a call instead of an address, the same in all else."""

from __future__ import annotations

import contextlib
import socket
from collections import deque

from scs.errors import LinkClosed
from scs.transport.base import READ_SIZE, Transport
from scs.transport.socket_listener import SocketListener
from scs.transport.tcp import socket_stream


class MemoryListener(SocketListener):
    """`connect` may be called from any thread, also while another one is in `poll`."""

    def __init__(self, name: str = "memory") -> None:
        self._arrived: deque[socket.socket] = deque()
        bell, self._button = socket.socketpair()
        bell.setblocking(False)
        super().__init__(name, name, doorbell=bell)

    def connect(self) -> Transport:
        """A new link to this listener; raises LinkClosed when it was closed."""
        if not self._is_open:
            raise LinkClosed(f"{self.name}: the listener was closed; open it again to go on")
        ours, theirs = socket.socketpair()
        self._arrived.append(ours)
        self._button.send(b"!")
        return socket_stream(self.name, theirs)

    def close(self) -> None:
        super().close()
        self._button.close()
        while self._arrived:
            self._arrived.popleft().close()

    def _arrivals(self) -> list[socket.socket]:
        with contextlib.suppress(BlockingIOError):
            self._doorbell.recv(READ_SIZE)
        arrived = []
        while self._arrived:
            arrived.append(self._arrived.popleft())
        return arrived
