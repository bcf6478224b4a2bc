"""The supply supervisor: hardware that resets the processor when the cell's voltage gives way under its load.

Below its limit a converter cannot hold its rail and a memory write may not be one, so nothing is delivered and nothing
written there. It acts before the next pulse leaves, and holds the processor in reset until the voltage is back, which
without the load is at once unless something else pulls it down.
"""

from __future__ import annotations

from firmware_model.power.battery import Battery, Demand

HELD_CHECK_US = 60_000_000
"""How late the end of a hold may be noticed."""


class Supervisor:
    """Watches one battery. `is_holding`: the processor is held in reset."""

    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self.is_holding = False

    def bites(self, demand: Demand) -> bool:
        """Whether the processor has to be held from now on; it is held then."""
        self.is_holding = self.is_holding or self._battery.is_sagging(demand)
        return self.is_holding

    def releases(self, demand: Demand) -> bool:
        """Whether the voltage is back at what is drawn now, so that the processor begins anew."""
        assert self.is_holding, "only what is held is released"
        self.is_holding = self._battery.is_sagging(demand)
        return not self.is_holding
