"""A sealed channel: whole frames inside of sealed ones, and the two handshake frames before it (docs/protocol.md §12).

A sealed frame's session is the number of the channel and its counter the number of the message; its header is bound to
what it carries. What is said inside is the same conversation as on the bench, frame for frame. Nothing is sealed twice
under one number: whoever says something again seals it anew, so repeats of the wire are refused and those of a session
are not.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.errors import RemoteProtocolError
from scs.wire.framing import (
    SEALING,
    Direction,
    Frame,
    FrameType,
    RejectReason,
    bare,
    encode,
    encode_bare,
    header_bytes,
    read_bare,
)
from scs.wire.sealing import Handshake, Sealed, Side, prologue

_TYPES = {Side.PROGRAMMER: FrameType.SEALED_TO_IMPLANT, Side.IMPLANT: FrameType.SEALED_TO_PROGRAMMER}
_ARRIVING = {Side.PROGRAMMER: Direction.TO_PROGRAMMER, Side.IMPLANT: Direction.TO_IMPLANT}


class Channel:
    """One side of a channel. `number` is the implant's; `sealed` counts what was refused, and why."""

    def __init__(self, side: Side, number: int, sealed: Sealed) -> None:
        self._departing, self._arriving = _TYPES[side], _ARRIVING[side]
        self.number = number
        self.sealed = sealed
        self.overhear: Callable[[Frame], None] | None = None
        """Told of every frame that is sealed or opened, as it was said: what passes on the wire tells nothing of it."""

    def wrap(self, inner: Frame) -> bytes:
        """The bytes of the sealed frame that carries `inner`; raise LocalProtocolError when it does not fit."""
        if self.overhear is not None:
            self.overhear(inner)
        sealed = self.sealed
        beside = header_bytes(self._departing, self.number, sealed.next_number)
        return encode_bare(beside + sealed.seal(bare(inner), beside))

    def unwrap(self, outer: Frame) -> Frame:
        """The frame inside; raise RemoteProtocolError when it is not genuine or no frame that travels in a channel."""
        beside = header_bytes(outer.type, outer.session, outer.counter)
        inner = read_bare(self.sealed.open(outer.counter, outer.body, beside), self._arriving)
        if type(inner) is Frame and inner.type not in SEALING:
            if self.overhear is not None:
                self.overhear(inner)
            return inner
        said = inner.value if isinstance(inner, RejectReason) else "a frame of its own kind"
        raise RemoteProtocolError(f"what was sealed is no frame that travels in a channel: {said}")


class Greeting:
    """The programmer's side of a handshake: `hello` goes out, and `channel` makes a channel of what comes back.

    `pair` is the number that the implant gave at the pairing, 0 in the handshake of a pairing; `counter` tells this
    handshake from another one on the same wire.
    """

    def __init__(self, pair: int, key: bytes, serial: str, counter: int, draw_key: Callable[[], bytes]) -> None:
        self._handshake = Handshake(Side.PROGRAMMER, key, prologue(serial, pair), draw_key)
        self._counter = counter
        self.hello = encode(Frame(FrameType.HELLO, pair, counter, self._handshake.write()))

    def channel(self, welcome: Frame) -> Channel:
        """The channel; raise RemoteProtocolError when the answer is not for this handshake or not genuine."""
        if welcome.type is not FrameType.WELCOME or welcome.counter != self._counter:
            raise RemoteProtocolError(f"{welcome.type.name} #{welcome.counter} answers another handshake")
        if self._handshake.read(welcome.body):
            raise RemoteProtocolError("an answer to a handshake carries nothing")
        return Channel(Side.PROGRAMMER, welcome.session, self._handshake.session())


def answer_hello(
    hello: Frame, key: bytes, serial: str, take_number: Callable[[], int], draw_key: Callable[[], bytes]
) -> tuple[bytes, Channel]:
    """The implant's side: the bytes of the answer, and the channel that it makes.

    Raises RemoteProtocolError, before any key is drawn or number taken, when the first message was not made with `key`
    for this implant, and when it carries anything.
    """
    handshake = Handshake(Side.IMPLANT, key, prologue(serial, hello.session), draw_key)
    if handshake.read(hello.body):
        # The first message can be sent again by anybody who heard it, so nothing in it may be acted on.
        raise RemoteProtocolError("the first message of a handshake carries nothing")
    body, number = handshake.write(), take_number()
    return encode(Frame(FrameType.WELCOME, number, hello.counter, body)), Channel(
        Side.IMPLANT, number, handshake.session()
    )
