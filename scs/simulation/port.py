"""A programmer's port in the simulated world: a transport whose reads give way to the world instead of blocking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scs.clock import Duration, Instant
from scs.errors import LinkClosed
from scs.programmer.doorbell import Doorbell
from scs.transport.bad_wire import BadWire
from scs.transport.base import Transport

if TYPE_CHECKING:
    from scs.simulation.world import World


ReadSent = Callable[[bytes], tuple[bool, Any, bool]]
"""(whether it asks an implant for something, what, None for STOP; whether it is said for the first time)."""


class Port(Transport):
    """One cable from one programmer to the implant, with a bad wire each way.

    `read_sent` says what a piece asks that this programmer writes.
    """

    def __init__(
        self, world: World, link: int, who: int, to_implant: BadWire, to_programmer: BadWire, read_sent: ReadSent
    ) -> None:
        self.name = f"programmer {who + 1}"
        self.link, self.who = link, who
        self.to_implant, self.to_programmer = to_implant, to_programmer
        self.read_sent = read_sent
        self.arrived = bytearray()
        self.is_open = True
        self._world = world

    def read(self, timeout: Duration) -> bytes:
        if not self.is_open and not self.arrived:
            raise LinkClosed(f"{self.name}: the cable was pulled; plug it in again")
        self._world.turn()
        if not self.arrived and timeout.us > 0:
            self._world.wait(timeout)
        data = bytes(self.arrived)
        self.arrived.clear()
        return data

    def write(self, data: bytes) -> None:
        if not self.is_open:
            raise LinkClosed(f"{self.name}: the cable was pulled; plug it in again")
        self._world.send(self, data)

    def close(self) -> None:
        self._world.unplug(self)

    def fileno(self) -> int | None:
        return None


class Bell(Doorbell):
    """The doorbell of a task: what rings it sets a flag, and the world wakes the task."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_pressed = False

    def press_stop(self) -> None:
        self._is_pressed = True

    def hang_up(self) -> None:
        """Nobody hangs up from outside here: a program is killed instead."""

    def ring(self) -> None:
        """The world wakes whoever waits."""

    @property
    def is_hung_up(self) -> bool:
        return False

    def take_stop(self) -> bool:
        was, self._is_pressed = self._is_pressed, False
        return was

    def read(self, transport: Transport, timeout: Duration) -> bytes:
        return transport.read(timeout)

    def wait(self, timeout: Duration) -> None:
        self._world.wait(timeout)

    def close(self) -> None:
        """There is nothing to close."""


class WorldClock:
    """The time of the world, for a programmer's runner."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> Instant:
        return Instant(self._world.now_us)
