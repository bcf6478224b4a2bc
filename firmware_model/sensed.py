"""What the sense lines show: currents and times of what is about to leave, and nothing of what it is meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is about to leave the electrodes: one pulse, or a burst of equal pulses, as the sense lines show it."""

    channel: int
    """The timer that fired it: pulses of one timer follow each other, those of another fall in between."""
    currents_ua: Mapping[int, int]
    width_us: int
    gap_us: int
    recharge_ua: Mapping[int, int]
    recharge_us: int
    pulses: int
    intra_us: int
    occupation_us: int = field(init=False)
    """From the first leading phase to the end of the last recharge; worked out once, because it is asked for at each
    pulse."""

    def __post_init__(self) -> None:
        occupation_us = (self.pulses - 1) * self.intra_us + self.width_us + self.gap_us + self.recharge_us
        object.__setattr__(self, "occupation_us", occupation_us)

    def shown_with(self, offsets_ua: Mapping[int, int]) -> Leaving:
        """The same as lines show it that have these offsets, by contact."""
        if not any(offsets_ua.values()):
            return self
        lead, back = (
            {contact: current + offsets_ua.get(contact, 0) for contact, current in currents.items()}
            for currents in (self.currents_ua, self.recharge_ua)
        )
        return replace(self, currents_ua=lead, recharge_ua=back)

    def unseen(self) -> Leaving:
        """The same by lines that show nothing at all: its times, and no current."""
        lead, back = (dict.fromkeys(currents, 0) for currents in (self.currents_ua, self.recharge_ua))
        return replace(self, currents_ua=lead, recharge_ua=back)

    def driven_left_pc(self, contact: int) -> int:
        """What a driven recharge leaves of all pulses together on one contact: a magnitude, exact."""
        once = self.currents_ua.get(contact, 0) * self.width_us + self.recharge_ua.get(contact, 0) * self.recharge_us
        return self.pulses * abs(once)

    def phase_pc(self, contact: int) -> int:
        """The charge of all leading phases together on one contact: a magnitude."""
        return self.pulses * abs(self.currents_ua.get(contact, 0)) * self.width_us


@dataclass(frozen=True, slots=True)
class Train:
    """`count` times the same, due `spacing_us` apart; each may wait for another train, none longer than that."""

    leaving: Leaving
    count: int
    spacing_us: int
    first_us: int
    """When the first of them is due."""
