"""Wrong versions of the functions under proof, one fault each. A proof that accepts one of them proves nothing.

They are written like the originals so that only the fault differs, and nothing but the proofs may call them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from scs.domain.charge import contact_currents_ua, decay, recharge_currents_ua, shannon_factor, split_current
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Program
from scs.domain.pulse import TICKS_PER_SECOND_SCALED


def split_that_drops_the_rest(amplitude_ua: int, permille: Sequence[int]) -> tuple[int, ...]:
    return tuple(amplitude_ua * share // WHOLE for share in permille)


def split_that_favours_the_first(amplitude_ua: int, permille: Sequence[int]) -> tuple[int, ...]:
    parts = [amplitude_ua * share // WHOLE for share in permille]
    parts[0] += amplitude_ua - sum(parts)
    return tuple(parts)


def currents_with_a_weak_anode(electrodes: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
    sunk = split_current(amplitude_ua, [share for _, share in electrodes.cathodes])
    sourced = split_current(amplitude_ua - amplitude_ua % 2, [share for _, share in electrodes.anodes])
    currents = {number: -part for (number, _), part in zip(electrodes.cathodes, sunk, strict=True)}
    currents.update({number: part for (number, _), part in zip(electrodes.anodes, sourced, strict=True)})
    return currents


def residues_after_a_width_too_much(program: Program, currents_ua: Mapping[int, int]) -> dict[int, int]:
    assert isinstance(program.recharge, ActiveRecharge)
    ratio, width = program.recharge.ratio, program.pulse_width_us
    amplitude_ua = sum(current for current in currents_ua.values() if current > 0)
    back = recharge_currents_ua(program.contacts, amplitude_ua, ratio)
    return {number: current * width + (ratio + 1) * back[number] * width for number, current in currents_ua.items()}


def residues_of_an_undivided_recharge(program: Program, currents_ua: Mapping[int, int]) -> dict[int, int]:
    assert isinstance(program.recharge, ActiveRecharge)
    ratio, width = program.recharge.ratio, program.pulse_width_us
    amplitude_ua = sum(current for current in currents_ua.values() if current > 0)
    back = contact_currents_ua(program.contacts, amplitude_ua)
    return {number: (current - ratio * back[number]) * width for number, current in currents_ua.items()}


def signed_phase_charge(current_ua: int, width_us: int) -> int:
    return current_ua * width_us


def density_off_by_ten(charge_pc: int, area_um2: int, limit_uc_per_cm2: int) -> bool:
    return 10 * charge_pc > limit_uc_per_cm2 * area_um2


def largest_density_rounded_up(area_um2: int, limit_uc_per_cm2: int) -> int:
    return -(-limit_uc_per_cm2 * area_um2 // 100)


def shannon_factor_rounded_up(k_milli: int) -> int:
    return int(Decimal(10) ** (4 + Decimal(k_milli) / 1000)) + 1


def shannon_without_the_square(charge_pc: int, area_um2: int, k_milli: int) -> bool:
    return charge_pc > shannon_factor(k_milli) * area_um2


def period_rounded_down(rate_mhz: int) -> int:
    return TICKS_PER_SECOND_SCALED // rate_mhz


def delivered_rate_in_whole_hertz(rate_mhz: int) -> int:
    return -(-rate_mhz // 1_000) * 1_000


def decay_rounded_down(amount: int, elapsed_us: int, time_constant_us: int) -> int:
    left = decay(amount, elapsed_us, time_constant_us)
    return max(0, left - 1)
