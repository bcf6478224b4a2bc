"""Listening in on a link: a wrapper that shows every read and write to a sink, with its time, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TextIO

from scs.clock import Clock, Duration, Instant
from scs.transport.base import Transport


class Direction(Enum):
    """Which way bytes went, seen from the end that is tapped."""

    SENT = ">"
    RECEIVED = "<"


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes that passed, in one read or one write."""

    at: Instant
    direction: Direction
    data: bytes

    def hex_lines(self, width: int = 16) -> list[str]:
        """`12.345678 > 00 05 a1 …`, `width` bytes a line; the time in seconds of the clock that was handed in."""
        return [
            f"{self.at.us // 1_000_000}.{self.at.us % 1_000_000:06d} {self.direction.value} "
            f"{self.data[start : start + width].hex(' ')}"
            for start in range(0, len(self.data), width)
        ]


class TapTransport(Transport):
    """Passes everything through and tells `sink` what passed: a list's `append`, or `hex_printer(stream)`."""

    def __init__(self, inner: Transport, clock: Clock, sink: Callable[[Heard], None]) -> None:
        self.name = inner.name
        self._inner = inner
        self._clock = clock
        self._sink = sink

    def read(self, timeout: Duration) -> bytes:
        data = self._inner.read(timeout)
        if data:
            self._sink(Heard(self._clock.now(), Direction.RECEIVED, data))
        return data

    def write(self, data: bytes) -> None:
        self._inner.write(data)
        self._sink(Heard(self._clock.now(), Direction.SENT, data))

    def close(self) -> None:
        self._inner.close()

    def fileno(self) -> int | None:
        return self._inner.fileno()


def hex_printer(stream: TextIO) -> Callable[[Heard], None]:
    """A sink that writes hex lines to `stream` and flushes, so that the last line before a crash is there."""

    def show(heard: Heard) -> None:
        for line in heard.hex_lines():
            stream.write(line + "\n")
        stream.flush()

    return show
