"""Lemmas about direct current, compliance and timing, and about the judge: what one rule blocks, the verdict blocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from scs.domain import charge, pulse, rules_amplitude, rules_form, safety
from scs.domain.case import Case, Hit
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import Compliance, DeviceProfile, find_profile
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, PatientLimits, Program, Tonic
from scs.domain.verdict import Tier
from scs.proof import controls_rules
from scs.proof.contracts import period_contract, residues_named, shown_only
from scs.proof.inputs import Currents, Shape, a_driven_program, listed, made_of, some_currents
from scs.proof.lemma import Control, Lemma
from scs.proof.lemmas_rules import rule_of
from scs.proof.paths import World, rebound
from scs.proof.symbolic import any_of

SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1))
BIPOLE = ElectrodeConfig.of({1: -1000, 2: 1000})
PROGRAMMED_UA, HIGHEST_UA = 1_000, 2_000
RATIOS = ((1,), (3,), (8,), (1, 1), (3, 2))
"""The recharge ratio of each program."""


def charge_balance(world: World, subject: Any, ratios: tuple[int, ...]) -> None:
    """One program or two of any currents on E1 and E2, at any rates and widths."""
    limit, asks = world.integer("block_na", 1), world.integer("confirm_na", 1)
    world.assume(asks < limit)
    programs, currents = [], []
    for index, ratio in enumerate(ratios, start=1):
        tonic = made_of(Tonic, rate_mhz=world.integer(f"rate_{index}_mhz", 1, 10**9))
        width = world.integer(f"width_{index}_us", 1)
        programs.append(a_driven_program(BIPOLE, width, ratio, waveform=tonic, amplitude_ua=index))
        amplitude = world.integer(f"amplitude_{index}_ua", 0)
        currents.append({1: -amplitude, 2: amplitude})
    case = SimpleNamespace(
        policy=made_of(Policy, dc_confirm_na=asks, dc_block_na=limit),
        group=SimpleNamespace(programs=programs),
        currents_ua=lambda _, index: currents[index - 1],
    )
    rule = world.prepared(subject, period_us=period_contract, period_residues_pc=residues_named)
    hit = rule(case, 0, programs[0], currents[0])
    left_of = world.replaced(charge.period_residues_pc, residues_named)
    left = [left_of(program, flowing, 0, 1) for program, flowing in zip(programs, currents, strict=True)]
    period_of = world.replaced(pulse.period_us, period_contract)
    periods = [period_of(program.waveform.rate_mhz) for program in programs]
    for tier, edge in ((Tier.BLOCK, limit), (Tier.CONFIRM, asks)):
        _prove_means(world, hit is not None and hit.tier >= tier, left, periods, edge)


def _prove_means(world: World, is_hit: bool, left: list[dict[int, Any]], periods: list[Any], edge: Any) -> None:
    """The sum over the programs of what is left a period, by the period, is within the edge where there is no hit.

    pC / µs = µA, so 1000 · left / period is in nA. With several periods, both sides are multiplied by all of them.
    """
    whole: Any = 1
    for period in periods:
        whole = whole * period
    means = []
    for number in (1, 2):
        parts = [1_000 * one[number] for one in left]
        means.append(parts[0] if len(parts) == 1 else parts[0] * periods[1] + parts[1] * periods[0])
    if is_hit:
        # Each program's mean is rounded up to a nanoampere, so two may be held back for one nanoampere that is not.
        over = any_of(*(mean > (edge - len(left) + 1) * whole for mean in means))
        world.prove(over, "what is blocked is over the limit")
        return
    for mean in means:
        world.prove(mean <= edge * whole, "what is not blocked is within the limit")


def compliance(world: World, subject: Any, shape: Shape) -> None:
    currents, width = some_currents(world, shape), world.integer("width_us", 1)
    ohms = {number: world.integer(f"impedance_E{number}_ohm", 0) for number in currents}
    row = made_of(Compliance, max_mv=world.integer("max_mv", 0), headroom_mv=world.integer("headroom_mv", 0))
    interface = find_profile("reference").interface
    sourced = sum(current for number, current in currents.items() if number > shape[0])
    world.assume(sum(currents.values()) == 0)
    world.assume(sourced >= 1)
    case = SimpleNamespace(
        profile=made_of(DeviceProfile, compliance=row, interface=interface),
        policy=made_of(Policy, compliance="block"),
        impedances=SimpleNamespace(ohms=ohms),
    )
    program = made_of(Program, pulse_width_us=width, recharge=made_of(ActiveRecharge, kind="active", ratio=1))
    hit = rule_of(world, subject)(case, 0, program, currents)
    # Two blocking capacitors and two double layers in series: 1/C = 2/b + 2/d; pC / nF = mV.
    blocking, layer = interface.blocking_nf, interface.double_layer_nf
    loaded = world.name(abs(sourced) * width) * 2 * (blocking + layer) * 1_000
    needs = [
        (world.name(-sunk * ohms[one]) + world.name(source * ohms[other]) + 1_000 * row.headroom_mv) * blocking * layer
        + loaded
        for one, sunk in currents.items()
        for other, source in currents.items()
        if one <= shape[0] < other
    ]
    microvolts = 1_000 * blocking * layer
    if hit is None:
        for need in needs:
            world.prove(need <= row.max_mv * microvolts, "what is not blocked is within the limit")
    else:
        # The drop and the rise are each rounded up to a millivolt.
        over = [need > (row.max_mv - 1) * microvolts for need in needs]
        world.prove(any_of(*over), "what is blocked is over the limit or less than 1 mV under it")


def timing(world: World, subject: Any, ratio: int) -> None:
    width, gap = world.integer("width_us", 1), world.integer("gap_us", 0)
    rate = world.integer("rate_mhz", 1, 10**9)
    tonic = made_of(Tonic, rate_mhz=rate)
    program = a_driven_program(BIPOLE, width, ratio, waveform=tonic, interphase_gap_us=gap)
    rule = world.prepared(subject, format_quantity=shown_only, period_us=period_contract)
    hits = list(rule(None, 0, program))
    period = world.replaced(pulse.period_us, period_contract)(rate)
    taken = width + gap + ratio * width
    if hits:
        world.prove(taken > period, "what is blocked does not fit")
    else:
        world.prove(taken <= period, "what is not blocked fits into its period")


def timing_of_group(world: World, subject: Any, count: int) -> None:
    programs, taken, periods = [], [], []
    period_of = world.replaced(pulse.period_us, period_contract)
    for index in range(1, count + 1):
        width, rate = world.integer(f"width_{index}_us", 1), world.integer(f"rate_{index}_mhz", 1, 10**9)
        tonic = made_of(Tonic, rate_mhz=rate)
        program = a_driven_program(BIPOLE, width, 1, name=f"P{index}", waveform=tonic, interphase_gap_us=0)
        programs.append(program)
        taken.append(2 * width)
        periods.append(period_of(rate))
    group = SimpleNamespace(programs=programs, delivery="interleaved")
    rule = world.prepared(subject, format_quantity=shown_only, period_us=period_contract)
    if list(rule(SimpleNamespace(group=group))):
        world.prove(any_of(*(sum(taken) > period for period in periods)), "what is blocked does not fit")
    else:
        for period in periods:
            world.prove(sum(taken) <= period, "one pulse of every program fits into every period")


def judged(world: World, subject: Any, rule_id: str) -> None:
    """One rule says what it likes at the programmed amplitude and at the patient's highest, and the others nothing."""
    said = [world.integer(f"tier_{where}", 0, 3) for where in ("programmed", "highest")]

    def rule(case: Case, index: int, program: Program, currents: Currents) -> Hit | None:
        amplitude_ua = sum(current for current in currents.values() if current > 0)
        tier = said[amplitude_ua > PROGRAMMED_UA]
        return Hit(Tier(tier.__index__()), None, 0, 0, "", "", "") if tier else None

    table = [(known, rule if known == rule_id else _silent) for known, _ in rules_amplitude.AMPLITUDE_RULES]
    verdict = rebound(subject, {"AMPLITUDE_RULES": table})(
        _ordinary_group(), _ordinary_implant(), find_profile("reference"), find_policy("default")
    )
    found = {finding.rule: int(finding.tier) for finding in verdict.findings}
    programmed, highest = said
    world.prove(found.get(rule_id, 0) == programmed, "what the rule says of the amplitude is in the verdict")
    loudest = max(found.get(rule_id, 0), found.get("patient-range", 0))
    world.prove(loudest >= highest, "what the rule says of the patient's highest is in the verdict")
    world.prove((verdict.outcome == "block") == (loudest == Tier.BLOCK), "a verdict with a block blocks")


