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
from scs.wire.framing import Decoder, Direction, Frame, FrameType
from scs.wire.messages import Message
from scs.wire.words import frame_parts, member_word

NOISE = "noise"
"""The type of a packet that is no frame."""
ARROWS = {Direction.TO_IMPLANT: "->", Direction.TO_PROGRAMMER: "<-"}
"""The direction beside each line, as the programmer's wire console draws it."""
HEX_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Seen:
    """What one packet says. `frame` is None for noise, whose `problem` is the reason; a frame whose body cannot be
    read has a `problem` too, and no `message`."""

    number: int
    packet: Packet
    frame: Frame | None = None
    message: Message | None = None
    problem: str = ""

    @property
    def type_word(self) -> str:
        """The frame's type in lower case, or `noise`."""
        return NOISE if self.frame is None else member_word(self.frame.type)

    @property
    def message_word(self) -> str:
        """The message's name, or nothing."""
        return "" if self.message is None else type(self.message).__name__


def look(number: int, packet: Packet) -> Seen:
    """Decode one packet; never raises for what its bytes are."""
    decoder = Decoder(packet.direction)
    frames = decoder.receive(packet.data)
    if not frames:
        reasons = [reason.value for reason in decoder.rejects]
        if decoder.pending:
            reasons.append("unfinished")
        return Seen(number, packet, problem=reasons[0] if reasons else "empty")
    frame = frames[0]
    if frame.type is FrameType.STOP:
        return Seen(number, packet, frame)
    try:
        return Seen(number, packet, frame, decode_message(frame.body, packet.direction))
    except RemoteProtocolError as error:
        return Seen(number, packet, frame, problem=str(error))


def line(seen: Seen, first_us: int) -> str:
    """One line: seconds since `first_us`, direction, and what it says."""
    packet = seen.packet
    link = f"{packet.link} " if packet.link else ""
    head = f"{_seconds(packet.at_us - first_us):>12} {ARROWS[packet.direction]} {link}"
    if seen.frame is None:
        return f"{head}{len(packet.data)} bytes of no frame: {seen.problem}"
    return head + " ".join(frame_parts(seen.frame, packet.direction))


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
    if seen.message is not None:
        message: Any = seen.message
        row["message"] = seen.message_word
        row["fields"] = {field.name: plain(getattr(message, field.name)) for field in fields(message)}
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
