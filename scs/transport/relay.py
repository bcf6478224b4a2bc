"""Sitting between a programmer and an implant: what one says goes on to the other, unchanged, and a sink hears it.

Each client of the listener gets a link of its own to the implant, opened when it comes and closed when it goes, so that
the implant sees what it would see without anybody in between. Bytes go on first and are told to the sink afterwards.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from scs.clock import Clock, Duration, Instant
from scs.errors import TransportError
from scs.transport.base import Transport
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received
from scs.transport.tap import Direction, Heard

RETRY = Duration.of_ms(500)
"""How often an implant's link that was lost is tried again; a person takes seconds to plug it in."""
BLIND_WAIT = Duration.of_ms(5)
"""The longest wait on carriers without a descriptor (Windows serial ports): about a frame at 115,200 baud."""
_IDLE = Duration.of_s(60)
"""A wait for nothing in particular; whatever happens ends it."""
_NOW = Duration(0)

Sink = Callable[[int, Heard], None]
"""Is told the number of the link and what passed; SENT is what the programmer said. Links that are open at once have
different numbers, from 0; a later one takes the lowest that is free, as the next programmer on a cable does."""
Say = Callable[[str], None]
"""Is told in a sentence what became of a link."""


@dataclass(slots=True)
class _Way:
    """One client and its link to the implant, which may be lost and is then tried again."""

    client: int
    """The listener's number for the client, which is never used twice."""
    link: int
    """Ours, the lowest that was free."""
    transport: Transport | None
    retry_at: Instant