def _silent(case: Case, index: int, program: Program, currents: Currents) -> None:
    return None


def _ordinary_group() -> Group:
    program = Program(
        name="a",
        contacts=BIPOLE,
        amplitude_ua=PROGRAMMED_UA,
        pulse_width_us=200,
        recharge=ActiveRecharge(kind="active"),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
        patient=PatientLimits(lowest_ua=0, highest_ua=HIGHEST_UA),
    )
    return Group(name="g", programs=(program,))


def _ordinary_implant() -> Implant:
    lead = PluggedLead.model_validate({"port": "A", "lead": find_lead("medtronic-977a2")})
    return Implant(leads=(lead,))


LEMMAS = (
    Lemma(
        "rule-charge-balance",
        "without a block the direct current left on a contact, all programs together, is within the limit; a block is "
        "given only above it, less 1 nA of rounding with a second program",
        "every amplitude, width, rate and two limits; driven recharge; one program at ratio 1, 3, 8, two at 1+1, 3+2",
        rules_amplitude.charge_balance,
        charge_balance,
        Control("the mean current is rounded down", controls_rules.charge_balance_rounded_down),
        RATIOS,
    ),
    Lemma(
        "rule-compliance",
        "without a hit the volts of every pair of contacts, with the rise of the capacitors and the headroom, are "
        "within the limit; a hit is given only above it, less 1 mV of rounding",
        "every current, impedance, width, headroom and limit; the capacitors of the profiles; "
        f"{listed(SHAPES)} contacts",
        rules_amplitude.compliance,
        compliance,
        Control("the drop at the sinks is left out", controls_rules.compliance_of_the_sources),
        SHAPES,
    ),
    Lemma(
        "rule-timing",
        "timing blocks exactly when pulse, gap and driven recharge together are longer than the period",
        "every width, gap and rate of one tonic program; ratios 1 to 16 one by one",
        rules_form.timing,
        timing,
        Control("the recharge is left out", controls_rules.timing_without_the_recharge),
        tuple(range(1, 17)),
    ),
    Lemma(
        "rule-timing-of-group",
        "timing blocks exactly when one pulse of every program together is longer than the shortest period",
        "every width and rate of 2, 3 and 4 tonic programs",
        rules_form.timing_of_group,
        timing_of_group,
        Control("programs are compared in pairs only", controls_rules.timing_of_pairs_only),
        (2, 3, 4),
    ),
    Lemma(
        "judge",
        "whatever a rule says, at the programmed amplitude or at the highest that the patient can set, is in the "
        "verdict, and a verdict with a block blocks",
        "every tier at both amplitudes; each of the amplitude rules one by one; an ordinary group of one program",
        safety.judge,
        judged,
        Control("the patient's range is forgotten", controls_rules.judge_that_forgets_the_patient),
        tuple(rule_id for rule_id, _ in rules_amplitude.AMPLITUDE_RULES),
    ),
)
