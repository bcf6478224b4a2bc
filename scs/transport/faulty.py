"""A bad link around any carrier, at either end: a transport for whoever connects, a listener for whoever is called.

What is held back on its way out leaves with the next call, because neither has a thread of its own.
"""

from __future__ import annotations

import random
from collections import Counter

from scs.clock import Clock, Duration, Instant
from scs.transport.bad_wire import BadWire
from scs.transport.base import Transport
from scs.transport.link_faults import LinkFaults
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received


class FaultyTransport(Transport):
    """Damages what `inner` carries, both ways, as seen from a programmer. `clock` must be the one that moves while
    `inner` waits: the machine's for a real carrier, the virtual one for a virtual pair."""

    def __init__(self, inner: Transport, chance: random.Random, faults: LinkFaults, clock: Clock) -> None:
        self.name = f"faulty {inner.name}"
        self._inner = inner
        self._clock = clock
        self._incoming, self._outgoing = _ways(chance, faults, clock.now())

    @property
    def struck(self) -> Counter[str]:
        """What has happened so far, by the names that a file uses."""
        return self._incoming.struck + self._outgoing.struck

    def read(self, timeout: Duration) -> bytes:
        deadline = self._clock.now() + timeout
        while True:
            now = self._clock.now()
            self._send_due(now)
            data = self._incoming.take(now)
            if data or now >= deadline:
                return data
            wake_at = min(at for at in (deadline, self._incoming.due, self._outgoing.due) if at is not None)
            arrived = self._inner.read(now.until(wake_at))
            if arrived:
                self._incoming.put(arrived, self._clock.now())

    def write(self, data: bytes) -> None:
        now = self._clock.now()
        self._outgoing.put(data, now)
        self._send_due(now)

    def close(self) -> None:
        self._inner.close()

    def fileno(self) -> int | None:
        """None: bytes that are held back here would not make a descriptor readable."""
        return None

    def _send_due(self, now: Instant) -> None:
        if data := self._outgoing.take(now):
            self._inner.write(data)


class FaultyListener(Listener):
    """The same for the implant's side: each link has two bad wires of its own, which end with it."""

    def __init__(self, inner: Listener, chance: random.Random, faults: LinkFaults, clock: Clock) -> None:
        self.name, self.address = inner.name, inner.address
        self._inner = inner
        self._chance = chance
        self._faults = faults
        self._clock = clock
        self._links: dict[int, tuple[BadWire, BadWire]] = {}
        self._past: Counter[str] = Counter()

    @property
    def struck(self) -> Counter[str]:
        """What has happened so far over all links, by the names that a file uses."""
        wires = [wire for pair in self._links.values() for wire in pair]
        return sum((wire.struck for wire in wires), Counter(self._past))

    @property
    def told(self) -> str:
        """The same in words."""
        return ", ".join(f"{kind} {times}" for kind, times in sorted(self.struck.items())) or "nothing went wrong"

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        now = self._clock.now()
        due = [wire.due for pair in self._links.values() for wire in pair]
        wait = min([timeout, *(now.until(at) for at in due if at is not None)])
        events: list[ListenerEvent] = []
        for event in self._inner.poll(wait, extra_wakeup_fd):
            if isinstance(event, Received):
                self._wires(event.link_id)[1].put(event.data, self._clock.now())
                continue
            if isinstance(event, Connected):
                self._wires(event.link_id)
            elif isinstance(event, Disconnected):
                self._end(event.link_id)
            events.append(event)
        events += self._arrived(self._clock.now())
        return events

    def send(self, link_id: int, data: bytes) -> None:
        if link_id in self._links:
            self._links[link_id][0].put(data, self._clock.now())
            self._arrive(link_id, self._clock.now())

    def close(self) -> None:
        self._inner.close()

    def _wires(self, link_id: int) -> tuple[BadWire, BadWire]:
        if link_id not in self._links:
            self._links[link_id] = _ways(self._chance, self._faults, self._clock.now())
        return self._links[link_id]

    def _end(self, link_id: int) -> None:
        for wire in self._links.pop(link_id, ()):
            self._past += wire.struck

    def _arrived(self, now: Instant) -> list[ListenerEvent]:
        events: list[ListenerEvent] = []
        for link_id, (_, to_implant) in self._links.items():
            self._arrive(link_id, now)
            if data := to_implant.take(now):
                events.append(Received(link_id, data))
        return events

    def _arrive(self, link_id: int, now: Instant) -> None:
        if data := self._links[link_id][0].take(now):
            self._inner.send(link_id, data)


def _ways(chance: random.Random, faults: LinkFaults, now: Instant) -> tuple[BadWire, BadWire]:
    """The wire to the programmer and the one to the implant."""
    return (
        BadWire(chance, faults.of("to-programmer"), faults.episodes_of("to-programmer"), now.us),
        BadWire(chance, faults.of("to-implant"), faults.episodes_of("to-implant"), now.us),
    )
