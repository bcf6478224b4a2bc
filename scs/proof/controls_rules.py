"""Wrong versions of the rules, one fault each, as in scs/proof/controls.py. They say nothing but whether they hit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scs.domain.case import Case, Hit
from scs.domain.charge import density_exceeds, period_residues_pc, phase_charge_pc, shannon_exceeds
from scs.domain.impedance import Impedances
from scs.domain.lead import Implant
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group, Program
from scs.domain.pulse import occupation_us, period_us
from scs.domain.safety import judge
from scs.domain.verdict import Tier, Verdict

Currents = Mapping[int, int]


def contact_current_of_anodes(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    return _hit() if max(currents.values()) > case.profile.contact_current.max_ua else None


def total_current_of_one(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    return _hit() if max(currents.values()) > case.profile.total_current.max_ua else None


def phase_charge_of_the_first(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    first = min(currents)
    charge = phase_charge_pc(currents[first], program.pulse_width_us)
    return _hit() if charge > case.profile.phase_charge.max_pc else None


def density_on_the_wrong_area(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    area = case.areas_um2[max(currents)]
    charges = [phase_charge_pc(current, program.pulse_width_us) for current in currents.values()]
    for tier, limit in case.policy.density_tiers():
        if any(density_exceeds(charge, area, limit) for charge in charges):
            return _hit(tier)
    return None


def shannon_of_the_first(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    tiers = case.policy.shannon_tiers()
    for number, current in currents.items():
        charge, area = phase_charge_pc(current, program.pulse_width_us), case.areas_um2[number]
        if shannon_exceeds(charge, area, tiers[-1][1]):
            return _hit(next(tier for tier, limit in tiers if shannon_exceeds(charge, area, limit)))
    return None


def charge_balance_rounded_down(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    period = period_us(program.waveform.rate_mhz)
    left = period_residues_pc(program, currents, 0, 1)
    worst = max(charge * 1_000 // period for charge in left.values())
    return next((_hit(tier) for tier, limit in case.policy.dc_tiers() if worst > limit), None)


def compliance_of_the_sources(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
    row = case.profile.compliance
    drops = [current * case.impedances.ohms.get(number, 0) for number, current in currents.items()]
    amplitude = sum(current for current in currents.values() if current > 0)
    rise_mv = case.profile.interface.pulse_rise_mv(phase_charge_pc(amplitude, program.pulse_width_us))
    return _hit() if -(-max(drops) // 1_000) + rise_mv + row.headroom_mv > row.max_mv else None


def timing_without_the_recharge(case: Case, index: int, program: Program) -> list[Hit]:
    needed = program.pulse_width_us + program.interphase_gap_us
    return [_hit()] if needed > period_us(program.waveform.rate_mhz) else []


def timing_of_pairs_only(case: Case) -> list[Hit]:
    first, *others = case.group.programs
    shortest = min(period_us(program.waveform.rate_mhz) for program in case.group.programs)
    over = [other for other in others if occupation_us(first) + occupation_us(other) > shortest]
    return [_hit()] if over else []


def judge_that_forgets_the_patient(
    group: Group, implant: Implant, profile: DeviceProfile, policy: Policy, impedances: Impedances | None = None
) -> Verdict:
    verdict = judge(group, implant, profile, policy, impedances)
    return replace(verdict, findings=tuple(one for one in verdict.findings if one.rule != "patient-range"))


def _hit(tier: Tier = Tier.BLOCK) -> Hit:
    return Hit(tier, None, 0, 0, "", "", "")
