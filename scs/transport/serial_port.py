"""Serial ports through pyserial, which knows every platform and adapter. `serial` is imported nowhere else but in
ports.py, and nothing that it raises leaves this file.

A local terminal line is opened and configured by pyserial and then read directly: pyserial's own read costs four
system calls and two allocations where one wait and one read do. Every other kind (network, loop, spy, Windows) is
read by a thread, because pyserial cannot wait for "any bytes, up to this long" without renegotiating the port.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import IO

import serial

from scs.clock import Duration
from scs.errors import BadAddress, LinkClosed, PortBusy, PortNotFound, TransportError
from scs.transport.base import WRITE_TIMEOUT, Transport
from scs.transport.byte_queue import ByteQueue
from scs.transport.ports import serial_ports
from scs.transport.stream import StreamTransport

if sys.platform != "win32":
    import termios

    _CONFIGURATION_ERRORS: tuple[type[Exception], ...] = (termios.error,)
else:
    _CONFIGURATION_ERRORS = ()

_OPTION_ERRORS = (ValueError, TypeError, LookupError)
"""What pyserial's URL handlers raise for an option: a ValueError on purpose, a TypeError for a port that is missing,
and a KeyError where the message about the option fails to be made."""

_FOREIGN: tuple[type[Exception], ...] = (
    OSError,
    *_OPTION_ERRORS,
    *_CONFIGURATION_ERRORS,
    NotImplementedError,
    ImportError,
    queue.Full,
)
"""All that pyserial raises: SerialException is an OSError, a missing driver an ImportError, a full loop:// a
queue.Full."""

_FOREIGN_UNDER_A_READER: tuple[type[Exception], ...] = (*_FOREIGN, AttributeError)
"""A port that is closed while a thread reads it loses its socket or descriptor, which pyserial then uses as None."""

_REMEDY = "check the cable or the emulator and connect again"


def open_serial(name: str, port: str, baud: int) -> Transport:
    """Open a device or a pyserial URL at `baud`, eight data bits, no parity, one stop bit, for ourselves alone."""
    try:
        opened = _opened(port, baud)
    except _FOREIGN as exc:
        raise _translated(name, exc, baud) from exc
    if sys.platform != "win32" and type(opened) is serial.Serial:
        return _terminal(name, opened)
    return PyserialTransport(name, opened)


def _opened(port: str, baud: int) -> serial.Serial:
    handle: serial.Serial = serial.serial_for_url(port, do_not_open=True, baudrate=baud)
    handle.exclusive = True
    if not port.startswith("rfc2217://"):
        # pyserial's RFC 2217 client refuses a write time-out; its socket has one of five seconds.
        handle.write_timeout = WRITE_TIMEOUT.seconds
    with _known_faults_unsaid():
        handle.open()
    return handle


@contextlib.contextmanager
def _known_faults_unsaid() -> Iterator[None]:
    """Keep two warnings about pyserial 3.5's RFC 2217 client from people who can do nothing about them: it starts its
    thread by a deprecated spelling, and it leaves its socket to the garbage collector when opening fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def _terminal(name: str, opened: serial.Serial) -> StreamTransport:
    """Read an open local line by its descriptor, which pyserial made non-blocking and raw."""
    assert sys.platform != "win32"
    descriptor: int = opened.fileno()
    settings = termios.tcgetattr(descriptor)
    # pyserial sets VMIN to 0, where a read of nothing looks like a hang-up. With 1 it is "try again", and an empty
    # read means what it says.
    settings[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
    if hasattr(opened, "set_low_latency_mode"):
        # A USB adapter otherwise holds short answers back for up to 16 ms. Not every driver can be told.
        with contextlib.suppress(OSError, ValueError):
            opened.set_low_latency_mode(True)
    return StreamTransport(
        name,
        descriptor,
        receive=lambda size: os.read(descriptor, size),
        transmit=lambda data: os.write(descriptor, data),
        release=opened.close,
        remedy=_REMEDY,
    )


class PyserialTransport(Transport):
    """Any pyserial object. A thread reads it without a time-out, so bytes are handed on as they arrive."""

    def __init__(self, name: str, opened: serial.Serial) -> None:
        self.name = name
        self._port = opened
        self._arrived = ByteQueue(name)
        self._is_open = True
        self._reader = threading.Thread(target=self._pump, name=f"scs reader of {name}", daemon=True)
        self._reader.start()

    def read(self, timeout: Duration) -> bytes:
        return self._arrived.take(timeout)

    def write(self, data: bytes) -> None:
        if not self._is_open:
            raise LinkClosed(f"{self.name}: this end of the link was closed; open it again to go on")
        try:
            self._port.write(data)
        except (serial.SerialTimeoutException, queue.Full) as exc:
            raise TransportError(
                f"{self.name}: the other side did not take {len(data)} bytes in {WRITE_TIMEOUT.seconds:g} s; it has "
                f"stopped reading, so restart it and connect again"
            ) from exc
        except _FOREIGN as exc:
            raise self._gone(exc) from exc

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._arrived.close(f"{self.name}: this end of the link was closed; open it again to go on")
        with contextlib.suppress(*_FOREIGN_UNDER_A_READER):
            # Native ports can be told to stop waiting; the network ones are woken by their socket's end.
            self._port.cancel_read()
            self._reader.join(WRITE_TIMEOUT.seconds)
        left_open = _left_open_by_pyserial(self._port)
        with contextlib.suppress(*_FOREIGN):
            self._port.close()
        self._reader.join(WRITE_TIMEOUT.seconds)
        for thing in left_open:
            thing.close()

    def fileno(self) -> int | None:
        return None

    def _pump(self) -> None:
        because: Exception | None = None
        try:
            while data := self._port.read(1):
                waiting = self._port.in_waiting
                rest = self._port.read(waiting) if waiting else b""
                self._arrived.put(data + rest, WRITE_TIMEOUT)
                if len(rest) < waiting:
                    # Without a time-out pyserial returns less than it was asked for only when the line has ended.
                    break
        except _FOREIGN_UNDER_A_READER as exc:
            because = exc
        self._arrived.close(str(self._gone(because)))

    def _gone(self, exc: Exception | None) -> LinkClosed:
        reason = "" if exc is None else f" ({_reason(exc)})"
        return LinkClosed(f"{self.name}: the other end of the link is gone{reason}; {_REMEDY}")


def _left_open_by_pyserial(port: serial.Serial) -> list[socket.socket | IO[str]]:
    """What pyserial 3.5 opens and leaves open: the socket of an RFC 2217 link whose server went first, and the file of
    spy://…?file=…."""
    opened = (getattr(port, "_socket", None), getattr(getattr(port, "formatter", None), "output", None))
    return [thing for thing in opened if thing is not None and thing not in (sys.stderr, sys.stdout)]


def _translated(name: str, exc: Exception, baud: int) -> TransportError:
    number = _error_number(exc)
    said = str(exc)
    # Windows errors reach us as text only.
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO) or "FileNotFoundError" in said:
        return PortNotFound(f"{name}: there is no such port; {_ports_now()}")
    if number in (errno.EBUSY, errno.EAGAIN) or "PermissionError" in said:
        return PortBusy(f"{name}: another program has the port open; close that one and connect again")
    if number in (errno.EACCES, errno.EPERM):
        return TransportError(
            f"{name}: this user may not open the port; join its group (often dialout or uucp) and log in again"
        )
    if number in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        return BadAddress(f"{name}: that is no serial port or pseudo-terminal; {_ports_now()}")
    if number == errno.ECONNREFUSED:
        return PortNotFound(f"{name}: nobody listens there; start the serial server and connect again")
    if "waiting for option 'control'" in said:
        return TransportError(
            f"{name}: the serial server does not answer for its control lines; add ?ign_set_control to the address"
        )
    if "not known" in said and isinstance(exc, ValueError):
        return BadAddress(f"{name}: no carrier of that kind ({said}); use a device, tcp:HOST:PORT or a pyserial URL")
    if any(isinstance(link, _OPTION_ERRORS) for link in _chain(exc)):
        return BadAddress(f"{name}: pyserial cannot use an option of this address, or the {baud} baud; correct it")
    if number == errno.ETIMEDOUT or any(isinstance(link, socket.gaierror | TimeoutError) for link in _chain(exc)):
        return PortNotFound(f"{name}: no such machine, or it does not answer; check the address and the network")
    if "no ports found" in said:
        return PortNotFound(f"{name}: {said}; {_ports_now()}")
    return TransportError(f"{name}: the port cannot be opened ({_reason(exc)}); check the address and the adapter")


def _error_number(exc: BaseException) -> int | None:
    """The system's error number, which pyserial keeps in the exception, in its context, or as a bare tuple."""
    for link in _chain(exc):
        if isinstance(link, OSError) and link.errno is not None:
            return link.errno
        if sys.platform != "win32" and isinstance(link, termios.error):
            return int(link.args[0])
    return None


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and those during whose handling it was raised: pyserial wraps the cause, often twice."""
    link: BaseException | None = exc
    while link is not None:
        yield link
        link = link.__context__


def _reason(exc: Exception) -> str:
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc) or type(exc).__name__


def _ports_now() -> str:
    devices = [port.device for port in serial_ports() if port.description]
    return f"found now: {', '.join(devices)}" if devices else "no serial adapter is plugged in now"
