"""What an implant says, in words: status to text. No screen is imported here."""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.lead import contact_name
from scs.domain.program import Group
from scs.domain.status import LogEntry, Mode, TherapyState
from scs.domain.units import CURRENT, format_quantity
from scs.programmer.reading import DeviceDescription, Measurement
from scs.wire.messages import ContactState, Role, Status

NEVER_CLINICAL = "software model, never for clinical use"
SCALE_WIDTH = 30
"""Cells of the amplitude scale."""


def age_text(age: Duration | None, is_stale: bool) -> str:
    """How old the values are; the word STALE carries what grey alone would not."""
    if age is None:
        return "no data"
    return f"{'STALE, ' if is_stale else ''}{age.us // 100_000 / 10:.1f} s old"


def therapy_text(status: Status) -> str:
    """What the implant is doing, in a phrase."""
    if status.mode is not Mode.THERAPY:
        fault = f", fault {status.fault.name.lower().replace('_', ' ')}" if status.fault else ""
        return f"{status.mode.name.lower()}{fault}"
    words = {
        TherapyState.OFF: "off",
        TherapyState.RAMPING_UP: "ramping up",
        TherapyState.ON: "on",
        TherapyState.RAMPING_DOWN: "ramping down",
        TherapyState.PAUSED: "paused by its cycle",
    }
    return f"therapy {words[status.therapy]}, slot {status.slot}"


def device_lines(description: DeviceDescription, status: Status | None, role: Role) -> list[str]:
    """Who answered, and what it is made of."""
    identity = description.identity
    leads = ", ".join(f"port {plugged.port}: {plugged.lead.name}" for plugged in description.implant.leads)
    lines = [
        f"{identity.model}, serial {identity.serial}, firmware {identity.firmware}",
        f"profile {identity.profile}, policy {identity.policy}, {identity.contacts} contacts",
        leads,
        f"this session may {'write' if role is Role.WRITER else 'only read: another programmer writes'}",
    ]
    if status is not None:
        lines.append(battery_text(status))
    return lines


def battery_text(status: Status) -> str:
    return f"battery {status.battery_permille / 10:.0f} % ({status.battery_mv / 1000:.2f} V)"


def scale_text(delivered_ua: int, target_ua: int, highest_ua: int) -> str:
    """A bar of what is delivered, with T where the target stands; the numbers stand beside it elsewhere."""
    whole = max(highest_ua, target_ua, 1)
    filled = SCALE_WIDTH * delivered_ua // whole
    mark = min(SCALE_WIDTH - 1, SCALE_WIDTH * target_ua // whole)
    cells = ["█" if place < filled else "·" for place in range(SCALE_WIDTH)]
    cells[mark] = "T"
    return "".join(cells)


def program_lines(status: Status, group: Group | None, chosen: int) -> list[str]:
    """Each program of the group in force: what is committed, aimed at and delivered, as the implant said."""
    lines = []
    for place, (target, delivered) in enumerate(zip(status.targets_ua, status.delivered_ua, strict=True)):
        program = group.programs[place] if group is not None and place < len(group.programs) else None
        name = f"program {place + 1}" if program is None else program.name
        committed = "?" if program is None else format_quantity(program.amplitude_ua, CURRENT)
        highest = target if program is None or program.patient is None else program.patient.highest_ua
        pointer = ">" if place == chosen else " "
        lines.append(f"{pointer} {name}")
        lines.append(f"    delivered {format_quantity(delivered, CURRENT)}, target {format_quantity(target, CURRENT)}")
        lines.append(f"    committed {committed}")
        lines.append(f"    |{scale_text(delivered, target, max(highest, 2 * target))}|")
    return lines


def impedance_rows(measured: Measurement, description: DeviceDescription) -> list[tuple[str, str, str, str]]:
    """(contact, place, ohms, word) of a measurement."""
    places = {contact.number: f"port {contact.port}, {contact.place}" for contact in description.implant.contacts}
    words = {ContactState.OK: "ok", ContactState.OPEN: "OPEN", ContactState.SHORT: "SHORT"}
    return [
        (contact_name(number), places.get(number, ""), f"{ohms} Ω", words[state])
        for number, ohms, state in measured.contacts
    ]


def log_line(entry: LogEntry) -> str:
    """One entry: number, device time, what, detail."""
    kind = entry.kind.name.lower().replace("_", "-")
    return f"{entry.sequence:6d} {entry.at_us / 1_000_000:12.3f} s  {kind:<20} {entry.detail}"
