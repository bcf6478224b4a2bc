"""The electrodes as they are: an impedance for each contact, drawn once from the seeded generator, breakable.

This is the patient's side of the connector, not the firmware's opinion of it: the firmware learns of it by measuring.
The distribution is a declared model: 280 ohm against the case, a spread of 15 % (log-normal) and 20 ohm for lead and
extension [A: physics facts 2.1].
"""

from __future__ import annotations

import random
from enum import StrEnum

from scs.domain.lead import CASE, Implant

MEDIAN_OHM = 280
SPREAD = 0.15
LEAD_OHM = 20
BROKEN_OHM = 1_000_000
"""A broken conductor in saline: the measuring circuit's own end of scale."""
SHORTED_OHM = 30
"""A contact whose insulation is gone."""


class Damage(StrEnum):
    """What can be wrong with one contact's conductor."""

    OPEN = "open"
    SHORT = "short"


class Electrodes:
    """Impedances against the case, in ohms, as they are at this moment."""

    def __init__(self, implant: Implant, rng: random.Random) -> None:
        self._ohms = {
            contact.number: LEAD_OHM + round(MEDIAN_OHM * rng.lognormvariate(0, SPREAD)) for contact in implant.contacts
        }
        self._damage: dict[int, Damage] = {}

    @property
    def contacts(self) -> tuple[int, ...]:
        return tuple(self._ohms)

    def ohms(self, contact: int) -> int:
        """The impedance of one contact against the case; the case against itself is 0.

        A contact that no lead has is as open as a broken one: whoever orders it past the gate drives nothing.
        """
        if contact == CASE:
            return 0
        damage = self._damage.get(contact)
        if damage is Damage.OPEN or contact not in self._ohms:
            return BROKEN_OHM
        return SHORTED_OHM if damage is Damage.SHORT else self._ohms[contact]

    def measure(self) -> dict[int, int]:
        """Every contact as a test pulse finds it."""
        return {contact: self.ohms(contact) for contact in self._ohms}

    def damage(self, contact: int, damage: Damage | None) -> None:
        """Break a conductor, or mend it with None."""
        assert contact in self._ohms, f"there is no contact {contact}"
        if damage is None:
            self._damage.pop(contact, None)
        else:
            self._damage[contact] = damage

    def set_ohms(self, contact: int, ohms: int) -> None:
        """Give a contact another impedance, as tissue does over weeks."""
        assert contact in self._ohms, f"there is no contact {contact}"
        assert ohms > 0, "an impedance is above zero"
        self._ohms[contact] = ohms
