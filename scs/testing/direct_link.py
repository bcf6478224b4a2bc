"""The programmer's end of a link to an implant in this process, over simulated time.

A read never waits: it lets the implant live until it says something, or until the time of the read has passed. The
programmer's own code, the one that speaks over real ports, then runs a simulated year as it stands.
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_model.device import Device
from scs.clock import Duration, Instant
from scs.transport.base import Transport

TRANSIT = Duration.of_ms(2)
"""How long bytes take one way: a short frame at 115,200 baud."""
_BOTH_WAYS = TRANSIT * 2
Step = Callable[[Instant], None]


class DirectLink(Transport):
    """One link of one implant. `step` lets it live; it is the device's own unless something goes wrong on the way."""

    name = "simulated"

    def __init__(self, device: Device, step: Step | None = None, link: int = 0) -> None:
        self._device, self._step, self._link = device, step or device.step, link

    def read(self, timeout: Duration) -> bytes:
        said = self._device.take_output(self._link)
        end = self._device.now + timeout
        while not said and self._device.now < end:
            due = self._device.next_due()
            self._step(end if due is None else max(self._device.now, min(end, due)))
            said = self._device.take_output(self._link)
        return said

    def write(self, data: bytes) -> None:
        # What is said arrives at once, and the time of both ways passes before an answer can be read.
        self._device.receive(data, self._link)
        self._step(self._device.now + _BOTH_WAYS)

    def close(self) -> None:
        """The programmer has gone."""
        self._device.drop_link(self._link)

    def fileno(self) -> int | None:
        return None


class DeviceClock:
    """The implant's own time, for whoever shares its simulation."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def now(self) -> Instant:
        return self._device.now
