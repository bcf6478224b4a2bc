"""Lemmas about the integer forms of the limits, and about periods and decay.

What the functions are held against is written from the units: 1 pC is 10⁻⁶ µC, 1 µm² is 10⁻⁸ cm².
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from scs.domain import charge, pulse
from scs.proof import controls
from scs.proof.contracts import period_contract
from scs.proof.lemma import Control, Lemma
from scs.proof.paths import World
from scs.proof.symbolic import implies, negated

K_MILLI = tuple(range(4_001))
"""Shannon's k from 0 to 4; the tiers in use lie between 1.5 and 1.85."""
POLICY_K_MILLI = (1500, 1850)
"""The tiers of the shipped policies; a test holds them against the files."""
STEPS = (*range(64), *range(64, 1_600, 8))
"""Sixty-fourths of a time constant; after 22 time constants nothing is left of 2^32."""


def phase(world: World, subject: Any, _: None) -> None:
    current, width = world.integer("current_ua"), world.integer("width_us", 0)
    quantity = world.prepared(subject)(current, width)
    # 10⁻⁶ A for 10⁻⁶ s is 10⁻¹² C, whichever way it flows.
    world.prove(implies(current >= 0, quantity == current * width), "charge is current times width")
    world.prove(implies(current <= 0, quantity + current * width == 0), "charge is a magnitude")


def density(world: World, subject: Any, _: None) -> None:
    quantity, area = world.integer("charge_pc", 0), world.integer("area_um2", 1)
    limit = world.integer("limit_uc_per_cm2", 1)
    exceeds = world.prepared(subject)(quantity, area, limit)
    # quantity · 10⁻⁶ µC over area · 10⁻⁸ cm² against the limit, multiplied by 10⁸ · area.
    beyond = quantity * 10**2 > limit * area
    world.prove(implies(exceeds, beyond), "what is called too dense is too dense")
    world.prove(implies(beyond, exceeds), "what is too dense is called so")


def largest_density(world: World, subject: Any, _: None) -> None:
    area, limit = world.integer("area_um2", 1), world.integer("limit_uc_per_cm2", 1)
    largest = world.prepared(subject)(area, limit)
    world.prove(negated(charge.density_exceeds(largest, area, limit)), "the largest charge keeps the limit")
    world.prove(charge.density_exceeds(largest + 1, area, limit), "a picocoulomb more does not")


def shannon_factor(world: World, subject: Any, k_milli: int) -> None:
    factor = subject(k_milli)
    # 10^(4 + k) is the number whose thousandth power is 10^(4000 + 1000 k): whole numbers tell the floor.
    world.prove(factor**1000 <= 10 ** (4000 + k_milli), "the factor is not above the power of ten")
    world.prove((factor + 1) ** 1000 > 10 ** (4000 + k_milli), "the factor plus one is above the power of ten")


def shannon(world: World, subject: Any, k_milli: int) -> None:
    quantity, area = world.integer("charge_pc", 0), world.integer("area_um2", 1)
    exceeds = world.prepared(subject)(quantity, area, k_milli)
    # k = log10(Q µC · D µC/cm²) = log10(Q² / A) - 4 in pC and µm², and 10^(4 + k) lies in [floor, floor + 1).
    floor = _floor_of_power(k_milli)
    world.prove(implies(quantity**2 >= (floor + 1) * area, exceeds), "whatever is over Shannon's line is called so")
    world.prove(implies(exceeds, quantity**2 > floor * area), "nothing is called so that is well under it")


