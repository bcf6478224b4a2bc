"""What the implant as a whole is doing: one table from (mode, event) to mode.

Every pair that is absent is a refusal, and each refusal has its sentence here. Nothing else changes the mode.
"""

from __future__ import annotations

import sys
from enum import StrEnum

from firmware_model.twice import ALL_ONES, complement
from scs.domain.status import Mode
from scs.errors import Refused
from scs.wire.terms import Reason


class Event(StrEnum):
    """What can happen to the mode. Events named `…-blank` are those of an implant that holds no group."""

    STAGE = "stage"
    COMMIT = "commit"
    START = "start"
    SET_AMPLITUDE = "set-amplitude"
    SOFT_STOP = "soft-stop"
    RAMPED_DOWN = "ramped-down"
    STOP = "stop"
    STOP_BLANK = "stop-blank"
    MEASURE = "measure"
    MEASURED = "measured"
    MEASURED_BLANK = "measured-blank"
    TRIP = "trip"
    CLEAR = "clear"
    CLEAR_BLANK = "clear-blank"
    ENTER_MRI = "enter-mri"
    LEAVE_MRI = "leave-mri"
    LEAVE_MRI_BLANK = "leave-mri-blank"
    ENTER_STORAGE = "enter-storage"
    LEAVE_STORAGE = "leave-storage"
    LEAVE_STORAGE_BLANK = "leave-storage-blank"
    DEPLETE = "deplete"
    RECHARGE = "recharge"
    RECHARGE_BLANK = "recharge-blank"


_BLANK, _IDLE, _THERAPY, _MEASURING = Mode.UNPROGRAMMED, Mode.IDLE, Mode.THERAPY, Mode.MEASURING
_SAFE, _MRI, _STORAGE, _DEPLETED = Mode.SAFE, Mode.MRI, Mode.STORAGE, Mode.DEPLETED

TABLE: dict[tuple[Mode, Event], Mode] = {
    (_BLANK, Event.STAGE): _BLANK,
    (_BLANK, Event.COMMIT): _IDLE,
    (_BLANK, Event.SOFT_STOP): _BLANK,
    (_BLANK, Event.STOP_BLANK): _BLANK,
    (_BLANK, Event.MEASURE): _MEASURING,
    (_BLANK, Event.TRIP): _SAFE,
    (_BLANK, Event.ENTER_MRI): _MRI,
    (_BLANK, Event.ENTER_STORAGE): _STORAGE,
    (_BLANK, Event.DEPLETE): _DEPLETED,
    (_IDLE, Event.STAGE): _IDLE,
    (_IDLE, Event.COMMIT): _IDLE,
    (_IDLE, Event.START): _THERAPY,
    (_IDLE, Event.SOFT_STOP): _IDLE,
    (_IDLE, Event.STOP): _IDLE,
    (_IDLE, Event.MEASURE): _MEASURING,
    (_IDLE, Event.TRIP): _SAFE,
    (_IDLE, Event.ENTER_MRI): _MRI,
    (_IDLE, Event.ENTER_STORAGE): _STORAGE,
    (_IDLE, Event.DEPLETE): _DEPLETED,
    (_THERAPY, Event.STAGE): _THERAPY,
    (_THERAPY, Event.COMMIT): _THERAPY,
    (_THERAPY, Event.START): _THERAPY,
    (_THERAPY, Event.SET_AMPLITUDE): _THERAPY,
    (_THERAPY, Event.SOFT_STOP): _THERAPY,
    (_THERAPY, Event.RAMPED_DOWN): _IDLE,
    (_THERAPY, Event.STOP): _IDLE,
    (_THERAPY, Event.TRIP): _SAFE,
    (_THERAPY, Event.DEPLETE): _DEPLETED,
    (_MEASURING, Event.STAGE): _MEASURING,
    (_MEASURING, Event.SOFT_STOP): _MEASURING,
    (_MEASURING, Event.MEASURED): _IDLE,
    (_MEASURING, Event.MEASURED_BLANK): _BLANK,
    (_MEASURING, Event.STOP): _IDLE,
    (_MEASURING, Event.STOP_BLANK): _BLANK,
    (_MEASURING, Event.TRIP): _SAFE,
    (_MEASURING, Event.DEPLETE): _DEPLETED,
    (_SAFE, Event.SOFT_STOP): _SAFE,
    (_SAFE, Event.STOP): _SAFE,
    (_SAFE, Event.STOP_BLANK): _SAFE,
    (_SAFE, Event.TRIP): _SAFE,
    (_SAFE, Event.CLEAR): _IDLE,
    (_SAFE, Event.CLEAR_BLANK): _BLANK,
    (_MRI, Event.SOFT_STOP): _MRI,
    (_MRI, Event.STOP): _MRI,
    (_MRI, Event.STOP_BLANK): _MRI,
    (_MRI, Event.TRIP): _SAFE,
    (_MRI, Event.ENTER_MRI): _MRI,
    (_MRI, Event.LEAVE_MRI): _IDLE,
    (_MRI, Event.LEAVE_MRI_BLANK): _BLANK,
    (_STORAGE, Event.SOFT_STOP): _STORAGE,
    (_STORAGE, Event.STOP): _STORAGE,
    (_STORAGE, Event.STOP_BLANK): _STORAGE,
    (_STORAGE, Event.TRIP): _SAFE,
    (_STORAGE, Event.ENTER_STORAGE): _STORAGE,
    (_STORAGE, Event.LEAVE_STORAGE): _IDLE,
    (_STORAGE, Event.LEAVE_STORAGE_BLANK): _BLANK,
    (_DEPLETED, Event.SOFT_STOP): _DEPLETED,
    (_DEPLETED, Event.STOP): _DEPLETED,
    (_DEPLETED, Event.STOP_BLANK): _DEPLETED,
    (_DEPLETED, Event.TRIP): _SAFE,
    (_DEPLETED, Event.RECHARGE): _IDLE,
    (_DEPLETED, Event.RECHARGE_BLANK): _BLANK,
}