class _Watch:
    """What may wake a wait: carriers that have a descriptor, and a bell that any thread or signal may ring."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._selector.register(self._inside, selectors.EVENT_READ)
        self._watched: dict[int, int] = {}
        """Identity of a carrier to its descriptor."""
        self._blind: set[int] = set()

    def add(self, transport: Transport) -> None:
        descriptor = transport.fileno()
        if descriptor is None:
            self._blind.add(id(transport))
        else:
            self._selector.register(descriptor, selectors.EVENT_READ)
            self._watched[id(transport)] = descriptor

    def remove(self, transport: Transport) -> None:
        """Before it is closed, because a closed one has no descriptor any more."""
        self._blind.discard(id(transport))
        descriptor = self._watched.pop(id(transport), None)
        if descriptor is not None:
            self._selector.unregister(descriptor)

    @property
    def descriptor(self) -> int | None:
        """One that is readable when any of them is; None where a system has no such thing."""
        fileno = getattr(self._selector, "fileno", None)
        return fileno() if fileno is not None else None

    def bounded(self, timeout: Duration) -> Duration:
        """The time that may be waited without missing what cannot wake."""
        return min(timeout, BLIND_WAIT) if self._blind or self.descriptor is None else timeout

    def wait(self, timeout: Duration) -> None:
        self._selector.select(self.bounded(timeout).seconds)

    def ring(self) -> None:
        self._outside.send(b"!")

    def close(self) -> None:
        self._selector.close()
        self._inside.close()
        self._outside.close()


class Relay:
    """Forwards between the clients of `listener` and links that `open_implant` opens, until `close`.

    The first link is opened at once, so that an implant that is not there is told before anybody connects: raises what
    `open_implant` raises. The listener is the caller's to close.
    """

    def __init__(
        self, listener: Listener, open_implant: Callable[[], Transport], clock: Clock, sink: Sink, say: Say
    ) -> None:
        self._listener, self._open_implant, self._clock, self._sink, self._say = (
            listener,
            open_implant,
            clock,
            sink,
            say,
        )
        self._ways: dict[int, _Way] = {}
        self._spare: Transport | None = open_implant()
        self._watch = _Watch()
        self._is_ending = False

    def close(self) -> None:
        """Make `run` end; may be called from a signal handler or another thread."""
        self._is_ending = True
        self._watch.ring()

    def run(self) -> None:
        """Forward until `close`."""
        while not self._is_ending:
            timeout = RETRY if any(way.transport is None for way in self._ways.values()) else _IDLE
            for event in self._listener.poll(self._watch.bounded(timeout), self._watch.descriptor):
                self._on_client(event)
            for way in list(self._ways.values()):
                self._on_implant(way)

    def release(self) -> None:
        """Let go of the links to the implant, after `run` or without it."""
        for way in self._ways.values():
            self._lose(way)
        if self._spare is not None:
            self._spare.close()
        self._watch.close()

    def _on_client(self, event: ListenerEvent) -> None:
        if isinstance(event, Connected):
            taken = {way.link for way in self._ways.values()}
            link = next(number for number in count() if number not in taken)
            way = self._ways[event.link_id] = _Way(event.link_id, link, None, self._clock.now())
            self._say(f"link {link}: a programmer connected")
            self._reach(way)
            if way.transport is None:
                self._say(f"link {link}: the implant cannot be reached; it is tried again")
        elif isinstance(event, Disconnected):
            way = self._ways.pop(event.link_id)
            self._say(f"link {way.link}: {event.reason}")
            self._lose(way)
        elif isinstance(event, Received):
            way = self._ways[event.link_id]
            try:
                if way.transport is not None:
                    way.transport.write(event.data)
            except TransportError as error:
                self._on_lost(way, error)
            self._hear(way, Direction.SENT, event.data)

    def _on_implant(self, way: _Way) -> None:
        if way.transport is None:
            if self._clock.now() >= way.retry_at:
                self._reach(way)
            return
        try:
            data = way.transport.read(_NOW)
        except TransportError as error:
            self._on_lost(way, error)
            return
        if data:
            self._listener.send(way.client, data)
            self._hear(way, Direction.RECEIVED, data)

    def _reach(self, way: _Way) -> None:
        """Open the implant's side of a link, or take the one that waits."""
        try:
            way.transport, self._spare = self._spare or self._open_implant(), None
        except TransportError:
            way.retry_at = self._clock.now() + RETRY
            return
        self._watch.add(way.transport)

    def _on_lost(self, way: _Way, error: TransportError) -> None:
        self._say(f"link {way.link}: the implant cannot be reached ({error}); it is tried again")
        self._lose(way)
        way.retry_at = self._clock.now() + RETRY

    def _lose(self, way: _Way) -> None:
        if way.transport is not None:
            self._watch.remove(way.transport)
            way.transport.close()
            way.transport = None

    def _hear(self, way: _Way, direction: Direction, data: bytes) -> None:
        self._sink(way.link, Heard(self._clock.now(), direction, data))


class Ears:
    """Reads carriers that only listen, such as two adapters of which each hears one wire; writes to none of them.

    Ends by itself when the last of them is gone.
    """

    def __init__(self, carriers: Mapping[Direction, Transport], clock: Clock, sink: Sink, say: Say) -> None:
        self._carriers, self._clock, self._sink, self._say = dict(carriers), clock, sink, say
        self._watch = _Watch()
        self._is_ending = False
        for carrier in self._carriers.values():
            self._watch.add(carrier)

    def close(self) -> None:
        """Make `run` end; may be called from a signal handler or another thread."""
        self._is_ending = True
        self._watch.ring()

    def run(self) -> None:
        """Listen until `close` or until nobody is left."""
        while not self._is_ending and self._carriers:
            self._watch.wait(_IDLE)
            for direction, carrier in list(self._carriers.items()):
                self._listen(direction, carrier)

    def release(self) -> None:
        """Let go of the carriers, after `run` or without it."""
        for carrier in self._carriers.values():
            carrier.close()
        self._watch.close()

    def _listen(self, direction: Direction, carrier: Transport) -> None:
        try:
            data = carrier.read(_NOW)
        except TransportError as error:
            self._say(f"{carrier.name}: {error}")
            self._watch.remove(carrier)
            carrier.close()
            del self._carriers[direction]
            return
        if data:
            self._sink(0, Heard(self._clock.now(), direction, data))
