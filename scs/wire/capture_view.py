"""A captured packet for people and for scripts: one line, one JSON object, or its bytes. What it says is worked out by
the same decoder that the two ends use, so what it calls noise they refused too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

from scs.errors import RemoteProtocolError
from scs.wire.capture import Packet
from scs.wire.codec import decode_message
from scs.wire.framing import SEALING, Decoder, Direction, Frame, FrameType
from scs.wire.keylog import KeyLog
from scs.wire.messages import Message
from scs.wire.words import frame_parts, kept_back, member_word

NOISE = "noise"
"""The type of a packet that is no frame."""
ARROWS = {Direction.TO_IMPLANT: "->", Direction.TO_PROGRAMMER: "<-"}
"""The direction beside each line, as the programmer's wire console draws it."""
HEX_COLUMNS = 16
SEALED = frozenset((FrameType.SEALED_TO_IMPLANT, FrameType.SEALED_TO_PROGRAMMER))
"""The types of which a key opens the body; a handshake carries nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one packet says. `frame` is None for noise, whose `problem` is the reason; a frame whose body cannot be
    read has a `problem` too, and no `message`. Where a key opened a sealed frame, `frame` is the one inside and
    `sealed_in` the one on the wire."""

    number: int
    packet: Packet
    frame: Frame | None = None
    message: Message | None = None
    problem: str = ""
    sealed_in: Frame | None = None

    @property
    def type_word(self) -> str:
        """The frame's type in lower case, or `noise`."""
        return NOISE if self.frame is None else member_word(self.frame.type)

    @property
    def message_word(self) -> str:
        """The message's name, or nothing."""
        return "" if self.message is None else type(self.message).__name__


def look(number: int, packet: Packet, keys: KeyLog | None = None) -> Seen:
    """Decode one packet, and what is sealed in it as far as `keys` open it; never raises for what its bytes are."""
    decoder = Decoder(packet.direction)
    frames = decoder.receive(packet.data)
    if not frames:
        reasons = [reason.value for reason in decoder.rejects]
        if decoder.pending:
            reasons.append("unfinished")
        return Seen(number, packet, problem=reasons[0] if reasons else "empty")
    frame, sealed_in = frames[0], None
    if keys is not None and frame.type in SEALED:
        inner = keys.open(frame)
        if inner is None:
            return Seen(number, packet, frame, problem="no key of the log opens it")
        frame, sealed_in = inner, frame
    if frame.type is FrameType.STOP or frame.type in SEALING:
        return Seen(number, packet, frame, sealed_in=sealed_in)
    try:
        return Seen(number, packet, frame, decode_message(frame.body, packet.direction), sealed_in=sealed_in)
    except RemoteProtocolError as error:
        return Seen(number, packet, frame, problem=str(error), sealed_in=sealed_in)


def line(seen: Seen, first_us: int) -> str:
    """One line: seconds since `first_us`, direction, and what it says."""
    packet = seen.packet
    link = f"{packet.link} " if packet.link else ""
    head = f"{_seconds(packet.at_us - first_us):>12} {ARROWS[packet.direction]} {link}"
    if seen.frame is None:
        return f"{head}{len(packet.data)} bytes of no frame: {seen.problem}"
    if seen.sealed_in is not None:
        head += f"[channel {seen.sealed_in.session} #{seen.sealed_in.counter}] "
    said = " ".join(frame_parts(seen.frame, packet.direction))
    return f"{head}{said}: {seen.problem}" if seen.frame.type in SEALING and seen.problem else head + said


def hex_lines(seen: Seen, first_us: int) -> list[str]:
    """The line of `line`, then its bytes with their offsets, as hex dumps show them."""
    data = seen.packet.data
    rows = (data[start : start + HEX_COLUMNS] for start in range(0, len(data), HEX_COLUMNS))
    return [line(seen, first_us), *(f"  {number * HEX_COLUMNS:04x}  {row.hex(' ')}" for number, row in enumerate(rows))]


def json_fields(seen: Seen) -> dict[str, Any]:
    """Everything as values that JSON knows: enumerations by their word, bytes in hexadecimal."""
    packet, frame = seen.packet, seen.frame
    row: dict[str, Any] = {
        "number": seen.number,
        "at_us": packet.at_us,
        "direction": packet.direction.value,
        "link": packet.link,
        "type": seen.type_word,
    }
    if frame is not None:
        row |= {"session": frame.session, "counter": frame.counter}
    if seen.sealed_in is not None:
        row["sealed_in"] = {"channel": seen.sealed_in.session, "number": seen.sealed_in.counter}
    if seen.message is not None:
        message: Any = seen.message
        row["message"] = seen.message_word
        values = {field.name: plain(getattr(message, field.name)) for field in fields(message)}
        row["fields"] = {name: kept_back(seen.message_word, name) or value for name, value in values.items()}
    if seen.problem:
        row["problem"] = seen.problem
    row["hex"] = packet.data.hex()
    return row


def _seconds(us: int) -> str:
    """Microseconds as seconds, exactly: 2,500,000 is 2.500000."""
    whole, rest = divmod(abs(us), 1_000_000)
    return f"{'-' if us < 0 else ''}{whole}.{rest:06}"


def plain(value: object) -> Any:
    """A value of a message as JSON has it."""
    if isinstance(value, IntEnum):
        return member_word(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    return value