REST = (_BLANK, _IDLE)
"""Nothing is under way and everything may be asked."""

_LATCHED = "a fault is latched; clear it before anything else is asked of the output"
_NO_GROUP = "no group is committed; write one first"
_NO_FAULT = "no fault is latched; there is nothing to clear"
_RUNNING = "therapy is running; stop it first"
_OFF = "therapy is off; start it first"
_MEASURE_FIRST = "an impedance measurement is under way; wait for it or STOP it"
_IN_MRI = "the implant is in MRI mode and cannot stimulate; leave MRI mode first"
_IN_STORAGE = "the implant is in storage and cannot stimulate; leave storage first"
_EMPTY = "the battery is empty; recharge it to 5 % first"
_NOT_MRI = "the implant is not in MRI mode; there is nothing to leave"
_NOT_STORAGE = "the implant is not in storage; there is nothing to leave"
_INSIDE = "this happens inside the implant only, and not in this mode"
_NOT_BLANK = "the implant holds a group, so this event cannot happen"
_BLANK_ONLY = "the implant holds no group, so this event cannot happen"
_IS_OFF = "the output is off already, and this mode outlasts an empty battery"

_CLEARING = (Event.CLEAR, Event.CLEAR_BLANK)
_ENTERING = (Event.ENTER_MRI, Event.ENTER_STORAGE)
_LEAVING_MRI = (Event.LEAVE_MRI, Event.LEAVE_MRI_BLANK)
_LEAVING_STORAGE = (Event.LEAVE_STORAGE, Event.LEAVE_STORAGE_BLANK)
_MEASURED = (Event.MEASURED, Event.MEASURED_BLANK)
_RECHARGED = (Event.RECHARGE, Event.RECHARGE_BLANK)
_ORDERS = (Event.STAGE, Event.COMMIT, Event.START, Event.SET_AMPLITUDE, Event.MEASURE)


def _because(mode: Mode, sentence: str, *events: Event) -> dict[tuple[Mode, Event], str]:
    return {(mode, event): sentence for event in events}


