"""`scs wire capture`: between a programmer and an implant, or beside them, into a pcapng file, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import BinaryIO

from scs.cli.exit_codes import ExitCode
from scs.clock import Clock, WallClock, unix_us
from scs.errors import BadFile, BadPrescription
from scs.transport import tap
from scs.transport.address import open_listener, open_transport
from scs.transport.relay import Ears, Relay, Say, Sink
from scs.wire import pcapng
from scs.wire.capture import Cutter, Packet
from scs.wire.framing import Direction

_WAYS = {tap.Direction.SENT: Direction.TO_IMPLANT, tap.Direction.RECEIVED: Direction.TO_PROGRAMMER}
STANDARD_OUTPUT = "-"


class CaptureFile:
    """Writes packets as they pass, each in one write, so that a capture that is killed leaves whole blocks behind.

    A disk that is full ends the writing and not the forwarding: a link that carries therapy must not hang on a file.
    """

    def __init__(self, file: BinaryIO, comment: str, clock: Clock, say: Say) -> None:
        self._file, self._clock, self._say = file, clock, say
        # The clock that may be set is asked once: the times of a capture are those of one that never jumps.
        self._zero_us = unix_us() - clock.now().us
        self._cutter = Cutter()
        self._interfaces: dict[int, int] = {}
        self.packets = 0
        self.failure = ""
        self._write(pcapng.section(comment))

    def hear(self, link: int, heard: tap.Heard) -> None:
        """Bytes that passed on a link."""
        number = self._interfaces.get(link)
        if number is None:
            number = self._interfaces[link] = len(self._interfaces)
            self._write(pcapng.interface(f"link {link}"))
        self._keep(self._cutter.take(self._zero_us + heard.at.us, _WAYS[heard.direction], heard.data, number))

    def finish(self) -> None:
        """Write what had no end when the capture ended."""
        self._keep(self._cutter.rest())

    def _keep(self, packets: list[Packet]) -> None:
        for packet in packets:
            self._write(pcapng.packet(packet))
        self.packets += len(packets)

    def _write(self, block: bytes) -> None:
        if self.failure:
            return
        try:
            self._file.write(block)
            self._file.flush()
        except OSError as error:
            self.failure = error.strerror or str(error)
            self._say(f"nothing more is captured, for the file cannot be written ({self.failure}); the link goes on")


def capture(arguments: Namespace) -> int:
    """Capture until SIGINT or SIGTERM: 0 then, 2 when the file could not be written to the end."""
    _check(arguments)
    is_stream = arguments.file == STANDARD_OUTPUT
    say: Say = lambda text: print(text, file=sys.stderr if is_stream else sys.stdout, flush=True)  # noqa: E731
    clock = WallClock()
    kept: list[CaptureFile] = []

    def sink(link: int, heard: tap.Heard) -> None:
        kept[0].hear(link, heard)

    with ExitStack() as stack:
        begin = _between if arguments.implant else _beside
        capturing, where = begin(arguments, stack, clock, sink, say)
        stack.callback(capturing.release)
        file = CaptureFile(_new_file(stack, arguments.file), where, clock, say)
        kept.append(file)
        with _ended_by_signals(capturing):
            say(where)
            capturing.run()
        file.finish()
    say(f"{file.packets} packets in {'the stream' if is_stream else arguments.file}")
    return ExitCode.UNREADABLE if file.failure else ExitCode.OK


def _between(arguments: Namespace, stack: ExitStack, clock: Clock, sink: Sink, say: Say) -> tuple[Relay | Ears, str]:
    listener = stack.enter_context(open_listener(arguments.offer))
    relay = Relay(listener, lambda: open_transport(arguments.implant), clock, sink, say)
    return relay, f"between the implant at {arguments.implant} and a programmer: connect it to {listener.address}"


def _beside(arguments: Namespace, stack: ExitStack, clock: Clock, sink: Sink, say: Say) -> tuple[Relay | Ears, str]:
    asked = {tap.Direction.SENT: arguments.hear_programmer, tap.Direction.RECEIVED: arguments.hear_implant}
    carriers = {way: stack.enter_context(open_transport(text)) for way, text in asked.items() if text}
    return Ears(carriers, clock, sink, say), f"listening at {' and '.join(text for text in asked.values() if text)}"


def _check(arguments: Namespace) -> None:
    listens = arguments.hear_programmer or arguments.hear_implant
    if bool(arguments.implant) == bool(listens):
        raise BadPrescription(
            "say where to capture: --implant URL to sit between it and a programmer, or --hear-programmer URL and "
            "--hear-implant URL to listen only"
        )


def _new_file(stack: ExitStack, path: str) -> BinaryIO:
    if path == STANDARD_OUTPUT:
        return sys.stdout.buffer
    try:
        return stack.enter_context(open(path, "xb", buffering=0))
    except FileExistsError as error:
        raise BadFile(path, ("exists already, and a capture overwrites nothing; name a new file",)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadFile(path, (f"cannot be made: {reason}; check the path",)) from error


@contextmanager
def _ended_by_signals(capturing: Relay | Ears) -> Iterator[None]:
    """SIGINT and SIGTERM end the capture between two packets."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        capturing.close()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
