"""The rules once more, from their sentences in docs/SAFETY.md and in rationals: what the integers are compared with.

Nothing here is imported from the rules, the charge or the timing of the domain. Charge is in microcoulombs, area in
square centimetres, time in seconds, current in amperes or milliamperes as the sentence says; every number is exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, isqrt

SECOND_US = 1_000_000


def charge_uc(current_ua: int, width_us: int) -> Fraction:
    """I[mA] · width[µs] / 1000."""
    return Fraction(current_ua, 1_000) * width_us / 1_000


def area_cm2(area_um2: int) -> Fraction:
    """A square centimetre is 10⁸ µm²."""
    return Fraction(area_um2, 10**8)


def density_is_above(current_ua: int, width_us: int, area_um2: int, limit_uc_per_cm2: int) -> bool:
    """Charge of a phase over the area."""
    return charge_uc(current_ua, width_us) / area_cm2(area_um2) > limit_uc_per_cm2


def shannon_is_above(current_ua: int, width_us: int, area_um2: int, k: Fraction) -> bool:
    """log10(Q · D) > k, with Q in µC and D in µC/cm²: both sides are raised until k is whole, so nothing is rounded."""
    charge = charge_uc(current_ua, width_us)
    return (charge * charge / area_cm2(area_um2)) ** k.denominator > Fraction(10) ** k.numerator


def largest_current_ua(width_us: int, charge_uc_max: Fraction) -> int:
    """The largest whole current whose phase does not carry more than so much."""
    return int(charge_uc_max * 1_000_000 // width_us)


def largest_density_charge(area_um2: int, limit_uc_per_cm2: int) -> Fraction:
    """Q = D · A."""
    return limit_uc_per_cm2 * area_cm2(area_um2)


def largest_shannon_charge_pc(area_um2: int, k: Fraction) -> int:
    """The largest whole charge in pC whose k is not above: Q² ≤ 10^k · A, found by halving on whole numbers."""
    area = area_cm2(area_um2)

    def is_above(charge_pc: int) -> bool:
        q = Fraction(charge_pc, 10**6)
        return (q * q / area) ** k.denominator > Fraction(10) ** k.numerator

    low, high = 0, isqrt(10 ** (ceil(k) + 12) * (ceil(area) + 1)) + 1
    while low < high:
        middle = (low + high + 1) // 2
        if is_above(middle):
            high = middle - 1
        else:
            low = middle
    return low


def period_us(rate_mhz: int) -> int:
    """The timer ticks once a microsecond and a pulse never comes early: the next whole microsecond."""
    return ceil(Fraction(1_000 * SECOND_US, rate_mhz))


def pulse_us(width_us: int, gap_us: int, ratio: int) -> int:
    """Leading phase, gap, and a driven recharge of `ratio` times the width; a passive one (ratio 0) takes none."""
    return width_us + gap_us + ratio * width_us if ratio else width_us


def left_pc(current_ua: int, width_us: int, ratio: int) -> int:
    """What a driven recharge of 1/ratio of the whole current, rounded down, leaves of one pulse."""
    back_ua = Fraction(current_ua, ratio).__floor__()
    return current_ua * width_us - back_ua * ratio * width_us


def direct_current_is_above(left: int, period: int, limit_na: int) -> bool:
    """Charge left in pC each period in µs is a mean current in µA."""
    return Fraction(left, period) * 1_000 > limit_na
