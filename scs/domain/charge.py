"""Charge in exact integers: how a current is shared, what a phase carries, what is left over.

µA · µs = pC. Every comparison is a comparison of whole numbers; the only transcendental function, the decay of the
passive recharge, is an upper bound in fixed point. Sources: Shannon 1992 [recalled, high], Cogan 2008 [recalled, high].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache

from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Program
from scs.domain.pulse import pulses_per_period


def split_current(amplitude_ua: int, permille: Sequence[int]) -> tuple[int, ...]:
    """Share a whole current in whole microamperes; the parts always sum to it.

    Each contact first gets its share rounded down; the few microamperes left go one by one to the contact with the
    largest share per microampere it would then carry (the first, when equal). That is the divisor rule of Jefferson
    and D'Hondt, which is house monotone: raising the amplitude never lowers the current of any contact.
    """
    assert sum(permille) == WHOLE, f"shares sum to {sum(permille)} permille"
    parts = [amplitude_ua * share // WHOLE for share in permille]
    for _ in range(amplitude_ua - sum(parts)):
        best = 0
        for index in range(1, len(parts)):
            if permille[index] * (parts[best] + 1) > permille[best] * (parts[index] + 1):
                best = index
        parts[best] += 1
    return tuple(parts)


def contact_currents_ua(electrodes: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
    """Signed current of each contact in the leading phase, cathodes negative; the sum is exactly zero."""
    currents: dict[int, int] = {}
    for polarity, sign in ((electrodes.cathodes, -1), (electrodes.anodes, 1)):
        parts = split_current(amplitude_ua, [share for _, share in polarity])
        for place, (number, _) in enumerate(polarity):
            currents[number] = sign * parts[place]
    return currents


def phase_charge_pc(current_ua: int, width_us: int) -> int:
    """The charge of one rectangular phase: exact."""
    return abs(current_ua) * width_us


def density_exceeds(charge_pc: int, area_um2: int, limit_uc_per_cm2: int) -> bool:
    """Whether charge / area is above the limit. 1 pC/µm² is 100 µC/cm², so D > L is 100·Q > L·A."""
    return 100 * charge_pc > limit_uc_per_cm2 * area_um2


def largest_density_charge_pc(area_um2: int, limit_uc_per_cm2: int) -> int:
    """The largest phase charge that keeps the limit."""
    return limit_uc_per_cm2 * area_um2 // 100


@cache
def shannon_factor(k_milli: int) -> int:
    """⌊10^(4+k)⌋: with Q in pC and A in µm², k = log10(Q·D) stays within the limit while Q² ≤ factor · A."""
    return int(Decimal(10) ** (4 + Decimal(k_milli) / 1000))


def shannon_exceeds(charge_pc: int, area_um2: int, k_milli: int) -> bool:
    """Whether Shannon's k is above `k_milli` / 1000."""
    return charge_pc * charge_pc > shannon_factor(k_milli) * area_um2


def recharge_currents_ua(electrodes: ElectrodeConfig, amplitude_ua: int, ratio: int) -> dict[int, int]:
    """Signed current of each contact in a driven recharge: ⌊amplitude / ratio⌋, shared the same way, reversed."""
    forward = contact_currents_ua(electrodes, amplitude_ua // ratio)
    return {number: -current for number, current in forward.items()}


def pulse_residues_pc(program: Program, currents_ua: Mapping[int, int]) -> dict[int, int]:
    """What one pulse with a driven recharge leaves on each contact: exact, signed, zero where it divides evenly.

    `currents_ua` are the contacts' currents in the leading phase. For a passive recharge the whole phase is left.
    """
    width = program.pulse_width_us
    if not isinstance(program.recharge, ActiveRecharge):
        return {number: current * width for number, current in currents_ua.items()}
    ratio = program.recharge.ratio
    amplitude_ua = sum(current for current in currents_ua.values() if current > 0)
    back = recharge_currents_ua(program.contacts, amplitude_ua, ratio)
    return {number: (current + ratio * back[number]) * width for number, current in currents_ua.items()}


_FINENESS = 64
"""Steps of the fixed-point decay in one time constant; the bound is at most 1/64 of a time constant pessimistic."""
_ONE = 1 << 32
_STEP = -(-_ONE * 984496437005408405986988829697020370 // 10**36)
"""⌈2^32 · e^(-1/64)⌉, from the decimal expansion of e^(-1/64), rounded up."""


def decay(amount: int, elapsed_us: int, time_constant_us: int) -> int:
    """An upper bound, in whole units, of amount · e^(-elapsed / time constant); every rounding is upward."""
    steps = elapsed_us * _FINENESS // time_constant_us
    factor, base = _ONE, _STEP
    while steps:
        if steps & 1:
            factor = -(-factor * base >> 32)
        base = -(-base * base >> 32)
        steps >>= 1
    return -(-amount * factor >> 32)


def period_residues_pc(
    program: Program, currents_ua: Mapping[int, int], window_us: int, time_constant_us: int
) -> dict[int, int]:
    """The charge that each contact keeps after one period, as a magnitude.

    Exact after a driven recharge; an upper bound after a passive one, which ends with `window_us` of recovery.
    """
    pulses = pulses_per_period(program.waveform)
    left = {number: pulses * abs(charge) for number, charge in pulse_residues_pc(program, currents_ua).items()}
    if isinstance(program.recharge, ActiveRecharge):
        return left
    return {number: decay(charge, window_us, time_constant_us) for number, charge in left.items()}
