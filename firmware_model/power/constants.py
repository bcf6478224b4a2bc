"""The constants of the implant's power as whole numbers, from scs/domain/data/power.toml; the sources stand there.

None is published by a vendor. They are the expected values that `scs longevity` uses too, so that what the implant
draws and what is foretold of it agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

from scs.domain.longevity import HOURS_PER_MONTH
from scs.domain.power import power_table

Kind = Literal["rechargeable", "primary"]

PC_PER_UAH = 3_600_000_000
PC_PER_UC = 1_000_000
_EXPECTED = 1
"""Of a band: worst or least, expected, best or most."""


@dataclass(frozen=True, slots=True)
class ChargingConstants:
    """How a rechargeable cell is charged, and how warm it may get."""

    current_ua: int
    precharge_ua: int
    taper_from_permille: int
    taper_step_permille: int
    taper_end_permille: int
    again_below_permille: int
    coupling_least_permille: int
    rise_mk: int
    settle_us: int
    stop_mk: int
    resume_mk: int


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """One implant's power: its cell, its consumers, its warnings."""

    kind: Kind
    capacity_pc: int
    reserve_pc: int
    """What is left between empty, where therapy ends, and over-discharge, where the logic ends."""
    full_mv: int
    empty_mv: int
    middle_mv: int
    """What pulses are reckoned at, so that the same pulses cost the same however they are counted."""
    resistance_ohm: int
    brown_out_mv: int
    """Under load; below it the supervisor resets the processor."""
    leak_ua: int
    housekeeping_ua: int
    storage_ua: int
    hibernate_ua: int
    telemetry_ua: int
    sensing_ua: int
    others_ua_max: int
    """The most that all of these draw together."""
    start_cost_pc: int
    rail_step_mv: int
    rail_least_mv: int
    efficiency_permille: int
    low_mv: int
    replace_mv: int
    """0 for a cell that is not replaced for its voltage."""
    hysteresis_mv: int
    reading_us: int
    readings: int
    recharged_permille: int
    over_discharges_max: int
    charging: ChargingConstants | None
    """None for a cell that is not charged."""


@cache
def plan_for(kind: Kind, profile_id: str = "") -> PowerPlan:
    """The constants of a profile's battery. A profile that the table does not name has those of its kind."""
    table = power_table()
    shared = {**table[kind], **table.get("profile", {}).get(profile_id, {})}
    cell, implant, output = table["cell"][kind], table["implant"], table["output"]
    capacity_mah = shared["capacity_mah"][_EXPECTED]
    month_share = shared["self_discharge_percent_per_month"][_EXPECTED] / 100
    leak_ua = math.ceil(capacity_mah * 1_000 * month_share / HOURS_PER_MONTH)
    housekeeping_ua = shared["housekeeping_ua"][_EXPECTED]
    telemetry_ua, sensing_ua = table["telemetry"]["ma"][_EXPECTED] * 1_000, table["sensing"]["ua"][_EXPECTED]
    storage_ua, hibernate_ua = implant["storage_ua"], implant["hibernate_ua"]
    return PowerPlan(
        kind=kind,
        capacity_pc=capacity_mah * 1_000 * PC_PER_UAH,
        reserve_pc=cell["reserve_uah"] * PC_PER_UAH,
        full_mv=cell["full_mv"],
        empty_mv=cell["empty_mv"],
        middle_mv=shared["cell_mv"],
        resistance_ohm=cell["resistance_ohm"],
        brown_out_mv=cell["brown_out_mv"],
        leak_ua=leak_ua,
        housekeeping_ua=housekeeping_ua,
        storage_ua=storage_ua,
        hibernate_ua=hibernate_ua,
        telemetry_ua=telemetry_ua,
        sensing_ua=sensing_ua,
        others_ua_max=max(housekeeping_ua, storage_ua, hibernate_ua) + leak_ua + telemetry_ua + sensing_ua,
        start_cost_pc=output["start_cost_uc"][_EXPECTED] * PC_PER_UC,
        rail_step_mv=output["rail_step_mv"],
        rail_least_mv=output["rail_least_mv"],
        efficiency_permille=round(output["efficiency"][_EXPECTED] * 1_000),
        low_mv=cell["low_mv"],
        replace_mv=cell["replace_mv"],
        hysteresis_mv=cell["hysteresis_mv"],
        reading_us=implant["reading_s"] * 1_000_000,
        readings=implant["readings"],
        recharged_permille=implant["recharged_permille"],
        over_discharges_max=implant["over_discharges_max"],
        charging=_charging() if kind == "rechargeable" else None,
    )


def _charging() -> ChargingConstants:
    row = power_table()["charging"]
    return ChargingConstants(
        current_ua=row["current_ua"],
        precharge_ua=row["precharge_ua"],
        taper_from_permille=row["taper_from_permille"],
        taper_step_permille=row["taper_step_permille"],
        taper_end_permille=row["taper_end_permille"],
        again_below_permille=row["again_below_permille"],
        coupling_least_permille=row["coupling_least_permille"],
        rise_mk=row["rise_mk"],
        settle_us=row["settle_s"] * 1_000_000,
        stop_mk=row["stop_mk"],
        resume_mk=row["resume_mk"],
    )
