"""What stands around every screen, in words: who is on the link, what it does, how old that is, what became of a STOP.

The first picture is made of this, so nothing is imported that takes long; no screen is either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scs.domain.status import Fault, Mode, TherapyState
from scs.wire.terms import Role

if TYPE_CHECKING:
    from scs.clock import Duration
    from scs.programmer.reading import DeviceDescription
    from scs.wire.responses import Status

NEVER_CLINICAL = "software model, never for clinical use"


def age_text(age: Duration | None, is_stale: bool, is_locked: bool) -> str:
    """How old the values are; the words STALE and LOCKED carry what grey alone would not."""
    if age is None:
        return "no data"
    word = "STALE, LOCKED, " if is_locked else "STALE, " if is_stale else ""
    return f"{word}{age.us // 100_000 / 10:.1f} s old"


def frame_text(
    description: DeviceDescription | None, status: Status | None, address: str, is_up: bool, stop_state: str
) -> str:
    """Who is on the link and what it does, in one line; a STOP that nobody confirmed comes before everything."""
    alarm = "" if stop_state in ("", "confirmed") else "STOP NOT CONFIRMED, STIMULATION MAY BE ON. "
    if description is None or status is None:
        return alarm + (f"no answer from {address}" if address else "no implant")
    lost = "" if is_up else "LINK LOST, "
    return f"{alarm}{lost}{description.identity.serial}: {therapy_text(status)}, {battery_text(status)}"


def stop_text(state: str) -> str:
    """What became of the last STOP, in the little room beside its key."""
    return {
        "": "",
        "pressed": "STOP pressed",
        "sent": "STOP sent",
        "unanswered": "USE THE MAGNET",
        "confirmed": "STOP confirmed",
    }[state]


def therapy_text(status: Status) -> str:
    """What the implant is doing, in a phrase."""
    if status.mode is not Mode.THERAPY:
        fault = "" if status.fault is Fault.NONE else f", FAULT {status.fault.name.lower().replace('_', ' ')}"
        word = "MRI mode" if status.mode is Mode.MRI else status.mode.name.lower()
        return f"{word}{fault}"
    words = {
        TherapyState.OFF: "off",
        TherapyState.RAMPING_UP: "ramping up",
        TherapyState.ON: "on",
        TherapyState.RAMPING_DOWN: "ramping down",
        TherapyState.PAUSED: "paused by its cycle, window or dose",
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
