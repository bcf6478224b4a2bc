"""Whoever opens a sealed session is connected, over any nine frames lost and losses of power on the way."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from firmware_model.device import Device
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.programmer.events import Event, KeyUnanswered, LinkSilent, SessionForgotten, SessionReady
from scs.programmer.session import Session
from scs.wire.terms import PairRole, Role
from tests.support.implants import a_config
from tests.support.sealed import KEY, SERIAL

TROUBLES = 9
ONE_WAY = Duration.of_ms(1)


class NoisyOpening:
    """One opening in virtual time. Of its troubles each is a frame that is lost or a loss of power, at any moment."""

    def __init__(self, seed: int, troubles: int) -> None:
        self._chance = Random(seed)
        self._losses = self._chance.randint(0, troubles)
        self._cuts = troubles - self._losses
        self._how_often = self._chance.choice((0.1, 0.3, 0.5, 0.8, 1))
        self._memory, self.now = RamMemory(), Instant(0)
        self._device = self._powered()
        self._device.parts.keys.add(PairRole.CLINICIAN, KEY)
        self._session = Session(Random(seed + 1), Role.WRITER, None, lambda _: (1, KEY))

    def run(self) -> Event:
        """What the opening comes to."""
        self._session.open(self.now)
        while True:
            while (event := self._session.next_event()) is not None:
                if not isinstance(event, SessionForgotten):
                    return event
                self._session.open(self.now)
            if self._exchange():
                self.now += ONE_WAY
            else:
                due = self._session.next_due()
                assert due is not None, "who waits for an answer waits until some time"
                self.now = max(self.now + ONE_WAY, due)
            self._session.poll(self.now)

    def _exchange(self) -> bool:
        """What is said arrives, as far as nothing is in its way; whether the implant has said anything."""
        for frame in self._arriving(self._session.take_output()):
            self._device.receive(frame)
        self._maybe_cut()
        self._device.step(self.now)
        said = self._device.take_output()
        self._maybe_cut()
        for frame in self._arriving(said):
            self._session.receive(frame)
        return bool(said)

    def _arriving(self, data: bytes) -> list[bytes]:
        frames = [b"\0" + piece + b"\0" for piece in data.split(b"\0") if piece]
        return [frame for frame in frames if not self._is_lost()]

    def _is_lost(self) -> bool:
        is_lost = self._losses > 0 and self._chance.random() < self._how_often
        self._losses -= is_lost
        return is_lost

    def _maybe_cut(self) -> None:
        if self._cuts and self._chance.random() < self._how_often:
            self._cuts -= 1
            self._device = self._powered()

    def _powered(self) -> Device:
        config = replace(a_config(SERIAL), is_sealed=True)
        return Device(config, self._memory, Random(self._chance.random()), self.now)


def test_over_any_nine_losses_of_frames_and_of_power_the_programmer_is_connected() -> None:
    for seed in range(100):
        opening = NoisyOpening(seed, TROUBLES)
        assert isinstance(opening.run(), SessionReady), f"seed {seed}"
        assert Instant(0).until(opening.now) < Duration.of_s(10), f"seed {seed}"


def test_with_a_hundred_of_them_it_gives_up_and_says_why() -> None:
    came_to = {type(NoisyOpening(seed, 100).run()) for seed in range(20)}
    assert came_to <= {SessionReady, LinkSilent, KeyUnanswered}
    assert came_to >= {SessionReady, LinkSilent}
