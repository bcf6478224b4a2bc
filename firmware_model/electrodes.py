"""The electrodes as they are: an impedance for each contact, drawn once from the seeded generator, breakable.

This is the patient's side of the connector, not the firmware's opinion of it: the firmware learns of it by measuring.
The distribution is a declared model: 280 ohm against the case, a spread of 15 % (log-normal) and 20 ohm for lead and
extension [A: physics facts 2.1]. Tissue grows around the contacts for weeks and air or fluid comes and goes, once
somebody says when that began; impedances change at whole hours only, so that what lies between two is one number.
"""

from __future__ import annotations

import math
import random
from enum import StrEnum

from scs.body.interface import bipolar_ohm, encapsulation
from scs.domain.lead import CASE, Implant

MEDIAN_OHM = 280
SPREAD = 0.15
LEAD_OHM = 20
BROKEN_OHM = 1_000_000
"""A broken conductor in saline: the measuring circuit's own end of scale."""
SHORTED_OHM = 30
"""A contact whose insulation is gone."""
BRIDGED_OHM = 10
"""Between two conductors that touch [assumed]."""
LOOSE_US = 3_000
"""A loose conductor is open for so long and whole for as long [assumed]."""
NEAREST_MM = 3.0
"""Nearer than a contact is long the formula for the common part of two contacts says nothing [assumed]."""
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
GROWN_DAYS = 200
"""More than nine time constants of the encapsulation: what is still to come is below an ohm."""
ACUTE_DECAYS = 10
"""After so many time constants nothing is left of what came acutely."""


class Damage(StrEnum):
    """What can be wrong with one contact's conductor."""

    OPEN = "open"
    SHORT = "short"
    LOOSE = "loose"
    """It opens and closes."""


