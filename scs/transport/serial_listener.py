"""An emulator at a real serial port, playing the implant for whatever is wired to it.

A serial line has no idea who is at its other end, so the one link is connected as soon as the port is open. When the
adapter is pulled out that link ends, and the port is tried again until it is back.
"""

from __future__ import annotations

import select
import sys

from scs.clock import Duration, Instant, WallClock
from scs.errors import LinkClosed, TransportError
from scs.transport.base import Transport
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received
from scs.transport.serial_port import open_serial

if sys.platform != "win32":
    from scs.transport.line import Line

_RETRY = Duration.of_ms(500)
"""How often an adapter that was pulled out is looked for; a person takes seconds to put it back."""

_WINDOWS_SLICE = Duration.of_ms(20)
"""Windows cannot wait for a port and a descriptor at once, so there the port is waited for this long at a time."""


class SerialListener(Listener):
    """One link over `port` at `baud`. Raises what `open_serial` raises when the port cannot be opened at first."""

    def __init__(self, name: str, port: str, baud: int) -> None:
        self.name = name
        self.address = f"the other end of {port} at {baud} baud"
        self._port = port
        self._baud = baud
        self._clock = WallClock()
        self._retry_at = Instant(0)
        self._link_id = 0
        self._pending: list[ListenerEvent] = []
        self._is_open = True
        self._transport: Transport | None = None
        self._open_port()

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        if not self._is_open:
            raise LinkClosed(f"{self.name}: the listener was closed; open it again to go on")
        if self._transport is None:
            self._wait_for_port(timeout, extra_wakeup_fd)
        events, self._pending = self._pending, []
        if self._transport is None or events:
            return events
        try:
            data = self._wait_for_bytes(self._transport, timeout, extra_wakeup_fd)
        except LinkClosed as exc:
            return [self._drop(str(exc))]
        return [Received(self._link_id, data)] if data else []

    def send(self, link_id: int, data: bytes) -> None:
        if self._transport is None or link_id != self._link_id:
            return
        try:
            if self._line is None:
                self._transport.write(data)
            else:
                self._line.out.send(data)
        except TransportError as exc:
            self._pending.append(self._drop(str(exc)))

    def close(self) -> None:
        self._is_open = False
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _open_port(self) -> None:
        self._transport = open_serial(self.name, self._port, self._baud)
        descriptor = self._transport.fileno()
        self._line = None if descriptor is None or sys.platform == "win32" else Line(descriptor)
        self._link_id += 1
        self._pending.append(Connected(self._link_id))

    def _wait_for_port(self, timeout: Duration, extra_fd: int | None) -> None:
        """Try the port when its time has come, else wait for that time, the caller's or the extra descriptor."""
        now = self._clock.now()
        if now >= self._retry_at:
            self._retry_at = now + _RETRY
            try:
                self._open_port()
            except TransportError:
                pass
            else:
                return
        _wait_for(extra_fd, min(timeout, self._clock.now().until(self._retry_at)))

    def _wait_for_bytes(self, transport: Transport, timeout: Duration, extra_fd: int | None) -> bytes:
        if self._line is None:
            return _read_in_slices(transport, timeout, extra_fd)
        state = self._line.wait(timeout, extra_fd)
        if state.has_room:
            self._line.out.flush()
        return self._line.receive() if state.has_bytes or state.is_hung_up else b""

    def _drop(self, reason: str) -> Disconnected:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._retry_at = self._clock.now() + _RETRY
        return Disconnected(self._link_id, reason)


def _read_in_slices(transport: Transport, timeout: Duration, extra_fd: int | None) -> bytes:
    """Read a port that has no descriptor, looking at the extra descriptor between slices of the time-out."""
    clock = WallClock()
    deadline = clock.now() + timeout
    while True:
        left = clock.now().until(deadline)
        data = transport.read(left if extra_fd is None else min(left, _WINDOWS_SLICE))
        if data or left.us == 0 or _wait_for(extra_fd, Duration(0)):
            return data


def _wait_for(extra_fd: int | None, timeout: Duration) -> bool:
    """Whether `extra_fd` becomes readable within `timeout`."""
    if extra_fd is None and sys.platform == "win32":
        # Windows' select refuses to wait for nothing at all.
        from scs.clock import wait

        wait(timeout)
        return False
    return bool(select.select([] if extra_fd is None else [extra_fd], [], [], timeout.seconds)[0])
