"""What was delivered, integrated pulse by pulse and in whole numbers: a witness that knows no rule and no firmware.

It is told of every pulse that leaves the electrodes and can contradict whoever says that a group is safe. It shares
no code with the safety rules, the timing of pulses or the firmware: limits come from the profile and the policy, and
the arithmetic is its own. What cannot be exact, the charge that flows back by itself, is held between two bounds, and
only the bound that accuses nobody wrongly is used.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, gcd
from typing import Protocol

from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile

PERIOD_US_MHZ = 1_000_000_000
"""A rate in millihertz divides this into a period in microseconds."""
WINDOW_US = 1_000_000
"""Net charge is looked at over any second, as requirement FW-05 asks."""
_PRECISE = Context(prec=40, rounding=ROUND_FLOOR)
"""Forty digits: the error of an exponential is then far below a picocoulomb."""
_JUST_ABOVE = Decimal("1.000000000000000000000001")
"""Makes more of what those forty digits may have lost."""


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
class _Window:
    """The charge left on one contact: in the last second, and since the beginning."""

    second: deque[tuple[int, int]] = field(default_factory=deque)
    """(time, charge left)."""
    second_pc: int = 0
    whole_pc: int = 0
    net_pc: int = 0
    """What driven recharges have left: signed and exact."""


@dataclass(slots=True)
class _Course:
    """One program in time. A heap is what is left to flow back together: one pulse, or those of a burst."""

    last_us: int = 0
    due_us: int = 0
    in_heap: int = 0
    heap_pc: Counter[int] = field(default_factory=Counter)
    """Per contact: what the heap that is being laid has left for good."""
    largest_pc: Counter[int] = field(default_factory=Counter)
    """Per contact: the most that one heap has left for good."""
    waiting: dict[int, _Waiting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Between:
    """A signed charge that is not known exactly."""

    low_pc: int = 0
    high_pc: int = 0

    def plus(self, charge_pc: int) -> _Between:
        return _Between(self.low_pc + charge_pc, self.high_pc + charge_pc)

    def times(self, least: Decimal, most: Decimal) -> _Between:
        """A part of it that is itself between two; rounded outward."""
        low = self.low_pc * (least if self.low_pc > 0 else most)
        high = self.high_pc * (most if self.high_pc > 0 else least)
        return _Between(floor(low), ceil(high))

    @property
    def least_pc(self) -> int:
        """The one of the smallest magnitude, signed."""
        return min(max(self.low_pc, 0), self.high_pc)

    @property
    def most_pc(self) -> int:
        return max(abs(self.low_pc), abs(self.high_pc))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What has yet to flow back through a contact by itself, at a time."""

    whole: _Between
    heap: _Between
    """Of the present heap alone; what earlier ones had left by then has been counted."""
    at_us: int
    busy_us: int


_NOTHING = _Waiting(_Between(), _Between(), 0, 0)


