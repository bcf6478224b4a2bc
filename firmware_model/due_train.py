"""The pulses of one program as they fall due, and who waits for whom when several share one output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_model.compliance_monitor import LOST_PARTS
from firmware_model.output_stage import Pulse
from firmware_model.sensed import Leaving

COUPLING_PULSES_MAX = 20_000
"""How many pulses may be looked back over to learn who waits for whom before a leap is given up."""


@dataclass(slots=True)
class DueTrain:
    """One program's pulses as they fall due. `pulse` is None while the program delivers nothing."""

    index: int
    period_us: int
    due_us: int = 0
    pulse: Pulse | None = None
    leaving: Leaving | None = None
    cost_pc: int = 0
    asked_ua: int = 0
    latest_ua: int = 0
    is_blocked: bool = False
    """The rail drives nothing of what was asked through the electrodes as they are."""

    @property
    def is_lost(self) -> bool:
        """Whether most of what was asked for does not leave."""
        if self.pulse is None:
            return self.is_blocked
        return LOST_PARTS * self.pulse.amplitude_ua < self.pulse.commanded_ua


@dataclass(frozen=True, slots=True)
class Flight:
    """A burst of which some pulses have begun and some have not."""

    program: int
    pulse: Pulse
    cost_pc: int
    start_us: int
    begun: int


@dataclass(frozen=True, slots=True)
class TrainMarks:
    """What a stretch of time has left of the trains, with times counted from its beginning."""

    trains: tuple[DueTrain, ...]
    """Those that fell due since it began, or will; the others are as they were."""
    free_us: int
    now_us: int


def dues(train: DueTrain, before_us: int) -> int:
    """How often the train falls due before `before_us`."""
    return max(0, -(-(before_us - train.due_us) // train.period_us))


def free_at(
    trains: Sequence[DueTrain], pulses: Sequence[Pulse], first_us: int, target_us: int, together_us: int
) -> int | None:
    """When the output is free of everything that falls due before `target_us`, looking back no further than needed.

    Two runs are made over the last pulses: one beginning with a free output, one with the longest queue there can be.
    Where they end alike, the beginning no longer matters. None when they do not within COUPLING_PULSES_MAX.
    """
    if len(trains) == 1:
        last_us = trains[0].due_us + (dues(trains[0], target_us) - 1) * trains[0].period_us
        return last_us + pulses[0].occupation_us
    back_us = 4 * together_us
    while True:
        from_us = max(first_us, target_us - back_us)
        arrivals: list[tuple[int, int, int]] = []
        for train, pulse in zip(trains, pulses, strict=True):
            skipped = dues(train, from_us)
            count = dues(train, target_us) - skipped
            if len(arrivals) + count > COUPLING_PULSES_MAX:
                return None
            begin_us = train.due_us + skipped * train.period_us
            arrivals += [(begin_us + n * train.period_us, train.index, pulse.occupation_us) for n in range(count)]
        arrivals.sort()
        early = late = from_us
        if from_us > first_us:
            late = from_us + together_us
        for due_us, _, occupation_us in arrivals:
            early = max(early, due_us) + occupation_us
            late = max(late, due_us) + occupation_us
        if early == late:
            return early
        back_us *= 4
