"""Sockets: connecting to, and making, streams that do not wait to fill a packet. `socket` errors stop here."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from scs.clock import Duration
from scs.errors import PortBusy, PortNotFound, TransportError
from scs.transport.base import WRITE_TIMEOUT
from scs.transport.stream import StreamTransport

CONNECT_TIMEOUT = Duration.of_s(5)
"""How long a host may take to accept. A machine that is switched off answers nothing; people give up at about this."""


def connect_tcp(name: str, host: str, port: int, *, write_timeout: Duration = WRITE_TIMEOUT) -> StreamTransport:
    """Connect to `host` and `port`; raises PortNotFound when nobody listens there."""
    with translated(name):
        connected = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT.seconds)
    return socket_stream(name, connected, write_timeout=write_timeout)


def socket_stream(name: str, connected: socket.socket, *, write_timeout: Duration = WRITE_TIMEOUT) -> StreamTransport:
    """Turn a connected socket into a transport, which owns it from then on."""
    prepare(connected)
    return StreamTransport(
        name,
        connected.fileno(),
        receive=connected.recv,
        transmit=connected.send,
        release=connected.close,
        remedy="check the emulator or the network and connect again",
        write_timeout=write_timeout,
    )


def prepare(connected: socket.socket) -> None:
    """Make a socket non-blocking and send small frames at once: a request must not wait for an acknowledgement of
    the one before (Nagle's algorithm), which would cost up to 40 ms a round trip."""
    connected.setblocking(False)
    if connected.family in (socket.AF_INET, socket.AF_INET6):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def listening_socket(name: str, host: str, port: int) -> socket.socket:
    """Listen at `host` and `port` (0 lets the system choose); raises PortBusy when somebody else does."""
    with translated(name):
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            # On Windows "reuse" would let two emulators listen at one port; elsewhere it only lets one start again
            # while the last connection is still winding down.
            option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
            listening.setsockopt(socket.SOL_SOCKET, option, 1)
            listening.bind(address)
            listening.listen()
            listening.setblocking(False)
        except OSError:
            listening.close()
            raise
    return listening


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn what `socket` raises while a link is being made into one of our errors, with a sentence."""
    try:
        yield
    except socket.gaierror as exc:
        raise PortNotFound(f"{name}: no machine has that name ({exc.strerror}); check the spelling") from exc
    except TimeoutError as exc:
        raise PortNotFound(
            f"{name}: no answer within {CONNECT_TIMEOUT.seconds:g} s; check that the machine is on and reachable"
        ) from exc
    except ConnectionRefusedError as exc:
        raise PortNotFound(
            f"{name}: nobody listens there; start the emulator with --link {name} and connect again"
        ) from exc
    except OSError as exc:
        raise _listening_error(name, exc) from exc


def _listening_error(name: str, exc: OSError) -> TransportError:
    if exc.errno == errno.EADDRINUSE:
        return PortBusy(f"{name}: the port is in use by another program; choose another, or 0 to have one chosen")
    if exc.errno in (errno.EADDRNOTAVAIL, errno.EHOSTUNREACH, errno.ENETUNREACH):
        return PortNotFound(f"{name}: this machine cannot reach that address ({exc.strerror}); check host and network")
    if exc.errno == errno.EACCES:
        return TransportError(f"{name}: not allowed to use that port; ports from 1024 up need no privilege")
    return TransportError(f"{name}: {exc.strerror or exc}")
