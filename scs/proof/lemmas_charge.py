"""Lemmas about the split of a current and about what a driven recharge leaves on each contact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scs.domain import charge
from scs.domain.program import WHOLE, ElectrodeConfig
from scs.proof import controls
from scs.proof.contracts import LoopOverList, split_contract
from scs.proof.inputs import Shape, a_driven_program, listed, shares_of, some_electrodes
from scs.proof.lemma import Control, Lemma
from scs.proof.paths import World
from scs.proof.symbolic import all_of, negated

COUNTS = tuple(range(1, 7))
"""Contacts of one polarity."""
SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (4, 1), (4, 4))
SMALL_SHAPES, LARGE_SHAPES = SHAPES[:4], SHAPES[4:]
RATIOS = tuple(range(1, 17))
"""Every ratio of a driven recharge that a prescription can hold."""
RECHARGES = (
    *((shape, ratio) for shape in SMALL_SHAPES for ratio in RATIOS),
    *((shape, 8) for shape in LARGE_SHAPES),
)


def _is_fair_share(names: Mapping[str, Any], before: list[Any], done: Any) -> Iterator[tuple[Any, str]]:
    parts = names["parts"]
    yield sum(parts) == sum(before) + done, "every turn deals out one microampere"
    for part, low in zip(parts, before, strict=True):
        yield part >= low, "no turn takes current from a contact"


def _is_divisor_rule(names: Mapping[str, Any], before: list[Any], done: Any) -> Iterator[tuple[Any, str]]:
    """No contact's last microampere was better claimed by another: s/p against s/(p + 1), earlier contacts first."""
    yield from _is_fair_share(names, before, done)
    parts, shares = names["parts"], names["permille"]
    for one in range(len(parts)):
        for other in range(len(parts)):
            kept, claimed = shares[one] * (parts[other] + 1), shares[other] * parts[one]
            if one != other:
                yield (kept >= claimed if one < other else kept > claimed), "the last microampere was dealt fairly"


