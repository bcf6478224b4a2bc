"""The electrode-tissue interface of one current loop: access resistance, double layers, faradaic paths, capacitors.

Closed forms only, and a linear double layer: above about 0.3 V it overestimates the excursion, so what comes from here
is a "linear-Cdl estimate" and never decides a delivery. Units: mA, us, ohm, uF; hence nC, mV and tau in us.
Source of the circuit and of its figures: physics facts 2.1 to 2.4, recalled or assumed as each constant says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DOUBLE_LAYER_UF_PER_CM2 = 40.0
"""Platinum, geometric area [R: Cogan 2008, medium]: 10 to 50; 4.8 uF on the 0.12 cm2 of a standard contact."""

FARADAIC_OHM = 20_000.0
"""The faradaic path of one contact at low bias [R, low]; it drops at higher current, which is not modelled."""

WATER_WINDOW_MV = 600.0
"""Cathodic excursion from rest that counts as leaving the window of platinum [A, from -0.6 V: R, high]."""

SPREADING_OHM = 38.0
"""R_m of two contacts 7 mm apart at 0.3 S/m, 1 / (4 pi sigma r) [C]."""

SPREADING_PITCH_MM = 7.0
"""The distance for which `SPREADING_OHM` was computed."""

ENCAPSULATION_FRESH = 0.85
"""f_encap on the day of implantation [A]."""

ENCAPSULATION_GROWTH = 0.35
"""What f_encap gains until its plateau of 1.20 [A]."""

ENCAPSULATION_TAU_DAYS = 21.0
"""The time constant of that growth [A]."""

SETTLING_TIME_CONSTANTS = 5.0
"""Passive recovery counts as complete after this many time constants [C rule: physics 2.4]."""


@dataclass(frozen=True, slots=True)
class ContactInterface:
    """One contact: a double layer with a faradaic path across it, and its blocking capacitor in series."""

    double_layer_uf: float
    faradaic_ohm: float = math.inf
    blocking_uf: float = math.inf

    def __post_init__(self) -> None:
        for name, value in (("double layer", self.double_layer_uf), ("blocking capacitor", self.blocking_uf)):
            if not value > 0:
                raise ValueError(f"{name} of {value} uF; a capacitance is above 0 uF: leave it out or give its value")
        if not self.faradaic_ohm > 0:
            raise ValueError(f"faradaic path of {self.faradaic_ohm} ohm; it is above 0 ohm, or infinite when absent")

    def excursion_mv(self, current_ma: float, after_us: float) -> float:
        """The voltage across the double layer `after_us` into a pulse of constant current, from rest."""
        if math.isinf(self.faradaic_ohm):
            return current_ma * after_us / self.double_layer_uf
        tau_us = self.faradaic_ohm * self.double_layer_uf
        return current_ma * self.faradaic_ohm * -math.expm1(-after_us / tau_us)

    def leaves_water_window(self, current_ma: float, width_us: float) -> bool:
        """Whether the double layer moves by more than `WATER_WINDOW_MV`; a warning, not a limit."""
        return abs(self.excursion_mv(current_ma, width_us)) > WATER_WINDOW_MV


@dataclass(frozen=True, slots=True)
class Loop:
    """The way of one current: a resistance (leads, access) and the contacts it passes, in series."""

    resistance_ohm: float
    contacts: tuple[ContactInterface, ...]

    def __post_init__(self) -> None:
        if not self.resistance_ohm > 0:
            raise ValueError(f"loop of {self.resistance_ohm} ohm; a loop has a resistance above 0 ohm")
        if not self.contacts:
            raise ValueError("a loop of 0 contacts; give the contacts, at least 1, that the current passes")

    @property
    def elastance_per_uf(self) -> float:
        """The sum of 1/C over every capacitance in the loop: mV for each nC that passed."""
        return math.fsum(1 / contact.double_layer_uf + 1 / contact.blocking_uf for contact in self.contacts)

    @property
    def tau_us(self) -> float:
        """The loop's own time constant, R times C in series, faradaic paths left aside."""
        return self.resistance_ohm / self.elastance_per_uf

    def voltage_mv(self, current_ma: float, after_us: float) -> float:
        """What the source must supply `after_us` into a pulse of constant current that begins from rest."""
        across = math.fsum(
            contact.excursion_mv(current_ma, after_us) + current_ma * after_us / contact.blocking_uf
            for contact in self.contacts
        )
        return current_ma * self.resistance_ohm + across

    def excursions_mv(self, current_ma: float, width_us: float) -> Sequence[float]:
        """Of each contact's double layer at the end of the pulse, in the order of the contacts."""
        return tuple(contact.excursion_mv(current_ma, width_us) for contact in self.contacts)


