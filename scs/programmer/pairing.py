"""Pairing with an implant: the secret that proximity gave, one handshake, and a key of one's own.

The secret was laid out by the implant when a magnet was held over it, and was carried beside the link. It makes a
channel in which the implant gives a key and says nothing else. No clock, no port: `pair` drives it over a transport.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from secrets import token_bytes

from scs.clock import Clock, Duration, Instant
from scs.errors import NoAnswer, NotPaired, Refused, WrongDevice
from scs.programmer.client import Client
from scs.programmer.pairing_keys import SharedSecret
from scs.programmer.sealed_link import FIRST_RETRY, Found, SealedLink, Stage
from scs.programmer.sealed_link import Opened as ChannelOpened
from scs.programmer.unresolved import Notes
from scs.transport.base import Transport
from scs.wire.access import Pair, Paired
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType
from scs.wire.responses import RefusedReply
from scs.wire.sealing import pairing_key
from scs.wire.spoken import check_words
from scs.wire.terms import PairRole

SECRET_BYTES = 16
"""As many as an implant lays out (docs/protocol.md 12.4)."""
PATIENCE = Duration.of_ms(4_000)
_ASKED = 1
"""The counter of the one request that the channel of a pairing has."""


@dataclass(frozen=True, slots=True)
class NewPair:
    """What a pairing gave: with which implant, the key, and the words that its bench shows too."""

    serial: str
    shared: SharedSecret
    words: str


class Pairing:
    """One pairing: bytes in, bytes out, and in the end `result`. Raises from `poll` what stands in the way."""

    def __init__(
        self, secret: bytes, role: PairRole, expected: str | None, chance: Random, draw: Callable[[int], bytes]
    ) -> None:
        key = pairing_key(secret)
        self._request = Frame(FrameType.REQUEST, 0, _ASKED, encode_message(Pair(role)))
        self._link = SealedLink(lambda _serial: (0, key), chance, draw)
        self._expected = expected
        self._decoder = Decoder(Direction.TO_PROGRAMMER)
        self._frames: list[Frame] = []
        self._serial = ""
        self._words = ""
        self._retry_at: Instant | None = None
        self._output: list[bytes] = []
        self.result: NewPair | None = None

    @classmethod
    def of_people(cls, secret: bytes, role: PairRole, expected: str | None) -> Pairing:
        """One whose secrets nobody can foretell, as a programmer that serves people needs it."""
        return cls(secret, role, expected, Random(), token_bytes)

    @property
    def is_greeted(self) -> bool:
        """Whether the implant is there and has not taken the secret yet: it is another secret, or its time is over."""
        return self._link.stage is Stage.GREETING

    @property
    def is_open(self) -> bool:
        """Whether the implant has taken the secret, so that it is asked for a key next."""
        return self._link.is_open

    @property
    def serial(self) -> str:
        """Which implant answered; empty before one did."""
        return self._link.said.serial if self._link.said is not None else ""

    def begin(self, now: Instant) -> None:
        """Ask who is there."""
        self._link.begin(now, self._expected)

    def receive(self, data: bytes) -> None:
        """Take bytes as they come; they are acted on in `poll`."""
        self._frames += self._decoder.receive(data)

    def take_output(self) -> bytes:
        """What has to be written now."""
        output = self._link.take_output() + b"".join(self._output)
        self._output.clear()
        return output

    def next_due(self) -> Instant | None:
        """When `poll` has something to do even if nothing arrives."""
        return self._retry_at if self._link.is_open else self._link.due

    def poll(self, now: Instant) -> None:
        """Do what is due. Raises WrongDevice for another implant, and Refused when it gives no key."""
        frames, self._frames = self._frames, []
        for frame in frames:
            is_sealed = frame.type is FrameType.SEALED_TO_PROGRAMMER
            inner = self._link.unwrap(frame) if is_sealed else self._link.take(frame, now)
            if inner is not None:
                self._on_answer(inner)
        while (change := self._link.next_change()) is not None:
            if isinstance(change, ChannelOpened):
                self._serial, self._words = change.serial, check_words(self._link.transcript)
                self._retry_at = now
            elif isinstance(change, Found):
                raise WrongDevice(
                    f"implant {change.said.serial} answered, not {self._expected}; nothing was sent to it, so check "
                    f"which device is connected"
                )
        self._link.poll(now)
        channel = self._link.channel
        if channel is not None and self._retry_at is not None and self._retry_at <= now and self.result is None:
            self._output.append(channel.wrap(self._request))
            self._retry_at = now + FIRST_RETRY

    def _on_answer(self, frame: Frame) -> None:
        if frame.type is not FrameType.RESPONSE or frame.counter != _ASKED:
            return
        message = decode_message(frame.body, Direction.TO_PROGRAMMER)
        if isinstance(message, RefusedReply):
            raise Refused(f"implant {self._serial} gives no key: {message.text}", reason=message.reason.word)
        if isinstance(message, Paired):
            shared = SharedSecret(message.pair, message.role, message.key)
            self.result = NewPair(self._serial, shared, self._words)


def take_back(transport: Transport, clock: Clock, made: NewPair, notes: Notes | None = None) -> None:
    """Let the implant forget a pair that was just made: its words differed, so nobody may go on with its key.

    `notes` are settled once it has. Owns and closes `transport`. Raises what stood in the way: NotPaired when whoever
    answers does not know the key, NoAnswer, Refused, TransportError.
    """
    credential = (made.shared.pair, made.shared.secret)
    find_key = {made.serial: credential}.get
    with Client.open(
        transport, clock, expect_serial=made.serial, find_key=find_key, patience=Duration(0), notes=notes
    ) as client:
        client.unpair(made.shared.pair)


def pair(
    transport: Transport, clock: Clock, pairing: Pairing, patience: Duration = PATIENCE, notes: Notes | None = None
) -> NewPair:
    """Drive a pairing to its end over a transport that stays open.

    It stands in `notes` before the implant is asked for a key, so that a programmer that is killed before somebody has
    compared the words leaves no pair that nobody knows of; whoever compares them settles it. Raises NoAnswer when
    nobody is there, NotPaired when the secret is not taken, WrongDevice, Refused, TransportError.
    """
    pairing.begin(clock.now())
    until, noted = clock.now() + patience, None
    while (result := pairing.result) is None:
        now = clock.now()
        if now >= until:
            if pairing.is_greeted:
                raise NotPaired(
                    f"{transport.name}: the implant is there and does not take the secret: another one is valid, or "
                    f"its window is closed; hold the magnet over it for two seconds again",
                    serial=pairing.serial,
                )
            raise NoAnswer(
                f"{transport.name}: nobody answered within {patience.seconds:g} s; check that the implant is in range "
                f"and on, and that this is its port"
            )
        output = pairing.take_output()
        if output:
            transport.write(output)
        due = pairing.next_due()
        data = transport.read(now.until(until if due is None or until < due else due))
        if data:
            pairing.receive(data)
        try:
            pairing.poll(clock.now())
        except Refused:
            if notes is not None and noted is not None:
                notes.settle_pairs(noted)
            raise
        if notes is not None and noted is None and pairing.is_open:
            noted = notes.begin_pair(pairing.serial)
    if notes is not None and noted is not None:
        notes.pair_made(noted, result.shared.pair)
    return result
