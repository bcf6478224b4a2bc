"""What the device command prints: values of the link as sentences for people and as plain data for programs."""

from __future__ import annotations

from typing import Any

from scs.domain.status import Fault, LogEntry, Mode
from scs.domain.units import CURRENT, format_quantity
from scs.domain.verdict import Verdict
from scs.errors import Refused, ScsError
from scs.programmer.changing import Written, in_force
from scs.programmer.reading import DeviceDescription, HeldGroup
from scs.wire.responses import LogNotice, Slots, Status
from scs.wire.terms import NO_SLOT, Role

WAYS_OUT = {
    Mode.SAFE: "stimulation is off until the fault is taken back: scs device clear-fault",
    Mode.MRI: "stimulation is impossible, also after a reset, until: scs device mri leave",
    Mode.STORAGE: "the implant sleeps, also after a reset, until: scs device storage leave",
    Mode.DEPLETED: "stimulation is off until the battery is recharged to 5 %; then start it again",
}
"""In the modes that keep the output off: what ends them."""


def word(member: Any) -> str:
    """RAMPING_UP is said ramping-up."""
    name: str = member.name
    return name.lower().replace("_", "-")


# --------------------------------------------------------------------------------------------------------------- data


def identity_data(description: DeviceDescription, role: Role) -> dict[str, Any]:
    identity = description.identity
    return {
        "serial": identity.serial,
        "model": identity.model,
        "firmware": identity.firmware,
        "profile": identity.profile,
        "policy": identity.policy,
        "contacts": identity.contacts,
        "groups": identity.groups,
        "occupied": list(identity.occupied),
        "leads": [
            {"port": plugged.port, "lead": plugged.lead.id, "contacts": plugged.lead.count}
            for plugged in description.implant.leads
        ],
        "role": word(role),
    }


def status_data(status: Status) -> dict[str, Any]:
    return {
        "at_us": status.at_us,
        "mode": word(status.mode),
        "therapy": word(status.therapy),
        "slot": status.slot,
        "generation": status.generation,
        "targets_ua": list(status.targets_ua),
        "delivered_ua": list(status.delivered_ua),
        "trial": status.trial,
        "fault": None if status.fault is Fault.NONE else word(status.fault),
        "battery_permille": status.battery_permille,
        "battery_mv": status.battery_mv,
        "pulses": status.pulses,
        "log_newest": status.log_newest,
        "role": word(status.role),
    }


def slots_data(slots: Slots) -> dict[str, Any]:
    return {
        "generation": slots.generation,
        "occupied": list(slots.occupied),
        "default": None if slots.default == NO_SLOT else slots.default,
    }


def slots_text(slots: Slots) -> str:
    held = ", ".join(map(str, slots.occupied)) or "none"
    default = "no slot is the default" if slots.default == NO_SLOT else f"slot {slots.default} is the default"
    return f"slots with a group: {held}; {default} (generation {slots.generation})"


def group_data(held: HeldGroup) -> dict[str, Any]:
    return {
        "slot": held.slot,
        "generation": held.generation,
        "digest": held.digest.hex(),
        "group": held.group.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "findings": [
            {
                "rule": finding.rule,
                "tier": word(finding.tier),
                "program": finding.program,
                "contact": finding.contact,
                "value": finding.value,
                "limit": finding.limit,
                "unit": finding.unit,
                "largest_passing_amplitude_ua": finding.largest_passing_amplitude_ua,
                "message": finding.message,
                "remedy": finding.remedy,
            }
            for finding in verdict.findings
        ],
        "not_evaluated": [
            {"rule": item.rule, "program": item.program, "reason": item.reason} for item in verdict.not_evaluated
        ],
    }


def written_data(written: Written, verdict: Verdict) -> dict[str, Any]:
    return {
        **group_data(written.held),
        "acknowledged": list(written.acknowledged),
        "resumed": written.resumed,
        **verdict_data(verdict),
    }


def entry_data(entry: LogEntry | LogNotice) -> dict[str, Any]:
    return {"sequence": entry.sequence, "at_us": entry.at_us, "kind": word(entry.kind), "detail": entry.detail}


def error_data(error: ScsError, exit_code: int) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": type(error).__name__, "exit_code": exit_code, "message": str(error)}
    if isinstance(error, Refused):
        said |= {"reason": error.reason, "rules": list(error.rules)}
    return {"error": said}


# -------------------------------------------------------------------------------------------------------------- words


def identity_text(description: DeviceDescription) -> str:
    identity = description.identity
    leads = ", ".join(f"{plugged.lead.name} in port {plugged.port}" for plugged in description.implant.leads)
    held = ", ".join(str(slot) for slot in identity.occupied) or "none"
    return (
        f"{identity.model}, serial {identity.serial}, firmware {identity.firmware}\n"
        f"profile {identity.profile}, policy {identity.policy}, {identity.contacts} contacts: {leads}\n"
        f"{identity.groups} slots, occupied: {held}"
    )


def status_text(status: Status) -> str:
    fault = "" if status.fault is Fault.NONE else f"\nfault latched: {word(status.fault)}"
    way_out = f"\n{WAYS_OUT[status.mode]}" if status.mode in WAYS_OUT else ""
    delivered = ", ".join(format_quantity(amount, CURRENT) for amount in status.delivered_ua)
    doing = in_force(status) + (f", delivering {delivered}" if any(status.delivered_ua) else "")
    return (
        f"mode {word(status.mode)}, {doing}\n"
        f"generation {status.generation}, {status.pulses} pulses since power-on, "
        f"battery {status.battery_permille / 10:g} % ({status.battery_mv / 1000:g} V){fault}{way_out}"
    )


def entry_text(entry: LogEntry | LogNotice) -> str:
    return f"{entry.sequence:>6}  {entry.at_us / 1_000_000:>12.3f} s  {word(entry.kind):<18} {entry.detail}"


def verdict_text(verdict: Verdict) -> str:
    """The findings, the heaviest first, each with what to do."""
    ordered = sorted(verdict.findings, key=lambda finding: -finding.tier)
    lines = [f"{word(finding.tier)}: {finding.rule}: {finding.message}; {finding.remedy}" for finding in ordered]
    lines += [f"not evaluated: {item.rule}: {item.reason}" for item in verdict.not_evaluated]
    return "\n".join(lines)
