"""What is on the wire, in words for people: one line a frame, and each field of its message."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum

from scs.errors import RemoteProtocolError
from scs.wire.codec import decode_message
from scs.wire.framing import SEALING, Decoder, Direction, Frame, FrameType

KEPT_BACK = frozenset({("Paired", "key")})
"""(message, field) whose value opens everything that is said later: it is never shown."""
SHOWN_BYTES = 8
"""Of a digest or a chunk; the rest is counted."""


def wire_parts(data: bytes, direction: Direction) -> list[list[str]]:
    """A list of phrases for each frame in these bytes, and one for what is no frame, with the reason."""
    decoder = Decoder(direction)
    said = [frame_parts(frame, direction) for frame in decoder.receive(data)]
    said += [[f"{count} x no frame: {reason.value}"] for reason, count in decoder.rejects.items()]
    if decoder.pending:
        said.append([f"{decoder.pending} bytes without an end"])
    return said


def wire_words(data: bytes, direction: Direction) -> list[str]:
    """The same, one line each."""
    return [" ".join(parts) for parts in wire_parts(data, direction)]


def frame_parts(frame: Frame, direction: Direction) -> list[str]:
    """The frame's type, session and counter; the message that it carries; each field of that."""
    head = f"{frame.type.name} session {frame.session} #{frame.counter}"
    if frame.type is FrameType.STOP:
        return [head]
    if frame.type in SEALING:
        return [head, f"{len(frame.body)} bytes"]
    try:
        message = decode_message(frame.body, direction)
    except RemoteProtocolError as error:
        return [head, f"unreadable: {error}"]
    name = type(message).__name__
    values = ((it.name, getattr(message, it.name)) for it in fields(message))
    return [head, name, *(f"{field}={kept_back(name, field) or value_words(value)}" for field, value in values)]


def kept_back(message: str, field: str) -> str:
    """What stands in the place of a value that is never shown; nothing for every other field."""
    return "kept-back" if (message, field) in KEPT_BACK else ""


def member_word(member: Enum) -> str:
    """RAMPING_UP is said ramping-up."""
    return member.name.lower().replace("_", "-")


def value_words(value: object) -> str:
    """One value of a message as people read it: an enumeration by its name, bytes by their first ones."""
    if isinstance(value, bytes):
        rest = len(value) - SHOWN_BYTES
        return value[:SHOWN_BYTES].hex() + (f"+{rest}" if rest > 0 else "")
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return "(" + ", ".join(value_words(part) for part in value) + ")"
    return repr(value) if isinstance(value, str) else str(value)
