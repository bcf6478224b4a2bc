"""The independent witness between the current sources and the electrodes.

It has its own constants, asks neither the safety rules nor the prescription, and sees only what is about to leave,
currents and times; what is left behind it works out by itself. Its limits lie just outside of everything that the
device may do, so that it speaks only when something above it has failed. A pulse that is wrong by itself, or comes too
early, does not leave; charge that is left within the rounding of a current is counted, and what makes it too much
does not leave either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from firmware_model.comparator import Command, Comparator, ComparatorMarks
from firmware_model.sensed import Leaving, Train
from scs.domain.status import Fault

WIDTH_US_MAX = 1_000
"""Leading phase [found2: G1, G2]."""
RECHARGE_US_MAX = 16_000
"""Driven recharge: sixteen times the longest leading phase, the largest ratio that can be written down."""
NET_PC_PER_US = 1
"""What may be left on a contact in the long run: 1 pC each microsecond, which is 1 µA [project, after ISO 14708-1's
sustained direct current, recalled, medium]."""
NET_PC_MAX = 1_000_000
"""What may be left beyond that at any time: so never more than 2 µC within any one second [project]."""
DENSITY_UC_PER_CM2 = 50
"""Of one phase on one contact: the mildest shipped policy lets no more pass [project]."""
SPACING_US = 25
"""Pulses of all programs together on one contact: one each 25 µs in the long run, which is four programs at 10 kHz."""
SPACING_US_MAX = 1_000
"""How far pulses may run ahead of that at once: forty pulses, the bursts of four programs one upon the other."""


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """What the output transistors of one device are trimmed to."""

    total_ua: int
    contact_ua: int
    phase_pc: int
    areas_um2: Mapping[int, int] = field(default_factory=dict)
    """Of each contact, trimmed when the leads were plugged in; a contact that is not here has only the limits above."""


HARDWARE = {
    "reference": OutputLimits(25_500, 25_500, 12_750_000),
    "evoke": OutputLimits(50_000, 50_000, 12_750_000),
    "intellis": OutputLimits(100_000, 25_500, 12_750_000),
    "opennerve-gen2": OutputLimits(5_000, 5_000, 5_000_000),
    "proclaim": OutputLimits(25_500, 25_500, 12_750_000),
    "senza": OutputLimits(15_000, 15_000, 12_750_000),
    "wavewriter-alpha": OutputLimits(25_500, 12_700, 12_750_000),
}
"""The second account of what each modelled device can do, kept apart from its profile on purpose. A test says when the
two disagree [the profiles' sources]."""
WIDEST = OutputLimits(100_000, 50_000, 12_750_000)
"""For a device that is described in a file of its own: the largest of each above."""


RECOVERY_US = 1_334
"""The time constant of the passive way back: 800 ohm and the series of two 10 µF and two 5 µF, the circuit of every
modelled device [declared: the profiles' interface rows]."""
FINENESS = 64
"""Steps of the decay in one time constant: what is taken for left is at most 1/64 of a time constant too old."""
_STEP = 4_228_380_000
"""⌈2^32 · e^(-1/64)⌉."""
SETTLED_US = 2_048 * RECOVERY_US // FINENESS + 1
"""After 32 time constants the decay is at its floor: what is left is the one picocoulomb of its roundings, for good."""
SETTLED_PC_MAX = 1 << 32
"""Of more than this, more than one picocoulomb is left for good; no pulse is near it."""
_NO_FAULT = Fault.NONE
"""Asked for at each pulse: a name of this module is found five times as fast as a member of its enum."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The charge of the leading phases that one timer's latest pulse left to flow back by itself."""

    charge_pc: int
    end_us: int
    busy_us: int
    """How long the output had been taken until then: nothing flows back meanwhile."""


class _Load(NamedTuple):
    """What each of a train's pulses adds to a level, how far they are apart, and how many there are."""

    amount: int
    spacing_us: int
    times: int


@dataclass(slots=True)
class _Level:
    """A level that each pulse raises and time lowers by one a microsecond, not below zero."""

    level: int = 0
    at_us: int = 0

    def at(self, now_us: int) -> int:
        level = self.level - NET_PC_PER_US * (now_us - self.at_us)
        return level if level > 0 else 0

    def add(self, amount: int, now_us: int) -> int:
        level = self.level - NET_PC_PER_US * (now_us - self.at_us)
        self.level = level + amount if level > 0 else amount
        if now_us > self.at_us:
            self.at_us = now_us
        return self.level


@dataclass(frozen=True, slots=True)
class InterlockMarks:
    """What a stretch of time has left in the interlocks, with times counted from its beginning."""

    net: tuple[tuple[int, int, int], ...]
    """Of each contact that was used: its level, and as of when."""
    rate: tuple[tuple[int, int, int], ...]
    compared: ComparatorMarks


class Interlocks:
    """Watches every pulse before it leaves. Once a fault is latched nothing leaves until it is cleared."""

    def __init__(self, limits: OutputLimits) -> None:
        self._limits = limits
        self.fault = Fault.NONE
        self._net: dict[int, _Level] = {}
        self._rate: dict[int, _Level] = {}
        self._waiting: dict[tuple[int, int], _Waiting] = {}
        self._busy_us = 0
        self._comparator = Comparator()

    @property
    def limits(self) -> OutputLimits:
        """What the output transistors are trimmed to."""
        return self._limits

    @property
    def busy_us(self) -> int:
        """How long the output has been taken so far."""
        return self._busy_us

    def state(self, now_us: int, *, may_begin: bool = True) -> tuple[object, ...]:
        """What decides over every further pulse, with times counted from now; of `may_begin` the comparator knows."""
        levels = tuple(
            tuple((contact, level.at(now_us), max(0, level.at_us - now_us)) for contact, level in sorted(some.items()))
            for some in (self._net, self._rate)
        )
        waiting = tuple((key, self._state_of(left, now_us)) for key, left in sorted(self._waiting.items()))
        return (self.fault, levels, waiting, self._comparator.state(now_us, may_begin=may_begin))

    def _state_of(self, left: _Waiting, now_us: int) -> tuple[int, ...]:
        """What one timer left, seen from now; of what has settled, only that there was something."""
        busy_us = self._busy_us - left.busy_us
        if now_us - left.end_us - busy_us >= SETTLED_US and left.charge_pc <= SETTLED_PC_MAX:
            # An electrode that was used before and is no longer would otherwise make each cycle unlike the one before.
            return ()
        return (left.charge_pc, left.end_us - now_us, busy_us)

    def shift(self, by_us: int, busy_us: int, now_us: int) -> None:
        """So much time has gone by, in which the output was taken for `busy_us`, and it is `now_us` now.

        Whoever calls this knows that the state is the same as it was.
        """
        self._busy_us += busy_us
        for level in (*self._net.values(), *self._rate.values()):
            level.at_us += by_us
        self._waiting = {
            key: _Waiting(left.charge_pc, left.end_us + by_us, left.busy_us + busy_us)
            for key, left in self._waiting.items()
        }
        self._comparator.shift(by_us)

    def marks_since(self, from_us: int) -> InterlockMarks | None:
        """What the pulses since then have left here; None where charge still flows back by itself."""
        if self._waiting:
            return None
        net, rate = (
            tuple((contact, it.level, it.at_us - from_us) for contact, it in levels.items() if it.at_us >= from_us)
            for levels in (self._net, self._rate)
        )
        return InterlockMarks(net, rate, self._comparator.marks_since(from_us))

    def mark_again(self, marks: InterlockMarks, from_us: int, busy_us: int) -> None:
        """The same pulses have left since `from_us` that once left these marks, and took the output for `busy_us`."""
        self._busy_us += busy_us
        for levels, rows in ((self._net, marks.net), (self._rate, marks.rate)):
            for contact, level, at_us in rows:
                levels[contact] = _Level(level, at_us + from_us)
        self._comparator.mark_again(marks.compared, from_us)

    def command(self, channel: int, command: Command | None) -> None:
        """A timer has been told to deliver this from now on; None is nothing at all."""
        self._comparator.command(channel, command)

    def cut(self, end_us: int) -> None:
        """The burst in flight was broken off; the output is free from this time on."""
        self._comparator.cut(end_us)

    def clear(self) -> None:
        """Take the latch back; what was counted stays counted."""
        self.fault = Fault.NONE

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        """Whether this pulse may leave at `at_us`; False latches the fault, and the pulse must not leave."""
        if self.fault is not _NO_FAULT:
            return False
        sight = self._look(leaving)
        fault = sight.fault or self._comparator.fault(leaving, at_us)
        if fault is not None:
            self.fault = fault
            return False
        self._count(leaving, sight, at_us)
        return self.fault is _NO_FAULT

    def _look(self, leaving: Leaving) -> _Sight:
        """What is seen of a pulse by itself. It never changes, so the same one is looked at once."""
        found = _SEEN.get(id(leaving))
        if found is not None and found[0] is leaving and found[1] is self._limits:
            return found[2]
        if len(_SEEN) >= SEEN_MAX:
            _SEEN.clear()
        sight = _sight(leaving, self._limits)
        # The row keeps the pulse alive, so that its id stays its own.
        _SEEN[id(leaving)] = (leaving, self._limits, sight)
        return sight

    def admits_all(self, trains: Sequence[Train], from_us: int, until_us: int) -> bool:
        """Whether whole trains may leave between two times, judged by a bound on every level.

        False latches nothing: it only says that the bound cannot rule a fault out, so the pulses have to be shown to
        `admits` one by one.
        """
        if self.fault is not Fault.NONE or any(self._look(train.leaving).fault for train in trains):
            return False
        if self._comparator.fault_of_all(trains) is not None:
            return False
        ends: list[tuple[_Level, int]] = []
        span_us = until_us - from_us
        for levels, limit, amounts in self._loads(trains):
            for contact, loads in amounts.items():
                level = levels.get(contact)
                if level is None:
                    level = levels[contact] = _Level()
                standing = raised = total = 0
                for amount, spacing_us, count in loads:
                    # Twice each: one for the pulse at the edge of an interval, one for a pulse that had to wait.
                    standing += 2 * amount
                    raised += -(-amount * span_us // spacing_us)
                    total += amount * count
                before = level.at(from_us) + (self._left_before(trains, contact) if levels is self._net else 0)
                if raised > span_us or before + standing > limit:
                    return False
                ends.append((level, max(standing, before + total - span_us)))
        for level, end in ends:
            level.level, level.at_us = end, until_us
        for train in trains:
            self._busy_us += train.count * train.leaving.occupation_us
            for contact in train.leaving.currents_ua:
                # What the last of them leaves is in the bound already.
                self._waiting.pop((train.leaving.channel, contact), None)
        self._comparator.count_all(trains, until_us)
        return True

    def _loads(self, trains: Sequence[Train]) -> tuple[tuple[dict[int, _Level], int, dict[int, list[_Load]]], ...]:
        """For net charge and for rate: the levels, their limit, and contact by contact what each train adds.

        Pulses that take back what they drove, after others of which nothing is left to flow back, add no net charge.
        """
        net: dict[int, list[_Load]] = {}
        rate: dict[int, list[_Load]] = {}
        for train in trains:
            sight = self._look(train.leaving)
            if sight.leaves_charge or self._waiting:
                window_us = _window_us(train, trains)
                for contact, driven_left, phase in sight.charges:
                    left = driven_left + (_rest(phase, window_us) if phase else 0)
                    net.setdefault(contact, []).append(_Load(left, train.spacing_us, train.count))
            load = _Load(sight.rate, train.spacing_us, train.count)
            for contact in sight.conducting:
                rate.setdefault(contact, []).append(load)
        return (self._net, NET_PC_MAX, net), (self._rate, SPACING_US_MAX, rate)

    def _left_before(self, trains: Sequence[Train], contact: int) -> int:
        """What the pulses before these trains still leave on a contact when the trains begin."""
        if not self._waiting:
            return 0
        return sum(self._left_of(train.leaving.channel, contact, train.first_us) for train in trains if train.count)

    def _left_of(self, channel: int, contact: int, at_us: int) -> int:
        """What of the timer's latest pulse has not flowed back at a time."""
        waiting = self._waiting.get((channel, contact))
        if waiting is None:
            return 0
        return _rest(waiting.charge_pc, at_us - waiting.end_us - (self._busy_us - waiting.busy_us))

    def _count(self, leaving: Leaving, sight: _Sight, at_us: int) -> None:
        self._comparator.count(leaving, at_us)
        end_us = at_us + leaving.occupation_us
        self._busy_us += end_us - at_us
        for contact in sight.conducting:
            level = self._rate.get(contact)
            if level is None:
                level = self._rate[contact] = _Level()
            if level.add(sight.rate, at_us) > SPACING_US_MAX:
                self.fault = Fault.OVER_RATE
        if not sight.leaves_charge and not self._waiting:
            return
        for contact, driven_left, phase in sight.charges:
            left = driven_left
            if self._waiting:
                # The time that this very pulse takes is not yet gone by.
                left += self._left_of(leaving.channel, contact, end_us)
                self._waiting.pop((leaving.channel, contact), None)
            if phase:
                self._waiting[leaving.channel, contact] = _Waiting(phase, end_us, self._busy_us)
            if left and self._net.setdefault(contact, _Level()).add(left, at_us) > NET_PC_MAX:
                self.fault = Fault.UNBALANCED


def _window_us(train: Train, trains: Sequence[Train]) -> int:
    """The least time in which what one train leaves can flow back before its next pulse."""
    others = sum(
        (train.spacing_us // other.spacing_us + 1) * other.leaving.occupation_us
        for other in trains
        if other is not train
    )
    return train.spacing_us - train.leaving.occupation_us - others


def _rest(charge_pc: int, elapsed_us: int) -> int:
    """At most so much of a charge is left after a time; every rounding is upward."""
    steps = max(0, elapsed_us) * FINENESS // RECOVERY_US
    return -(-charge_pc * _left_of_one(steps) >> 32)


@lru_cache(maxsize=4_096)
def _left_of_one(steps: int) -> int:
    """What is left of one after so many steps, times 2^32."""
    factor, base = 1 << 32, _STEP
    while steps:
        if steps & 1:
            factor = -(-factor * base >> 32)
        base = -(-base * base >> 32)
        steps >>= 1
    return factor


@dataclass(frozen=True, slots=True)
class _Sight:
    """A pulse, or a burst, by itself: what is wrong with it, and what it adds to which count."""

    fault: Fault | None
    rate: int
    conducting: tuple[int, ...]
    charges: tuple[tuple[int, int, int], ...]
    """Contact, what its driven recharge leaves, and what is left to flow back by itself."""
    leaves_charge: bool
    """Whether any of these is not zero."""


SEEN_MAX = 1_024
_SEEN: dict[int, tuple[Leaving, OutputLimits, _Sight]] = {}


def _sight(leaving: Leaving, limits: OutputLimits) -> _Sight:
    is_driven = bool(leaving.recharge_ua)
    charges = tuple(
        (contact, leaving.driven_left_pc(contact) if is_driven else 0, 0 if is_driven else leaving.phase_pc(contact))
        for contact in sorted({*leaving.currents_ua, *leaving.recharge_ua})
    )
    conducting = tuple(contact for contact, current in leaving.currents_ua.items() if current)
    leaves_charge = any(driven_left or phase for _, driven_left, phase in charges)
    return _Sight(_shape_fault(leaving, limits), SPACING_US * leaving.pulses, conducting, charges, leaves_charge)


def _shape_fault(leaving: Leaving, limits: OutputLimits) -> Fault | None:
    """What is wrong with a single pulse, or a burst, by itself."""
    once_us = leaving.width_us + leaving.gap_us + leaving.recharge_us
    if leaving.pulses > 1 and leaving.intra_us < max(SPACING_US, once_us):
        return Fault.OVER_RATE
    for currents, width_us, longest_us, rounding_pc in (
        (leaving.currents_ua, leaving.width_us, WIDTH_US_MAX, 0),
        (leaving.recharge_ua, leaving.recharge_us, RECHARGE_US_MAX, _rounding_pc(leaving)),
    ):
        positive = sum(current for current in currents.values() if current > 0)
        negative = -sum(current for current in currents.values() if current < 0)
        largest = max((abs(current) for current in currents.values()), default=0)
        if positive != negative:
            return Fault.UNBALANCED
        if positive > limits.total_ua or largest > limits.contact_ua:
            return Fault.OVER_CURRENT
        if width_us > longest_us:
            return Fault.OVER_WIDTH
        if largest * width_us > limits.phase_pc + rounding_pc:
            return Fault.OVER_CHARGE
        for contact, current in currents.items():
            area_um2 = limits.areas_um2.get(contact)
            # 1 pC/µm² is 100 µC/cm².
            if area_um2 and 100 * (abs(current) * width_us - rounding_pc) > DENSITY_UC_PER_CM2 * area_um2:
                return Fault.OVER_CHARGE
    return _balance_fault(leaving)


def _balance_fault(leaving: Leaving) -> Fault | None:
    """A driven recharge takes back what went in, but for the rounding of its current to whole microamperes."""
    if leaving.recharge_ua:
        most_pc = leaving.pulses * _rounding_pc(leaving)
        if any(leaving.driven_left_pc(contact) > most_pc for contact in {*leaving.currents_ua, *leaving.recharge_ua}):
            return Fault.UNBALANCED
    return None


def _rounding_pc(leaving: Leaving) -> int:
    """The most that rounding leaves of one pulse on one contact.

    A recharge at 1/r of the current for r times the width shares its own, rounded current. Each contact's part of n
    is then up to n - 1 µA from its share, so r times that in all, and up to r - 1 µA of the whole were not divided. At
    r = 1 both phases are the same number, and a recharge that is no whole multiple of the phase is nobody's rounding.
    """
    ratio, odd_us = divmod(leaving.recharge_us, max(1, leaving.width_us))
    if odd_us or ratio <= 1:
        return 0
    contacts = max(
        sum(current > 0 for current in leaving.currents_ua.values()),
        sum(current < 0 for current in leaving.currents_ua.values()),
    )
    return ratio * (contacts + 1) * leaving.width_us
