"""A tap between the switches and the electrodes: what leaves, one pulse at a time, whatever the firmware believes.

It is the test bench's ear. Nothing on the wire reaches it, and with nobody listening it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Run:
    """Equal pulses that have begun, or will for certain: nothing that happens meanwhile changes them."""

    program: int
    """As in a departure."""
    pulse: Pulse
    first_us: int
    """When the first is due. Of several programs that share the output, one may wait for another."""
    count: int
    """Pulses, or bursts of them."""
    spacing_us: int
    """From one to the next; 0 when there is one."""
    pulses: int
    """Pulses in each: more than one in a burst."""


class Counting(Protocol):
    """Whoever counts what leaves instead of hearing each pulse, so that years still pass in seconds."""

    def on_run(self, run: Run) -> None: ...

    def on_again(self, since_us: int, period_us: int, times: int) -> None:
        """All that has left since then leaves so many times more, each time a period later."""


class Taps:
    """Everybody who listens, pulse by pulse, and everybody who counts."""

    def __init__(self) -> None:
        self._listeners: list[OnDeparture] = []
        self._counting: list[Counting] = []
        self.is_heard = False
        """Whether there is anybody: asked for at each pulse."""

    def count(self, counting: Counting) -> None:
        """Tell somebody of runs of pulses from now on."""
        self._counting.append(counting)
        self.is_heard = True

    def tell_run(self, program: int, pulse: Pulse, first_us: int, count: int, spacing_us: int, pulses: int) -> None:
        """Tell whoever counts of a Run with these fields."""
        if self._counting and pulses:
            run = Run(program, pulse, first_us, count, spacing_us, pulses)
            for counting in self._counting:
                counting.on_run(run)

    def tell_more(self, program: int, pulse: Pulse, start_us: int, already: int, begun: int) -> None:
        """Tell everybody of the pulses `already` to `begun` (not included) of what started at `start_us`."""
        if self._listeners:
            self.tell(program, pulse, start_us, already, begun)
        self.tell_run(program, pulse, start_us + already * pulse.intra_us, 1, 0, begun - already)

    def tell_again(self, since_us: int, period_us: int, times: int) -> None:
        for counting in self._counting:
            counting.on_again(since_us, period_us, times)

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, listener: OnDeparture) -> None:
        self._listeners.append(listener)
        self.is_heard = True

    def remove(self, listener: OnDeparture) -> None:
        self._listeners.remove(listener)
        self.is_heard = bool(self._listeners or self._counting)

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
