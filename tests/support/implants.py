"""Implants, programs and groups that tests begin with, each made of named parts that a test can change."""

from __future__ import annotations

import random

from firmware_model.device import Device, DeviceConfig
from firmware_model.store import Memory, RamMemory
from scs.clock import Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    Cycling,
    ElectrodeConfig,
    Group,
    PassiveRecharge,
    PatientLimits,
    Program,
    Tonic,
)
from scs.domain.schedule import Window

REFERENCE = find_profile("reference")


def two_leads(lead_id: str = "medtronic-977a2") -> Implant:
    """Two percutaneous leads of eight contacts, E1 to E16."""
    lead = find_lead(lead_id)
    return Implant(leads=(PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead)))


def a_config(serial: str = "SCS-000001") -> DeviceConfig:
    return DeviceConfig(serial, REFERENCE, find_policy("default"), two_leads())


def a_device(memory: Memory | None = None, seed: int = 1, start_us: int = 0) -> Device:
    """An implant at power-on; give it the memory of another one to restart that."""
    return Device(a_config(), memory or RamMemory(), random.Random(seed), Instant(start_us))


def a_program(
    name: str = "P1",
    *,
    shares: dict[int, int] | None = None,
    amplitude_ua: int = 2_000,
    width_us: int = 210,
    rate_mhz: int = 40_000,
    ratio: int | None = 1,
    gap_us: int = 0,
    ramp_us: int = 2_000_000,
    burst: tuple[int, int] | None = None,
    cycling: tuple[int, int] | None = None,
    patient: tuple[int, int] | None = None,
) -> Program:
    """A program that passes every rule, unless told otherwise. `ratio` None is a passive recharge; `burst` is
    (pulses, inner rate in millihertz); `cycling` is (on, off) in microseconds."""
    waveform = (
        Tonic(kind="tonic", rate_mhz=rate_mhz)
        if burst is None
        else Burst(kind="burst", rate_mhz=rate_mhz, pulses=burst[0], intra_rate_mhz=burst[1])
    )
    return Program(
        name=name,
        contacts=ElectrodeConfig.of(shares or {3: -600, 4: -400, 7: 1_000}),
        amplitude_ua=amplitude_ua,
        pulse_width_us=width_us,
        interphase_gap_us=gap_us,
        recharge=PassiveRecharge(kind="passive") if ratio is None else ActiveRecharge(kind="active", ratio=ratio),
        waveform=waveform,
        ramp_us=ramp_us,
        cycling=Cycling(on_us=cycling[0], off_us=cycling[1]) if cycling else None,
        patient=PatientLimits(lowest_ua=patient[0], highest_ua=patient[1]) if patient else None,
    )


def a_group(
    *programs: Program,
    name: str = "G1",
    schedule: tuple[tuple[int, int], ...] = (),
    daily_dose_us: int | None = None,
) -> Group:
    """`schedule` is (from, to) in minutes of the day."""
    windows = tuple(Window(from_minute=first, to_minute=last) for first, last in schedule) or None
    return Group(name=name, programs=programs or (a_program(),), schedule=windows, daily_dose_us=daily_dose_us)
