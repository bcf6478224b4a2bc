"""The grammar by which a person names a carrier, for both sides of the link.

programmer   /dev/ttyUSB0  COM3  /dev/pts/7  /tmp/ipg      a port or a link to one, then perhaps ",BAUD"
             socket://  rfc2217://  loop://  spy://  …      any pyserial URL, then perhaps ",BAUD"
             tcp:HOST:PORT                                  our own socket
emulator     pty[:PATH]  tcp:HOST:PORT  serial:DEVICE[,BAUD]

What the text names is imported only once it is named: reading this module opens, and loads, nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from scs.errors import BadAddress
from scs.transport.base import Transport
from scs.transport.listener import Listener

DEFAULT_BAUD = 115_200
"""The fastest rate that every adapter and every serial server in the field supports; eight data bits, no parity, one
stop bit."""

_BAUD = re.compile(r"(?P<port>.+),(?P<baud>[^,/\\]*)")


class HostPort(NamedTuple):
    host: str
    port: int


def open_transport(text: str, *, baud: int = DEFAULT_BAUD) -> Transport:
    """Open the carrier that `text` names.

    Raises BadAddress for a text that names none, PortNotFound, PortBusy, or TransportError with the system's reason.
    """
    address = _stripped(text)
    if address.startswith("tcp:"):
        return _open_tcp(address, parse_host_port(address, address.removeprefix("tcp:")))
    if address == "pty" or address.startswith("pty:"):
        raise BadAddress(f"{address}: only an emulator makes a pseudo-terminal; open the path that it prints instead")
    port, baud = split_baud(address.removeprefix("serial:"), baud)
    url = urlsplit(port) if port.startswith("socket://") else None
    if url is not None and not url.query:
        # The same stream as tcp:, and pyserial's own handler for it reads one byte at a time.
        return _open_tcp(address, parse_host_port(address, url.netloc))
    from scs.transport.serial_port import open_serial

    return open_serial(address, port, baud)


def open_listener(text: str) -> Listener:
    """Make the emulator's side of the link that `text` names, and wait for nobody yet.

    Raises BadAddress for a text that names none, PortBusy when the address is taken, PortNotFound, TransportError.
    """
    address = _stripped(text)
    kind, _, rest = address.partition(":")
    if kind == "pty":
        from scs.transport.pty_listener import PtyListener

        return PtyListener(rest or None)
    if kind == "tcp":
        from scs.transport.tcp_listener import TcpListener

        where = parse_host_port(address, rest, lowest_port=0)
        return TcpListener(where.host, where.port)
    if kind == "serial" and rest:
        from scs.transport.serial_listener import SerialListener

        port, baud = split_baud(rest, DEFAULT_BAUD)
        return SerialListener(address, port, baud)
    raise BadAddress(
        f"{address}: an emulator's link is pty, pty:PATH, tcp:HOST:PORT or serial:DEVICE[,BAUD]; write one of these"
    )


def split_baud(text: str, otherwise: int) -> tuple[str, int]:
    """`/dev/ttyUSB0,57600` as port and baud; `otherwise` when the text names no rate."""
    match = _BAUD.fullmatch(text)
    if match is None:
        return text, otherwise
    baud = match["baud"]
    if not (baud.isascii() and baud.isdigit() and 0 < int(baud) < 2**32):
        raise BadAddress(f"{text}: the baud rate after the comma is {baud!r}; write a whole number such as 115200")
    return match["port"], int(baud)


def parse_host_port(whole: str, text: str, *, lowest_port: int = 1) -> HostPort:
    """`HOST:PORT`, with an IPv6 host in square brackets; `whole` is what the person typed, for the message."""
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise BadAddress(
            f"{whole}: host and port are both needed, as in tcp:127.0.0.1:4000 (or tcp:0.0.0.0:4000 for an emulator "
            f"that other machines may reach)"
        )
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise BadAddress(f"{whole}: write an IPv6 host in square brackets, as in tcp:[::1]:4000")
    if not (port.isascii() and port.isdigit() and lowest_port <= int(port) <= 65_535):
        raise BadAddress(f"{whole}: port {port!r} is no whole number from {lowest_port} to 65535; correct it")
    return HostPort(host, int(port))


def _open_tcp(name: str, where: HostPort) -> Transport:
    from scs.transport.tcp import connect_tcp

    return connect_tcp(name, where.host, where.port)


def _stripped(text: str) -> str:
    address = text.strip()
    if not address:
        raise BadAddress("the address is empty; name a port such as /dev/ttyUSB0, COM3 or tcp:127.0.0.1:4000")
    if "\0" in address:
        raise BadAddress(f"{address!r}: an address holds no null character; type it again")
    return address
