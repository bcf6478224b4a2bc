"""What a change means beside its fields: the highest charge density and the battery, old to new. No screen here."""

from __future__ import annotations

from programmer_tui.setting import Setting
from scs.domain.charge import contact_currents_ua, phase_charge_pc
from scs.domain.lead import CASE, contact_name
from scs.domain.longevity import Band, Longevity, longevity
from scs.domain.program import Group
from scs.domain.schedule import HOUR_US, most_us_a_day

NOTHING = "-"


def consequence_rows(old: Group | None, new: Group, setting: Setting) -> list[tuple[str, str, str]]:
    """(what, before, after) of what is worked out of a group; also where it stays the same: it is looked for."""
    before, after = (None if group is None else _battery(group, setting) for group in (old, new))
    rows = [
        ("highest charge density", _density(old, setting), _density(new, setting)),
    ]
    assert after is not None, "there is a new group"
    for name, field in (
        ("days a charge", "days_per_charge"),
        ("minutes of charging a day", "charging_minutes_per_day"),
        ("years to replacement", "years_to_replacement"),
    ):
        if (band := getattr(after, field)) is not None:
            former = None if before is None else getattr(before, field)
            rows.append((name, NOTHING if former is None else _about(former), _about(band)))
    return rows


def limits_line(setting: Setting) -> str:
    """From which density on a person has to acknowledge, and which blocks."""
    policy = setting.policy
    confirm = policy.density_confirm_uc_per_cm2
    asked = "" if confirm is None else f"acknowledged above {confirm}, "
    return f"charge density: {asked}blocked above {policy.density_block_uc_per_cm2} µC/cm²; battery: an estimate"


def _about(band: Band) -> str:
    return f"about {band.expected:.3g}"


def _density(group: Group | None, setting: Setting) -> str:
    """Of the contact that has the most, in µC/cm² per phase."""
    if group is None:
        return NOTHING
    areas: dict[int, int] = dict(setting.implant.areas_um2)
    if setting.profile.case is not None:
        areas[CASE] = setting.profile.case.area_um2
    found = [
        (100 * phase_charge_pc(current, program.pulse_width_us) / areas[number], number)
        for program in group.programs
        for number, current in contact_currents_ua(program.contacts, program.amplitude_ua).items()
        if number in areas
    ]
    if not found:
        return NOTHING
    density, number = max(found)
    return f"{density:.2f} µC/cm² at {contact_name(number)}"


def _battery(group: Group, setting: Setting) -> Longevity:
    hours = most_us_a_day(group.schedule, group.daily_dose_us) / HOUR_US
    is_sensing = any(program.closed_loop is not None for program in group.programs)
    return longevity(group, setting.profile, hours, is_sensing=is_sensing)
