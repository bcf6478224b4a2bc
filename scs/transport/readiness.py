"""Waiting for one descriptor without a poll loop: `poll` where there is one, `select` on Windows, where it takes
sockets only. Time-outs are rounded up to a whole millisecond, so that nobody wakes early and spins.
"""

from __future__ import annotations

import select

from scs.clock import Duration

_HAS_POLL = hasattr(select, "poll")


def milliseconds(timeout: Duration) -> int:
    """`timeout` in whole milliseconds, rounded up; a time that has passed already is no wait."""
    return max(0, -(-timeout.us // 1_000))


class Readiness:
    """Says whether one descriptor can be read or written. A hang-up counts as readable: the read then says why."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        if _HAS_POLL:
            self._incoming = select.poll()
            self._incoming.register(descriptor, select.POLLIN)
            self._outgoing = select.poll()
            self._outgoing.register(descriptor, select.POLLOUT)

    def readable(self, timeout: Duration) -> bool:
        if _HAS_POLL:
            return bool(self._incoming.poll(milliseconds(timeout)))
        return bool(select.select([self._descriptor], [], [], max(0.0, timeout.seconds))[0])

    def writable(self, timeout: Duration) -> bool:
        if _HAS_POLL:
            return bool(self._outgoing.poll(milliseconds(timeout)))
        return bool(select.select([], [self._descriptor], [], max(0.0, timeout.seconds))[1])
