"""The emulator's hold on one terminal line: reads it, queues what it cannot take yet, and waits on it. POSIX only.

A pseudo-terminal's master and a real serial port are the same thing here: one descriptor, at most one client.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from dataclasses import dataclass

from scs.clock import Duration
from scs.errors import LinkClosed
from scs.transport.base import READ_SIZE
from scs.transport.out_queue import OutQueue
from scs.transport.readiness import milliseconds

assert sys.platform != "win32", "terminal lines are read by descriptor on POSIX only"


@dataclass(frozen=True, slots=True)
class LineState:
    """What a wait saw: bytes to read, room for the bytes that wait, nobody at the other end."""

    has_bytes: bool
    has_room: bool
    is_hung_up: bool


class Line:
    """One non-blocking descriptor of a terminal, with what still has to be sent on it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.out = OutQueue(lambda data: os.write(descriptor, data))
        self._extra_fd: int | None = None
        self._waits_for_room = False
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def wait(self, timeout: Duration, extra_fd: int | None) -> LineState:
        """Wait for the line, or for `extra_fd`, at most `timeout`."""
        self._watch(extra_fd)
        seen = 0
        for descriptor, mask in self._poll.poll(milliseconds(timeout)):
            if descriptor == self.descriptor:
                seen = mask
        return LineState(
            has_bytes=bool(seen & select.POLLIN),
            has_room=bool(seen & select.POLLOUT),
            is_hung_up=bool(seen & (select.POLLHUP | select.POLLERR | select.POLLNVAL)),
        )

    def receive(self) -> bytes:
        """What has arrived; raises LinkClosed when nobody is at the other end."""
        try:
            data = os.read(self.descriptor, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as exc:
            # The master of a pseudo-terminal says EIO for "the other side has closed", which is no fault.
            reason = "the other side closed the link" if exc.errno == errno.EIO else f"the line failed ({exc.strerror})"
            raise LinkClosed(reason) from exc
        if not data:
            raise LinkClosed("the other side closed the link")
        return data

    def _watch(self, extra_fd: int | None) -> None:
        if extra_fd != self._extra_fd:
            if self._extra_fd is not None:
                self._poll.unregister(self._extra_fd)
            if extra_fd is not None:
                self._poll.register(extra_fd, select.POLLIN)
            self._extra_fd = extra_fd
        if self.out.is_waiting != self._waits_for_room:
            self._waits_for_room = self.out.is_waiting
            self._poll.modify(
                self.descriptor, select.POLLIN | select.POLLOUT if self._waits_for_room else select.POLLIN
            )
