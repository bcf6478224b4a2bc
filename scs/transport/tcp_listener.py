"""An emulator that is reached over TCP, by several clients at once."""

from __future__ import annotations

import socket

from scs.transport.socket_listener import SocketListener
from scs.transport.tcp import listening_socket


class TcpListener(SocketListener):
    """Listens at `host` and `port`; port 0 lets the system choose. Raises PortBusy when the port is in use.

    `address` names this machine's loopback when it listens on every interface: another machine types this one's name
    in its place.
    """

    def __init__(self, host: str, port: int) -> None:
        self._listening = listening_socket(f"tcp:{_bracketed(host)}:{port}", host, port)
        chosen = self._listening.getsockname()[1]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        super().__init__(
            f"tcp:{_bracketed(host)}:{chosen}", f"tcp:{_bracketed(reachable)}:{chosen}", doorbell=self._listening
        )

    def _arrivals(self) -> list[socket.socket]:
        try:
            return [self._listening.accept()[0]]
        except (BlockingIOError, ConnectionError):
            # The client rang and went away before the door was opened.
            return []


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
