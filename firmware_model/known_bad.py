"""Implants that are wrong on purpose, one fault each: a suite that catches them all can be believed."""

from __future__ import annotations

from firmware_model.broken import day, gate, interlock, kept, link, memory, output, stop, supply, therapy, writing
from firmware_model.broken.fault import KnownBad
from scs.errors import BadPrescription

__all__ = ["KNOWN_BAD", "KnownBad", "find_known_bad"]

KNOWN_BAD: tuple[KnownBad, ...] = (
    *gate.FAULTS,
    *therapy.FAULTS,
    *output.FAULTS,
    *interlock.FAULTS,
    *memory.FAULTS,
    *kept.FAULTS,
    *link.FAULTS,
    *stop.FAULTS,
    *writing.FAULTS,
    *supply.FAULTS,
    *day.FAULTS,
)
"""An id stands once."""

assert len({fault.id for fault in KNOWN_BAD}) == len(KNOWN_BAD), "two faults share an id"


def find_known_bad(fault_id: str) -> KnownBad:
    """The fault with this id; raises BadPrescription that lists the ids there are."""
    for fault in KNOWN_BAD:
        if fault.id == fault_id:
            return fault
    ids = ", ".join(fault.id for fault in KNOWN_BAD)
    raise BadPrescription(f'no known-bad firmware "{fault_id}"; choose from {ids}')
