"""When two faults leave the comparators as the only guard: the interlocks are blind, and the output is wrong.

One fault is found by whoever watches. A second one that comes while the watcher itself is gone is not: what is left are
the comparators on the switches, which know how much a device can drive and nothing else. Whoever judges pulses holds
an implant in that state to their levels, and to nothing that only the interlocks could have seen.
"""

from __future__ import annotations

BLIND = frozenset({"sense-lost"})
"""The sense lines show nothing."""
WRONG = frozenset({"dac-full", "dac-stuck", "switch-welded", "recharge-missing", "recharge-small"})
"""What leaves is not what was meant."""


class TwoFaults:
    """Told of every damage and of how long it lasts."""

    def __init__(self) -> None:
        self._ends_us = {"blind": -1, "wrong": -1}

    def note(self, at_us: int, kind: str, lasts_us: int | None) -> None:
        """Something breaks; None: for good."""
        for name, kinds in (("blind", BLIND), ("wrong", WRONG)):
            if kind in kinds:
                ends_us = FOR_GOOD_US if lasts_us is None else at_us + lasts_us
                self._ends_us[name] = max(self._ends_us[name], ends_us)

    def are_under_way(self, at_us: int) -> bool:
        """Whether both are."""
        return at_us <= min(self._ends_us.values())


FOR_GOOD_US = 1 << 62
