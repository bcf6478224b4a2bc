"""A ramp that begins as one before it began, and that nothing falls into, is not delivered again: it is counted.

Every day's window opens with the same soft start and closes with the same soft stop, some hundred pulses each of which
is made, watched and counted by itself. What such a ramp has added to every account, and how it has left everything that
delivers, is kept with the state that it began in, all times counted from there. When that state comes again to the last
field, the ramp adds the same and leaves the same, so the accounts stay exact. What is kept stands beside the implants
and is no part of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from firmware_model.accounts import Key, accounts, add_again, added_since
from firmware_model.due_train import TrainMarks
from firmware_model.interlocks import InterlockMarks
from firmware_model.parts import Parts
from firmware_model.stimulator import Stimulator
from firmware_model.therapy import TherapyMarks

KEPT_MAX = 4
"""Ramps of one implant that are kept, the latest ones: up and down, of two groups [project]."""

State = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Ramp:
    """One ramp: the state that it began in, how long it took, what it added, and the marks that it left."""

    began: State
    took_us: int
    added: Counter[Key]
    therapy: TherapyMarks
    stimulator: TrainMarks
    interlocks: InterlockMarks


_KEPT: WeakKeyDictionary[Stimulator, list[_Ramp]] = WeakKeyDictionary()


class RampAgain:
    """A ramp that goes on from now. It is counted as one that was seen, or else delivered and then kept."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._from_us = parts.now_us
        self._began = _state(parts)

    def leap(self, end_us: int) -> bool:
        """Count the ramp when it is one that was seen and ends by `end_us`; False when it has to be delivered."""
        if self._began is None:
            return False
        for ramp in _KEPT.get(self._parts.stimulator, ()):
            if self._from_us + ramp.took_us <= end_us and ramp.began == self._began:
                self._count(ramp)
                return True
        self._before = accounts(self._parts)
        return False

    def keep(self) -> None:
        """The ramp was delivered to where it ends by itself: keep it, where all that it left can be told."""
        parts, from_us = self._parts, self._from_us
        if self._began is None or parts.stimulator.clipped or not parts.compliance.is_at_rest:
            return
        if parts.stimulator.state() is None:
            return
        added, marks = added_since(parts, self._before), parts.interlocks.marks_since(from_us)
        if marks is None or not added["pulses", 0]:
            return
        kept = _KEPT.setdefault(parts.stimulator, [])
        kept.append(
            _Ramp(
                self._began,
                parts.now_us - from_us,
                added,
                parts.therapy.marks_since(from_us),
                parts.stimulator.marks_since(from_us),
                marks,
            )
        )
        del kept[:-KEPT_MAX]

    def _count(self, ramp: _Ramp) -> None:
        parts, from_us = self._parts, self._from_us
        add_again(parts, ramp.added, 1)
        parts.therapy.mark_again(ramp.therapy, from_us)
        parts.stimulator.mark_again(ramp.stimulator, from_us)
        parts.interlocks.mark_again(ramp.interlocks, from_us, ramp.added["busy_us", 0])
        parts.electrodes.at_us = parts.now_us = from_us + ramp.took_us


def _state(parts: Parts) -> State | None:
    """Everything that decides over the ramp, with times counted from now; None where more than that would.

    What flows back by itself is a bound that is worked out anew from pulse to pulse, and not the same however it is
    divided; whoever listens hears every pulse; and what the rail lacks is told as it happens.
    """
    stimulator, now_us = parts.stimulator, parts.now_us
    if stimulator.is_idle or stimulator.taps.is_heard or stimulator.clipped or not parts.compliance.is_at_rest:
        return None
    delivering = stimulator.state()
    if delivering is None or stimulator.ledger.state(now_us):
        return None
    # A ramp that was seen through another output, or with other electrodes, was another one.
    around = (*stimulator.surroundings, parts.interlocks.limits)
    interlocks = parts.interlocks.state(now_us, may_begin=False)
    return (around, delivering, parts.therapy.state_at(now_us), interlocks)