class Electrodes:
    """Impedances against the case, in ohms, as they are at `at_us`."""

    def __init__(self, implant: Implant, rng: random.Random, at_us: int = 0) -> None:
        self._ohms = {
            contact.number: LEAD_OHM + round(MEDIAN_OHM * rng.lognormvariate(0, SPREAD)) for contact in implant.contacts
        }
        self._damage: dict[int, Damage] = {}
        self._places_mm = _places_mm(implant)
        self._bridged: dict[int, int] = {}
        self._implanted_us: int | None = None
        self._acute: dict[int, tuple[int, int, int]] = {}
        self._covered: dict[int, int] = {}
        self.at_us = at_us
        """The time that it is; the implant's clock moves it on."""
        self._changes = 0

    @property
    def contacts(self) -> tuple[int, ...]:
        return tuple(self._ohms)

    @property
    def state(self) -> tuple[int, int]:
        """As long as this is the same, so is every impedance: how often somebody changed one, and the hour while any
        changes by itself."""
        if self._implanted_us is None and not self._acute:
            return self._changes, -1
        return self._changes, -1 if self.next_change_us(self.at_us) is None else self.at_us // HOUR_US

    def ohms(self, contact: int, at_us: int | None = None) -> int:
        """The impedance of one contact against the case; the case against itself is 0.

        A contact that no lead has is as open as a broken one: whoever orders it past the gate drives nothing. A loose
        one is open for whoever does not say at which microsecond.
        """
        own = self._own_ohms(contact, at_us)
        other = self._bridged.get(contact)
        if other is None:
            return own
        beside = self._own_ohms(other, at_us) + BRIDGED_OHM
        return max(1, own * beside // (own + beside))

    def pair_ohms(self, one: int, other: int, at_us: int | None = None) -> int:
        """Between two contacts; the case is a contact too."""
        if CASE in (one, other):
            return self.ohms(one + other, at_us)
        if self._bridged.get(one) == other:
            return BRIDGED_OHM
        ohms = (self.ohms(one, at_us), self.ohms(other, at_us))
        if max(ohms) >= BROKEN_OHM:
            return BROKEN_OHM
        # What two contacts have in common is no more than the smaller of the two has.
        return max(*ohms, round(bipolar_ohm(*ohms, self._distance_mm(one, other))))

    def measure(self) -> dict[int, int]:
        """Every contact against the case as it is."""
        return {contact: self.ohms(contact) for contact in self._ohms}

    def damage(self, contact: int, damage: Damage | None) -> None:
        """Break a conductor, or mend it with None."""
        self._changes += 1
        assert contact in self._ohms, f"there is no contact {contact}"
        if damage is None:
            self._damage.pop(contact, None)
        else:
            self._damage[contact] = damage

    def bridge(self, one: int, other: int) -> None:
        """Let the conductors of two contacts touch; each touches one other at most."""
        self._changes += 1
        assert one != other, "a conductor touches another one"
        for contact in (one, other):
            assert contact in self._ohms, f"there is no contact {contact}"
            self.part(contact)
        self._bridged.update({one: other, other: one})

    def part(self, contact: int) -> None:
        """The conductor of this contact touches no other any more."""
        self._changes += 1
        other = self._bridged.pop(contact, None)
        if other is not None:
            del self._bridged[other]

    def set_ohms(self, contact: int, ohms: int) -> None:
        """Give a contact another impedance, as tissue does over weeks."""
        self._changes += 1
        assert contact in self._ohms, f"there is no contact {contact}"
        assert ohms > 0, "an impedance is above zero"
        self._ohms[contact] = ohms

    def cover(self, contact: int, ohms: int | None) -> None:
        """Let something around a contact take its impedance to `ohms` until it is gone again (None)."""
        self._changes += 1
        assert contact in self._ohms, f"there is no contact {contact}"
        if ohms is None:
            self._covered.pop(contact, None)
        else:
            assert ohms > 0, "an impedance is above zero"
            self._covered[contact] = ohms

    def implant_at(self, at_us: int) -> None:
        """The leads were laid at this time: from then on tissue grows around them [A: physics facts 2.1].

        Without it the tissue is as it was drawn and stays so.
        """
        self._changes += 1
        self._implanted_us = at_us

    def add_acute(self, contact: int, ohms: int, tau_us: int) -> None:
        """Air at a contact (`ohms` above zero) or fluid (below) from now on, going away with a time constant."""
        self._changes += 1
        assert contact in self._ohms, f"there is no contact {contact}"
        assert tau_us > 0, "what comes acutely goes again"
        self._acute[contact] = (ohms, self.at_us, tau_us)

    def next_change_us(self, now_us: int) -> int | None:
        """When an impedance changes by itself the next time; None when none does."""
        if self._implanted_us is None and not self._acute:
            return None
        is_growing = self._implanted_us is not None and now_us - self._implanted_us < GROWN_DAYS * DAY_US
        acute = self._acute.values()
        is_acute = bool(acute) and any(now_us - since_us < ACUTE_DECAYS * tau_us for _, since_us, tau_us in acute)
        return (now_us // HOUR_US + 1) * HOUR_US if is_growing or is_acute else None

    def _own_ohms(self, contact: int, at_us: int | None) -> int:
        if contact == CASE:
            return 0
        damage = self._damage.get(contact)
        if damage is Damage.OPEN or contact not in self._ohms:
            return BROKEN_OHM
        if damage is Damage.SHORT:
            return SHORTED_OHM
        if damage is Damage.LOOSE and (at_us is None or at_us // LOOSE_US % 2):
            return BROKEN_OHM
        if contact in self._covered:
            return self._covered[contact]
        return self._tissue_ohms(contact, self.at_us if at_us is None else at_us)

    def _tissue_ohms(self, contact: int, at_us: int) -> int:
        ohms, hour_us = self._ohms[contact], at_us // HOUR_US * HOUR_US
        if self._implanted_us is not None:
            age_days = min(GROWN_DAYS, max(0, hour_us - self._implanted_us) / DAY_US)
            ohms = LEAD_OHM + round((ohms - LEAD_OHM) * encapsulation(age_days))
        extra_ohm, since_us, tau_us = self._acute.get(contact, (0, 0, 1))
        passed = max(0, hour_us - since_us) / tau_us
        return max(1, ohms + (round(extra_ohm * math.exp(-passed)) if passed < ACUTE_DECAYS else 0))

    def _distance_mm(self, one: int, other: int) -> float:
        return max(NEAREST_MM, math.dist(self._places_mm[one], self._places_mm[other]))


def _places_mm(implant: Implant) -> dict[int, tuple[float, float]]:
    """Where each contact lies, sideways and down; leads of which nothing is said lie at one height."""
    places = [
        ((plugged.offset_um + aside) / 1_000, down / 1_000)
        for plugged in implant.leads
        for aside, down in plugged.lead.positions_um
    ]
    return {contact.number: place for contact, place in zip(implant.contacts, places, strict=True)}
