"""Where the contacts of an implant lie, for the models of this folder: millimetres beside the midline and along it."""

from __future__ import annotations

from dataclasses import dataclass

from scs.body.anatomy import along_mm, levels
from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.program import WHOLE, ElectrodeConfig
from scs.errors import BadPrescription


@dataclass(frozen=True, slots=True)
class Array:
    """The contacts that carry current, with their signed parts of the whole. The case is far away and not in it."""

    names: tuple[str, ...]
    places_mm: tuple[tuple[float, float], ...]
    """(beside, along), to the patient's left and downward positive."""
    shares: tuple[float, ...]

    @property
    def strongest_cathode(self) -> int:
        """The index of the contact that sinks most."""
        return min(range(len(self.shares)), key=lambda index: self.shares[index])


def places_mm(implant: Implant) -> dict[int, tuple[float, float]]:
    """Contact number to (beside, along) in mm, along from the upper edge of the highest lead's vertebra.

    A lead without a level begins at the height of the highest lead that has one. Raises BadPrescription for a level
    below the end of the modelled cord.
    """
    for plugged in implant.leads:
        if plugged.level is not None and plugged.level not in levels():
            raise BadPrescription(f"{plugged.level} is below L2, where the modelled cord ends; choose C2 to L2")
    known = [along_mm(plugged.level) for plugged in implant.leads if plugged.level is not None]
    top = min(known, default=0.0)
    places: dict[int, tuple[float, float]] = {}
    for plugged in implant.leads:
        start = along_mm(plugged.level) - top if plugged.level is not None else 0.0
        for beside, along in plugged.lead.positions_um:
            places[len(places) + 1] = ((plugged.offset_um + beside) / 1000, start + along / 1000)
    return places


def array_of(implant: Implant, electrodes: ElectrodeConfig) -> Array:
    """The array of one program; raises BadPrescription when it uses a contact that is not there, or only the case."""
    there = places_mm(implant)
    used = [(number, share) for number, share in electrodes.shares if number != CASE]
    missing = [contact_name(number) for number, _ in used if number not in there]
    if missing:
        raise BadPrescription(f"{', '.join(missing)} is not on the leads; choose from E1 to E{len(there)}")
    if all(share > 0 for _, share in used):
        raise BadPrescription("no contact of a lead is a cathode, so no threshold can be given; make one negative")
    return Array(
        tuple(contact_name(number) for number, _ in used),
        tuple(there[number] for number, _ in used),
        tuple(share / WHOLE for _, share in used),
    )
