"""Many socket links behind one poll: what TCP and the in-process listener share."""

from __future__ import annotations

import selectors
import socket
from abc import abstractmethod
from dataclasses import dataclass

from scs.clock import Duration
from scs.errors import LinkClosed
from scs.transport.base import READ_SIZE
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received
from scs.transport.out_queue import OutQueue
from scs.transport.tcp import prepare

MAX_LINKS = 16
"""How many clients one emulator serves at once. One more is accepted and closed at once, so that it learns of it."""


@dataclass(frozen=True, slots=True)
class _Peer:
    link_id: int
    socket: socket.socket
    out: OutQueue


class SocketListener(Listener):
    """Connected sockets, each a link. A subclass adds where they come from: `_doorbell` becomes readable when
    `_arrivals` has new sockets to give."""

    def __init__(self, name: str, address: str, doorbell: socket.socket) -> None:
        self.name = name
        self.address = address
        self._doorbell = doorbell
        self._peers: dict[int, _Peer] = {}
        self._last_link_id = 0
        self._pending: list[ListenerEvent] = []
        self._extra_fd: int | None = None
        self._is_open = True
        self._selector = selectors.DefaultSelector()
        self._selector.register(doorbell, selectors.EVENT_READ, data=None)

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        if not self._is_open:
            raise LinkClosed(f"{self.name}: the listener was closed; open it again to go on")
        self._watch(extra_wakeup_fd)
        ready = self._selector.select(0 if self._pending else max(0.0, timeout.seconds))
        events, self._pending = self._pending, []
        for key, mask in ready:
            if isinstance(key.data, _Peer):
                events += self._attend(key.data, mask)
            elif key.fileobj is self._doorbell:
                events += self._admit()
        return events

    def send(self, link_id: int, data: bytes) -> None:
        peer = self._peers.get(link_id)
        if peer is None:
            return
        try:
            peer.out.send(data)
        except LinkClosed as exc:
            self._pending.append(self._drop(peer, str(exc)))
            return
        if peer.out.is_waiting:
            self._selector.modify(peer.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, data=peer)

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._selector.close()
        self._doorbell.close()
        for peer in self._peers.values():
            peer.socket.close()
        self._peers.clear()

    @abstractmethod
    def _arrivals(self) -> list[socket.socket]:
        """The sockets that have come since the last call."""

    def _admit(self) -> list[ListenerEvent]:
        events: list[ListenerEvent] = []
        for arrived in self._arrivals():
            if len(self._peers) >= MAX_LINKS:
                arrived.close()
                continue
            prepare(arrived)
            self._last_link_id += 1
            peer = _Peer(self._last_link_id, arrived, OutQueue(arrived.send))
            self._peers[peer.link_id] = peer
            self._selector.register(arrived, selectors.EVENT_READ, data=peer)
            events.append(Connected(peer.link_id))
        return events

    def _attend(self, peer: _Peer, mask: int) -> list[ListenerEvent]:
        try:
            if mask & selectors.EVENT_WRITE:
                peer.out.flush()
                if not peer.out.is_waiting:
                    self._selector.modify(peer.socket, selectors.EVENT_READ, data=peer)
            if not mask & selectors.EVENT_READ:
                return []
            data = peer.socket.recv(READ_SIZE)
        except BlockingIOError:
            return []
        except LinkClosed as exc:
            return [self._drop(peer, str(exc))]
        except OSError as exc:
            return [self._drop(peer, f"the other side is gone ({exc.strerror or exc})")]
        if not data:
            return [self._drop(peer, "the other side closed the link")]
        return [Received(peer.link_id, data)]

    def _drop(self, peer: _Peer, reason: str) -> Disconnected:
        del self._peers[peer.link_id]
        self._selector.unregister(peer.socket)
        peer.socket.close()
        return Disconnected(peer.link_id, reason)

    def _watch(self, extra_fd: int | None) -> None:
        if extra_fd == self._extra_fd:
            return
        if self._extra_fd is not None:
            self._selector.unregister(self._extra_fd)
        if extra_fd is not None:
            self._selector.register(extra_fd, selectors.EVENT_READ, data=None)
        self._extra_fd = extra_fd
