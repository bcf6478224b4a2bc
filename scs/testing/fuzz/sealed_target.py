"""A sealed implant and somebody who is paired with it and says anything: fuzzed frames through a genuine seal.

What has no key is refused before it is read; behind the seal everything is read as on the bench. Some sealed frames are
damaged on their way, and none of those may be read at all.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from firmware_model.device import Device
from firmware_model.store import RamMemory
from scs.clock import Instant
from scs.domain.status import Mode, TherapyState
from scs.errors import RemoteProtocolError
from scs.testing.fuzz.live_targets import BEAT, implant_seeds, mutate_requests, readdressed
from scs.testing.fuzz.target import Feed, Target, promise
from scs.testing.states.world import PLAIN, a_config
from scs.wire.channel import Channel, Greeting
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import MESSAGE_MAX, SEALING, Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, Open, Stage
from scs.wire.responses import Opened
from scs.wire.terms import PairRole, Role

KEY = bytes(range(32))
DAMAGED_EVERY = 16
"""Of so many sealed frames one is damaged."""


class _Paired:
    """A sealed implant with a group, and the programmer's end of a channel to it."""

    def __init__(self) -> None:
        chance = Random(1)
        self.device = Device(replace(a_config(), is_sealed=True), RamMemory(), Random(1), Instant(0))
        self.device.parts.keys.add(PairRole.CLINICIAN, KEY)
        self._wire = Decoder(Direction.TO_PROGRAMMER)
        greeting = Greeting(1, KEY, self.device.parts.config.serial, 1, lambda: chance.randbytes(len(KEY)))
        self.device.receive(greeting.hello)
        self.device.step(self.device.now)
        (welcome,) = self._wire.receive(self.device.take_output())
        self.channel: Channel = greeting.channel(welcome)
        (answer,) = self.exchange(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(1, Role.WRITER))))
        opened = decode_message(answer.body, Direction.TO_PROGRAMMER)
        assert isinstance(opened, Opened), "an implant opens a session for whoever is paired"
        self.session = opened.session
        data = encode_group(PLAIN)
        orders: tuple[Message, ...] = (
            Stage(0, 0, len(data), digest(data), data), Commit(1, 0, 0, digest(data), ()),
        )  # fmt: skip
        for counter, order in enumerate(orders, 1):
            self.exchange(Frame(FrameType.REQUEST, self.session, counter, encode_message(order)))
        assert self.device.parts.modes.mode is Mode.IDLE, "an implant with a group is idle"

    def say(self, inner: Frame) -> None:
        self.device.receive(self.channel.wrap(inner))

    def hear(self) -> list[Frame]:
        """What the implant said; every sealed frame of it can be opened and read."""
        self.device.step(self.device.now + BEAT)
        said = self._wire.receive(self.device.take_output())
        promise(not self._wire.rejects and not self._wire.pending, "it says what is no frame")
        frames = []
        for outer in said:
            if outer.type is FrameType.SEALED_TO_PROGRAMMER:
                inner = self.channel.unwrap(outer)
                decode_message(inner.body, Direction.TO_PROGRAMMER)
                frames.append(inner)
        return frames

    def exchange(self, inner: Frame) -> list[Frame]:
        self.say(inner)
        return self.hear()


def _prepare() -> Feed:
    def feed(data: bytes) -> int:
        paired, frames = _Paired(), 0
        device = paired.device
        for frame in Decoder(Direction.TO_IMPLANT).receive(data):
            if frame.type in SEALING or len(frame.body) > MESSAGE_MAX:
                continue
            frames += 1
            inner = readdressed(frame, paired.session, frames + 10)
            if frames % DAMAGED_EVERY == 0:
                _damage(paired, inner)
            else:
                paired.say(inner)
            if frames % 4 == 0:
                paired.hear()
        paired.hear()
        answers = paired.exchange(Frame(FrameType.STOP, 0, 1))
        promise(any(frame.type is FrameType.STOPPED for frame in answers), "STOP in the channel is not answered")
        promise(device.parts.therapy.state is TherapyState.OFF, "STOP did not end therapy")
        return frames or 1

    return feed


def _damage(paired: _Paired, inner: Frame) -> None:
    """Change one bit of a sealed frame: it is refused, and counted."""
    (outer,) = Decoder(Direction.TO_IMPLANT).receive(paired.channel.wrap(inner))
    place = outer.counter % len(outer.body)
    body = bytearray(outer.body)
    body[place] ^= 1 << outer.counter % 8
    paired.hear()
    before = paired.device.gate.refused_in_channels
    paired.device.receive(encode(outer._replace(body=bytes(body))))
    try:
        paired.hear()
    except RemoteProtocolError as error:
        raise AssertionError("the implant said what its own programmer cannot open") from error
    promise(paired.device.gate.refused_in_channels == before + 1, "a sealed frame that was changed is not refused")


TARGETS = (
    Target("sealed", "requests to an implant through a genuine seal", "messages", implant_seeds, _prepare,
           mutate_requests),
)  # fmt: skip
