"""What the modelled patient feels of what the implant really delivers, of all programs together.

A model fitted to another model, with assumed constants (scs/body/data): it predicts nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_model.device import Device
from scs.body.anatomy import Posture, levels, shift_mm, still_shift_mm
from scs.body.sensation import Felt, Person, Sense, person
from scs.domain.lead import Column, Implant, Lead, PluggedLead
from scs.domain.program import Program

COUGH_PEAK_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Looked at for the nearest that the cord comes in a cough."""
UA_PER_MA = 1_000
HOME_LEVEL = "T8"
"""Where a lead lies of which nobody says where."""
LEAST_GAP_MM = 0.3
"""The cord comes no nearer to the dura [A, as scs.body.sensation]."""
TOO_STRONG = 8.0
"""Strength from which it is more than a person wants to bear [A, as scs.body.sensation]."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """Everything that is felt at one moment, of all programs together."""

    strength: float = 0.0
    regions: Mapping[str, float] = field(default_factory=dict)
    bands: Mapping[str, float] = field(default_factory=dict)
    is_painful: bool = False
    is_motor: bool = False

    @property
    def grade(self) -> str:
        """`nothing`, `faint`, `comfortable`, `strong` or `painful`: what a person tells apart."""
        if self.is_painful or self.strength >= TOO_STRONG:
            return "painful"
        if self.strength <= 0:
            return "nothing"
        return "faint" if self.strength < 4 else "comfortable" if self.strength < 6.5 else "strong"

    @property
    def felt(self) -> Felt:
        """The same for who speaks of it."""
        return Felt(self.strength, self.regions, self.bands, is_painful=self.is_painful, is_motor=self.is_motor)


class Feels:
    """One patient's nerves: senses are worked out once for each program, posture and place of the leads."""

    def __init__(self, seed: int) -> None:
        self.person: Person = person(seed)
        self._senses: dict[tuple[object, ...], tuple[Program, Implant, Sense]] = {}

    def sense(self, program: Program, laid: Implant, posture: Posture, *, is_coughing: bool = False) -> Sense:
        """The sense of one program; the cord is at its nearest while somebody coughs."""
        key = (id(program), id(laid), posture, is_coughing)
        if key not in self._senses:
            sense = Sense(self.person, laid, program, posture)
            if is_coughing:
                still = still_shift_mm(sense.level, posture)
                nearest = min(shift_mm(sense.level, posture, 0.0, at_s) for at_s in COUGH_PEAK_S)
                sense = Sense(self.person, laid, program, posture, min(0.0, nearest - still))
            # The program and the leads are kept, so that no other object can come by the same id.
            self._senses[key] = (program, laid, sense)
        return self._senses[key][2]

    def gap_mm(self, device: Device, laid: Implant, posture: Posture, *, is_coughing: bool) -> float:
        """From dura to cord where the running cathode lies; below the first lead's top while no group was started."""
        group = device.parts.therapy.group
        if group is not None:
            return self.sense(group.programs[0], laid, posture, is_coughing=is_coughing).gap_mm
        level = next((plugged.level for plugged in laid.leads if plugged.level is not None), HOME_LEVEL)
        nearer_mm = min(shift_mm(level, posture, 0.0, at_s) for at_s in COUGH_PEAK_S) if is_coughing else None
        moved_mm = still_shift_mm(level, posture) if nearer_mm is None else nearer_mm
        return max(LEAST_GAP_MM, levels()[level].csf * self.person.csf + moved_mm)

    def feel(self, device: Device, laid: Implant, posture: Posture, *, is_coughing: bool = False) -> Feeling:
        """What is felt of the latest pulses that left the electrodes."""
        group = device.parts.therapy.group
        if group is None:
            return Feeling()
        felt: list[Felt] = []
        for index, pulse, _ in device.parts.stimulator.delivering:
            sense = self.sense(group.programs[index], laid, posture, is_coughing=is_coughing)
            felt.append(sense.feel(pulse.amplitude_ua / UA_PER_MA))
        return _together(felt)


def delivered(device: Device) -> tuple[tuple[int, int], ...]:
    """(program, µA) of what leaves the electrodes now; equal answers are felt alike."""
    return tuple((index, pulse.amplitude_ua) for index, pulse, _ in device.parts.stimulator.delivering)


def moved_down(implant: Implant, port: str, down_um: int) -> Implant:
    """The leads when the one in `port` slipped; pulses meet other fibres and the same impedance."""
    leads = []
    for plugged in implant.leads:
        lead = plugged.lead
        if plugged.port == port:
            columns = tuple(
                Column(contacts=c.contacts, pitch_um=c.pitch_um, offset_um=c.offset_um, first_um=c.first_um + down_um)
                for c in lead.columns
            )
            # Made anew and not copied: a copy would keep the places that the lead has worked out before.
            lead = Lead(
                id=lead.id, name=lead.name, form=lead.form, shape=lead.shape, columns=columns, source=lead.source
            )
        leads.append(PluggedLead(port=plugged.port, lead=lead, level=plugged.level, offset_um=plugged.offset_um))
    return Implant(leads=tuple(leads))


def _together(felt: list[Felt]) -> Feeling:
    regions: dict[str, float] = {}
    bands: dict[str, float] = {}
    for one in felt:
        for name, part in one.regions.items():
            regions[name] = max(part, regions.get(name, 0.0))
        for name, part in one.bands.items():
            bands[name] = max(part, bands.get(name, 0.0))
    return Feeling(
        max((one.strength for one in felt), default=0.0),
        regions,
        bands,
        any(one.is_painful for one in felt),
        any(one.is_motor for one in felt),
    )
