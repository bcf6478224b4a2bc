"""How long a battery lasts under a group: days a charge and minutes of charging a day, or years to replacement.

Always a band and never one number: the constants are assumed, and the ends of the band take all of them against the
battery or all in its favour.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.power import Case, Draw, constants, draw
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group

HOURS_PER_YEAR = 8_766
HOURS_PER_MONTH = HOURS_PER_YEAR / 12


@dataclass(frozen=True, slots=True)
class Band:
    """An expected value between the two ends."""

    worst: float
    expected: float
    best: float


@dataclass(frozen=True, slots=True)
class Longevity:
    """What is expected of one battery. A rechargeable one has the first two, a primary cell the third."""

    kind: str
    draw: Draw
    """Of each consumer, as expected, in µA from the cell."""
    days_per_charge: Band | None
    charging_minutes_per_day: Band | None
    years_to_replacement: Band | None


def longevity(
    group: Group,
    profile: DeviceProfile,
    hours_per_day: float = 24.0,
    load_ohm: float | None = None,
    *,
    is_sensing: bool = False,
) -> Longevity:
    """Judge the battery of a profile under a group that is used for so many hours of each day."""
    kind = profile.battery.kind
    draws: dict[Case, Draw] = {}
    leaks: dict[Case, float] = {}
    holds: dict[Case, float] = {}
    for case in Case:
        known = constants(profile.id, kind, case)
        draws[case] = draw(group, profile, known, hours_per_day, load_ohm, is_sensing=is_sensing)
        holds[case] = known.capacity_mah * known.usable * 1_000
        leaks[case] = known.capacity_mah * 1_000 * known.self_discharge_percent_per_month / 100 / HOURS_PER_MONTH
    hours = {case: holds[case] / (draws[case].total_ua + leaks[case]) for case in Case}
    if kind == "primary":
        years = Band(*(hours[case] / HOURS_PER_YEAR for case in Case))
        return Longevity(kind, draws[Case.EXPECTED], None, None, years)
    minutes = Band(
        *(
            (draws[case].total_ua + leaks[case]) * 24 / (constants(profile.id, kind, case).charge_ma * 1_000) * 60
            for case in Case
        )
    )
    return Longevity(kind, draws[Case.EXPECTED], Band(*(hours[case] / 24 for case in Case)), minutes, None)