def _floor_of_power(k_milli: int) -> int:
    """⌊10^(4 + k)⌋ by halving, with whole numbers only: not the way in which the function computes it."""
    low, high = 1, 10 ** (5 + k_milli // 1000)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**1000 <= 10 ** (4000 + k_milli) else (low, middle)
    return low


def period(world: World, subject: Any, _: None) -> None:
    rate = world.integer("rate_mhz", 1)
    ticks = world.prepared(subject)(rate)
    world.prove(ticks >= 1, "a period is at least a microsecond")
    world.prove(ticks * rate >= 10**9, "the delivered rate is never above the asked one")
    world.prove((ticks - 1) * rate < 10**9, "a microsecond less would be too fast")


def delivered_rate(world: World, subject: Any, _: None) -> None:
    rate = world.integer("rate_mhz", 1, 10**9)
    shown = world.prepared(subject, period_us=period_contract)(rate)
    world.prove(shown <= rate, "the rate that is read back is never above the asked one")


def decays(world: World, subject: Any, steps: int) -> None:
    amount = world.integer("charge_pc", 0)
    left = world.prepared(subject)(amount, steps, 64)
    low, scale = _power_below(steps)
    world.prove(left * scale >= amount * low, "what is left is never understated")
    world.prove(left <= amount, "nothing grows while it decays")


def _power_below(steps: int) -> tuple[int, int]:
    """(n, 10⁶⁰) with n / 10⁶⁰ just below e^(-steps / 64), from the decimal library's correctly rounded exponential."""
    with localcontext() as context:
        context.prec = 60
        return int((Decimal(-steps) / 64).exp().scaleb(60)) - 10, 10**60


LEMMAS = (
    Lemma(
        "phase-charge",
        "the charge of a phase is the magnitude of current x width: µA x µs = pC",
        "every current of either sign, every width from 0 µs up",
        charge.phase_charge_pc,
        phase,
        Control("the sign is kept", controls.signed_phase_charge),
    ),
    Lemma(
        "density",
        "the integer form says that a density is above the limit exactly when charge / area is",
        "every charge from 0 pC up, every area from 1 µm² up, every limit from 1 µC/cm² up",
        charge.density_exceeds,
        density,
        Control("off by a factor of ten", controls.density_off_by_ten),
    ),
    Lemma(
        "density-largest",
        "the largest charge that is offered keeps its limit, and a picocoulomb more does not",
        "every area from 1 µm² up, every limit from 1 µC/cm² up",
        charge.largest_density_charge_pc,
        largest_density,
        Control("rounded up instead of down", controls.largest_density_rounded_up),
    ),
    Lemma(
        "shannon-factor",
        "the factor is 10^(4 + k) rounded down, so its comparison is never laxer than Shannon's line",
        "k from 0.000 to 4.000 in thousandths, one by one, in whole numbers",
        charge.shannon_factor,
        shannon_factor,
        Control("rounded up instead of down", controls.shannon_factor_rounded_up),
        K_MILLI,
    ),
    Lemma(
        "shannon",
        "whatever is over Shannon's line is called so, and whatever is called so is over the line or under it by less "
        "than one part in the factor",
        "every charge from 0 pC up, every area from 1 µm² up; k = 1.5 and 1.85, the tiers of the policies",
        charge.shannon_exceeds,
        shannon,
        Control("the charge is not squared", controls.shannon_without_the_square),
        POLICY_K_MILLI,
    ),
    Lemma(
        "period",
        "a period is the shortest whole number of microseconds that is not too fast",
        "every rate from 1 mHz up",
        pulse.period_us,
        period,
        Control("rounded down instead of up", controls.period_rounded_down),
    ),
    Lemma(
        "delivered-rate",
        "the rate that is read back is never above the one asked for",
        "every rate from 1 mHz to 1 MHz",
        pulse.delivered_rate_mhz,
        delivered_rate,
        Control("the asked rate is rounded up to a whole hertz", controls.delivered_rate_in_whole_hertz),
    ),
    Lemma(
        "decay",
        "what is said to be left of a charge is at least charge x e^(-t / time constant), and no more than the charge",
        f"every charge from 0 pC up; {len(STEPS)} times from 0 to 25 time constants",
        charge.decay,
        decays,
        Control("the last rounding is downward", controls.decay_rounded_down),
        STEPS,
    ),
)
