"""What the messages are made of: bounds, the types of their fields, and the words that they share."""

from __future__ import annotations

from enum import IntEnum

from scs.domain.status import EcapQuality, LoopState
from scs.wire.framing import Direction
from scs.wire.schema import choice, many, octets, record, text, uint

CHUNK_MAX = 384
"""Bytes of an object in one message: leaves room in the 504 bytes of a message for the other fields."""
LOG_PARTS_MAX = 5
"""Pages of the log in one answer. In a channel a request and the way there and back take a seventh of a line of 115,200
baud when each page waits for them. Five at once hold up what is answered behind them, such as `Stopped`, by 0.24 s:
less than after which a programmer takes its channel for lost."""
OBJECT_MAX = 16_384
"""The largest object that is transferred; the largest group is about 1 kB and a profile about 4 kB."""
DIGEST_SIZE = 32
"""SHA-256 of an object's bytes: what is staged, what is read back and what is committed are compared by it."""
LEASE_MS = 2_000
"""How long a trial change and the right to write outlive the last message of their session (design section 8)."""

TO_IMPLANT, TO_PROGRAMMER = Direction.TO_IMPLANT, Direction.TO_PROGRAMMER
U8, U16, U32, U64 = uint(8), uint(16), uint(32), uint(64)
DIGEST = octets(DIGEST_SIZE)
NO_SLOT = 255
"""Stands for no slot at all; an implant has eight at most."""
RULE = text(24)
LOOP = record(U8, choice(LoopState), choice(EcapQuality), U32, U32, U32, U32, U32)
RULES = many(RULE, 16)


class Role(IntEnum):
    """What a session may do. One writer at a time; everybody may read and everybody may STOP."""

    READER = 0
    WRITER = 1


class PairRole(IntEnum):
    """Who a pairing was made for. What each may ask is a column of the table of requests."""

    CLINICIAN = 1
    PATIENT = 2
    SERVICE = 3

    @property
    def word(self) -> str:
        """The word used in options, texts and JSON."""
        return self.name.lower()


class Object(IntEnum):
    """What can be read in chunks."""

    GROUP = 0
    IMPLANT = 1
    PROFILE = 2
    STAGED = 3


class Reason(IntEnum):
    """Why a request was refused."""

    MALFORMED = 1
    UNSUPPORTED = 2
    NO_SESSION = 3
    NOT_WRITER = 4
    WRONG_MODE = 5
    OUT_OF_RANGE = 6
    BLOCKED = 7
    MUST_ACKNOWLEDGE = 8
    STALE_GENERATION = 9
    DIGEST_MISMATCH = 10
    NOTHING_STAGED = 11
    EMPTY_SLOT = 12
    BUSY = 13
    STORE_FAILED = 14
    FAULT_LATCHED = 15
    IN_MRI = 16
    IN_STORAGE = 17
    DEPLETED = 18
    CLOCK_UNSET = 19
    SEALED_ONLY = 20
    """Said in the clear to an implant that talks in sealed channels only."""
    NOT_FOR_ROLE = 21
    """The pair's role does not have this."""
    NOT_NEAR = 22
    """It takes a magnet over the implant."""

    @property
    def word(self) -> str:
        """The word used in errors, logs and JSON: lower case with hyphens."""
        return self.name.lower().replace("_", "-")


class ImpedanceState(IntEnum):
    NEVER = 0
    MEASURING = 1
    READY = 2


PAIRS_MAX = 32
"""Pairs of contacts in one part of the impedance matrix: a pair takes at most 11 of the 504 bytes of a message."""


class ContactState(IntEnum):
    OK = 0
    OPEN = 1
    SHORT = 2
    HIGH = 3
    """It conducts, and is worth a look."""
    INTERMITTENT = 4
    """Its reads disagree; in the place of the ohms stands 2^32 - 1."""
