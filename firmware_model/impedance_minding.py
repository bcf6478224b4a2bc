"""What the firmware does when a measurement of impedances has ended: it says what was found and keeps which contacts
are faulty.
"""

from __future__ import annotations

from firmware_model.modes import Event
from firmware_model.parts import Parts
from scs.clock import Instant
from scs.domain.lead import contact_name
from scs.domain.status import LogKind
from scs.errors import StoreError


def mind_measurement(parts: Parts) -> None:
    """End the measurement that is complete by now, if one is."""
    due = parts.impedance.next_due()
    if due is None or due.us > parts.now_us:
        return
    parts.impedance.finish(Instant(parts.now_us))
    parts.modes.take(parts.blank_or(Event.MEASURED_BLANK, Event.MEASURED))
    parts.log(LogKind.IMPEDANCE_MEASURED, f"{len(parts.electrodes.contacts)} contacts")
    for contact, state in parts.impedance.suspects:
        parts.log(LogKind.LEAD_FAULT, f"{contact_name(contact)} {state.name.lower()}")
    _latch_leads(parts)


def _latch_leads(parts: Parts) -> None:
    """Keep which contacts are faulty, so that a reset does not make a broken lead usable again."""
    faults = parts.impedance.lead_faults
    if faults == parts.store.image.lead_faults:
        return
    try:
        is_twice = parts.store.latch_leads(faults)
    except StoreError:
        parts.log(LogKind.MEMORY_REPAIRED, "memory: the lead faults could not be kept")
        return
    if not is_twice:
        parts.log(LogKind.MEMORY_REPAIRED, "memory: the lead faults are kept in one slot only")
