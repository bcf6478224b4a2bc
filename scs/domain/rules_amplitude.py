"""The rules that depend on the amplitude, each a small function of the currents that would flow.

A rule looks at one program with the currents of its contacts and gives the worst that it finds, or None. Decisions are
comparisons of whole numbers; what is divided is for showing only. Raising the amplitude never takes a hit away, but
for the residue of a driven recharge, which comes and goes with the remainder of a division.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log10

from scs.domain.case import Case, Hit
from scs.domain.charge import density_exceeds, period_residues_pc, phase_charge_pc, shannon_exceeds
from scs.domain.lead import CASE, contact_name
from scs.domain.program import ActiveRecharge, Program
from scs.domain.pulse import period_us, pulses_per_period, recovery_window_us
from scs.domain.units import CHARGE, CURRENT, format_quantity
from scs.domain.verdict import Tier

Currents = Mapping[int, int]
AmplitudeRule = Callable[[Case, int, Program, Currents], Hit | None]
_LESS = "lower the amplitude, shorten the pulse, or share the current over more contacts"
RECOVERY_TIME_CONSTANTS = 5
"""A passive recharge needs this many time constants: less than 1 % of the charge is then left."""


def contact_current(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """No contact carries more current than the device allows one."""
    limit = case.profile.contact_current.max_ua
    worst = max(currents, key=lambda number: abs(currents[number]))
    current = abs(currents[worst])
    if current <= limit:
        return None
    name, shown = contact_name(worst), format_quantity(limit, CURRENT)
    message = f"{name} carries {format_quantity(current, CURRENT)}, above {shown} for one contact"
    return Hit(Tier.BLOCK, name, current / 1000, limit / 1000, "mA", message, "lower the amplitude or share it further")


def total_current(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """All anodes together source no more than the device can."""
    limit = case.profile.total_current.max_ua
    total = sum(current for current in currents.values() if current > 0)
    if total <= limit:
        return None
    message = f"{format_quantity(total, CURRENT)} in all is above {format_quantity(limit, CURRENT)} for the device"
    return Hit(Tier.BLOCK, None, total / 1000, limit / 1000, "mA", message, "lower the amplitude")


def phase_charge(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """No contact carries more charge in a phase than the device allows."""
    limit = case.profile.phase_charge.max_pc
    worst = max(currents, key=lambda number: abs(currents[number]))
    charge = phase_charge_pc(currents[worst], program.pulse_width_us)
    if charge <= limit:
        return None
    name, shown = contact_name(worst), format_quantity(limit, CHARGE)
    message = f"{name} carries {format_quantity(charge, CHARGE)} in a phase, above {shown}"
    return Hit(Tier.BLOCK, name, charge / 1_000_000, limit / 1_000_000, "uC", message, _LESS)


def charge_density(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """Charge of a phase over the contact's area."""
    tiers = case.policy.density_tiers()
    width = program.pulse_width_us
    mildest = tiers[-1][1]
    worst, worst_charge, worst_area = None, 0, 1
    for number, current in currents.items():
        charge, area = phase_charge_pc(current, width), case.areas_um2[number]
        if density_exceeds(charge, area, mildest) and charge * worst_area > worst_charge * area:
            worst, worst_charge, worst_area = number, charge, area
    if worst is None:
        return None
    name, shown = contact_name(worst), 100 * worst_charge / worst_area
    tier, limit = next((tier, limit) for tier, limit in tiers if density_exceeds(worst_charge, worst_area, limit))
    message = f"{name} carries {shown:.4g} µC/cm² per phase, above {limit} µC/cm²"
    return Hit(tier, name, round(shown, 4), limit, "uC/cm2", message, _LESS)


