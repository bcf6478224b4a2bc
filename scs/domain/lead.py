"""Contacts, leads and the implant they are plugged into: which metal is where, and how large.

The catalogue is data (data/leads.toml). An area is computed from the shape and floored to a whole µm², so that a
density is never understated. Contacts are numbered E1… through the ports in order; the case is contact 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scs.domain.fields import FROM_TEXT, Area, Length, Offset, Prescription, Words
from scs.domain.shipped import shipped
from scs.domain.units import SquareMicrometres
from scs.errors import BadPrescription

CASE = 0
"""The number of the case when it serves as an electrode."""
CONTACTS_MAX = 32
"""The most contacts of any implant modelled (WaveWriter Alpha 32)."""
PORTS = ("A", "B", "C", "D")
"""The lead ports in the order in which their contacts are numbered."""
_PI = Decimal("3.14159265358979323846")


class Cylinder(Prescription):
    """A ring contact of a percutaneous lead; area = π · diameter · length."""

    kind: Literal["cylinder"]
    diameter_um: Length
    length_um: Length

    @property
    def area_um2(self) -> SquareMicrometres:
        return SquareMicrometres(int(_PI * self.diameter_um * self.length_um))


class Rectangle(Prescription):
    """A flat contact of a paddle; only the face towards the dura is bare."""

    kind: Literal["rectangle"]
    length_um: Length
    width_um: Length

    @property
    def area_um2(self) -> SquareMicrometres:
        return SquareMicrometres(self.length_um * self.width_um)


class Disc(Prescription):
    """A round flat contact; area = π · diameter² / 4."""

    kind: Literal["disc"]
    diameter_um: Length

    @property
    def area_um2(self) -> SquareMicrometres:
        return SquareMicrometres(int(_PI * self.diameter_um * self.diameter_um / 4))

    @property
    def length_um(self) -> int:
        return self.diameter_um


Shape = Annotated[Cylinder | Rectangle | Disc, Field(discriminator="kind")]


class Column(Prescription):
    """A row of equal contacts along the lead, from the tip down."""

    contacts: Annotated[int, Field(ge=1, le=CONTACTS_MAX)]
    pitch_um: Length
    """Centre to centre."""
    offset_um: Offset = 0
    """To the side of the lead's axis."""
    first_um: Offset = 0
    """How far the first contact's centre lies below that of the column that reaches furthest up."""


class Lead(Prescription):
    """A lead model of the catalogue. Contact 1 is nearest to the tip; columns are counted left to right."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,38}$")]
    name: Words
    form: Literal["percutaneous", "paddle"]
    shape: Shape
    columns: Annotated[tuple[Column, ...], Field(strict=False, min_length=1)]
    published_area_um2: Annotated[Area | None, Field(exclude=True)] = None
    source: Words

    @property
    def area_um2(self) -> SquareMicrometres:
        """The area of one contact in µm², from the shape."""
        return self.shape.area_um2

    @cached_property
    def positions_um(self) -> tuple[tuple[int, int], ...]:
        """(sideways, down from the topmost contact's centre) of each contact, in numbering order."""
        return tuple(
            (column.offset_um, column.first_um + index * column.pitch_um)
            for column in self.columns
            for index in range(column.contacts)
        )

    @property
    def count(self) -> int:
        return sum(column.contacts for column in self.columns)

    @property
    def span_um(self) -> int:
        """From the upper edge of the topmost contact to the lower edge of the lowest."""
        return max(down for _, down in self.positions_um) + self.shape.length_um


class PluggedLead(Prescription):
    """A lead in a port, and where it lies if that is known."""

    port: Literal["A", "B", "C", "D"]
    lead: Lead
    level: Annotated[str | None, Field(pattern=r"^(C[2-7]|T[1-9]|T1[0-2]|L[1-5])$")] = None
    """The vertebral level at which the topmost contact lies, if a person said so."""
    offset_um: Offset = 0
    """How far the lead's axis lies from the midline."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of an implant: its number, its name, the port and place of its lead, and its area."""

    number: int
    port: str
    place: int
    """1 is nearest to the tip of the lead."""
    area_um2: SquareMicrometres

    @property
    def name(self) -> str:
        return contact_name(self.number)


class Implant(Prescription):
    """One to four leads in the ports of one implanted pulse generator, at most 32 contacts together."""

    leads: Annotated[tuple[PluggedLead, ...], Field(strict=False, min_length=1, max_length=len(PORTS))]

    @model_validator(mode="after")
    def _ports_are_used_once_and_in_order(self) -> Implant:
        ports = [plugged.port for plugged in self.leads]
        if len(set(ports)) != len(ports):
            raise ValueError(f"two leads are plugged into one port ({', '.join(ports)}); give each its own")
        if ports != sorted(ports):
            raise ValueError(f"ports stand in the order {', '.join(ports)}; list them in alphabetical order")
        count = sum(plugged.lead.count for plugged in self.leads)
        if count > CONTACTS_MAX:
            raise ValueError(f"{count} contacts are more than {CONTACTS_MAX}; use fewer or shorter leads")
        return self

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        """Every contact but the case, E1 first."""
        listed: list[Contact] = []
        for plugged in self.leads:
            for place in range(1, plugged.lead.count + 1):
                listed.append(Contact(len(listed) + 1, plugged.port, place, plugged.lead.area_um2))
        return tuple(listed)

    @cached_property
    def areas_um2(self) -> dict[int, SquareMicrometres]:
        """Contact number to area; the case is not in it, because its area belongs to the device."""
        return {contact.number: contact.area_um2 for contact in self.contacts}


def contact_name(number: int) -> str:
    """CASE for 0, E1 … E32 for the others."""
    return "CASE" if number == CASE else f"E{number}"


_CONTACT = re.compile(r"E([1-9][0-9]?)")


def contact_number(name: str) -> int:
    """The number of "CASE" or "E7"; raise BadPrescription for anything else."""
    if name == "CASE":
        return CASE
    match = _CONTACT.fullmatch(name)
    if match is None or int(match[1]) > CONTACTS_MAX:
        raise BadPrescription(f'"{name}" names no contact; use E1 to E{CONTACTS_MAX}, or CASE')
    return int(match[1])


@cache
def catalogue() -> dict[str, Lead]:
    """Every lead of data/leads.toml by its id."""
    rows = shipped("leads.toml")["lead"]
    leads = [Lead.model_validate(row, context=FROM_TEXT) for row in rows]
    by_id = {lead.id: lead for lead in leads}
    assert len(by_id) == len(leads), "two leads of the catalogue share an id"
    return by_id


def find_lead(lead_id: str) -> Lead:
    """The lead of the catalogue with this id; raise BadPrescription that lists near ones."""
    leads = catalogue()
    if lead_id not in leads:
        raise BadPrescription(f'no lead "{lead_id}" in the catalogue; choose one of {", ".join(sorted(leads))}')
    return leads[lead_id]
