"""The over-current comparators: transistors on each switch and on the supply of all of them, and nothing else.

They need no firmware, no clock, no timer and no sense amplifier, and nobody tells them what is meant: a current above
the trip level opens the switches within the tick in which it would begin, and they stay open until the latch is reset.
The interlocks know far more and speak far earlier. This is what is left when they are deceived, or everything else
stands still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firmware_model.output_stage import Pulse


@dataclass(frozen=True, slots=True)
class TripLevels:
    """Where the comparators of one device are trimmed to, in microamperes."""

    total_ua: int
    contact_ua: int


TRIP = {
    "reference": TripLevels(27_500, 27_500),
    "evoke": TripLevels(54_000, 54_000),
    "intellis": TripLevels(108_000, 27_500),
    "opennerve-gen2": TripLevels(5_400, 5_400),
    "proclaim": TripLevels(27_500, 27_500),
    "senza": TripLevels(16_200, 16_200),
    "wavewriter-alpha": TripLevels(27_500, 13_700),
}
"""About a twelfth above what each modelled device can drive: a comparator is coarse, and must not speak of a full
pulse [project: FW-08]. A third account beside the profiles and the interlocks; a test holds the three together."""
WIDEST = TripLevels(108_000, 54_000)
"""For a device that is described in a file of its own."""
SEEN_MAX = 1_024
_HARMLESS: dict[int, tuple[Pulse, TripLevels]] = {}
"""Pulses that were looked at before, by identity, and the levels that they are below. Each is kept alive here, so that
its id stays its own. It is beside the implants and no part of them."""


class OverCurrent:
    """Sees what really flows, and latches."""

    def __init__(self, levels: TripLevels) -> None:
        self.levels = levels
        self.is_latched = False

    def passes(self, pulse: Pulse) -> bool:
        """Whether this pulse leaves; False latches, and the switches are open."""
        if self.is_latched:
            return False
        seen = _HARMLESS.get(id(pulse))
        if seen is not None and seen[0] is pulse and seen[1] is self.levels:
            return True
        if not all(self._is_within(currents.values()) for currents in (pulse.currents_ua, pulse.recharge_ua)):
            self.is_latched = True
            return False
        if len(_HARMLESS) >= SEEN_MAX:
            _HARMLESS.clear()
        _HARMLESS[id(pulse)] = (pulse, self.levels)
        return True

    def reset(self) -> None:
        """Take the latch back; the currents are looked at as before."""
        self.is_latched = False

    def _is_within(self, currents_ua: Iterable[int]) -> bool:
        currents = tuple(currents_ua)
        total_ua = max(sum(c for c in currents if c > 0), -sum(c for c in currents if c < 0))
        largest_ua = max((abs(current) for current in currents), default=0)
        return total_ua <= self.levels.total_ua and largest_ua <= self.levels.contact_ua