def shannon(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """Shannon's k of a phase on a contact."""
    tiers = case.policy.shannon_tiers()
    if not tiers:
        return None
    width = program.pulse_width_us
    mildest = tiers[-1][1]
    worst, worst_charge, worst_area = None, 0, 1
    for number, current in currents.items():
        charge, area = phase_charge_pc(current, width), case.areas_um2[number]
        if shannon_exceeds(charge, area, mildest) and charge**2 * worst_area > worst_charge**2 * area:
            worst, worst_charge, worst_area = number, charge, area
    if worst is None:
        return None
    # k = log10(Q · D) with Q in µC and D in µC/cm², which is log10(Q² / A) - 4 in pC and µm²: for showing only.
    name, shown = contact_name(worst), log10(worst_charge**2 / worst_area) - 4
    tier, limit = next((tier, limit) for tier, limit in tiers if shannon_exceeds(worst_charge, worst_area, limit))
    message = f"{name} reaches Shannon's k = {shown:.3f}, above {limit / 1000:g}"
    return Hit(tier, name, round(shown, 4), limit / 1000, "k", message, _LESS)


def charge_balance(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """The mean direct current that each contact is left with, all programs that use it together."""
    left_na = mean_dc_na(case, index, program, currents)
    for other_index, other in enumerate(case.group.programs):
        if other_index != index and any(number in left_na for number in other.contacts.contacts):
            other_currents = case.currents_ua(other, other.amplitude_ua)
            for number, share in mean_dc_na(case, other_index, other, other_currents).items():
                if number in left_na:
                    left_na[number] += share
    worst = max(left_na, key=lambda number: left_na[number])
    for tier, limit in case.policy.dc_tiers():
        if left_na[worst] > limit:
            name = contact_name(worst)
            message = f"up to {left_na[worst]} nA of direct current are left on {name}, above {limit} nA"
            remedy = "lower the amplitude or the rate, or recharge actively at a ratio that divides the amplitude"
            return Hit(tier, name, left_na[worst], limit, "nA", message, remedy)
    return None


def mean_dc_na(case: Case, index: int, program: Program, currents: Currents) -> dict[int, int]:
    """Upper bound in nanoamperes of what one program leaves on its contacts. pC · mHz = 10⁻⁶ nA, rounded up."""
    period = period_us(program.waveform.rate_mhz)
    window, time_constant = 0, 1
    if not isinstance(program.recharge, ActiveRecharge):
        window, time_constant = recovery_window_us(case.group, index), recovery_time_constant_us(case, program)
    left = period_residues_pc(program, currents, window, time_constant)
    return {number: -(-charge * 1_000 // period) for number, charge in left.items()}


def recovery_time_constant_us(case: Case, program: Program) -> int:
    """R · C of the passive recharge, with the measured loop where it is known and larger than the declared one."""
    ohms = case.impedances.ohms
    loop = sum(
        max((ohms.get(number, 0) for number, _ in polarity), default=0)
        for polarity in (program.contacts.cathodes, program.contacts.anodes)
    )
    return case.profile.interface.time_constant_us(loop)


def compliance(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    """The volts that the currents need at the measured impedances. µA · Ω = µV."""
    ohms = case.impedances.ohms
    if not ohms:
        return None
    sunk = sourced = 0
    for number, current in currents.items():
        drop = abs(current) * (ohms.get(number, 0) if number != CASE else 0)
        if current < 0:
            sunk = max(sunk, drop)
        else:
            sourced = max(sourced, drop)
    amplitude = sum(current for current in currents.values() if current > 0)
    if not amplitude:
        return None
    row = case.profile.compliance
    rise_mv = case.profile.interface.pulse_rise_mv(
        pulses_before_recharge(program) * phase_charge_pc(amplitude, program.pulse_width_us)
    )
    needed_mv = -(-(sunk + sourced) // 1_000) + rise_mv + row.headroom_mv
    if needed_mv <= row.max_mv:
        return None
    message = f"{needed_mv / 1000:.2f} V are needed at the measured impedances, above {row.max_mv / 1000:g} V"
    remedy = "lower the amplitude, shorten the pulse, or use contacts of lower impedance"
    return Hit(case.policy.compliance_tier, None, needed_mv / 1000, row.max_mv / 1000, "V", message, remedy)


def pulses_before_recharge(program: Program) -> int:
    """How many phases load the capacitors before charge flows back: a whole burst when the recharge is passive."""
    return 1 if isinstance(program.recharge, ActiveRecharge) else pulses_per_period(program.waveform)


AMPLITUDE_RULES: tuple[tuple[str, AmplitudeRule], ...] = (
    ("contact-current", contact_current),
    ("total-current", total_current),
    ("phase-charge", phase_charge),
    ("charge-density", charge_density),
    ("shannon", shannon),
    ("charge-balance", charge_balance),
    ("compliance", compliance),
)
