"""What is about to leave, held against what each timer was told to deliver: the sensed against the commanded.

It is the second half of the interlocks. The first half knows how much is too much for the device; this one notices
that the output does something else than it was told, long before that is too much. It knows no rule and no limit of a
prescription, only orders and the sense lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firmware_model.sensed import Leaving, Train
from scs.domain.status import Fault

TOLERANCE_UA = 200
"""A contact may carry so much more than it was told to, or one part in twenty if that is more [project: FW-07]."""
TOLERANCE_PART = 20
TOLERANCE_US = 10
"""A phase may last so much longer than it was told to [project: FW-07]."""
RATE_PERCENT = 102
"""Two pulses of a timer may come so much faster than told, 2 % [project: FW-07]."""


@dataclass(frozen=True, slots=True)
class Command:
    """What one timer has been told to deliver."""

    currents_ua: Mapping[int, int]
    """Signed, per contact, of the leading phase; what the rail cannot drive may be less."""
    width_us: int
    recharge_us: int
    """Of the driven recharge; 0 when the charge is to flow back by itself."""
    period_us: int
    pulses: int
    intra_us: int


@dataclass(slots=True)
class _Course:
    """One timer in time. `due_us` is the earliest at which its latest pulse can have been due."""

    command: Command
    due_us: int | None = None

    @property
    def spacing_us(self) -> int:
        return self.command.period_us * 100 // RATE_PERCENT

    def is_early(self, at_us: int) -> bool:
        return self.due_us is not None and at_us < self.due_us + self.spacing_us


class Comparator:
    """Holds each pulse against the command of its timer. A timer that was never told anything is not compared."""

    def __init__(self) -> None:
        self._courses: dict[int, _Course | None] = {}
        self._busy_from_us = 0
        self._free_us = 0
        """No pulse so far is under way after this."""
        self._ends_us = 0
        """One pulse is under way until this; the same but where whole trains have left."""

    def state(self, now_us: int) -> tuple[object, ...]:
        """What decides over every further pulse, with times counted from now."""
        courses = tuple(
            (channel, None if course is None else (course.command, course.due_us and course.due_us - now_us))
            for channel, course in sorted(self._courses.items())
        )
        # Since when the output is taken matters only while it is.
        busy_us = self._busy_from_us - now_us if self._free_us >= now_us else None
        return (courses, busy_us, *(max(0, at_us - now_us) for at_us in (self._free_us, self._ends_us)))

    def shift(self, by_us: int) -> None:
        """So much time has gone by, and the state is the same as it was."""
        self._busy_from_us += by_us
        self._free_us += by_us
        self._ends_us += by_us
        for course in self._courses.values():
            if course is not None and course.due_us is not None:
                course.due_us += by_us

    def command(self, channel: int, command: Command | None) -> None:
        """From now on this timer is to deliver that; None is nothing at all."""
        course = self._courses.get(channel)
        if command is None or course is None:
            self._courses[channel] = None if command is None else _Course(command)
        else:
            course.command = command

    def fault(self, leaving: Leaving, at_us: int) -> Fault | None:
        """In what way this pulse is not what its timer was told; None when it is. Counts nothing."""
        if leaving.channel not in self._courses:
            return None
        course = self._courses[leaving.channel]
        if course is None:
            return Fault.OVER_CURRENT
        if at_us < self._ends_us or course.is_early(at_us):
            # Of two pulses at a time the currents would add.
            return Fault.OVER_RATE
        return _deviation(leaving, course.command)

    def count(self, leaving: Leaving, at_us: int) -> None:
        """The pulse leaves: remember when the next one may."""
        if at_us > self._free_us:
            self._busy_from_us = at_us
        end_us = at_us + leaving.occupation_us
        if end_us > self._ends_us:
            self._ends_us = end_us
        if self._ends_us > self._free_us:
            self._free_us = self._ends_us
        course = self._courses.get(leaving.channel)
        if course is not None:
            # A pulse that began as soon as the output was free may have waited, and its next one need not.
            chained_us = self._busy_from_us if course.due_us is None else course.due_us + course.spacing_us
            course.due_us = max(chained_us, self._busy_from_us)

    def cut(self, end_us: int) -> None:
        """What is under way ends at this time, and not later as it was begun."""
        self._ends_us = min(self._ends_us, end_us)

    def fault_of_all(self, trains: Sequence[Train]) -> Fault | None:
        """The same for whole trains, of which each begins with a pulse that does not wait."""
        for train in trains:
            found = self.fault(train.leaving, train.first_us)
            if found is not None:
                return found
            course = self._courses.get(train.leaving.channel)
            if course is not None and train.spacing_us < course.spacing_us:
                return Fault.OVER_RATE
        return None

    def count_all(self, trains: Sequence[Train], until_us: int) -> None:
        """The trains have left; every pulse of them had begun before `until_us`."""
        self._busy_from_us = min((train.first_us for train in trains), default=self._busy_from_us)
        self._free_us = until_us + sum(train.leaving.occupation_us for train in trains)
        for train in trains:
            course = self._courses.get(train.leaving.channel)
            if course is not None and train.count:
                course.due_us = train.first_us + (train.count - 1) * train.spacing_us
                self._ends_us = max(self._ends_us, course.due_us + train.leaving.occupation_us)


def _deviation(leaving: Leaving, command: Command) -> Fault | None:
    if leaving.pulses > command.pulses or leaving.intra_us * RATE_PERCENT < command.intra_us * 100:
        return Fault.OVER_RATE
    if leaving.width_us > command.width_us + TOLERANCE_US:
        return Fault.OVER_WIDTH
    if leaving.recharge_us > command.recharge_us + TOLERANCE_US:
        return Fault.OVER_WIDTH
    if command.recharge_us and not leaving.recharge_ua:
        return Fault.UNBALANCED
    for contact, current in leaving.currents_ua.items():
        told = command.currents_ua.get(contact, 0)
        if current == told:
            continue
        way = 1 if current > 0 else -1
        # Currents of the wrong sign are surplus in full.
        if current * way - max(0, told * way) > max(TOLERANCE_UA, abs(told) // TOLERANCE_PART):
            return Fault.OVER_CURRENT
    return None
