"""What is said about who may talk to an implant, each message once. The clauses are those of docs/protocol.md.

`Discover` alone travels in the clear; all others are said inside of a sealed channel.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.wire.schema import FLAG, choice, many, message, octets, record, text, wire
from scs.wire.terms import TO_IMPLANT, TO_PROGRAMMER, U8, U16, U32, U64, PairRole

PAIRINGS_MAX = 6
"""Programmers that can be paired at a time [project]: as many as fit the memory's region of keys."""
SECRET_SIZE = 32
"""Bytes of a pairing key: 256 bits [project]."""


@message(52, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Discover:
    """§12.2 Which implant is this, and how may one talk to it? Sent in the clear with session 0."""

    nonce: int = wire(1, U64)


@message(53, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Pair:
    """§12.5 Give me a key of my own. Only in the channel of a pairing."""

    role: PairRole = wire(1, choice(PairRole))


@message(54, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Unpair:
    """§12.6 Take a pair's key away, its channels with it."""

    op_id: int = wire(1, U64)
    pair: int = wire(2, U16)


@message(55, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetAccess:
    """§12.7 Who is paired, and what was refused at the door?"""


@message(56, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class MarkImplanted:
    """§12.8 From now on you are in a person: never talk in the clear again."""

    op_id: int = wire(1, U64)


@message(116, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Discovered:
    """§12.2 Said in the clear, so it is a hint and nothing to rely on: the handshake proves the serial number."""

    nonce: int = wire(1, U64)
    serial: str = wire(2, text(24))
    model: str = wire(3, text(64))
    is_sealed: bool = wire(4, FLAG)
    """Whether it talks in sealed channels only."""
    is_paired: bool = wire(5, FLAG)
    is_pairing: bool = wire(6, FLAG)
    """Whether a window for pairing is open now."""
    is_implanted: bool = wire(7, FLAG)


@message(117, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Paired:
    """§12.5 Your number and your key. Said once, in the channel of the pairing."""

    pair: int = wire(1, U16)
    role: PairRole = wire(2, choice(PairRole))
    key: bytes = wire(3, octets(SECRET_SIZE))


@message(118, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class AccessReport:
    """§12.7 Who is paired, which channel asks, and what the door has counted since power-on."""

    own_pair: int = wire(1, U16)
    pairs: tuple[tuple[int, PairRole], ...] = wire(2, many(record(U16, choice(PairRole)), PAIRINGS_MAX))
    is_implanted: bool = wire(3, FLAG)
    channels: int = wire(4, U8)
    handshakes: int = wire(5, U32)
    """Handshakes that were answered."""
    forged: int = wire(6, U32)
    """First messages that were not made with a key of a pair."""
    throttled: int = wire(7, U32)
    """What was not looked at, because too much had come."""
    in_the_clear: int = wire(8, U32)
    """Frames in the clear that a sealed implant does not act on."""
    refused: int = wire(9, U32)
    """Sealed frames that were repeated, late, forged, or of no channel."""
    awake_left_ms: int = wire(10, U32)
    """What is left today of the time that strangers may keep the receiver awake."""
