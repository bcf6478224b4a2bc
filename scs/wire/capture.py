"""What passed on a link, cut into packets: docs/wire.md section 1.

A packet is one run of bytes with the delimiters in front of it and the one that ends it, as they stood on the wire. So
noise is a packet too, and the packets of one direction of one link, one after the other, are all bytes that passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scs.wire.framing import Direction
from scs.wire.trace import Kind, Trace, TraceEvent, TraceHeader

RUN_MAX = 16_384
"""Bytes without an end that are collected at most; a longer run is cut there, so that memory is bounded whatever
arrives [project]. The longest frame has 545."""
KINDS: dict[Direction, Kind] = {Direction.TO_IMPLANT: "to-implant", Direction.TO_PROGRAMMER: "from-implant"}
"""The direction of a packet as a trace says it."""
_DIRECTIONS = {kind: direction for direction, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Packet:
    """One run of bytes. `at_us` is when its last byte was read; `link` tells apart links that are open at once."""

    at_us: int
    direction: Direction
    data: bytes
    link: int = 0


class Splitter:
    """Cuts the bytes of one direction of one link into packets, wherever a read ended."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """The runs that end within `data`, in order."""
        self._pending += data
        runs = []
        while (cut := self._cut()) is not None:
            runs.append(bytes(self._pending[:cut]))
            del self._pending[:cut]
        return runs

    def rest(self) -> bytes:
        """What waits for its end, which nobody waits for any longer."""
        data = bytes(self._pending)
        self._pending.clear()
        return data

    def _cut(self) -> int | None:
        """Where the first run ends: behind the delimiter that follows a byte other than a delimiter."""
        begins = len(self._pending) - len(self._pending.lstrip(b"\0"))
        end = self._pending.find(0, begins)
        if end >= 0:
            return end + 1
        return RUN_MAX if len(self._pending) >= RUN_MAX else None


class Cutter:
    """Cuts several links at once and keeps the time from going back."""

    def __init__(self) -> None:
        self._splitters: dict[tuple[int, Direction], Splitter] = {}
        self._last_us = 0

    def take(self, at_us: int, direction: Direction, data: bytes, link: int = 0) -> list[Packet]:
        """The packets that end within these bytes."""
        self._last_us = max(self._last_us, at_us)
        splitter = self._splitters.setdefault((link, direction), Splitter())
        return [Packet(self._last_us, direction, run, link) for run in splitter.take(data)]

    def rest(self) -> list[Packet]:
        """What has no end yet; called once, when nothing more will come."""
        rests = [(link, direction, splitter.rest()) for (link, direction), splitter in self._splitters.items()]
        return [Packet(self._last_us, direction, data, link) for link, direction, data in rests if data]


def packets_of(trace: Trace) -> Iterator[Packet]:
    """The packets of a trace; what was done on the bench is no packet."""
    cutter = Cutter()
    for event in trace.events:
        if event.kind in _DIRECTIONS:
            yield from cutter.take(event.at_us, _DIRECTIONS[event.kind], event.data, event.link)
    yield from cutter.rest()


def trace_of(packets: Iterable[Packet], header: TraceHeader) -> Trace:
    """Packets as a trace whose time begins with the first of them."""
    kept = list(packets)
    first_us = kept[0].at_us if kept else 0
    events = (TraceEvent(it.at_us - first_us, KINDS[it.direction], link=it.link, data=it.data) for it in kept)
    return Trace(header, tuple(events))
