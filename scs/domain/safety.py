"""The judgement of a group: every rule that has something to say, each in its tier.

The programmer asks while a person types and the implant asks again by itself. A verdict lists all findings, not the
first; what cannot be evaluated is said and is never a pass; no prescription is ever rewritten here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scs.domain import rules_form
from scs.domain.case import Case, Hit, amplitude_range
from scs.domain.impedance import Impedances
from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import ActiveRecharge, Group, Program
from scs.domain.rules_amplitude import AMPLITUDE_RULES, AmplitudeRule, charge_balance
from scs.domain.units import CURRENT, format_quantity
from scs.domain.verdict import Finding, NotEvaluated, Tier, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's id, as in findings, acknowledgements and test markers, and what it asks."""

    id: str
    asks: str


RULES: tuple[Rule, ...] = (
    Rule("grid", "Is every value in the device's range, on its step, and can the device do it?"),
    Rule("polarity", "Does every contact exist, and do the shares of each polarity sum to the whole?"),
    Rule("contact-current", "Does a contact carry more current than the device allows?"),
    Rule("total-current", "Does a program drive more current than the device can?"),
    Rule("phase-charge", "Does a contact carry more charge in a phase than the device allows?"),
    Rule("charge-density", "Is the charge of a phase too much for the contact's area?"),
    Rule("shannon", "Do charge and charge density together cross Shannon's line?"),
    Rule("timing", "Do pulses, recharges and programs fit into their periods?"),
    Rule("charge-balance", "How much direct current is left, and is there time to recover?"),
    Rule("compliance", "Can the output reach the voltage that the measured impedances need?"),
    Rule("patient-range", "Do the rules hold at the highest amplitude that the patient can set?"),
    Rule("lead-fault", "Is a contact in use known to be open, short or intermittent?"),
)
"""In the order in which findings are listed."""

_ORDER = {rule.id: place for place, rule in enumerate(RULES)}
_FORM_RULES = (
    ("grid", rules_form.grid),
    ("timing", rules_form.timing),
    ("charge-balance", rules_form.recovery_window),
    ("patient-range", rules_form.patient_span),
    ("lead-fault", rules_form.lead_fault),
)


def judge(
    group: Group,
    implant: Implant,
    profile: DeviceProfile,
    policy: Policy,
    impedances: Impedances | None = None,
) -> Verdict:
    """Everything that the rules have to say about delivering `group` through `implant`. Never raises."""
    case = Case.of(group, implant, profile, policy, impedances)
    findings: list[Finding] = []
    unknown: list[NotEvaluated] = []
    findings.extend(_finding("grid", hit, None) for hit in rules_form.grid_of_group(case))
    findings.extend(_finding("grid", hit, None) for hit in rules_form.schedule(case))
    findings.extend(_finding("timing", hit, None) for hit in rules_form.timing_of_group(case))
    for index, program in enumerate(group.programs):
        wrong = [_finding("polarity", hit, program) for hit in rules_form.polarity(case, index, program)]
        findings.extend(wrong)
        for rule, check in _FORM_RULES:
            findings.extend(_finding(rule, hit, program) for hit in check(case, index, program))
        if not wrong:
            # With contacts that do not exist, or shares that do not sum, there are no currents to judge.
            findings.extend(_amplitude_findings(case, index, program))
        unknown.extend(_not_evaluated(case, program))
    findings.sort(key=lambda finding: (_ORDER[finding.rule], -finding.tier))
    return Verdict(tuple(findings), tuple(unknown))


def _finding(rule: str, hit: Hit, program: Program | None, largest_ua: int | None = None) -> Finding:
    name = None if program is None else program.name
    remedy = hit.remedy
    if largest_ua is not None:
        remedy = f"use at most {format_quantity(largest_ua, CURRENT)}: {remedy}"
    return Finding(
        rule, hit.tier, name, hit.contact, hit.value, hit.limit, hit.unit, largest_ua, hit.message, remedy
    )  # fmt: skip


def _amplitude_findings(case: Case, index: int, program: Program) -> Iterator[Finding]:
    currents = case.currents_ua(program, program.amplitude_ua)
    patient = program.patient
    reachable = {} if patient is None else case.currents_ua(program, patient.highest_ua)
    for rule, check in AMPLITUDE_RULES:
        hit = check(case, index, program, currents)
        if hit is not None:
            largest = largest_passing_ua(case, index, program, check, program.amplitude_ua, hit.tier)
            yield _finding(rule, hit, program, largest)
        if patient is not None:
            worse = check(case, index, program, reachable)
            if worse is not None and (hit is None or worse.tier > hit.tier):
                largest = largest_passing_ua(case, index, program, check, patient.highest_ua, worse.tier)
                yield _finding("patient-range", _at_highest(rule, worse, patient.highest_ua), program, largest)


def _at_highest(rule: str, hit: Hit, highest_ua: int) -> Hit:
    """The same hit, said of the highest amplitude that the patient can reach."""
    message = f"at the patient's highest, {format_quantity(highest_ua, CURRENT)}, {rule}: {hit.message}"
    return Hit(hit.tier, hit.contact, hit.value, hit.limit, hit.unit, message, "lower the patient's highest amplitude")


def largest_passing_ua(
    case: Case, index: int, program: Program, check: AmplitudeRule, above_ua: int, tier: Tier
) -> int | None:
    """The largest amplitude on the grid, not above `above_ua`, at which the rule passes; None when there is none.

    To pass is to give no hit when a notice was given, else to give nothing louder than a notice. The rules are
    monotone in the amplitude, because the split of currents is, so halving finds the edge; the residue of a driven
    recharge is not, and is searched downward.
    """

    def passes(steps: int) -> bool:
        hit = check(case, index, program, case.currents_ua(program, steps * row.step_ua))
        return hit is None or (tier is not Tier.NOTICE and hit.tier is Tier.NOTICE)

    row = amplitude_range(program, case.profile)
    low, high = -(-row.min_ua // row.step_ua), min(above_ua, row.max_ua) // row.step_ua
    if check is charge_balance and isinstance(program.recharge, ActiveRecharge):
        # What does not divide by the ratio is left, so this one rule goes up and down with the amplitude.
        return next((steps * row.step_ua for steps in range(high, low - 1, -1) if passes(steps)), None)
    if high < low or not passes(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if passes(middle):
            low = middle
        else:
            high = middle - 1
    return low * row.step_ua


def _not_evaluated(case: Case, program: Program) -> Iterator[NotEvaluated]:
    missing = [
        contact_name(number)
        for number in program.contacts.contacts
        if number != CASE and number not in case.impedances.ohms
    ]
    if missing:
        reason = f"no impedance of {', '.join(missing)}; measure it first"
        yield NotEvaluated("compliance", program.name, reason)
        yield NotEvaluated("lead-fault", program.name, reason)
