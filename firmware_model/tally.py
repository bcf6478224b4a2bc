"""Pulses that have begun and are not in the accounts yet: equal ones are counted, and booked together."""

from __future__ import annotations

from firmware_model.ledger import Ledger
from firmware_model.output_stage import Pulse
from firmware_model.power.battery import Battery


class Tally:
    """Counts pulses in front of the ledger and the battery. Nothing is left in it between two stretches of time."""

    __slots__ = ("_aside", "_battery", "_cost_pc", "_count", "_ledger", "_pulse")

    def __init__(self, ledger: Ledger, battery: Battery) -> None:
        self._ledger = ledger
        self._battery = battery
        self._pulse: Pulse | None = None
        """The latest one, what each of it costs, and how many of it in a row."""
        self._cost_pc = 0
        self._count = 0
        self._aside: dict[int, tuple[Pulse, int, int]] = {}
        """Those before it, by identity: the pulse, its cost, how many."""

    def count(self, pulse: Pulse, cost_pc: int, count: int) -> None:
        """So many more pulses have begun, each of which costs this."""
        assert count >= 0, "a pulse that has begun stays counted"
        if pulse is self._pulse:
            self._count += count
        else:
            self._set_aside()
            self._pulse, self._cost_pc, self._count = pulse, cost_pc, count

    def settle(self) -> None:
        """Book everything."""
        self._set_aside()
        for pulse, cost_pc, count in self._aside.values():
            self._ledger.add(pulse, count)
            self._battery.drive(cost_pc * count)
        self._aside.clear()

    def _set_aside(self) -> None:
        pulse = self._pulse
        if pulse is None:
            return
        counted = self._aside.get(id(pulse))
        count = self._count + (0 if counted is None else counted[2])
        if count:
            self._aside[id(pulse)] = (pulse, self._cost_pc, count)
        self._pulse, self._cost_pc, self._count = None, 0, 0
