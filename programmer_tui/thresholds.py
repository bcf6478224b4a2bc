"""What a patient felt at which amplitude: perception, comfortable, maximum, of each program. Words are made here too.

A person notes them at what the implant delivers at that moment. They were found for one set of contacts and one
width; for any other they are forgotten [found: F4, F8 of the device facts]. Nothing is decided by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from scs.domain.units import CURRENT, format_quantity

if TYPE_CHECKING:
    from scs.domain.program import Program


class Felt(StrEnum):
    """What is noted, in the order in which it comes as the amplitude rises."""

    PERCEPTION = "perception"
    COMFORTABLE = "comfortable"
    MAXIMUM = "maximum"


LETTERS = {Felt.PERCEPTION: "P", Felt.COMFORTABLE: "C", Felt.MAXIMUM: "M"}
"""Of each on the scale."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Amplitudes in µA; None is what was not noted."""

    perception_ua: int | None = None
    comfortable_ua: int | None = None
    maximum_ua: int | None = None

    def of(self, felt: Felt) -> int | None:
        return {
            Felt.PERCEPTION: self.perception_ua,
            Felt.COMFORTABLE: self.comfortable_ua,
            Felt.MAXIMUM: self.maximum_ua,
        }[felt]

    def noted(self, felt: Felt, amplitude_ua: int) -> Thresholds:
        return replace(self, **{f"{felt}_ua": amplitude_ua})

    @property
    def marks(self) -> tuple[tuple[int, str], ...]:
        """(amplitude in µA, letter) of each that was noted."""
        return tuple((ua, LETTERS[felt]) for felt in Felt if (ua := self.of(felt)) is not None)


def out_of_order(thresholds: Thresholds) -> str:
    """Why these cannot all be true; empty when they can."""
    known = [(felt, ua) for felt in Felt if (ua := thresholds.of(felt)) is not None]
    for (below, low_ua), (above, high_ua) in pairwise(known):
        if low_ua > high_ua:
            low, high = format_quantity(low_ua, CURRENT), format_quantity(high_ua, CURRENT)
            return f"{above}, {high}, would be below {below}, {low}; note {below} anew at less first"
    return ""


def thresholds_text(thresholds: Thresholds) -> str:
    """What was noted, and the usage range: how far apart the first and the last are."""
    if not thresholds.marks:
        return "nothing felt is noted: 1 perception, 2 comfortable, 3 maximum"
    said = [f"{felt} {'-' if (ua := thresholds.of(felt)) is None else format_quantity(ua, CURRENT)}" for felt in Felt]
    first, last = thresholds.perception_ua, thresholds.maximum_ua
    if first and last:
        # Rounded down to a tenth: a range is not made out wider than it was found.
        tenths = 10 * last // first
        said.append(f"usage range {tenths // 10}.{tenths % 10} x")
    return "felt: " + ", ".join(said)


Signature = tuple[tuple[tuple[int, bool], ...], int]


def _signature(program: Program) -> Signature:
    """What thresholds hang on: the polarity of each contact, and the width."""
    return tuple((contact, share > 0) for contact, share in program.contacts.shares), program.pulse_width_us


@dataclass
class Noted:
    """Of one implant: by slot and place in the group."""

    _kept: dict[tuple[int, int], tuple[Signature, Thresholds]] = field(default_factory=dict)

    def of(self, slot: int, place: int, program: Program) -> Thresholds:
        """What was noted for this program as it is; nothing when its polarity or width is another one now."""
        signature, thresholds = self._kept.get((slot, place), (None, Thresholds()))
        return thresholds if signature == _signature(program) else Thresholds()

    def note(self, slot: int, place: int, program: Program, thresholds: Thresholds) -> None:
        self._kept[slot, place] = (_signature(program), thresholds)
