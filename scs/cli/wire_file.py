"""The files that `scs wire` reads: captures in pcapng and traces, told apart by their first bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from scs.cli.given_files import BYTES_MAX
from scs.errors import BadFile
from scs.wire.capture import Packet, packets_of
from scs.wire.pcapng import MAGIC, Reader
from scs.wire.trace import parse_trace


@contextmanager
def packets_in(path: str) -> Iterator[Iterator[Packet]]:
    """The packets of a capture or a trace, "-" being standard input; raises BadFile, also while they are read."""
    with ExitStack() as stack:
        file = sys.stdin.buffer if path == "-" else stack.enter_context(_opened(path))
        first = file.read(len(MAGIC))
        if first == MAGIC:
            yield _captured(path, file)
        else:
            yield packets_of(parse_trace(path, _text(path, first + file.read(BYTES_MAX + 1))))


def _captured(path: str, file: BinaryIO) -> Iterator[Packet]:
    waiting = [MAGIC]
    read = lambda count: waiting.pop() if waiting else file.read(count)  # noqa: E731
    reader = Reader(path, read)
    yield from reader.packets()
    if reader.cut_short:
        print(f"scs: {path}: the last block is cut short; {reader.cut_short} bytes are left out", file=sys.stderr)


def _opened(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise BadFile(path, (f"cannot be opened: {error.strerror or error}; check the path",)) from error
    except ValueError as error:
        raise BadFile(path.replace("\0", "\\0"), ("is no file's name; check the path",)) from error


def _text(path: str, raw: bytes) -> str:
    if len(raw) > BYTES_MAX:
        raise BadFile(
            path, (f"is no capture, and larger than the {BYTES_MAX} bytes of a trace; this is no file of ours",)
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(path, (f"is neither a capture in pcapng nor a trace: byte {error.start} is no UTF-8",)) from error