def split(world: World, subject: Any, count: int) -> None:
    amplitude = world.integer("amplitude_ua", 0)
    shares = shares_of(world, count, "share")
    for share in shares:
        world.prove(amplitude * share // WHOLE >= 0, "no share of the amplitude is negative")
    parts = world.prepared(subject, range=LoopOverList("parts", _is_fair_share))(amplitude, shares)
    world.prove(sum(parts) == amplitude, "the parts sum to the whole")
    for part, share in zip(parts, shares, strict=True):
        low = amplitude * share // WHOLE
        world.prove(part >= 0, "no part is negative")
        world.prove(part >= low, "no part is below its share rounded down")
        world.prove(part <= low + (count - 1), "no part is the contact count or more above its share rounded down")


def house_monotone(world: World, subject: Any, count: int) -> None:
    amplitude, more = world.integer("amplitude_ua", 0), world.integer("higher_ua", 0)
    world.assume(more >= amplitude)
    shares = [world.integer(f"share_{index}_permille", 1) for index in range(1, count + 1)]
    world.assume(sum(shares) == WHOLE)
    for either in (amplitude, more):
        # Says nothing new, but z3 does not think of multiplying the sum by the amplitude.
        world.assume(sum(either * share for share in shares) == WHOLE * either)
    dealt = world.prepared(subject, range=LoopOverList("parts", _is_divisor_rule))
    before, after = dealt(amplitude, shares), dealt(more, shares)
    for one in range(count):
        for other in range(count):
            if one != other:
                swapped = all_of(before[one] > after[one], after[other] > before[other])
                world.prove(negated(swapped), "no contact loses what another gains")
    for low, high in zip(before, after, strict=True):
        world.prove(low <= high, "raising the amplitude lowers no contact")


def neutral(world: World, subject: Any, shape: Shape) -> None:
    amplitude = world.integer("amplitude_ua", 0)
    electrodes = some_electrodes(world, shape)
    currents = world.prepared(subject, split_current=split_contract)(electrodes, amplitude)
    world.prove(sum(currents.values()) == 0, "the currents of all contacts sum to zero")
    for number, current in currents.items():
        world.prove(current <= 0 if number <= shape[0] else current >= 0, "cathodes sink and anodes source")


def recharge_divides(world: World, subject: Any, case: tuple[Shape, int]) -> None:
    shape, ratio = case
    back_ua = world.integer("recharge_ua", 0)
    electrodes = some_electrodes(world, shape)
    currents_of = world.prepared(charge.contact_currents_ua, split_current=split_contract)
    # Each contact's part of the recharge is a whole number of microamperes.
    parts = {number: world.integer(f"part_{number}_ua") for number in electrodes.contacts}
    for number, share in electrodes.shares:
        world.assume(back_ua * share == WHOLE * parts[number])
    for times in (ratio, 1):
        for number, current in currents_of(electrodes, times * back_ua).items():
            world.prove(current == times * parts[number], "a share that is whole is given as it is")
    _prove_residues(world, subject, electrodes, (back_ua, 0, ratio), bound=0)


def recharge_bounded(world: World, subject: Any, case: tuple[Shape, int]) -> None:
    shape, ratio = case
    back_ua, rest = world.integer("recharge_ua", 0), world.integer("rest_ua", 0, ratio - 1)
    electrodes = some_electrodes(world, shape)
    for _, share in electrodes.shares:
        world.prove(abs(rest * share) <= WHOLE * (ratio - 1), "a share of the rest is no more than the rest")
    _prove_residues(world, subject, electrodes, (back_ua, rest, ratio), ratio * (max(shape) + 1) + max(shape))


def _prove_residues(
    world: World, subject: Any, electrodes: ElectrodeConfig, parts: tuple[Any, Any, int], bound: int
) -> None:
    """For the amplitude ratio x back + rest, which every amplitude is; for one microsecond and for any width."""
    back_ua, rest, ratio = parts
    width = world.integer("width_us", 1)
    currents_of = world.prepared(charge.contact_currents_ua, split_current=split_contract)
    currents = currents_of(electrodes, ratio * back_ua + rest)
    # Asked for here, so that the split of the recharge is known by this amplitude wherever it is asked for again.
    currents_of(electrodes, back_ua)
    residues_of = world.prepared(subject, split_current=split_contract)
    left = residues_of(a_driven_program(electrodes, width, ratio), currents)
    of_one_us = residues_of(a_driven_program(electrodes, 1, ratio), currents)
    world.prove(sum(of_one_us.values()) == 0, "the residues of all contacts sum to zero")
    for number, residue in of_one_us.items():
        world.prove(residue <= bound, "no contact keeps more than the bound")
        world.prove(residue >= -bound, "no contact gives more than the bound")
        world.prove(left[number] == residue * width, "a residue is that of a microsecond times the width")


LEMMAS = (
    Lemma(
        "split",
        "the parts of a current sum to it exactly; none is negative; each is its share rounded down, or above that by "
        "less than the contact count",
        "every amplitude from 0 µA up, all shares from 1 permille up; 1 to 6 contacts one by one",
        charge.split_current,
        split,
        Control("the microamperes left over are dropped", controls.split_that_drops_the_rest),
        COUNTS,
    ),
    Lemma(
        "split-monotone",
        "raising the amplitude lowers the current of no contact",
        "every two amplitudes from 0 µA up, all shares from 1 permille up; 1 to 3 contacts one by one",
        charge.split_current,
        house_monotone,
        Control("what is left over goes to the first contact", controls.split_that_favours_the_first),
        (1, 2, 3),
    ),
    Lemma(
        "currents-neutral",
        "the currents of all contacts sum to zero, cathodes sink and anodes source",
        f"every amplitude from 0 µA up, all shares; cathodes + anodes {listed(SHAPES)}",
        charge.contact_currents_ua,
        neutral,
        Control("the anodes get a microampere less", controls.currents_with_a_weak_anode),
        SHAPES,
    ),
    Lemma(
        "recharge-balanced",
        "a driven recharge leaves exactly nothing where each contact's part of it is a whole number of microamperes",
        f"every amplitude that the ratio divides, all shares, every width; "
        f"ratios 1 to 16 with {listed(SMALL_SHAPES)} contacts, ratio 8 with {listed(LARGE_SHAPES)}",
        charge.pulse_residues_pc,
        recharge_divides,
        Control("the recharge lasts one width more", controls.residues_after_a_width_too_much),
        RECHARGES,
    ),
    Lemma(
        "recharge-bounded",
        "residues always sum to zero over the contacts, and none is beyond (ratio x (n + 1) + n) µA x width, n the "
        "larger contact count of a polarity",
        f"every amplitude from 0 µA up, all shares, every width; "
        f"ratios 1 to 16 with {listed(SMALL_SHAPES)} contacts, ratio 8 with {listed(LARGE_SHAPES)}",
        charge.pulse_residues_pc,
        recharge_bounded,
        Control("the recharge current is not divided by the ratio", controls.residues_of_an_undivided_recharge),
        RECHARGES,
    ),
)
