"""How another thread wakes the one that owns the port: a socket that the owner watches beside the port.

Ringing only sets a flag and wakes; the owner alone reads, writes and decides. STOP is such a flag, so it needs no
room in any queue and cannot come behind anything.
"""

from __future__ import annotations

import select
import socket
import threading

from scs.clock import Duration
from scs.transport.base import Transport
from scs.transport.readiness import milliseconds

BLIND_WAIT = Duration.of_ms(10)
"""The longest wait on a carrier that has no descriptor (Windows serial ports, network serial URLs): there the bell is
heard only between two reads, and 10 ms of delay to a STOP is less than its own frame takes at 9,600 baud."""


class Doorbell:
    """One per port. `press_stop`, `ring` and `hang_up` may be called from any thread; the rest by the owner alone."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)
        self._stop = threading.Event()
        self._hung_up = threading.Event()

    def press_stop(self) -> None:
        """Make the owner send STOP before it does anything else."""
        self._stop.set()
        self.ring()

    def hang_up(self) -> None:
        """Make the owner finish as soon as it can."""
        self._hung_up.set()
        self.ring()

    def ring(self) -> None:
        """Wake the owner."""
        try:
            self._outside.send(b"!")
        except OSError:
            # The bell is full of rings that were not heard yet, so the owner wakes anyway; or it is closed.
            return

    @property
    def is_hung_up(self) -> bool:
        return self._hung_up.is_set()

    @property
    def is_stop_pressed(self) -> bool:
        """Whether a STOP waits to be taken."""
        return self._stop.is_set()

    def take_stop(self) -> bool:
        """Whether STOP was pressed since the last time this was asked."""
        if not self._stop.is_set():
            return False
        self._stop.clear()
        return True

    def read(self, transport: Transport, timeout: Duration) -> bytes:
        """Like `transport.read`, but return early, with b"", when the bell rings."""
        port = transport.fileno()
        if port is None:
            if self._wait(None, Duration(0)):
                return b""
            return transport.read(min(timeout, BLIND_WAIT))
        return transport.read(Duration(0)) if self._wait(port, timeout) else b""

    def wait(self, timeout: Duration) -> None:
        """Let time pass without a port, until the bell rings."""
        self._wait(None, timeout)

    def close(self) -> None:
        self._inside.close()
        self._outside.close()

    def _wait(self, port: int | None, timeout: Duration) -> bool:
        """With a port: whether it can be read. Without one: whether the bell rang."""
        bell = self._inside.fileno()
        watched = [bell] if port is None else [bell, port]
        if hasattr(select, "poll"):
            poll = select.poll()
            for descriptor in watched:
                poll.register(descriptor, select.POLLIN)
            ready = [descriptor for descriptor, _ in poll.poll(milliseconds(timeout))]
        else:
            ready = select.select(watched, [], [], max(0.0, timeout.seconds))[0]
        if bell in ready:
            self._silence()
        return (bell if port is None else port) in ready

    def _silence(self) -> None:
        try:
            while self._inside.recv(64):
                pass
        except BlockingIOError:
            return
