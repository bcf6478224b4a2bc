"""Captures to look at: one of each message, frames that were damaged, and the files that hold them."""

from __future__ import annotations

from random import Random
from typing import Any

from scs.wire import pcapng
from scs.wire.capture import Packet
from scs.wire.codec import encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.schema import DIRECTIONS, FIELDS, MESSAGES, Kind

BEGIN_US = 1_700_000_000_000_000
"""14 November 2023, in microseconds since 1970."""


def a_frame(message: Any, counter: int = 1) -> bytes:
    """A message in the frame that carries it, in session 5."""
    to_implant = DIRECTIONS[type(message)] is Direction.TO_IMPLANT
    frame_type = FrameType.REQUEST if to_implant else FrameType.RESPONSE
    return encode(Frame(frame_type, 5, counter, encode_message(message)))


def every_message(chance: Random) -> list[Any]:
    """One of each, with values that fill their fields."""
    return [cls(**{it.name: _value(it.kind, chance) for it in FIELDS[cls]}) for cls in MESSAGES.values()]


def packets(*runs: tuple[Direction, bytes]) -> list[Packet]:
    """Runs a millisecond apart."""
    return [Packet(BEGIN_US + 1_000 * number, way, data) for number, (way, data) in enumerate(runs)]


def capture_of(those: list[Packet]) -> bytes:
    """A capture file of one link."""
    return b"".join([pcapng.section("for a test"), pcapng.interface("link 0"), *map(pcapng.packet, those)])


def a_conversation(chance: Random) -> list[Packet]:
    """Every message once, in its direction."""
    said = every_message(chance)
    return packets(*((DIRECTIONS[type(it)], a_frame(it, number)) for number, it in enumerate(said)))


def _value(kind: Kind, chance: Random) -> Any:
    if kind.is_record:
        return tuple(_value(item, chance) for item in kind.items)
    if kind.items:
        return tuple(_value(kind.items[0], chance) for _ in range(chance.randrange(3)))
    if kind.members is not None:
        return chance.choice(list(kind.members))
    if kind.cddl == "bool":
        return chance.random() < 0.5
    if kind.cddl.startswith("uint"):
        return chance.randrange(int(kind.cddl.rpartition(" ")[2])) >> chance.choice((0, 8, 56))
    longest = int(kind.cddl.partition("..")[2].rstrip(")"))
    if kind.cddl.startswith("tstr"):
        return "µΩ a"[: min(chance.randrange(5), longest // 4)]
    return chance.randbytes(chance.randrange(min(longest, 12) + 1))
