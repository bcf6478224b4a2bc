"""What was delivered, integrated pulse by pulse and in whole numbers: a witness that knows no rule and no firmware.

It is told of every pulse that leaves the electrodes and can contradict whoever says that a group is safe. It shares
no code with the safety rules, the timing of pulses or the firmware: limits come from the profile and the policy, and
the arithmetic is its own. What cannot be exact, the charge that flows back by itself, is held between two bounds, and
only the bound that accuses nobody wrongly is used.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import gcd
from typing import Protocol

from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile

WINDOW_US = 1_000_000
"""Net charge is looked at over any second, as requirement FW-05 asks."""
_PRECISE = Context(prec=40, rounding=ROUND_FLOOR)
"""Forty digits: the error of an exponential is then far below a picocoulomb, and it is rounded down."""


class PulseLike(Protocol):
    """One pulse that has begun (firmware_model.tap.Departure, or whatever a tap on hardware gives)."""

    @property
    def start_us(self) -> int: ...
    @property
    def program(self) -> int: ...
    @property
    def currents_ua(self) -> Mapping[int, int]: ...
    @property
    def width_us(self) -> int: ...
    @property
    def gap_us(self) -> int: ...
    @property
    def recharge_ua(self) -> Mapping[int, int]: ...
    @property
    def recharge_us(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that was delivered and must not have been."""

    id: str
    sentence: str
    contact: str | None
    value: int
    limit: int
    unit: str
    at_us: int


@dataclass(slots=True)
class _Contact:
    """What one contact has seen."""

    net_pc: int = 0
    """What driven recharges have left since the beginning: signed and exact."""
    window: deque[tuple[int, int]] = field(default_factory=deque)
    """(time, charge left) of the last second."""
    window_pc: int = 0
    largest_pc: int = 0
    waiting_pc: int = 0
    """Has yet to flow back by itself: signed, its magnitude at least this."""
    waiting_from_us: int = 0


