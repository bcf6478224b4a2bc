"""Frames: 00 | COBS( header 8 | body <= 528 | CRC-32C 4 ) | 00 (docs/protocol.md sections 2 and 3).

Bytes in, frames out, and never an exception for what the other side sent. The decoder owns its buffer, which is
bounded, and counts every reason for a reject. A frame carries a delimiter on both sides, so that no good frame is lost
behind a bad one.
"""

from __future__ import annotations

import struct
import sys
from collections import Counter
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple

from cobs import cobs

from scs.errors import LocalProtocolError
from scs.wire.crc import HD6_BYTES_MAX, WHOLE, crc32c
from scs.wire.crc import IS_COMPILED as CRC_IS_COMPILED

VERSION = 1
HEADER = struct.Struct("<BBHI")
"""version:4 type:4 | flags:8 | session:16 | counter:32, little-endian."""
CRC = struct.Struct("<I")
BODY_MAX = 528
"""512 bytes and the 16-byte tag of a sealed frame."""
MESSAGE_MAX = 504
"""Bytes of a message: a sealed frame carries a whole other one, with its header of 8 bytes (scs/wire/channel.py)."""
FRAME_MIN = HEADER.size + CRC.size
FRAME_MAX = FRAME_MIN + BODY_MAX
ENCODED_MAX = FRAME_MAX + FRAME_MAX // 254 + 1
"""COBS adds one byte, and one more for each 254: what lies between two delimiters is never longer."""
BUFFER_MAX = ENCODED_MAX + 1
"""The byte more is how the decoder remembers that what it collects is too long."""
IS_COMPILED = CRC_IS_COMPILED and sys.modules.get("cobs.cobs._cobs_ext") is not None
"""Whether both libraries found their C extensions; without them frames are the same and several times slower."""

assert HEADER.size + BODY_MAX <= HD6_BYTES_MAX, "the longest frame would lose the certain detection of five bit errors"


class Direction(StrEnum):
    """Which way a frame or a message travels. A frame that comes back to its sender is refused."""

    TO_IMPLANT = "to-implant"
    TO_PROGRAMMER = "to-programmer"


class FrameType(IntEnum):
    """What a frame is for; the type also tells its direction."""

    REQUEST = 1
    RESPONSE = 2
    NOTICE = 3
    STOP = 4
    STOPPED = 5
    HELLO = 8
    """The first message of a handshake."""
    WELCOME = 9
    """The second one."""
    SEALED_TO_IMPLANT = 10
    SEALED_TO_PROGRAMMER = 11

    @property
    def direction(self) -> Direction:
        return _DIRECTIONS[self]


_DIRECTIONS = {
    FrameType.REQUEST: Direction.TO_IMPLANT,
    FrameType.RESPONSE: Direction.TO_PROGRAMMER,
    FrameType.NOTICE: Direction.TO_PROGRAMMER,
    FrameType.STOP: Direction.TO_IMPLANT,
    FrameType.STOPPED: Direction.TO_PROGRAMMER,
    FrameType.HELLO: Direction.TO_IMPLANT,
    FrameType.WELCOME: Direction.TO_PROGRAMMER,
    FrameType.SEALED_TO_IMPLANT: Direction.TO_IMPLANT,
    FrameType.SEALED_TO_PROGRAMMER: Direction.TO_PROGRAMMER,
}
_TYPE_LIST = ", ".join(f"{frame_type.value} {frame_type.name}" for frame_type in FrameType)
_FIRST_BYTES = {frame_type: (VERSION << 4) | frame_type for frame_type in FrameType}
_TYPES = {first: frame_type for frame_type, first in _FIRST_BYTES.items()}
SEALING = frozenset((FrameType.HELLO, FrameType.WELCOME, FrameType.SEALED_TO_IMPLANT, FrameType.SEALED_TO_PROGRAMMER))
"""The types that make a channel and travel in none."""


class RejectReason(Enum):
    """Why something between two delimiters was no frame, in the order of docs/protocol.md 3.2."""

    TOO_LONG = "too-long"
    BAD_COBS = "bad-cobs"
    TOO_SHORT = "too-short"
    NON_CANONICAL = "non-canonical"
    BAD_CRC = "bad-crc"
    VERSION = "version"
    TYPE = "type"
    FLAGS = "flags"
    DIRECTION = "direction"