@dataclass(frozen=True, slots=True)
class ClippedPulse:
    """What a rail drives of a commanded pulse: constant at first, then decaying with the loop's time constant."""

    commanded_ma: float
    width_us: float
    plateau_ma: float
    """The current before it decays; below `commanded_ma` when not even the first instant can be driven."""
    plateau_us: float
    """How long that current stands: the whole width when nothing is clipped, 0 when it decays from the start."""
    tau_us: float

    @property
    def is_clipped(self) -> bool:
        return self.plateau_us < self.width_us

    @property
    def commanded_nc(self) -> float:
        return self.commanded_ma * self.width_us

    @property
    def delivered_nc(self) -> float:
        """The charge that really passes in the pulse; never above the commanded one."""
        decaying_us = self.width_us - self.plateau_us
        return self.plateau_ma * (self.plateau_us - self.tau_us * math.expm1(-decaying_us / self.tau_us))

    def current_ma(self, after_us: float) -> float:
        """The current `after_us` into the pulse."""
        return self.plateau_ma * math.exp(-max(0.0, after_us - self.plateau_us) / self.tau_us)


def clipped(loop: Loop, current_ma: float, width_us: float, available_mv: float) -> ClippedPulse:
    """The pulse that a rail drives, `available_mv` being the rail less its headroom, from rest.

    Faradaic paths are left aside: they would take a little of the voltage back, so the estimate is rather too small.
    Raises ValueError when the current, the width or the voltage is not above zero.
    """
    for name, value, unit in (("current", current_ma, "mA"), ("width", width_us, "us"), ("rail", available_mv, "mV")):
        if not value > 0:
            raise ValueError(f"{name} of {value} {unit}; give one above 0 {unit}")
    spare_mv = available_mv - current_ma * loop.resistance_ohm
    if spare_mv <= 0:
        return ClippedPulse(current_ma, width_us, available_mv / loop.resistance_ohm, 0.0, loop.tau_us)
    plateau_us = min(width_us, spare_mv / (current_ma * loop.elastance_per_uf))
    return ClippedPulse(current_ma, width_us, current_ma, plateau_us, loop.tau_us)


def passive_residue_nc(charge_nc: float, window_us: float, tau_us: float) -> float:
    """The charge that stands before each pulse of an endless train with passive recharge only.

    q_ss = Q / (exp(Td / tau) - 1); raises ValueError when the window is not above zero, for then it has no bound.
    """
    if not window_us > 0:
        raise ValueError(f"recovery window of {window_us} us; without one, above 0 us, the charge grows without bound")
    return charge_nc / math.expm1(window_us / tau_us)


def net_dc_ua(charge_nc: float, mismatch: float, rate_hz: float) -> float:
    """The direct current of a train whose driven recharge misses by the part `mismatch`, without capacitors."""
    return mismatch * charge_nc * rate_hz / 1_000


def passive_rate_hz_max(tau_us: float, width_us: float) -> float:
    """The highest rate at which a passive recharge has its five time constants between two pulses."""
    return 1_000_000 / (SETTLING_TIME_CONSTANTS * tau_us + width_us)


def encapsulation(age_days: float) -> float:
    """f_encap: what weeks of encapsulation make of the access resistance; raises ValueError for an age below 0."""
    if age_days < 0:
        raise ValueError(f"implanted for {age_days} days; an implant is 0 days old or more: set the implantation time")
    return ENCAPSULATION_FRESH - ENCAPSULATION_GROWTH * math.expm1(-age_days / ENCAPSULATION_TAU_DAYS)


def bipolar_ohm(one_ohm: float, other_ohm: float, distance_mm: float) -> float:
    """Between two contacts whose resistances against the case are known, `distance_mm` apart.

    Z_i + Z_j - 2 R_m, R_m falling with the distance; raises ValueError for two contacts in one place.
    """
    if not distance_mm > 0:
        raise ValueError(f"two contacts {distance_mm} mm apart; two contacts are above 0 mm apart: name two different")
    shared_ohm = SPREADING_OHM * SPREADING_PITCH_MM / distance_mm
    return max(0.0, one_ohm + other_ohm - 2 * shared_ohm)
