"""Named wires between a real programmer and a real implant, in virtual time and in one thread.

A wire takes what one side wrote and says when which bytes arrive at the other. A `Bedside` is one implant, its clock
and any number of programmers; nobody waits, reading moves the clock. A wire with chance in it takes a seed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol

from scs.clock import Duration, Instant, VirtualClock
from scs.errors import LinkClosed
from scs.transport.base import Transport

TRANSIT = Duration.of_ms(1)
"""Every wire takes at least this long, so that nothing is answered before it was asked."""

Delivery = tuple[Instant, bytes]


class Wire(Protocol):
    """One direction of a link."""

    def carry(self, data: bytes, now: Instant) -> list[Delivery]: ...


class Quiet:
    """Everything arrives, once, whole and soon."""

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        return [(now + TRANSIT, data)]


class OneByteAtATime:
    """Each byte arrives alone, 87 µs after the one before, as on a line of 115,200 baud."""

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        start = now + TRANSIT
        return [(start + Duration(87 * index), data[index : index + 1]) for index in range(len(data))]


class Lossy:
    """A fifth of all writes never arrives."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        return [] if self._chance.random() < 0.2 else [(now + TRANSIT, data)]


class Flipping:
    """A fifth of all writes arrives with one bit turned over."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        if self._chance.random() < 0.2:
            bit = self._chance.randrange(8 * len(data))
            spoiled = bytearray(data)
            spoiled[bit // 8] ^= 1 << bit % 8
            data = bytes(spoiled)
        return [(now + TRANSIT, data)]


class Duplicating:
    """Everything arrives twice."""

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        return [(now + TRANSIT, data), (now + TRANSIT * 2, data)]


class Delaying:
    """Everything arrives in order, up to 700 ms late: longer than the first two retransmissions wait."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._last = Instant(0)

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        self._last = max(self._last, now + TRANSIT + Duration(self._chance.randrange(700_000)))
        return [(self._last, data)]


class Unplugged:
    """Carries `writes` writes and then nothing, until `plug_in` is called."""

    def __init__(self, writes: int) -> None:
        self._left = writes

    def plug_in(self) -> None:
        self._left = 1 << 60

    def carry(self, data: bytes, now: Instant) -> list[Delivery]:
        self._left -= 1
        return [(now + TRANSIT, data)] if self._left >= 0 else []


class Implant(Protocol):
    """What a bedside needs of the implant's firmware."""

    def receive(self, data: bytes, link: int) -> None: ...
    def step(self, until: Instant) -> None: ...
    def take_output(self, link: int) -> bytes: ...
    def next_due(self) -> Instant | None: ...


class WiredTransport(Transport):
    """A programmer's end of a wire; reading lets time pass for everybody at the bedside."""

    def __init__(self, bedside: Bedside, link: int, there: Wire, back: Wire) -> None:
        self.name = f"wire {link}"
        self.link = link
        self.there = there
        self.back = back
        self.is_cut = False
        self.writes = 0
        self.inbox: deque[bytes] = deque()
        self._bedside = bedside

    def read(self, timeout: Duration) -> bytes:
        self._bedside.pass_time(timeout, until=lambda: bool(self.inbox) or self.is_cut)
        if self.inbox:
            return self.inbox.popleft()
        if self.is_cut:
            raise LinkClosed(f"{self.name}: the other end of the link is gone; connect again")
        return b""

    def write(self, data: bytes) -> None:
        if self.is_cut:
            raise LinkClosed(f"{self.name}: the other end of the link is gone; connect again")
        self.writes += 1
        self._bedside.send_to_implant(self, data)

    def close(self) -> None:
        self.is_cut = True

    def fileno(self) -> int | None:
        return None


class Bedside:
    """One implant, its clock, and the programmers around it. `make` switches an implant on at an instant, with the
    memory that it had before."""

    def __init__(self, make: Callable[[Instant], Implant], clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock(Instant(1_000_000))
        self._make = make
        self.implant: Implant | None = make(self.clock.now())
        self._ends: list[WiredTransport] = []
        self._to_implant: list[tuple[Instant, int, int, bytes]] = []
        self._to_programmer: list[tuple[Instant, int, int, bytes]] = []
        self._order = 0
        self.chance = Random(5)
        """For every programmer here: two that drew the same nonces would be taken for one."""
        self.power_cycle_at: Instant | None = None
        """When the implant loses its power and starts again, once."""

    def connect(self, there: Wire | None = None, back: Wire | None = None) -> WiredTransport:
        """A new programmer's end."""
        end = WiredTransport(self, len(self._ends) + 1, there or Quiet(), back or Quiet())
        self._ends.append(end)
        return end

    def power_off(self) -> None:
        """The implant's processor dies at once; every link goes down with it."""
        self.implant = None
        self._to_implant.clear()
        self._to_programmer.clear()
        for end in self._ends:
            end.is_cut = True

    def power_on(self) -> None:
        """The implant starts with what its non-volatile memory holds."""
        assert self.implant is None, "it is on"
        self.implant = self._make(self.clock.now())

    def send_to_implant(self, end: WiredTransport, data: bytes) -> None:
        for at, part in end.there.carry(data, self.clock.now()):
            self._order += 1
            self._to_implant.append((at, self._order, end.link, part))

    def pass_time(self, duration: Duration, until: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen in the order of its time, for `duration` or until `until` holds."""
        end = self.clock.now() + duration
        self._happen()
        while not until() and self.clock.now() < end:
            due = [at for at, *_ in (*self._to_implant, *self._to_programmer)]
            if self.power_cycle_at is not None:
                due.append(self.power_cycle_at)
            own = None if self.implant is None else self.implant.next_due()
            if own is not None:
                due.append(own)
            moment = min([end, *(at for at in due if at > self.clock.now())])
            self.clock.advance(self.clock.now().until(moment))
            self._happen()

    def _happen(self) -> None:
        now = self.clock.now()
        if self.power_cycle_at is not None and self.power_cycle_at <= now:
            self.power_cycle_at = None
            self.power_off()
            self.power_on()
        if self.implant is not None:
            for _, _, link, data in self._arrived(self._to_implant, now):
                self.implant.receive(data, link)
            self.implant.step(now)
            for end in self._ends:
                output = self.implant.take_output(end.link)
                if output:
                    for at, part in end.back.carry(output, now):
                        self._order += 1
                        self._to_programmer.append((at, self._order, end.link, part))
        for _, _, link, data in self._arrived(self._to_programmer, now):
            self._ends[link - 1].inbox.append(data)

    @staticmethod
    def _arrived(queue: list[tuple[Instant, int, int, bytes]], now: Instant) -> list[tuple[Instant, int, int, bytes]]:
        arrived = sorted(item for item in queue if item[0] <= now)
        queue[:] = [item for item in queue if item[0] > now]
        return arrived
