"""What therapy costs the battery: the constants, each as a band, and the mean current that a group draws.

Everything here is for showing how long a battery lasts; nothing of it decides what may be delivered. The constants
stand in data/power.toml with the source of each; none is published by a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from scs.domain.charge import contact_currents_ua
from scs.domain.lead import CASE
from scs.domain.profile import DeviceProfile
from scs.domain.program import ActiveRecharge, Group, Program
from scs.domain.pulse import period_us, pulses_per_period
from scs.domain.shipped import shipped

DAY_S = 86_400
SECONDS_PER_HOUR = 3_600


class Case(IntEnum):
    """Which end of the bands: everything against the battery, as expected, everything in its favour."""

    WORST = 0
    EXPECTED = 1
    BEST = 2


_FAVOURS_LESS = {"efficiency": False, "capacity_mah": False, "usable": False, "charge_ma": False}
"""Constants of which more is better for the battery; of all others less is."""


@dataclass(frozen=True, slots=True)
class PowerConstants:
    """One value of each constant."""

    rail_step_mv: int
    rail_least_mv: int
    efficiency: float
    start_cost_uc: float
    contact_ohm: float
    telemetry_ma: float
    telemetry_minutes_per_day: float
    sensing_ua: float
    capacity_mah: float
    cell_mv: int
    housekeeping_ua: float
    self_discharge_percent_per_month: float
    usable: float
    charge_ma: float
    """What the cell takes in while it is charged, on average; 0 for a cell that is not charged."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The mean current that each consumer takes from the cell over a day, in µA."""

    stimulation_ua: float
    starts_ua: float
    housekeeping_ua: float
    telemetry_ua: float
    sensing_ua: float

    @property
    def total_ua(self) -> float:
        return self.stimulation_ua + self.starts_ua + self.housekeeping_ua + self.telemetry_ua + self.sensing_ua


@cache
def power_table() -> dict[str, dict[str, Any]]:
    """data/power.toml as it stands; firmware_model.power takes its whole numbers from it too."""
    return shipped("power.toml")


@cache
def constants(profile_id: str, kind: str, case: Case = Case.EXPECTED) -> PowerConstants:
    """The constants for a profile's battery of this kind, at one end of their bands."""
    table = power_table()
    cell: dict[str, Any] = {**table[kind], **table.get("profile", {}).get(profile_id, {})}
    output, telemetry = table["output"], table["telemetry"]

    def pick(row: Mapping[str, Any], name: str) -> float:
        band = row[name]
        # The bands ascend, so for what costs the battery its favourable end is the first one.
        return float(band[case if name in _FAVOURS_LESS else 2 - case])

    return PowerConstants(
        rail_step_mv=output["rail_step_mv"],
        rail_least_mv=output["rail_least_mv"],
        efficiency=pick(output, "efficiency"),
        start_cost_uc=pick(output, "start_cost_uc"),
        contact_ohm=pick(output, "contact_ohm"),
        telemetry_ma=pick(telemetry, "ma"),
        telemetry_minutes_per_day=pick(telemetry, "minutes_per_day"),
        sensing_ua=pick(table["sensing"], "ua"),
        capacity_mah=pick(cell, "capacity_mah"),
        cell_mv=cell["cell_mv"],
        housekeeping_ua=pick(cell, "housekeeping_ua"),
        self_discharge_percent_per_month=pick(cell, "self_discharge_percent_per_month"),
        usable=pick(cell, "usable"),
        charge_ma=pick(cell, "charge_ma") if "charge_ma" in cell else 0.0,
    )


def rail_mv(program: Program, profile: DeviceProfile, known: PowerConstants, load_ohm: float | None) -> float:
    """The rail that one pulse needs, in mV: currents times resistances, the capacitors' rise, the headroom.

    `load_ohm` is the resistance between the two polarities together; without it each contact has the assumed one.
    """
    if load_ohm is not None:
        drop_mv = program.amplitude_ua * load_ohm / 1_000
    else:
        drops = {1: 0.0, -1: 0.0}
        for number, current in contact_currents_ua(program.contacts, program.amplitude_ua).items():
            sign, ohms = (1 if current > 0 else -1), (0.0 if number == CASE else known.contact_ohm)
            drops[sign] = max(drops[sign], abs(current) * ohms / 1_000)
        drop_mv = drops[1] + drops[-1]
    rise_mv = profile.interface.pulse_rise_mv(program.amplitude_ua * program.pulse_width_us)
    needed = drop_mv + rise_mv + profile.compliance.headroom_mv
    steps = -(-needed // known.rail_step_mv)
    return max(known.rail_least_mv, steps * known.rail_step_mv)


def on_part(program: Program) -> float:
    """The part of the time in which a program's cycling has it on."""
    if program.cycling is None:
        return 1.0
    return program.cycling.on_us / (program.cycling.on_us + program.cycling.off_us)


def stimulation_ua(program: Program, profile: DeviceProfile, known: PowerConstants, load_ohm: float | None) -> float:
    """The mean current from the cell while the program is on, in µA: charge · rate · rail / (cell · efficiency).

    A driven recharge is drawn from the supply too, so it costs the charge a second time.
    """
    phases = 2 if isinstance(program.recharge, ActiveRecharge) else 1
    charge_pc = program.amplitude_ua * program.pulse_width_us * pulses_per_period(program.waveform)
    mean_ua = phases * charge_pc / period_us(program.waveform.rate_mhz)
    return mean_ua * rail_mv(program, profile, known, load_ohm) / (known.cell_mv * known.efficiency)


def draw(
    group: Group,
    profile: DeviceProfile,
    known: PowerConstants,
    hours_per_day: float = 24.0,
    load_ohm: float | None = None,
    *,
    is_sensing: bool = False,
) -> Draw:
    """What a group costs when it is used for so many hours of each day."""
    part = hours_per_day / 24
    stimulation = starts = 0.0
    for program in group.programs:
        stimulation += stimulation_ua(program, profile, known, load_ohm) * on_part(program) * part
        per_day = 1.0 if hours_per_day else 0.0
        if program.cycling is not None:
            per_day = hours_per_day * SECONDS_PER_HOUR * 1e6 / (program.cycling.on_us + program.cycling.off_us)
        starts += per_day * known.start_cost_uc / DAY_S
    return Draw(
        stimulation_ua=stimulation,
        starts_ua=starts,
        housekeeping_ua=known.housekeeping_ua,
        telemetry_ua=known.telemetry_ma * 1_000 * known.telemetry_minutes_per_day / (24 * 60),
        sensing_ua=known.sensing_ua * part if is_sensing else 0.0,
    )
