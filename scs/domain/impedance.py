"""What is known of the contacts' impedance: ohms against the case, and which of them count as open or short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scs.domain.profile import Interface

ContactHealth = Literal["ok", "open", "short", "unknown"]


@dataclass(frozen=True, slots=True)
class Impedances:
    """Contact number to ohms, monopolar against the case; a contact that is missing was not measured."""

    ohms: Mapping[int, int] = field(default_factory=dict)

    def classify(self, contact: int, interface: Interface) -> ContactHealth:
        """Whether the contact is usable, by the limits of the device profile."""
        ohms = self.ohms.get(contact)
        if ohms is None:
            return "unknown"
        if ohms > interface.open_ohm:
            return "open"
        return "short" if ohms < interface.short_ohm else "ok"
