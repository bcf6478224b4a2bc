"""What either side may observe of an implant: modes, therapy, faults, log entries. Values only; no rule lives here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Mode(IntEnum):
    """What the implant as a whole is doing; the transitions are the table of firmware_model/modes.py."""

    UNPROGRAMMED = 0
    IDLE = 1
    THERAPY = 2
    MEASURING = 3
    SAFE = 4
    """A fault is latched: output off until a clinician clears it."""
    MRI = 5
    """Stimulation is impossible, also after a reset, until any programmer that may write leaves this mode."""
    STORAGE = 6
    """On the shelf: as MRI, and the housekeeping draws next to nothing."""
    DEPLETED = 7
    """The battery is empty: output off, status readable, back to rest once it is recharged."""


class TherapyState(IntEnum):
    """What the stimulator is doing inside the mode THERAPY."""

    OFF = 0
    RAMPING_UP = 1
    ON = 2
    RAMPING_DOWN = 3
    PAUSED = 4
    """Every program is in the off part of its cycle, or the group waits: see HeldBy."""


class HeldBy(IntEnum):
    """What keeps a group that was started from being delivered now; it goes on by itself when that ends."""

    NOTHING = 0
    WINDOW = 1
    """No window of its schedule is open."""
    DOSE = 2
    """The day's dose is used up."""
    CLOCK = 3
    """It has a schedule, and the clock is not set."""


class Fault(IntEnum):
    """Why output was taken away. A latched fault survives a reset."""

    NONE = 0
    OVER_CURRENT = 1
    OVER_WIDTH = 2
    OVER_RATE = 3
    UNBALANCED = 4
    OVER_CHARGE = 5
    MEMORY = 6
    INTERNAL = 7
    """The interlocks see nothing of what flows."""
    RESETS = 8
    """Three unplanned resets within ten minutes."""


class ResetCause(IntEnum):
    """Why the implant last began anew."""

    POWER_ON = 1
    BROWN_OUT = 2
    WATCHDOG_LATE = 3
    """The main loop stood still, or a task did not check in."""
    WATCHDOG_EARLY = 4
    """The main loop ran wild."""
    MAGNET = 5
    """Asked for, by a magnet that was held for ten seconds."""


class LogKind(IntEnum):
    """What a log entry is about."""

    POWER_ON = 1
    SESSION_OPENED = 2
    SESSION_CLOSED = 3
    GROUP_COMMITTED = 4
    RULES_ACKNOWLEDGED = 5
    THERAPY_STARTED = 6
    THERAPY_STOPPED = 7
    EMERGENCY_STOP = 8
    AMPLITUDE_CHANGED = 9
    LEASE_EXPIRED = 10
    IMPEDANCE_MEASURED = 11
    LEAD_FAULT = 12
    REQUEST_REFUSED = 13
    INTERLOCK_TRIPPED = 14
    FAULT_CLEARED = 15
    MEMORY_REPAIRED = 16
    MODE_CHANGED = 17
    """Into or out of MRI, STORAGE or DEPLETED."""
    BATTERY = 20
    """A level, the charger, or an over-discharge."""
    SCHEDULE = 24
    """A window has opened or closed, or the day's dose is used up or there again."""
    CLOCK = 25
    """The time of the day was set."""
    SLOTS = 26
    """A slot was emptied, or another one became the default."""
    ACCESS = 28
    """A pairing was made or taken away, somebody knocked with a wrong key, or the implant was marked as implanted."""


class BatteryLevel(IntEnum):
    """What is said of the battery, from several readings; it worsens one level at a time."""

    GOOD = 0
    LOW = 1
    REPLACE_SOON = 2
    """Elective replacement: a primary cell has about a tenth of its charge left."""
    ENDED = 3
    """End of service: a primary cell is empty, or a rechargeable one was over-discharged too often."""


class ChargerState(IntEnum):
    """What the implant does with a charger."""

    ABSENT = 0
    MISALIGNED = 1
    """A charger is there, but too little of its field arrives."""
    PRECHARGE = 2
    """A trickle, until the cell is out of over-discharge; it needs no firmware."""
    CONSTANT_CURRENT = 3
    CONSTANT_VOLTAGE = 4
    FULL = 5
    TOO_WARM = 6
    """Stopped until the pocket has cooled."""
    WORN_OUT = 7
    """The cell was over-discharged too often and takes no charge any more."""


class Posture(IntEnum):
    """How the accelerometer thinks that the body lies or stands."""

    UPRIGHT = 0
    MOBILE = 1
    """Upright and moving."""
    RECLINING = 2
    LYING_BACK = 3
    LYING_FRONT = 4
    LYING_LEFT = 5
    LYING_RIGHT = 6


class EcapQuality(IntEnum):
    """What the latest reading of an evoked potential is worth."""

    NONE = 0
    """Nothing has been read."""
    GOOD = 1
    NO_SIGNAL = 2
    """Below what noise alone can be."""
    BLANKED = 3
    """The potential came while the amplifier was still blanked."""
    SATURATED = 4
    """The amplifier was at its rail: the potential is larger than what can be read."""


class LoopState(IntEnum):
    """Who sets the amplitude of a program with a closed loop."""

    OPEN = 0
    """The program itself: it ramps, pauses, stops, or an amplitude is tried."""
    CLOSED = 1
    """The loop: each pulse's potential sets the next pulse."""
    HELD = 2
    """Nobody: no potential is seen where there should be one, and the amplitude waits."""
    FALLEN_BACK = 3
    """The saved amplitude, because the potential was lost; the loop closes again when it is back."""
    HUNTING = 4
    """The saved amplitude, because the loop swung to and fro; open until therapy or an amplitude is started anew."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the implant's log. Sequence numbers are never used twice; `at_us` is device time."""

    sequence: int
    at_us: int
    kind: LogKind
    detail: str
