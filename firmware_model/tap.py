"""A tap between the switches and the electrodes: what leaves, one pulse at a time, whatever the firmware believes.

It is the test bench's ear. Nothing on the wire reaches it, and with nobody listening it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware_model.output_stage import Pulse


@dataclass(frozen=True, slots=True)
class Departure:
    """One pulse that has begun. Its recharge always follows; a burst is as many departures as pulses have begun."""

    start_us: int
    program: int
    """The place of the program in its group; TEST_CHANNEL in a test pulse."""
    currents_ua: Mapping[int, int]
    """Signed, per contact, in the leading phase."""
    width_us: int
    gap_us: int
    recharge_ua: Mapping[int, int]
    """Signed, per contact; empty when the charge flows back by itself."""
    recharge_us: int


TEST_CHANNEL = 4
"""Stands for the place of a program in a test pulse of the impedance measurement, which belongs to no group."""
OnDeparture = Callable[[Departure], None]


class Taps:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._listeners: list[OnDeparture] = []

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, listener: OnDeparture) -> None:
        self._listeners.append(listener)

    def remove(self, listener: OnDeparture) -> None:
        self._listeners.remove(listener)

    def tell(self, program: int, pulse: Pulse, start_us: int, already: int, begun: int) -> None:
        """Pulses number `already` to `begun` (not included) of what started at `start_us` have begun."""
        for number in range(already, begun):
            departure = Departure(
                start_us + number * pulse.intra_us,
                program,
                pulse.currents_ua,
                pulse.width_us,
                pulse.gap_us,
                pulse.recharge_ua,
                pulse.recharge_us,
            )
            for listener in self._listeners:
                listener(departure)