REFUSALS: dict[tuple[Mode, Event], str] = {
    **_because(_BLANK, _NO_GROUP, Event.START, Event.SET_AMPLITUDE),
    **_because(_BLANK, _INSIDE, Event.RAMPED_DOWN, *_MEASURED, *_RECHARGED),
    **_because(_BLANK, _BLANK_ONLY, Event.STOP),
    **_because(_BLANK, _NO_FAULT, *_CLEARING),
    **_because(_BLANK, _NOT_MRI, *_LEAVING_MRI),
    **_because(_BLANK, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_IDLE, _OFF, Event.SET_AMPLITUDE),
    **_because(_IDLE, _INSIDE, Event.RAMPED_DOWN, *_MEASURED, *_RECHARGED),
    **_because(_IDLE, _NOT_BLANK, Event.STOP_BLANK),
    **_because(_IDLE, _NO_FAULT, *_CLEARING),
    **_because(_IDLE, _NOT_MRI, *_LEAVING_MRI),
    **_because(_IDLE, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_THERAPY, _RUNNING, Event.MEASURE, *_ENTERING),
    **_because(_THERAPY, _INSIDE, *_MEASURED, *_RECHARGED),
    **_because(_THERAPY, _NOT_BLANK, Event.STOP_BLANK),
    **_because(_THERAPY, _NO_FAULT, *_CLEARING),
    **_because(_THERAPY, _NOT_MRI, *_LEAVING_MRI),
    **_because(_THERAPY, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_MEASURING, _MEASURE_FIRST, Event.COMMIT, Event.START, Event.SET_AMPLITUDE, Event.MEASURE, *_ENTERING),
    **_because(_MEASURING, _INSIDE, Event.RAMPED_DOWN, *_RECHARGED),
    **_because(_MEASURING, _NO_FAULT, *_CLEARING),
    **_because(_MEASURING, _NOT_MRI, *_LEAVING_MRI),
    **_because(_MEASURING, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_SAFE, _LATCHED, *_ORDERS, *_ENTERING, *_LEAVING_MRI, *_LEAVING_STORAGE),
    **_because(_SAFE, _INSIDE, Event.RAMPED_DOWN, *_MEASURED, *_RECHARGED),
    **_because(_SAFE, _IS_OFF, Event.DEPLETE),
    **_because(_MRI, _IN_MRI, *_ORDERS, Event.ENTER_STORAGE),
    **_because(_MRI, _INSIDE, Event.RAMPED_DOWN, *_MEASURED, *_RECHARGED),
    **_because(_MRI, _NO_FAULT, *_CLEARING),
    **_because(_MRI, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_MRI, _IS_OFF, Event.DEPLETE),
    **_because(_STORAGE, _IN_STORAGE, *_ORDERS, Event.ENTER_MRI),
    **_because(_STORAGE, _INSIDE, Event.RAMPED_DOWN, *_MEASURED, *_RECHARGED),
    **_because(_STORAGE, _NO_FAULT, *_CLEARING),
    **_because(_STORAGE, _NOT_MRI, *_LEAVING_MRI),
    **_because(_STORAGE, _IS_OFF, Event.DEPLETE),
    **_because(_DEPLETED, _EMPTY, *_ORDERS, *_ENTERING),
    **_because(_DEPLETED, _INSIDE, Event.RAMPED_DOWN, *_MEASURED),
    **_because(_DEPLETED, _NO_FAULT, *_CLEARING),
    **_because(_DEPLETED, _NOT_MRI, *_LEAVING_MRI),
    **_because(_DEPLETED, _NOT_STORAGE, *_LEAVING_STORAGE),
    **_because(_DEPLETED, _IS_OFF, Event.DEPLETE),
}
_REASONS = {
    _MEASURING: Reason.BUSY,
    _SAFE: Reason.FAULT_LATCHED,
    _MRI: Reason.IN_MRI,
    _STORAGE: Reason.IN_STORAGE,
    _DEPLETED: Reason.DEPLETED,
}
"""What a refusal is called in the modes that have a name for it."""


