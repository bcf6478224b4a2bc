"""What is about to leave, held against what each timer was told to deliver: the sensed against the commanded.

It is the second half of the interlocks. The first half knows how much is too much for the device; this one notices
that the output does something else than it was told, long before that is too much. It knows no rule and no limit of a
prescription, only orders and the sense lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    spacing_us: int = field(init=False)
    """The least time from one pulse to the next that is still no fault."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spacing_us", self.period_us * 100 // RATE_PERCENT)


@dataclass(slots=True)
class _Course:
    """One timer in time. `due_us` is the earliest at which its latest pulse can have been due."""

    command: Command
    due_us: int | None = None


@dataclass(frozen=True, slots=True)
class ComparatorMarks:
    """What a stretch of time has left in a comparator, with times counted from its beginning."""

    courses: tuple[tuple[int, Command | None, int | None], ...]
    busy_from_us: int | None
    """None where the output has been taken since before."""
    free_us: int
    ends_us: int


_UNTOLD = _Course(Command({}, 0, 0, 0, 0, 0))
"""In place of a course where there is none."""
AGREED_MAX = 1_024
_AGREED: dict[int, tuple[Leaving, Command]] = {}
"""Pulses that were held against an order before, by identity, and the order that they were found to follow: neither
ever changes. Each is kept alive here, so that its id stays its own. It is beside the implants and no part of them."""


class Comparator:
    """Holds each pulse against the command of its timer. A timer that was never told anything is not compared."""

    def __init__(self) -> None:
        self._courses: dict[int, _Course | None] = {}
        self._busy_from_us = 0
        self._free_us = 0
        """No pulse so far is under way after this."""
        self._ends_us = 0
        """One pulse is under way until this; the same but where whole trains have left."""

    def state(self, now_us: int, *, may_begin: bool = True) -> tuple[object, ...]:
        """What decides over every further pulse, with times counted from now.

        Without `may_begin` it is only asked of the timers that are at work: none is told to begin any more.
        """
        courses = tuple(
            (channel, None if course is None else (course.command, course.due_us and course.due_us - now_us))
            for channel, course in sorted(self._courses.items())
        )
        # Since when the output is taken matters only while it is, and to whoever may have waited for so long.
        is_taken = self._free_us >= now_us
        is_waited_for = may_begin or any(map(self._may_have_waited, self._courses.values()))
        busy_us = self._busy_from_us - now_us if is_taken and is_waited_for else None
        ends_us = [max(0, at_us - now_us) for at_us in (self._free_us, self._ends_us)]
        return (courses, is_taken, busy_us, *ends_us)

    def _may_have_waited(self, course: _Course | None) -> bool:
        """Whether the next pulse of a timer may have been due as long ago as the output has been taken."""
        if course is None:
            return False
        return course.due_us is None or course.due_us + course.command.spacing_us < self._busy_from_us

    def shift(self, by_us: int) -> None:
        """So much time has gone by, and the state is the same as it was."""
        self._busy_from_us += by_us
        self._free_us += by_us
        self._ends_us += by_us
        for course in self._courses.values():
            if course is not None and course.due_us is not None:
                course.due_us += by_us

    def marks_since(self, from_us: int) -> ComparatorMarks:
        """What the pulses since then have left here; there was one at least."""
        courses: list[tuple[int, Command | None, int | None]] = []
        for channel, course in self._courses.items():
            due_us = None if course is None or course.due_us is None else course.due_us - from_us
            courses.append((channel, None if course is None else course.command, due_us))
        busy_from_us = self._busy_from_us - from_us if self._busy_from_us >= from_us else None
        return ComparatorMarks(tuple(courses), busy_from_us, self._free_us - from_us, self._ends_us - from_us)

    def mark_again(self, marks: ComparatorMarks, from_us: int) -> None:
        """The same pulses have left since `from_us` that once left these marks."""
        for channel, command, due_us in marks.courses:
            at_us = None if due_us is None else due_us + from_us
            self._courses[channel] = None if command is None else _Course(command, at_us)
        if marks.busy_from_us is not None:
            self._busy_from_us = marks.busy_from_us + from_us
        self._free_us, self._ends_us = marks.free_us + from_us, marks.ends_us + from_us

    def command(self, channel: int, command: Command | None) -> None:
        """From now on this timer is to deliver that; None is nothing at all."""
        course = self._courses.get(channel)
        if command is None or course is None:
            self._courses[channel] = None if command is None else _Course(command)
        else:
            course.command = command

    def fault(self, leaving: Leaving, at_us: int) -> Fault | None:
        """In what way this pulse is not what its timer was told; None when it is. Counts nothing."""
        course = self._courses.get(leaving.channel, _UNTOLD)
        if course is None:
            return Fault.OVER_CURRENT
        if course is _UNTOLD:
            return None
        command, due_us, agreed = course.command, course.due_us, _AGREED.get(id(leaving))
        if at_us < self._ends_us or (due_us is not None and at_us < due_us + command.spacing_us):
            # Of two pulses at a time the currents would add.
            return Fault.OVER_RATE
        if agreed is not None and agreed[0] is leaving and agreed[1] is command:
            return None
        found = _deviation(leaving, command)
        if found is None:
            if len(_AGREED) >= AGREED_MAX:
                _AGREED.clear()
            _AGREED[id(leaving)] = (leaving, command)
        return found

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
            due_us = busy_us = self._busy_from_us
            if course.due_us is not None:
                due_us = course.due_us + course.command.spacing_us
            course.due_us = due_us if due_us > busy_us else busy_us

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
            if course is not None and train.spacing_us < course.command.spacing_us:
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
    if not any(leaving.currents_ua.values()) and any(command.currents_ua.values()):
        # Nothing is fired at an amplitude of zero, so current flows, and it is the lines that show none. Whoever cannot
        # see must say so at once: unnoticed, it would be there still when the output fails years later.
        return Fault.INTERNAL
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
