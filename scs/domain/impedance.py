"""What is known of the contacts' impedance: ohms against the case, and what counts as open, short, high or unsteady."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scs.domain.profile import Interface

ContactHealth = Literal["ok", "open", "short", "intermittent", "unknown"]

HIGH_OHM = 2_500
"""Above it a contact conducts and is worth a look: it is told and kept, and the compliance rule judges it by its ohms
[assumed: physics facts 2.1; vendors differ, Precision flags 4500 ohm]."""
INTERMITTENT_OHM = (1 << 32) - 1
"""Stands for the ohms of a contact whose reads disagree: above every open limit, so that whoever does not know what it
means refuses the contact as an open one."""
SPREAD_PART = 4
"""Reads disagree when their standard deviation is above a quarter of their mean [assumed: physics facts 2.1]."""


@dataclass(frozen=True, slots=True)
class Impedances:
    """Contact number to ohms, monopolar against the case; a contact that is missing was not measured."""

    ohms: Mapping[int, int] = field(default_factory=dict)

    def classify(self, contact: int, interface: Interface) -> ContactHealth:
        """Whether the contact is usable, by the limits of the device profile."""
        ohms = self.ohms.get(contact)
        if ohms is None:
            return "unknown"
        if ohms == INTERMITTENT_OHM:
            return "intermittent"
        if ohms > interface.open_ohm:
            return "open"
        return "short" if ohms < interface.short_ohm else "ok"


def settled_ohm(reads_ohm: Sequence[int]) -> int:
    """What several reads of one impedance say together: their mean, to the nearest ohm, or INTERMITTENT_OHM."""
    assert reads_ohm, "a measurement is made of reads"
    count, total = len(reads_ohm), sum(reads_ohm)
    squares = count * sum(read * read for read in reads_ohm) - total * total
    if SPREAD_PART * SPREAD_PART * squares > total * total:
        return INTERMITTENT_OHM
    return (2 * total + count) // (2 * count)