class WayOut(StrEnum):
    """What must be there for the MRI mode to be left again."""

    CHARGE = "charge"
    CELL = "cell"
    MAGNET = "magnet"
    RESETS = "resets"


WAYS_OUT: dict[WayOut, str] = {
    WayOut.CHARGE: "the battery holds {left:.1f} % and {needed:.1f} % are needed to wait a day and to be led out of "
    "the MRI mode; charge or replace it first",
    WayOut.CELL: "the battery has reached its end of service and may not answer after the MRI mode; replace the "
    "implant first",
    WayOut.MAGNET: "a magnet is near, so the magnet switch could not restart the implant in the MRI mode; take it "
    "away first",
    WayOut.RESETS: "the implant has reset itself {unplanned} times within ten minutes and may not answer in the MRI "
    "mode; wait ten minutes",
}
"""Why entering the MRI mode is refused although the table allows it; the numbers are filled in."""


_BY_WORD = {int(mode): mode for mode in Mode}


class ModeMachine:
    """Holds the mode and moves it by the table."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    @property
    def mode(self) -> Mode:
        return _BY_WORD[self._word]

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._word, self._second = int(mode), complement(mode)

    @property
    def is_intact(self) -> bool:
        """Whether both copies of the mode agree; ask before the mode is believed."""
        return self._word ^ ALL_ONES == self._second

    def flip(self, bit: int) -> None:
        """A bit of the mode flips in working memory; only the bench does that."""
        self._word ^= 1 << bit

    def allows(self, event: Event) -> bool:
        return (self.mode, event) in TABLE

    def check(self, event: Event) -> None:
        """Raise Refused with the sentence of the table when `event` is not for this mode; change nothing."""
        if (self.mode, event) not in TABLE:
            raise Refused(REFUSALS[self.mode, event], reason=self._reason(event).word)

    def take(self, event: Event) -> Mode:
        """Move by the table; the event must be one that `check` allows."""
        target = TABLE.get((self.mode, event))
        assert target is not None, f"{event} in {self.mode.name}: {REFUSALS[self.mode, event]}"
        self.mode = target
        return target

    def _reason(self, event: Event) -> Reason:
        if self.mode is Mode.UNPROGRAMMED and event is Event.START:
            return Reason.EMPTY_SLOT
        return _REASONS.get(self.mode, Reason.WRONG_MODE)


def diagram() -> str:
    """The table as a Mermaid state diagram for the docs; events that lead back to the same mode are left out."""
    lines = ["stateDiagram-v2"]
    for (mode, event), target in TABLE.items():
        if mode is not target:
            lines.append(f"    {mode.name} --> {target.name}: {event}")
    return "\n".join(lines) + "\n"


def document() -> str:
    """docs/modes.md: the diagram, and the sentence of every refusal."""
    rows = [f"| {mode.name} | {event} | {said} |" for (mode, event), said in sorted(REFUSALS.items())]
    return "\n".join(
        [
            "# Modes of the implant",
            "",
            "Made from the table in `firmware_model/modes.py` by `make docs`. Never for clinical use.",
            "",
            "```mermaid",
            diagram() + "```",
            "",
            "What is not in the diagram changes nothing or is refused:",
            "",
            "| mode | event | why not |",
            "|---|---|---|",
            *rows,
            "",
            "Entering MRI is refused also when nothing could lead out of it again (`firmware_model/way_out.py`):",
            "",
            "| what must be there | why not |",
            "|---|---|",
            *(f"| {way} | {_blanked(said)} |" for way, said in WAYS_OUT.items()),
            "",
        ]
    )


def _blanked(said: str) -> str:
    """A sentence with an ellipsis for each number."""
    return said.format(left=_Blank(), needed=_Blank(), unplanned=_Blank())


class _Blank:
    """Stands for a number that is not known yet."""

    def __format__(self, _spec: str) -> str:
        return "…"


if __name__ == "__main__":
    sys.stdout.write(document())
