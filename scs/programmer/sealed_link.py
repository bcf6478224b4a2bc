"""What lies between a session and the bytes of a sealed implant: who is there, the handshake, and the channel.

The implant is asked in the clear who it is; that is a hint, and the handshake proves it. Everything else waits until
the channel is open. What arrives in the clear is believed only where nothing depends on it. No clock, no port.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from scs.clock import Duration, Instant
from scs.errors import RemoteProtocolError
from scs.wire.access import Discover, Discovered
from scs.wire.channel import Channel, Greeting
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.responses import RefusedReply
from scs.wire.terms import Reason

FIRST_RETRY = Duration.of_ms(250)
LONGEST_RETRY = Duration.of_ms(400)
"""Ten times within the patience of a session, so that nine may be lost [project]: they are short, and a first message
that is known already makes no other handshake."""

Credential = tuple[int, bytes]
"""The number of a pair and its key."""
FindKey = Callable[[str], Credential | None]
"""By the serial number of an implant."""


class Stage(Enum):
    """How far the channel is."""

    CLOSED = "closed"
    DISCOVERING = "discovering"
    UNPAIRED = "unpaired"
    """The implant has said who it is, and there is no key for it."""
    GREETING = "greeting"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Opened:
    """The channel is open, with the implant that has this serial number and nobody else."""

    serial: str


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody answered and the channel is not opened: it is not the expected implant, or there is no key for it."""

    said: Discovered
    is_expected: bool


Change = Opened | Found


class SealedLink:
    """One channel to one implant. `find_key` knows the keys; `draw` gives fresh secret bytes."""

    def __init__(self, find_key: FindKey, chance: Random, draw: Callable[[int], bytes]) -> None:
        self._find_key = find_key
        self._chance = chance
        self._draw = draw
        self.stage = Stage.CLOSED
        self.said: Discovered | None = None
        """What the implant said of itself in the clear."""
        self.overhear: Callable[[Frame], None] | None = None
        """Told of every frame that is sealed or opened in a channel that is made from now on."""
        self.refused = 0
        """Sealed frames that were not genuine, and frames in the clear that were not believed."""
        self._expected: str | None = None
        self.channel: Channel | None = None
        """The channel; None until it is open."""
        self._greeting: Greeting | None = None
        self._nonce = 0
        self._spoken = b""
        self._output: list[bytes] = []
        self._changes: deque[Change] = deque()
        self.due: Instant | None = None
        """When `poll` has something to do; None while nothing is waited for, as it is with a channel."""
        self._interval = FIRST_RETRY

    @property
    def is_open(self) -> bool:
        return self.stage is Stage.OPEN

    @property
    def transcript(self) -> bytes:
        """The hash of the handshake; both sides of one have the same."""
        return self.channel.sealed.transcript if self.channel is not None else b""

    def begin(self, now: Instant, expected: str | None) -> None:
        """Ask who is there, anew; `expected` is the serial number that alone is greeted."""
        self.reset()
        self._expected = expected
        self._nonce = self._chance.getrandbits(64)
        self.stage = Stage.DISCOVERING
        self._say(encode(Frame(FrameType.REQUEST, 0, 0, encode_message(Discover(self._nonce)))), now)

    def reset(self) -> None:
        """No channel, and nothing under way."""
        self.stage, self.said = Stage.CLOSED, None
        self.channel = self._greeting = self.due = None
        self._output.clear()
        self._changes.clear()

    def take_output(self) -> bytes:
        """What has to be written before anything that is sealed."""
        if not self._output:
            return b""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def next_change(self) -> Change | None:
        """What has become of the channel; None when nothing has."""
        return self._changes.popleft() if self._changes else None

    def poll(self, now: Instant) -> None:
        """Say again what was not answered. Who gives up is the session."""
        if self.due is not None and self.due <= now:
            self._output.append(self._spoken)
            self._interval = min(self._interval * 2, LONGEST_RETRY)
            self.due = now + self._interval

    def unwrap(self, frame: Frame) -> Frame | None:
        """The frame that was sealed in `frame`; None, and counted, when it is not genuine or of another channel."""
        channel = self.channel
        if channel is None or frame.session != channel.number:
            self.refused += 1
            return None
        try:
            return channel.unwrap(frame)
        except RemoteProtocolError:
            self.refused += 1
            return None

    def take(self, frame: Frame, now: Instant) -> Frame | None:
        """What is to be done about a frame in the clear; None when it is the link's own, or not believed."""
        if frame.type is FrameType.WELCOME:
            self._on_welcome(frame, now)
        elif frame.type is FrameType.RESPONSE and frame.session == 0:
            self._on_clear(frame, now)
        elif self.stage is Stage.UNPAIRED and frame.type is FrameType.STOPPED:
            # Without a key nothing better can be had: beside the patient, with a magnet, STOP is answered in the clear.
            return frame
        else:
            self.refused += 1
        return None

    def is_hint(self, frame: Frame) -> bool:
        """Whether a frame in the clear says that the implant does not know the channel: true or not, it is a hint."""
        if not self.is_open or frame.type is not FrameType.RESPONSE or frame.session != 0:
            return False
        try:
            message = decode_message(frame.body, Direction.TO_PROGRAMMER)
        except RemoteProtocolError:
            return False
        return isinstance(message, RefusedReply) and message.reason is Reason.NO_SESSION

    def _on_clear(self, frame: Frame, now: Instant) -> None:
        try:
            message = decode_message(frame.body, Direction.TO_PROGRAMMER)
        except RemoteProtocolError:
            self.refused += 1
            return
        if self.stage is not Stage.DISCOVERING or not isinstance(message, Discovered) or message.nonce != self._nonce:
            self.refused += 1
            return
        self.said = message
        is_expected = self._expected in (None, message.serial)
        credential = self._find_key(message.serial) if is_expected else None
        if credential is None:
            self.stage, self.due = Stage.UNPAIRED, None
            self._changes.append(Found(message, is_expected))
            return
        pair, key = credential
        counter = self._chance.getrandbits(32)
        self._greeting = Greeting(pair, key, message.serial, counter, lambda: self._draw(len(key)))
        self.stage = Stage.GREETING
        self._say(self._greeting.hello, now)

    def _on_welcome(self, frame: Frame, now: Instant) -> None:
        if self.stage is not Stage.GREETING or self._greeting is None or self.said is None:
            return
        try:
            self.channel = self._greeting.channel(frame)
        except RemoteProtocolError:
            # A handshake's answer is read once: one that is not genuine ends it, and another handshake begins.
            self.refused += 1
            self.begin(now, self._expected)
            return
        self.channel.overhear = self.overhear
        self._greeting = self.due = None
        self.stage = Stage.OPEN
        self._changes.append(Opened(self.said.serial))

    def _say(self, data: bytes, now: Instant) -> None:
        self._spoken = data
        self._output.append(data)
        self._interval = FIRST_RETRY
        self.due = now + FIRST_RETRY
