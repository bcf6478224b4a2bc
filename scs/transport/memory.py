"""Links without an operating system: a pair of transports joined by queues, and a pair whose wire has a length and
whose time is virtual. Nothing here opens anything.
"""

from __future__ import annotations

from collections import deque

from scs.clock import Duration, Instant, VirtualClock
from scs.errors import LinkClosed
from scs.transport.base import WRITE_TIMEOUT, Transport
from scs.transport.byte_queue import ByteQueue

NO_TRANSIT = Duration(0)

BYTE_TIME = Duration(87)
"""How long a byte occupies the line: ten bits at 115,200 baud, to the next whole microsecond."""


class MemoryTransport(Transport):
    """One end of a pair in one process; the ends may be used by two threads."""

    def __init__(self, name: str, incoming: ByteQueue, outgoing: ByteQueue) -> None:
        self.name = name
        self._incoming = incoming
        self._outgoing = outgoing

    def read(self, timeout: Duration) -> bytes:
        return self._incoming.take(timeout)

    def write(self, data: bytes) -> None:
        self._outgoing.put(data, WRITE_TIMEOUT)

    def close(self) -> None:
        self._incoming.close(f"{self.name}: this end of the link was closed; open it again to go on")
        self._outgoing.close(f"{self.name}: the other end of the link is gone; make a new pair")

    def fileno(self) -> int | None:
        return None


def memory_pair(name: str = "memory") -> tuple[MemoryTransport, MemoryTransport]:
    """Two transports; what one writes, the other reads."""
    there, back = ByteQueue(name), ByteQueue(name)
    return MemoryTransport(name, back, there), MemoryTransport(name, there, back)


class VirtualWire:
    """One direction of a wire in virtual time: bytes leave at the line's pace and arrive after the transit."""

    def __init__(self, transit: Duration, byte_time: Duration) -> None:
        self._transit = transit
        self._byte_time = byte_time
        self._line_free_at = Instant(0)
        self._under_way: deque[tuple[Instant, bytes]] = deque()
        self.is_cut = False

    def send(self, data: bytes, now: Instant) -> None:
        self._line_free_at = max(self._line_free_at, now) + self._byte_time * len(data)
        self._under_way.append((self._line_free_at + self._transit, data))

    def next_arrival(self) -> Instant | None:
        """When the last byte of the next write arrives, or None when nothing is under way."""
        return self._under_way[0][0] if self._under_way else None

    def arrived(self, now: Instant) -> bytes:
        """Take what has arrived by `now`."""
        parts = []
        while self._under_way and self._under_way[0][0] <= now:
            parts.append(self._under_way.popleft()[1])
        return b"".join(parts)


class VirtualTransport(Transport):
    """One end of a wire in virtual time. A read never waits: it moves the clock to the arrival or to its own end."""

    def __init__(self, name: str, clock: VirtualClock, incoming: VirtualWire, outgoing: VirtualWire) -> None:
        self.name = name
        self._clock = clock
        self._incoming = incoming
        self._outgoing = outgoing

    def read(self, timeout: Duration) -> bytes:
        now = self._clock.now()
        end = now + timeout
        arrival = self._incoming.next_arrival()
        if arrival is None and self._incoming.is_cut:
            raise LinkClosed(f"{self.name}: the other end of the link is gone; make a new pair")
        until = end if arrival is None else min(end, arrival)
        return self._incoming.arrived(self._clock.advance(now.until(until)))

    def write(self, data: bytes) -> None:
        if self._outgoing.is_cut:
            raise LinkClosed(f"{self.name}: the link is cut; make a new pair")
        self._outgoing.send(data, self._clock.now())

    def close(self) -> None:
        self._incoming.is_cut = True
        self._outgoing.is_cut = True

    def fileno(self) -> int | None:
        return None


def virtual_pair(
    clock: VirtualClock, *, transit: Duration = NO_TRANSIT, byte_time: Duration = BYTE_TIME
) -> tuple[VirtualTransport, VirtualTransport]:
    """Two ends of a wire on `clock`, used from one thread."""
    there, back = VirtualWire(transit, byte_time), VirtualWire(transit, byte_time)
    return (
        VirtualTransport("virtual", clock, back, there),
        VirtualTransport("virtual", clock, there, back),
    )
