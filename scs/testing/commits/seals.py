"""The seals of the search: one pair, whose key both ends have, and a ring of channel keys for whoever looks on.

What is sealed is sealed by the code that runs. Only chance is told: the same ephemeral keys come in the same order on
every way to a state, and others after each start of the implant, so that two ways to one state are two ways to the
same bytes, and no channel of a former life opens in a later one.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field, replace

from firmware_model.device import Device
from firmware_model.parts import DeviceConfig
from firmware_model.store import MEMORY_SIZE, Memory
from scs.clock import Instant
from scs.testing.commits.shape import Shape, Shaper
from scs.testing.states.world import Maker, a_config
from scs.wire.channel import Channel
from scs.wire.framing import Frame, FrameType
from scs.wire.keylog import ChannelKeys, KeyLog, keys_of_implant
from scs.wire.sealing import KEY_SIZE
from scs.wire.terms import PairRole

PAIRED = (1, bytes(range(KEY_SIZE)))
"""The number of the pair, and its key."""
SEALED = (FrameType.SEALED_TO_IMPLANT, FrameType.SEALED_TO_PROGRAMMER)
HANDSHAKE = (FrameType.HELLO, FrameType.WELCOME)
LONGEST_US = 600_000_000
"""A way takes seconds or minutes. Beyond ten minutes a channel would end by its age, which the shape of a state leaves
out."""
_LEFT_OUT = frozenset({
    "made_us", "heard_us", "counts", "refused", "on_channel", "_draw", "_raw", "_filled_us", "_day_began_us",
    "_used_us", "awake_until_us",
})  # fmt: skip
"""Counts, ages, and what a stranger costs: nothing of it decides about an answer before LONGEST_US."""


class KeyRing:
    """The keys of every channel that any implant of the search has made; it opens what is under way for the account."""

    def __init__(self) -> None:
        self._channels: dict[bytes, ChannelKeys] = {}
        self._log = KeyLog(())

    def add(self, channel: Channel) -> None:
        """A channel was made."""
        keys = keys_of_implant(channel)
        if keys.transcript not in self._channels:
            self._channels[keys.transcript] = keys
            self._log = KeyLog(self._channels.values())

    def open(self, outer: Frame) -> Frame | None:
        """The frame inside of a sealed one; None when no key opens it."""
        return self._log.open(outer)


@dataclass(frozen=True, slots=True)
class SealedMaker(Maker):
    """Makes implants that talk in channels only, and are paired once."""

    ring: KeyRing = field(default_factory=KeyRing)

    def make(self, memory: Memory, start: Instant) -> Device:
        assert self.config is not None, "an implant is made for certain leads"
        # What is in memory is never the same at two starts of one life: each start is written into the log.
        chance = random.Random(hashlib.sha256(memory.read(0, MEMORY_SIZE)).digest())
        device = self.build(self.config, memory, chance, start)
        device.gate.on_channel = self.ring.add
        if device.parts.keys.find(PAIRED[0]) is None:
            device.parts.keys.add(PairRole.CLINICIAN, PAIRED[1])
        return device


def a_sealed_config() -> DeviceConfig:
    """The implant of the searches, sealed."""
    return replace(a_config(), is_sealed=True)


def shape_of_gate(device: Device) -> Shape:
    """Everything of the door that decides about the answers to come: channels, their numbers, and handshakes known."""
    assert device.now.us < LONGEST_US, "no way lasts so long"
    return Shaper(device.now.us, _LEFT_OUT).of(device.gate)
