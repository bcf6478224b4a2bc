"""What the implant as a whole is doing: one table from (mode, event) to mode.

Every pair that is absent is a refusal, and each refusal has its sentence here. Nothing else changes the mode.
"""

from __future__ import annotations

import sys
from enum import StrEnum

from scs.domain.status import Mode
from scs.errors import Refused
from scs.wire.messages import Reason


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


_BLANK, _IDLE, _THERAPY, _MEASURING, _SAFE = (
    Mode.UNPROGRAMMED,
    Mode.IDLE,
    Mode.THERAPY,
    Mode.MEASURING,
    Mode.SAFE,
)

TABLE: dict[tuple[Mode, Event], Mode] = {
    (_BLANK, Event.STAGE): _BLANK,
    (_BLANK, Event.COMMIT): _IDLE,
    (_BLANK, Event.SOFT_STOP): _BLANK,
    (_BLANK, Event.STOP_BLANK): _BLANK,
    (_BLANK, Event.MEASURE): _MEASURING,
    (_BLANK, Event.TRIP): _SAFE,
    (_IDLE, Event.STAGE): _IDLE,
    (_IDLE, Event.COMMIT): _IDLE,
    (_IDLE, Event.START): _THERAPY,
    (_IDLE, Event.SOFT_STOP): _IDLE,
    (_IDLE, Event.STOP): _IDLE,
    (_IDLE, Event.MEASURE): _MEASURING,
    (_IDLE, Event.TRIP): _SAFE,
    (_THERAPY, Event.STAGE): _THERAPY,
    (_THERAPY, Event.COMMIT): _THERAPY,
    (_THERAPY, Event.START): _THERAPY,
    (_THERAPY, Event.SET_AMPLITUDE): _THERAPY,
    (_THERAPY, Event.SOFT_STOP): _THERAPY,
    (_THERAPY, Event.RAMPED_DOWN): _IDLE,
    (_THERAPY, Event.STOP): _IDLE,
    (_THERAPY, Event.TRIP): _SAFE,
    (_MEASURING, Event.STAGE): _MEASURING,
    (_MEASURING, Event.SOFT_STOP): _MEASURING,
    (_MEASURING, Event.MEASURED): _IDLE,
    (_MEASURING, Event.MEASURED_BLANK): _BLANK,
    (_MEASURING, Event.STOP): _IDLE,
    (_MEASURING, Event.STOP_BLANK): _BLANK,
    (_MEASURING, Event.TRIP): _SAFE,
    (_SAFE, Event.SOFT_STOP): _SAFE,
    (_SAFE, Event.STOP): _SAFE,
    (_SAFE, Event.STOP_BLANK): _SAFE,
    (_SAFE, Event.TRIP): _SAFE,
    (_SAFE, Event.CLEAR): _IDLE,
    (_SAFE, Event.CLEAR_BLANK): _BLANK,
}

_LATCHED = "a fault is latched; clear it before anything else is asked of the output"
_NO_GROUP = "no group is committed; write one first"
_NO_FAULT = "no fault is latched; there is nothing to clear"
_RUNNING = "therapy is running; stop it first"
_OFF = "therapy is off; start it first"
_MEASURE_FIRST = "an impedance measurement is under way; wait for it or STOP it"
_INSIDE = "this happens inside the implant only, and not in this mode"
_NOT_BLANK = "the implant holds a group, so this event cannot happen"

REFUSALS: dict[tuple[Mode, Event], str] = {
    (_BLANK, Event.START): _NO_GROUP,
    (_BLANK, Event.SET_AMPLITUDE): _NO_GROUP,
    (_BLANK, Event.RAMPED_DOWN): _INSIDE,
    (_BLANK, Event.STOP): "the implant holds no group, so this event cannot happen",
    (_BLANK, Event.MEASURED): _INSIDE,
    (_BLANK, Event.MEASURED_BLANK): _INSIDE,
    (_BLANK, Event.CLEAR): _NO_FAULT,
    (_BLANK, Event.CLEAR_BLANK): _NO_FAULT,
    (_IDLE, Event.SET_AMPLITUDE): _OFF,
    (_IDLE, Event.RAMPED_DOWN): _INSIDE,
    (_IDLE, Event.STOP_BLANK): _NOT_BLANK,
    (_IDLE, Event.MEASURED): _INSIDE,
    (_IDLE, Event.MEASURED_BLANK): _INSIDE,
    (_IDLE, Event.CLEAR): _NO_FAULT,
    (_IDLE, Event.CLEAR_BLANK): _NO_FAULT,
    (_THERAPY, Event.STOP_BLANK): _NOT_BLANK,
    (_THERAPY, Event.MEASURE): _RUNNING,
    (_THERAPY, Event.MEASURED): _INSIDE,
    (_THERAPY, Event.MEASURED_BLANK): _INSIDE,
    (_THERAPY, Event.CLEAR): _NO_FAULT,
    (_THERAPY, Event.CLEAR_BLANK): _NO_FAULT,
    (_MEASURING, Event.COMMIT): _MEASURE_FIRST,
    (_MEASURING, Event.START): _MEASURE_FIRST,
    (_MEASURING, Event.SET_AMPLITUDE): _MEASURE_FIRST,
    (_MEASURING, Event.RAMPED_DOWN): _INSIDE,
    (_MEASURING, Event.MEASURE): _MEASURE_FIRST,
    (_MEASURING, Event.CLEAR): _NO_FAULT,
    (_MEASURING, Event.CLEAR_BLANK): _NO_FAULT,
    (_SAFE, Event.STAGE): _LATCHED,
    (_SAFE, Event.COMMIT): _LATCHED,
    (_SAFE, Event.START): _LATCHED,
    (_SAFE, Event.SET_AMPLITUDE): _LATCHED,
    (_SAFE, Event.RAMPED_DOWN): _INSIDE,
    (_SAFE, Event.MEASURE): _LATCHED,
    (_SAFE, Event.MEASURED): _INSIDE,
    (_SAFE, Event.MEASURED_BLANK): _INSIDE,
}


class ModeMachine:
    """Holds the mode and moves it by the table."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

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
        if self.mode is Mode.SAFE:
            return Reason.FAULT_LATCHED
        if self.mode is Mode.MEASURING:
            return Reason.BUSY
        if self.mode is Mode.UNPROGRAMMED and event is Event.START:
            return Reason.EMPTY_SLOT
        return Reason.WRONG_MODE


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
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(document())
