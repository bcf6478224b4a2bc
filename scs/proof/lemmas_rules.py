"""Lemmas about the amplitude rules: without a block everything is within its limit, and what is within passes.

A rule is given any currents at all, also such as no split would give, and any limits. What it is held against is
computed here from the currents, contact by contact, without the rule's search for the worst.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from scs.domain import rules_amplitude
from scs.domain.case import Hit
from scs.domain.charge import phase_charge_pc
from scs.domain.policy import Policy
from scs.domain.profile import ChargeLimit, CurrentLimit, DeviceProfile
from scs.domain.program import Program
from scs.domain.verdict import Tier
from scs.proof import controls_rules
from scs.proof.contracts import named, shown_only
from scs.proof.inputs import Currents, Shape, listed, made_of, some_currents
from scs.proof.lemma import Control, Lemma
from scs.proof.paths import World
from scs.proof.symbolic import all_of, negated

SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (4, 4))
FEW: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 2))
"""Where every contact may be the worst so far or not, each more takes three times as long."""


def some_areas(world: World, currents: Currents) -> dict[int, Any]:
    return {number: world.integer(f"area_E{number}_um2", 1) for number in currents}


def rule_of(world: World, subject: Any) -> Any:
    """The rule, with nothing but the showing and the naming of products replaced."""
    phase = named(phase_charge_pc)
    return world.prepared(subject, format_quantity=shown_only, log10=shown_only, phase_charge_pc=phase)


def prove_gate(world: World, hit: Hit | None, within: Sequence[Any], tier: Tier = Tier.BLOCK) -> None:
    """Nothing over the limit is let through, and nothing within it is kept back."""
    if hit is not None and hit.tier >= tier:
        world.prove(negated(all_of(*within)), "what is blocked is over the limit")
    else:
        for one in within:
            world.prove(one, "what is not blocked is within the limit")


def contact_current(world: World, subject: Any, shape: Shape) -> None:
    currents, limit = some_currents(world, shape), world.integer("limit_ua", 0)
    profile = made_of(DeviceProfile, contact_current=made_of(CurrentLimit, max_ua=limit))
    hit = rule_of(world, subject)(SimpleNamespace(profile=profile), 0, None, currents)
    prove_gate(world, hit, [one <= limit for current in currents.values() for one in (current, -current)])


def total_current(world: World, subject: Any, shape: Shape) -> None:
    currents, limit = some_currents(world, shape), world.integer("limit_ua", 0)
    profile = made_of(DeviceProfile, total_current=made_of(CurrentLimit, max_ua=limit))
    hit = rule_of(world, subject)(SimpleNamespace(profile=profile), 0, None, currents)
    sourced = sum(current for number, current in currents.items() if number > shape[0])
    prove_gate(world, hit, [sourced <= limit])


def phase_charge(world: World, subject: Any, shape: Shape) -> None:
    currents, limit = some_currents(world, shape), world.integer("limit_pc", 0)
    width = world.integer("width_us", 1)
    profile = made_of(DeviceProfile, phase_charge=made_of(ChargeLimit, max_pc=limit))
    program = made_of(Program, pulse_width_us=width)
    hit = rule_of(world, subject)(SimpleNamespace(profile=profile), 0, program, currents)
    prove_gate(world, hit, [world.name(abs(current) * width) <= limit for current in currents.values()])


def charge_density(world: World, subject: Any, shape: Shape) -> None:
    currents, width = some_currents(world, shape), world.integer("width_us", 1)
    areas = some_areas(world, currents)
    asks, limit = world.integer("confirm_uc_per_cm2", 1), world.integer("block_uc_per_cm2", 1)
    world.assume(asks < limit)
    policy = made_of(Policy, density_confirm_uc_per_cm2=asks, density_block_uc_per_cm2=limit)
    program = made_of(Program, pulse_width_us=width)
    hit = rule_of(world, subject)(SimpleNamespace(policy=policy, areas_um2=areas), 0, program, currents)
    for tier, edge in ((Tier.BLOCK, limit), (Tier.CONFIRM, asks)):
        # 1 pC/µm² is 100 µC/cm².
        within = [
            100 * world.name(abs(current) * width) <= edge * areas[number] for number, current in currents.items()
        ]
        prove_gate(world, hit, within, tier)


def shannon(world: World, subject: Any, shape: Shape) -> None:
    currents, width = some_currents(world, shape), world.integer("width_us", 1)
    areas = some_areas(world, currents)
    policy = made_of(Policy, shannon_notice_k_milli=1500, shannon_block_k_milli=1850)
    program = made_of(Program, pulse_width_us=width)
    hit = rule_of(world, subject)(SimpleNamespace(policy=policy, areas_um2=areas), 0, program, currents)
    for tier, factor in ((Tier.BLOCK, 707_945), (Tier.NOTICE, 316_227)):
        # ⌊10^5.85⌋ and ⌊10^5.5⌋: lemma `shannon-factor`.
        within = [
            world.name(abs(current) * width) ** 2 <= factor * areas[number] for number, current in currents.items()
        ]
        prove_gate(world, hit, within, tier)


LEMMAS = (
    Lemma(
        "rule-contact-current",
        "contact-current blocks exactly when a contact carries more than the limit",
        f"every current of every contact, every limit; {listed(SHAPES)} contacts",
        rules_amplitude.contact_current,
        contact_current,
        Control("only contacts that source are looked at", controls_rules.contact_current_of_anodes),
        SHAPES,
        over_reals=True,
    ),
    Lemma(
        "rule-total-current",
        "total-current blocks exactly when all sources together give more than the limit",
        f"every current of every contact, every limit; {listed(SHAPES)} contacts",
        rules_amplitude.total_current,
        total_current,
        Control("the largest source is taken for all of them", controls_rules.total_current_of_one),
        SHAPES,
        over_reals=True,
    ),
    Lemma(
        "rule-phase-charge",
        "phase-charge blocks exactly when a contact carries more charge in a phase than the limit",
        f"every current of every contact, width and limit; {listed(FEW)} contacts",
        rules_amplitude.phase_charge,
        phase_charge,
        Control("the first contact is taken for the worst", controls_rules.phase_charge_of_the_first),
        FEW,
        over_reals=True,
    ),
    Lemma(
        "rule-charge-density",
        "charge-density blocks exactly when a contact's charge over its own area is above the block limit, and asks "
        "exactly when one is above the milder limit",
        f"every current and area of every contact, every width, every two limits; {listed(FEW)} contacts",
        rules_amplitude.charge_density,
        charge_density,
        Control("the area of another contact is taken", controls_rules.density_on_the_wrong_area),
        FEW,
        over_reals=True,
    ),
    Lemma(
        "rule-shannon",
        "shannon blocks exactly when a contact's charge squared over its own area is above the line of k = 1.85, and "
        "speaks exactly when one is above that of k = 1.5",
        f"every current and area of every contact, every width; the tiers of the policy strict; {listed(FEW)} contacts",
        rules_amplitude.shannon,
        shannon,
        Control("a contact at the limit of the milder tier ends the search", controls_rules.shannon_of_the_first),
        FEW,
        over_reals=True,
    ),
)