class DeliveredMonitor:
    """Told of every pulse; `violations` grows by a sentence for each thing that must not have left.

    `profile`, `implant` and `policy` say where the limits lie: what blocks under the policy. `time_constant_us` is that
    of the passive way back, and the profile's circuit when None. Each kind of violation is reported once a contact.
    Programs are told apart by `PulseLike.program`; `finish` looks at the whole time once more.
    """

    def __init__(
        self, profile: DeviceProfile, implant: Implant, policy: Policy, time_constant_us: Fraction | int | None = None
    ) -> None:
        self._profile = profile
        self._areas: dict[int, int] = {contact.number: contact.area_um2 for contact in implant.contacts}
        if profile.case is not None:
            self._areas[CASE] = profile.case.area_um2
        self._density = policy.density_block_uc_per_cm2
        self._shannon_milli = policy.shannon_block_k_milli
        self._direct_na = policy.dc_block_na
        self._tau_us = _circuit_us(profile) if time_constant_us is None else Fraction(time_constant_us)
        slowest_mhz = None if profile.burst is None else profile.burst.intra_rate.min_mhz
        self._in_burst_us = 0 if slowest_mhz is None else -(-PERIOD_US_MHZ // slowest_mhz)
        self._heap_max = 1 if profile.burst is None else profile.burst.pulses_max
        rows = (profile.tonic_rate, profile.high_rate, profile.burst.intra_rate if profile.burst else None)
        self._shortest_us = -(-PERIOD_US_MHZ // max(row.max_mhz for row in rows if row is not None))
        self._courses: dict[int, _Course] = {}
        self._windows: dict[int, _Window] = {}
        self._since_us: int | None = None
        self._free_us = 0
        self._busy_us = 0
        self._said: set[tuple[str, int | None]] = set()
        self.pulses = 0
        self.violations: list[Violation] = []

    def on_departure(self, pulse: PulseLike) -> None:
        """One pulse has begun."""
        self.pulses += 1
        if self._since_us is None:
            self._since_us = pulse.start_us
        lasts_us = pulse.width_us + pulse.gap_us + pulse.recharge_us
        if pulse.start_us < self._free_us:
            early_us = self._free_us - pulse.start_us
            said = f"a pulse of program {pulse.program + 1} began {early_us} us before the one in flight had ended"
            self._say("overlap", pulse.start_us, said, pulse.start_us, self._free_us, "us")
        self._look_at_phase(pulse, pulse.currents_ua, pulse.width_us, self._profile.pulse_width.max_us, "a pulse")
        if pulse.recharge_ua:
            longest = self._profile.pulse_width.max_us * max(1, self._profile.recharge.active_ratio_max)
            self._look_at_phase(pulse, pulse.recharge_ua, pulse.recharge_us, longest, "a recharge")
        course = self._courses.setdefault(pulse.program, _Course())
        self._look_at_rate(pulse, course)
        self._account(pulse, course, lasts_us)
        self._free_us = max(self._free_us, pulse.start_us + lasts_us)

    def finish(self, now_us: int) -> list[Violation]:
        """Nothing more is coming until `now_us`: look at the seconds that end without a pulse, and at the mean of all.

        Returns the violations.
        """
        for number, window in sorted(self._windows.items()):
            self._let_pass(number, window, now_us)
            elapsed_us = now_us - (self._since_us or 0)
            # 1 nA for a microsecond is a thousandth of a picocoulomb.
            limit_pc = self._direct_na * elapsed_us // 1_000 + self._slack_pc(number)
            if abs(window.whole_pc) > limit_pc:
                said = (
                    f"{contact_name(number)} was left {abs(window.whole_pc)} pC in {elapsed_us / 1e6:g} s, above the "
                    f"{limit_pc} pC of {self._direct_na} nA"
                )
                self._say("direct-current", now_us, said, abs(window.whole_pc), limit_pc, "pC", number)
        return self.violations

    def net_pc(self) -> dict[int, int]:
        """Per contact: what driven recharges have left, signed and exact."""
        return {number: window.net_pc for number, window in sorted(self._windows.items())}

    def waiting_pc(self, number: int, now_us: int) -> tuple[int, int]:
        """What has yet to flow back through a contact by itself: magnitudes that it is at least, and at most.

        At least, if it has flowed all the time; at most, if it stood still while any pulse was under way.
        """
        low = high = 0
        for course in self._courses.values():
            waiting = course.waiting.get(number)
            if waiting is not None:
                rest = waiting.whole.times(*self._parts(waiting, now_us))
                low, high = low + rest.low_pc, high + rest.high_pc
        both = _Between(low, high)
        return abs(both.least_pc), both.most_pc

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

    # ------------------------------------------------------------------------------- what happens in the course of time

    def _look_at_rate(self, pulse: PulseLike, course: _Course) -> None:
        """No program comes faster than the fastest that the device has, one period of waiting for others allowed."""
        if pulse.start_us < course.due_us - self._shortest_us:
            said = (
                f"pulses of program {pulse.program + 1} came faster than one each {self._shortest_us} us, which is the "
                "most of the device"
            )
            self._say("rate", pulse.start_us, said, pulse.start_us - course.last_us, self._shortest_us, "us")
        course.due_us = max(course.due_us, pulse.start_us) + self._shortest_us

    def _account(self, pulse: PulseLike, course: _Course, lasts_us: int) -> None:
        """What this pulse, and the heap before it, leave for good.

        What of a heap has not flowed back when the next one of its program begins counts as left, once. Pulses that
        may belong to one burst are one heap. Pauses for the pulses of others only slow the flow, so leaving them out
        accuses nobody wrongly.
        """
        is_next = pulse.start_us - course.last_us > self._in_burst_us or course.in_heap >= self._heap_max
        course.in_heap = 1 if is_next else course.in_heap + 1
        course.last_us = pulse.start_us
        if is_next:
            course.heap_pc.clear()
        self._busy_us += lasts_us
        for number in {*pulse.currents_ua, *pulse.recharge_ua}:
            window = self._windows.setdefault(number, _Window())
            leading_pc = pulse.currents_ua.get(number, 0) * pulse.width_us
            waiting = course.waiting.pop(number, _NOTHING)
            parts = (Decimal(0), Decimal(0)) if waiting is _NOTHING else self._parts(waiting, pulse.start_us)
            heap = waiting.heap.times(*parts)
            left_pc = heap.least_pc if is_next else 0
            if pulse.recharge_ua:
                driven_pc = leading_pc + pulse.recharge_ua.get(number, 0) * pulse.recharge_us
                window.net_pc += driven_pc
                left_pc += driven_pc
            else:
                whole, heap = waiting.whole.times(*parts), _Between() if is_next else heap
                end_us = pulse.start_us + lasts_us
                course.waiting[number] = _Waiting(whole.plus(leading_pc), heap.plus(leading_pc), end_us, self._busy_us)
            course.heap_pc[number] += left_pc
            course.largest_pc[number] = max(course.largest_pc[number], abs(course.heap_pc[number]))
            self._let_pass(number, window, pulse.start_us)
            if left_pc:
                window.second.append((pulse.start_us, left_pc))
                window.second_pc += left_pc
                window.whole_pc += left_pc
                self._look_at_second(number, window, pulse.start_us)

    def _let_pass(self, number: int, window: _Window, now_us: int) -> None:
        """The second before `now_us`, and every second since the last pulse, in which something drops out."""
        while window.second and window.second[0][0] <= now_us - WINDOW_US:
            then_us, charge = window.second.popleft()
            window.second_pc -= charge
            self._look_at_second(number, window, then_us + WINDOW_US)

    def _look_at_second(self, number: int, window: _Window, at_us: int) -> None:
        # 1 nA for a second is 1000 pC.
        total_pc, limit = abs(window.second_pc), self._direct_na * 1_000 + self._slack_pc(number)
        if total_pc > limit:
            said = f"within one second {total_pc} pC were left on {contact_name(number)}, above {limit} pC"
            self._say("net-charge", at_us, said, total_pc, limit, "pC", number)

    def _slack_pc(self, number: int) -> int:
        """One heap more than the mean fits into a window that begins and ends with one, two where pulses may wait."""
        once = sum(course.largest_pc[number] for course in self._courses.values())
        return once if len(self._courses) == 1 else 2 * once

    def _parts(self, waiting: _Waiting, at_us: int) -> tuple[Decimal, Decimal]:
        """At least and at most this part of what was waiting has not flowed back at a time."""
        elapsed_us = max(0, at_us - waiting.at_us)
        flowing_us = max(0, elapsed_us - (self._busy_us - waiting.busy_us))
        return _decay(elapsed_us, self._tau_us), _decay(flowing_us, self._tau_us) * _JUST_ABOVE

    def _say(
        self, identity: str, at_us: int, sentence: str, value: int, limit: int, unit: str, number: int | None = None
    ) -> None:
        if (identity, number) not in self._said:
            self._said.add((identity, number))
            contact = None if number is None else contact_name(number)
            whole = f"at {at_us / 1e6:.6f} s {sentence}"
            self.violations.append(Violation(identity, whole, contact, value, limit, unit, at_us))


@lru_cache(maxsize=4_096)
def _decay(elapsed_us: int, tau_us: Fraction) -> Decimal:
    """e^(-elapsed / time constant), hardly rounded and downward."""
    power = -elapsed_us / tau_us
    return _PRECISE.exp(_PRECISE.divide(Decimal(power.numerator), Decimal(power.denominator)))


def _circuit_us(profile: DeviceProfile) -> Fraction:
    """The time constant of two contacts and two blocking capacitors in series. Ohm times nanofarad is a thousandth of a
    microsecond."""
    row = profile.interface
    series_nf = Fraction(row.blocking_nf * row.double_layer_nf, 2 * (row.blocking_nf + row.double_layer_nf))
    return row.loop_ohm * series_nf / 1_000


def _is_above_shannon(charge_pc: int, area_um2: int, k_milli: int) -> bool:
    """log10(Q² / A) - 4 > k, exactly: both sides are raised to a power that makes k a whole number."""
    shared = gcd(k_milli, 1_000)
    power, tens = 1_000 // shared, k_milli // shared
    left = Fraction(charge_pc**2, area_um2 * 10**4)
    return bool(left.numerator**power > 10**tens * left.denominator**power)