class DeliveredMonitor:
    """Told of every pulse; `violations` grows by a sentence for each thing that must not have left.

    `profile`, `implant` and `policy` say where the limits lie. Each kind of violation is reported once a contact.
    """

    def __init__(self, profile: DeviceProfile, implant: Implant, policy: Policy) -> None:
        self._profile = profile
        self._areas: dict[int, int] = {contact.number: contact.area_um2 for contact in implant.contacts}
        if profile.case is not None:
            self._areas[CASE] = profile.case.area_um2
        self._density = policy.density_block_uc_per_cm2
        self._shannon_milli = policy.shannon_block_k_milli
        # 1 nA for a second is 1000 pC.
        self._net_limit_pc = policy.dc_block_na * 1_000
        interface = profile.interface
        both = Fraction(interface.blocking_nf * interface.double_layer_nf)
        series_nf = both / (2 * (interface.blocking_nf + interface.double_layer_nf))
        # Ohm times nanofarad is a thousandth of a microsecond.
        self._tau_us = interface.loop_ohm * series_nf / 1_000
        self._contacts: dict[int, _Contact] = {}
        self._free_us = 0
        self._said: set[tuple[str, int | None]] = set()
        self.pulses = 0
        self.violations: list[Violation] = []

    def on_departure(self, pulse: PulseLike) -> None:
        """One pulse has begun."""
        self.pulses += 1
        end_us = pulse.start_us + pulse.width_us + pulse.gap_us + pulse.recharge_us
        if pulse.start_us < self._free_us:
            early_us = self._free_us - pulse.start_us
            said = f"a pulse of program {pulse.program + 1} began {early_us} us before the one in flight had ended"
            self._say("overlap", pulse.start_us, said, pulse.start_us, self._free_us, "us")
        self._free_us = max(self._free_us, end_us)
        self._look_at_phase(pulse, pulse.currents_ua, pulse.width_us, self._profile.pulse_width.max_us, "a pulse")
        if pulse.recharge_ua:
            longest = self._profile.pulse_width.max_us * max(1, self._profile.recharge.active_ratio_max)
            self._look_at_phase(pulse, pulse.recharge_ua, pulse.recharge_us, longest, "a recharge")
        for number in {*pulse.currents_ua, *pulse.recharge_ua}:
            self._account(pulse, number)

    def net_pc(self) -> dict[int, int]:
        """Per contact: what driven recharges have left, signed and exact."""
        return {number: seen.net_pc for number, seen in sorted(self._contacts.items())}

    # ------------------------------------------------------------------------------------------------ one phase

    def _look_at_phase(
        self, pulse: PulseLike, currents: Mapping[int, int], width_us: int, longest_us: int, what: str
    ) -> None:
        sourced = sum(current for current in currents.values() if current > 0)
        sunk = -sum(current for current in currents.values() if current < 0)
        total, limit = max(sourced, sunk), self._profile.total_current.max_ua
        if sourced != sunk:
            said = f"{what} sourced {sourced} uA and sank {sunk} uA; the rest went a way that nobody chose"
            self._say("sum-zero", pulse.start_us, said, abs(sourced - sunk), 0, "uA")
        if total > limit:
            said = f"{what} drove {total} uA in all, above the {limit} uA of the device"
            self._say("total-current", pulse.start_us, said, total, limit, "uA")
        if width_us > longest_us:
            said = f"{what} lasted {width_us} us, longer than the {longest_us} us of the device"
            self._say("width", pulse.start_us, said, width_us, longest_us, "us")
        for number, current in currents.items():
            self._look_at_contact(pulse.start_us, number, abs(current), width_us, what)

    def _look_at_contact(self, at_us: int, number: int, current_ua: int, width_us: int, what: str) -> None:
        name, charge_pc, profile = contact_name(number), current_ua * width_us, self._profile
        area = self._areas.get(number)
        if area is None:
            said = f"{what} flowed through {name}, which is not connected"
            self._say("contact", at_us, said, number, len(self._areas), "contact", number)
            return
        limit = profile.contact_current.max_ua
        if current_ua > limit:
            said = f"{what} drove {current_ua} uA through {name}, above {limit} uA for one contact"
            self._say("contact-current", at_us, said, current_ua, limit, "uA", number)
        limit = profile.phase_charge.max_pc
        if charge_pc > limit:
            said = f"{what} carried {charge_pc} pC through {name}, above {limit} pC"
            self._say("phase-charge", at_us, said, charge_pc, limit, "pC", number)
        # pC / µm² is 100 µC/cm²: the limit is exceeded exactly when this fraction is.
        density = Fraction(100 * charge_pc, area)
        if density > self._density:
            said = f"{what} put {float(density):.4g} uC/cm2 on {name}, above {self._density} uC/cm2"
            self._say("charge-density", at_us, said, int(density), self._density, "uC/cm2", number)
        milli = self._shannon_milli
        if milli is not None and _is_above_shannon(charge_pc, area, milli):
            said = f"{what} of {charge_pc} pC put {name} above Shannon's k of {milli / 1000:g}"
            self._say("shannon", at_us, said, charge_pc, milli, "k/1000", number)

    # ----------------------------------------------------------------------------------------- what is left behind

    def _account(self, pulse: PulseLike, number: int) -> None:
        seen = self._contacts.setdefault(number, _Contact())
        leading_pc = pulse.currents_ua.get(number, 0) * pulse.width_us
        # What is there when the next pulse begins has had no time to flow back: it counts as left.
        left_pc = self._rest(seen, pulse.start_us)
        if pulse.recharge_ua:
            driven_pc = leading_pc + pulse.recharge_ua.get(number, 0) * pulse.recharge_us
            seen.net_pc += driven_pc
            left_pc += driven_pc
        else:
            end_us = pulse.start_us + pulse.width_us
            seen.waiting_pc = self._rest(seen, end_us) + leading_pc
            seen.waiting_from_us = end_us
        if left_pc:
            seen.window.append((pulse.start_us, left_pc))
            seen.window_pc += left_pc
            seen.largest_pc = max(seen.largest_pc, abs(left_pc))
        while seen.window and seen.window[0][0] <= pulse.start_us - WINDOW_US:
            seen.window_pc -= seen.window.popleft()[1]
        # One pulse more than the mean fits into a window that begins and ends with one.
        total_pc, limit = abs(seen.window_pc), self._net_limit_pc + seen.largest_pc
        if total_pc > limit:
            said = f"within one second {total_pc} pC were left on {contact_name(number)}, above {limit} pC"
            self._say("net-charge", pulse.start_us, said, total_pc, limit, "pC", number)

    def _rest(self, seen: _Contact, at_us: int) -> int:
        """What of the waiting charge has not flowed back, its magnitude rounded down: no less can be left.

        Pauses for the pulses of other programs only slow the flow, so leaving them out accuses nobody wrongly.
        """
        if not seen.waiting_pc:
            return 0
        elapsed = -Fraction(max(0, at_us - seen.waiting_from_us)) / self._tau_us
        power = _PRECISE.exp(_PRECISE.divide(Decimal(elapsed.numerator), Decimal(elapsed.denominator)))
        rest = int(_PRECISE.multiply(Decimal(abs(seen.waiting_pc)), power))
        return rest if seen.waiting_pc > 0 else -rest

    def _say(
        self, identity: str, at_us: int, sentence: str, value: int, limit: int, unit: str, number: int | None = None
    ) -> None:
        if (identity, number) not in self._said:
            self._said.add((identity, number))
            contact = None if number is None else contact_name(number)
            whole = f"at {at_us / 1e6:.6f} s {sentence}"
            self.violations.append(Violation(identity, whole, contact, value, limit, unit, at_us))


def _is_above_shannon(charge_pc: int, area_um2: int, k_milli: int) -> bool:
    """log10(Q² / A) - 4 > k, exactly: both sides are raised to a power that makes k a whole number."""
    shared = gcd(k_milli, 1_000)
    power, tens = 1_000 // shared, k_milli // shared
    left = Fraction(charge_pc**2, area_um2 * 10**4)
    return bool(left.numerator**power > 10**tens * left.denominator**power)
