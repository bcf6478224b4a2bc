"""A sealed implant with its pairs, and somebody who speaks to it through a channel, frame by frame."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypeVar

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.store import Memory, RamMemory
from scs.clock import Duration, Instant
from scs.errors import RemoteProtocolError
from scs.wire.channel import Channel, Greeting
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.terms import PairRole
from tests.support.implants import a_config

M = TypeVar("M")
SERIAL = "SCS-000001"
KEY = bytes(range(32))
"""The key of pair 1, a clinician's, in `a_sealed_device`."""


def a_sealed_device(memory: Memory | None = None, *, roles: tuple[PairRole, ...] = (PairRole.CLINICIAN,)) -> Device:
    """An implant that talks in channels only; pair n + 1 has the n-th role and KEY with its first byte plus n."""
    memory = memory or RamMemory()
    device = Device(replace(a_config(SERIAL), is_sealed=True), memory, random.Random(1), Instant(0))
    if not device.parts.keys.pairs:
        for number, role in enumerate(roles):
            device.parts.keys.add(role, key_of(number + 1))
    return device


def key_of(pair: int) -> bytes:
    return bytes([KEY[0] + pair - 1]) + KEY[1:]


def hold_magnet(device: Device, seconds: int = 3) -> None:
    """Hold a magnet over it and take it away again."""
    bench = Bench(device)
    bench.magnet(is_near=True)
    device.step(device.now + Duration.of_s(seconds))
    bench.magnet(is_near=False)


class SealedSpeaker:
    """One programmer's end of a channel: raw on purpose, so that a test can damage, keep and repeat what it sends."""

    def __init__(self, device: Device, pair: int = 1, key: bytes | None = None, link: int = 0, seed: int = 7) -> None:
        self.device, self.link = device, link
        self._chance = random.Random(seed)
        self._decoder = Decoder(Direction.TO_PROGRAMMER)
        self.greeting = Greeting(
            pair, key if key is not None else key_of(pair), SERIAL, seed, lambda: self._chance.randbytes(32)
        )
        self.channel: Channel | None = None
        self.heard: list[Frame] = []
        """Everything that came back, as it stood on the wire."""

    def say(self, data: bytes) -> list[Frame]:
        """Deliver bytes, let the device act on them, and give the frames that it answers."""
        self.device.receive(data, self.link)
        self.device.step(self.device.now)
        frames = self._decoder.receive(self.device.take_output(self.link))
        self.heard += frames
        return frames

    def greet(self) -> bool:
        """Make the channel; False when the implant says nothing."""
        for frame in self.say(self.greeting.hello):
            if frame.type is FrameType.WELCOME:
                self.channel = self.greeting.channel(frame)
        return self.channel is not None

    def sealed(self, frame: Frame) -> bytes:
        assert self.channel is not None, "greet first"
        return self.channel.wrap(frame)

    def ask(self, request: Request, session: int = 0, counter: int = 0) -> list[Message]:
        """Say a request in the channel, and give what is answered in it."""
        return self.opened(self.say(self.sealed(request_frame(request, session, counter))))

    def opened(self, frames: list[Frame]) -> list[Message]:
        """The messages of the frames that are genuine."""
        assert self.channel is not None, "greet first"
        messages: list[Message] = []
        for frame in frames:
            if frame.type is FrameType.SEALED_TO_PROGRAMMER:
                try:
                    inner = self.channel.unwrap(frame)
                except RemoteProtocolError:
                    continue
                messages.append(decode_message(inner.body, Direction.TO_PROGRAMMER))
        return messages


def request_frame(request: Request, session: int = 0, counter: int = 0) -> Frame:
    return Frame(FrameType.REQUEST, session, counter, encode_message(request))


def in_clear(request: Request) -> bytes:
    """The bytes of a request without a session, in the clear."""
    return encode(request_frame(request))


def only(messages: list[Message], kind: type[M]) -> M:
    """The one message that there is, which is of this kind."""
    (message,) = messages
    assert isinstance(message, kind), f"{message} is no {kind.__name__}"
    return message
