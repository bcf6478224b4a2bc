"""The reference implant for conversations: one eight-contact lead, memory that outlives it, and groups that fit it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from firmware_model.device import Device, DeviceConfig
from firmware_model.store import RamMemory
from scs.clock import Instant
from scs.domain.lead import Implant, PluggedLead, catalogue
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import ElectrodeConfig, Group, PassiveRecharge, Program, Tonic

SERIAL = "SCS-TEST-1"


def reference_config(serial: str = SERIAL) -> DeviceConfig:
    """The reference profile, the default policy and one percutaneous lead with eight contacts."""
    lead = next(lead for lead in catalogue().values() if lead.form == "percutaneous" and lead.count == 8)
    return DeviceConfig(
        serial=serial,
        profile=find_profile("reference"),
        policy=find_policy("default"),
        implant=Implant(leads=(PluggedLead(port="A", lead=lead),)),
    )


def power_on_with(memory: RamMemory, serial: str = SERIAL, seed: int = 1) -> Callable[[Instant], Device]:
    """What switches an implant on with this memory, again and again."""
    return lambda start: Device(reference_config(serial), memory, Random(seed), start)


def plain_group(amplitude_ua: int = 2_000, name: str = "Day", programs: int = 1, width_us: int = 210) -> Group:
    """Programs between neighbouring contacts, at 40 Hz with a two-second ramp."""
    return Group(
        name=name,
        programs=tuple(
            Program(
                name=f"P{number}",
                contacts=ElectrodeConfig.of({2 * number + 1: 1000, 2 * number + 2: -1000}),
                amplitude_ua=amplitude_ua,
                pulse_width_us=width_us,
                recharge=PassiveRecharge(kind="passive"),
                waveform=Tonic(kind="tonic", rate_mhz=40_000),
            )
            for number in range(programs)
        ),
    )
