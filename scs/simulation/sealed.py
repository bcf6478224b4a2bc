"""Sealed worlds: whose keys there are, what each sealed frame on the wire asks, and which of those that arrive are new.

Whoever looks on sees ciphertext, so the programmers' own links say what they seal, in the order in which it is written.
What may act is worked out here anew from docs/protocol.md 12: a frame counts when it was sealed by a programmer for a
channel that is open, and its number is above every one that has come; in the clear only STOP counts, beside a magnet.
"""

from __future__ import annotations

from collections import deque
from random import Random

from scs.errors import RemoteProtocolError
from scs.wire.codec import decode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType
from scs.wire.messages import Message

KEY_SIZE = 32
ASKS = frozenset({FrameType.REQUEST, FrameType.STOP})


def key_of(seed: int, who: int) -> bytes:
    """The pairing key of one desk; its pair has the number `who` + 1."""
    return Random(f"{seed} key {who}").randbytes(KEY_SIZE)


def frames_in(piece: bytes, direction: Direction) -> list[Frame]:
    """The frame that stands between two delimiters, or none."""
    return Decoder(direction).receive(b"\0" + piece + b"\0")


def asked_in(frame: Frame) -> tuple[bool, Message | None]:
    """(whether it asks an implant for something, what; None for STOP)."""
    if frame.type is FrameType.STOP:
        return True, None
    if frame.type is not FrameType.REQUEST:
        return False, None
    try:
        return True, decode_message(frame.body, Direction.TO_IMPLANT)
    except RemoteProtocolError:
        return False, None


class Overheard:
    """What one programmer's link says that it seals, held against what that programmer writes."""

    def __init__(self) -> None:
        self._sealed: deque[Frame] = deque()
        self._known: set[Frame] = set()

    def note(self, frame: Frame) -> None:
        """Told of every frame that is sealed or opened."""
        if frame.type in ASKS:
            self._sealed.append(frame)

    def forget(self) -> None:
        """What was sealed was not written: the cable is gone."""
        self._sealed.clear()

    def read(self, piece: bytes) -> tuple[bool, Message | None, bool]:
        """(whether it asks, what; whether it is said for the first time) of a piece that this programmer writes."""
        for frame in frames_in(piece, Direction.TO_IMPLANT):
            if frame.type is FrameType.REQUEST:
                # In the clear a sealed implant is asked who it is, and nothing that a checker wants to know.
                return False, None, False
            assert self._sealed or frame.type is not FrameType.SEALED_TO_IMPLANT, "what is written was sealed before"
            said = self._sealed.popleft() if frame.type is FrameType.SEALED_TO_IMPLANT else frame
            is_new = said not in self._known
            self._known.add(said)
            return (*asked_in(said), is_new)
        return False, None, False


class Doorstep:
    """Which of the frames that arrive may act."""

    def __init__(self) -> None:
        self._newest: dict[int, int] = {}
        """Of each open channel the highest number that has come."""

    def on_said(self, piece: bytes) -> None:
        """The implant has said something: with a WELCOME it opens a channel."""
        for frame in frames_in(piece, Direction.TO_PROGRAMMER):
            if frame.type is FrameType.WELCOME:
                self._newest.setdefault(frame.session, -1)

    def close_all(self) -> None:
        """The implant begins anew: its channels are gone."""
        self._newest.clear()

    def lets_in(self, piece: bytes, *, is_magnet_near: bool) -> bool:
        """Whether a piece that a programmer wrote may act when it arrives now."""
        for frame in frames_in(piece, Direction.TO_IMPLANT):
            if frame.type is FrameType.STOP:
                return is_magnet_near
            if frame.type is FrameType.SEALED_TO_IMPLANT:
                if frame.counter <= self._newest.get(frame.session, NEVER):
                    return False
                self._newest[frame.session] = frame.counter
                return True
        return False


NEVER = 1 << 32
"""Above every number: nothing gets into a channel that is not open."""
