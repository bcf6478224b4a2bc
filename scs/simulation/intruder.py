"""Somebody with a radio and no key: he sends again what he has heard, sends it back, changes it, and tries the clear.

All that he knows is what was on the air. Nothing that he does may act on the implant, be shown to a person, or bring
him a sealed word; the checker `door` says so when it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from scs.simulation.sealed import KEY_SIZE, frames_in
from scs.wire.channel import Greeting
from scs.wire.codec import encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.messages import Request
from scs.wire.requests import ClearFault, GetStatus, Open, SetAmplitude, Start
from scs.wire.terms import Role

HEARD_MAX = 2_000
"""Frames of each direction that he remembers [project]."""
AT_ONCE = 12
"""Frames that he sends at a time [project]: more than a bucket of handshakes holds."""
SEALED = frozenset({FrameType.SEALED_TO_IMPLANT, FrameType.SEALED_TO_PROGRAMMER})


@dataclass(slots=True)
class Heard:
    """What was on the air, without delimiters, the latest last."""

    to_implant: deque[bytes] = field(default_factory=lambda: deque(maxlen=HEARD_MAX))
    to_programmer: deque[bytes] = field(default_factory=lambda: deque(maxlen=HEARD_MAX))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What he sends to either side, whole frames with delimiters."""

    to_implant: tuple[bytes, ...] = ()
    to_programmer: tuple[bytes, ...] = ()


def attempt(kind: str, heard: Heard, serial: str, chance: Random) -> Attempt:
    """What he does now; `kind` is one of ATTEMPTS."""
    return ATTEMPTS[kind](heard, serial, chance)


def _replayed(heard: Heard, serial: str, chance: Random) -> Attempt:
    return Attempt(
        tuple(b"\0" + piece + b"\0" for piece in _some(heard.to_implant, chance)),
        tuple(b"\0" + piece + b"\0" for piece in _some(heard.to_programmer, chance)),
    )


def _reflected(heard: Heard, serial: str, chance: Random) -> Attempt:
    """As it stands, and turned round: with the type of the other direction."""
    back = _frames(heard.to_programmer, Direction.TO_PROGRAMMER, chance)
    forth = _frames(heard.to_implant, Direction.TO_IMPLANT, chance)
    return Attempt(
        tuple(data for frame in back for data in _both_ways(frame, FrameType.SEALED_TO_IMPLANT)),
        tuple(data for frame in forth for data in _both_ways(frame, FrameType.SEALED_TO_PROGRAMMER)),
    )


def _forged(heard: Heard, serial: str, chance: Random) -> Attempt:
    return Attempt(
        tuple(encode(_changed(frame, chance)) for frame in _frames(heard.to_implant, Direction.TO_IMPLANT, chance)),
        tuple(
            encode(_changed(frame, chance)) for frame in _frames(heard.to_programmer, Direction.TO_PROGRAMMER, chance)
        ),
    )


def _stranger(heard: Heard, serial: str, chance: Random) -> Attempt:
    """A key that nobody gave him, and orders in the clear."""
    said: list[bytes] = []
    for _ in range(chance.randint(1, AT_ONCE // 2)):
        key = chance.randbytes(KEY_SIZE)
        said.append(
            Greeting(chance.randrange(4), key, serial, chance.getrandbits(32), lambda: chance.randbytes(KEY_SIZE)).hello
        )
    orders: tuple[Request, ...] = (
        Open(chance.getrandbits(64), Role.WRITER), Start(chance.getrandbits(64), 0), ClearFault(chance.getrandbits(64)),
        SetAmplitude(chance.getrandbits(64), 0, 100 * chance.randint(1, 200), ()), GetStatus(),
    )  # fmt: skip
    for order in orders:
        frame = Frame(FrameType.REQUEST, chance.randrange(3), chance.randrange(1, 50), encode_message(order))
        said.append(encode(frame))
    said.append(encode(Frame(FrameType.STOP, 0, 1)))
    chance.shuffle(said)
    return Attempt(tuple(said))


ATTEMPTS: dict[str, Callable[[Heard, str, Random], Attempt]] = {
    "replayed": _replayed, "reflected": _reflected, "forged": _forged, "stranger": _stranger,
}  # fmt: skip
"""Kinds of fault of a sealed world, to what is sent."""


def _some(pieces: deque[bytes], chance: Random) -> list[bytes]:
    """Some of the latest and some of all: what was said last is the likeliest to be taken for new."""
    if not pieces:
        return []
    latest = list(pieces)[-chance.randint(1, AT_ONCE // 2) :]
    return latest + [pieces[chance.randrange(len(pieces))] for _ in range(chance.randint(1, AT_ONCE // 2))]


def _frames(pieces: deque[bytes], direction: Direction, chance: Random) -> list[Frame]:
    found = [frame for piece in _some(pieces, chance) for frame in frames_in(piece, direction)]
    return [frame for frame in found if frame.type in SEALED]


def _both_ways(frame: Frame, turned: FrameType) -> tuple[bytes, bytes]:
    return encode(frame), encode(Frame(turned, frame.session, frame.counter, frame.body))


def _changed(frame: Frame, chance: Random) -> Frame:
    """Another number, another body, or both; the header's own check is made right again."""
    counter, body = frame.counter, bytearray(frame.body)
    what = chance.randrange(3)
    if what != 0:
        counter += chance.choice((1, 2, 50, 5_000))
    if what != 1:
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return Frame(frame.type, frame.session, min(counter, (1 << 32) - 1), bytes(body))