class Frame(NamedTuple):
    """One frame: its type, the session and counter that it belongs to, and the body. Version 1 defines no flag."""

    type: FrameType
    session: int
    counter: int
    body: bytes = b""
    flags: int = 0


def encode(frame: Frame) -> bytes:
    """The bytes of a frame with both delimiters; raise LocalProtocolError when a field does not fit."""
    frame_type, session, counter, body, flags = frame
    first = _FIRST_BYTES.get(frame_type)
    # A type of more than four bits would run into the version: 20 would travel as STOP.
    if first is None:
        raise LocalProtocolError(f"{frame_type} is no frame type; version {VERSION} has {_TYPE_LIST}")
    if flags:
        raise LocalProtocolError(f"flags are {flags}; version {VERSION} defines none, so they must be 0")
    if len(body) > BODY_MAX:
        raise LocalProtocolError(f"a body of {len(body)} bytes is above {BODY_MAX}; send it in chunks")
    try:
        plain = HEADER.pack(first, 0, session, counter) + body
    except struct.error as error:
        raise _unfit(session, counter) from error
    return encode_bare(plain)


def encode_bare(plain: bytes) -> bytes:
    """The bytes of header and body with check and both delimiters."""
    return b"\0%b\0" % cobs.encode(plain + CRC.pack(crc32c(plain)))


def header_bytes(frame_type: FrameType, session: int, counter: int) -> bytes:
    """The eight bytes that a frame begins with; raise LocalProtocolError when a field does not fit."""
    try:
        return HEADER.pack((VERSION << 4) | frame_type, 0, session, counter)
    except struct.error as error:
        raise _unfit(session, counter) from error


def _unfit(session: int, counter: int) -> LocalProtocolError:
    return LocalProtocolError(f"session {session} or counter {counter} does not fit 16 and 32 bits")


def bare(frame: Frame) -> bytes:
    """Header and body of a frame without check and delimiters, as a sealed frame carries it."""
    return header_bytes(frame.type, frame.session, frame.counter) + frame.body


def read_bare(plain: bytes, direction: Direction) -> Frame | RejectReason:
    """The frame that `bare` wrote; the reason when it is none that travels this way."""
    if len(plain) < HEADER.size:
        return RejectReason.TOO_SHORT
    first, flags, session, counter = HEADER.unpack_from(plain)
    frame_type = _TYPES.get(first)
    if frame_type is None:
        return RejectReason.TYPE if first >> 4 == VERSION else RejectReason.VERSION
    if flags:
        return RejectReason.FLAGS
    if _DIRECTIONS[frame_type] is not direction:
        return RejectReason.DIRECTION
    return Frame(frame_type, session, counter, plain[HEADER.size :])


class Decoder:
    """Takes bytes as they come and gives the frames that travel in `direction`.

    Memory is bounded by BUFFER_MAX; more bytes without a delimiter are dropped up to the next one. There is no
    time-out between bytes, and so no clock: the next frame's own leading delimiter ends a frame that was cut short
    (docs/protocol.md 3.5 says why).
    """

    __slots__ = ("_buffer", "_direction", "rejects")

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._buffer = b""
        self.rejects: Counter[RejectReason] = Counter()

    @property
    def pending(self) -> int:
        """Bytes that wait for their delimiter, at most BUFFER_MAX."""
        return len(self._buffer)

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that end within `data`, in order. Never raises for what the bytes are."""
        parts = data.split(b"\0")
        parts[0] = self._buffer + parts[0]
        self._buffer = parts.pop()[:BUFFER_MAX]
        frames: list[Frame] = []
        for part in parts:
            if part:
                found = self._frame(part)
                if isinstance(found, Frame):
                    frames.append(found)
                else:
                    self.rejects[found] += 1
        return frames

    def _frame(self, encoded: bytes) -> Frame | RejectReason:
        """What stands between two delimiters; its length is looked at before anything else is."""
        if len(encoded) > ENCODED_MAX:
            return RejectReason.TOO_LONG
        try:
            plain = cobs.decode(encoded)
        except cobs.DecodeError:
            return RejectReason.BAD_COBS
        if len(plain) < FRAME_MIN:
            return RejectReason.TOO_SHORT
        if len(plain) > FRAME_MAX:
            return RejectReason.TOO_LONG
        if cobs.encode(plain) != encoded:
            return RejectReason.NON_CANONICAL
        if crc32c(plain) != WHOLE:
            return RejectReason.BAD_CRC
        return read_bare(plain[: -CRC.size], self._direction)
