"""Groups and implants for tests, with one line for what matters and the rest ordinary."""

from __future__ import annotations

from typing import Any

from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile, find_profile
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, Program, Tonic

REFERENCE: DeviceProfile = find_profile("reference")
DEFAULT: Policy = find_policy("default")
STRICT: Policy = find_policy("strict")
ACTIVE = ActiveRecharge(kind="active", ratio=1)


def tonic(hertz: int) -> Tonic:
    return Tonic(kind="tonic", rate_mhz=hertz * 1000)


def a_program(**changes: Any) -> Program:
    """5.2 mA, 210 µs, 40 Hz on E1 against the case with active recharge, unless told otherwise."""
    fields: dict[str, Any] = {
        "name": "a",
        "contacts": ElectrodeConfig.of({1: -1000, 0: 1000}),
        "amplitude_ua": 5200,
        "pulse_width_us": 210,
        "recharge": ACTIVE,
        "waveform": tonic(40),
    }
    return Program(**{**fields, **changes})


def a_group(*programs: Program, **changes: Any) -> Group:
    """A group of these programs, or of one ordinary one with `changes`."""
    return Group(name="g", programs=programs or (a_program(**changes),))


def an_implant(*lead_ids: str) -> Implant:
    """Leads in ports A, B, … ; two eight-contact leads unless told otherwise."""
    ids = lead_ids or ("medtronic-977a2", "medtronic-977a2")
    leads = tuple(
        PluggedLead.model_validate({"port": port, "lead": find_lead(lead)})
        for port, lead in zip("ABCD", ids, strict=False)
    )
    return Implant(leads=leads)
