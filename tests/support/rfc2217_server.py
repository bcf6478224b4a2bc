"""A serial port offered over the network by pyserial's own RFC 2217 port manager: a program between the two sides that
is not ours. It serves one client at a time."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

import serial
from serial.rfc2217 import PortManager


class PortWithoutModemLines(serial.Serial):
    """A pseudo-terminal has no modem lines to set or to read, and says so; a server has to go on."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        with contextlib.suppress(OSError):
            super()._update_dtr_state()  # type: ignore[misc]  # pyserial's stubs leave the private hooks out

    def _update_rts_state(self) -> None:
        with contextlib.suppress(OSError):
            super()._update_rts_state()  # type: ignore[misc]  # as above


class Rfc2217Server:
    """Offers `device` at `url` until it is left."""

    def __init__(self, device: str) -> None:
        self._port = PortWithoutModemLines(device, timeout=0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="rfc2217 server")
        self.url = f"rfc2217://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._stop.send(b"!")
            self._thread.join(10)
        assert not self._thread.is_alive(), "the RFC 2217 server did not stop"
        for thing in (self._port, self._listening, self._stop, self._stopped):
            thing.close()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._listening, self._stopped], [], [])
            if self._stopped in ready:
                return
            client, _ = self._listening.accept()
            with client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not self._carry(client):
                    return

    def _carry(self, client: socket.socket) -> bool:
        """Carry bytes both ways until the client goes (True) or the server is told to stop (False)."""
        # pyserial's stubs ask for its network port in both places; its own example server passes what is passed here.
        manager = PortManager(self._port, _Writer(client))  # type: ignore[arg-type]
        while True:
            ready, _, _ = select.select([client.fileno(), self._port.fileno(), self._stopped.fileno()], [], [])
            if self._stopped.fileno() in ready:
                return False
            try:
                if self._port.fileno() in ready:
                    client.sendall(b"".join(manager.escape(self._port.read(4096))))
                if client.fileno() in ready:
                    data = client.recv(4096)
                    if not data:
                        return True
                    self._port.write(b"".join(manager.filter(data)))
            except ConnectionError:
                return True


class _Writer:
    """What PortManager answers negotiations through."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def write(self, data: bytes) -> None:
        self._client.sendall(data)
