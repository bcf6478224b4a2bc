"""An emulator behind a pseudo-terminal: the other side opens what looks like a serial port.

Nobody holds the slave open but the client, because only then does the master learn that the client has gone. The
price is that a master with no client is permanently "hung up", so waiting for one needs an edge, not a level
(`_Doorbell`). Two clients in turn between two polls look like one: a pseudo-terminal cannot tell them apart.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys

from scs.clock import Duration, WallClock
from scs.errors import BadAddress, LinkClosed, TransportError
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received

if sys.platform != "win32":
    import pty
    import termios
    import tty

    from scs.transport.line import Line, LineState

_RECHECK = Duration.of_ms(50)
"""How often a system without epoll looks whether somebody has come. People do not notice a twentieth of a second."""

_NOW = Duration(0)


class PtyListener(Listener):
    """Makes a pseudo-terminal; `path`, when given, becomes a symbolic link to it that is removed again at close.

    A link of that name that is there already is replaced, since an emulator that was killed leaves one behind; any
    other file is refused with BadAddress. On Windows, which has no pseudo-terminals, the refusal is BadAddress too.
    """

    def __init__(self, path: str | None = None) -> None:
        if sys.platform == "win32":
            raise BadAddress("pty: Windows has no pseudo-terminals; use tcp:127.0.0.1:4000 or a serial port instead")
        self._path = path
        master, slave = _raw_pair()
        try:
            self._device = os.ttyname(slave)
            if path is not None:
                _point(path, self._device)
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        self.name = f"pty:{self._device}"
        self.address = path or self._device
        self._line = Line(master)
        self._doorbell = _Doorbell(master)
        self._is_open = True
        self._is_connected = False
        self._is_client_deaf = False
        self._link_id = 0
        self._pending: list[ListenerEvent] = []

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        if not self._is_open:
            raise LinkClosed(f"{self.name}: the listener was closed; open it again to go on")
        events, self._pending = self._pending, []
        if events:
            timeout = _NOW
        if self._is_connected:
            state = self._line.wait(timeout, extra_wakeup_fd)
        else:
            state = self._wait_for_somebody(timeout, extra_wakeup_fd)
        if not self._is_connected and self._is_somebody_there(state):
            self._is_connected = True
            self._is_client_deaf = False
            self._link_id += 1
            events.append(Connected(self._link_id))
        if self._is_connected:
            events += self._attend(state)
        return events

    def send(self, link_id: int, data: bytes) -> None:
        if not self._is_connected or link_id != self._link_id:
            return
        try:
            self._line.out.send(data)
        except LinkClosed as exc:
            self._is_client_deaf = True
            self._pending.append(self._drop(str(exc)))

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._doorbell.close()
        os.close(self._line.descriptor)
        if self._path is not None:
            with contextlib.suppress(OSError):
                # Another emulator may have taken the name since.
                if os.readlink(self._path) == self._device:
                    os.unlink(self._path)

    def _wait_for_somebody(self, timeout: Duration, extra_fd: int | None) -> LineState:
        clock = WallClock()
        deadline = clock.now() + timeout
        while True:
            state = self._line.wait(_NOW, None)
            if state.is_hung_up:
                self._is_client_deaf = False
            left = clock.now().until(deadline)
            if self._is_somebody_there(state) or left == _NOW or self._doorbell.wait(left, extra_fd):
                return state

    def _is_somebody_there(self, state: LineState) -> bool:
        """Somebody has the slave open, or has left bytes behind. One that was dropped because it did not read is there
        again only once it says something."""
        return state.has_bytes or not (state.is_hung_up or self._is_client_deaf)

    def _attend(self, state: LineState) -> list[ListenerEvent]:
        try:
            if state.has_room:
                self._line.out.flush()
            if state.has_bytes:
                data = self._line.receive()
                return [Received(self._link_id, data)] if data else []
        except LinkClosed as exc:
            return [self._drop(str(exc))]
        return [self._drop("the other side closed the link")] if state.is_hung_up else []

    def _drop(self, reason: str) -> Disconnected:
        """Treat the link as unplugged, which a pseudo-terminal cannot really be."""
        self._is_connected = False
        self._line.out.clear()
        _forget_unread(self._device)
        return Disconnected(self._link_id, reason)


class _Doorbell:
    """Waits until something changes at a master that nobody has opened, without a busy loop."""

    def __init__(self, master: int) -> None:
        self._extra_fd: int | None = None
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        if self._epoll is not None:
            # Edge-triggered: the standing hang-up is reported once, and then only what is new, which is the first
            # byte of whoever comes.
            self._epoll.register(master, select.EPOLLIN | select.EPOLLET)

    def wait(self, timeout: Duration, extra_fd: int | None) -> bool:
        """Wait for a change at the master (False) or for `extra_fd` (True), at most `timeout`."""
        if self._epoll is None:
            watched = [] if extra_fd is None else [extra_fd]
            return bool(select.select(watched, [], [], min(timeout, _RECHECK).seconds)[0])
        if extra_fd != self._extra_fd:
            if self._extra_fd is not None:
                with contextlib.suppress(OSError):
                    self._epoll.unregister(self._extra_fd)
            if extra_fd is not None:
                self._epoll.register(extra_fd, select.EPOLLIN)
            self._extra_fd = extra_fd
        return any(descriptor == extra_fd for descriptor, _ in self._epoll.poll(timeout.seconds))

    def close(self) -> None:
        if self._epoll is not None:
            self._epoll.close()


def _raw_pair() -> tuple[int, int]:
    """A master that does not block and a slave that changes no byte; a terminal would echo, and turn 0D into 0A."""
    assert sys.platform != "win32"
    try:
        master, slave = pty.openpty()
    except OSError as exc:
        raise TransportError(
            f"pty: the system gives no pseudo-terminal ({exc.strerror}); close some and retry"
        ) from exc
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave


def _point(path: str, device: str) -> None:
    """Make `path` a symbolic link to `device`, in one step, so that nobody finds half of it."""
    if os.path.lexists(path) and not os.path.islink(path):
        raise BadAddress(f"pty:{path}: there is a file of that name that is no link; remove it or name another path")
    beside = f"{path}.{os.getpid()}"
    try:
        os.symlink(device, beside)
        os.replace(beside, path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise BadAddress(f"pty:{path}: the link cannot be made there ({exc.strerror}); name another path") from exc


def _forget_unread(device: str) -> None:
    """Throw away what the last client left unread, so that the next one does not get another's answers."""
    assert sys.platform != "win32"
    with contextlib.suppress(OSError, termios.error):
        slave = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            termios.tcflush(slave, termios.TCIFLUSH)
            tty.setraw(slave)
        finally:
            os.close(slave)
