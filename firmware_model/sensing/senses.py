"""The sensing parts of one implant, and the body that they are in.

A body that keeps still is looked at once; one that moves, four times a second. The parts have a generator of their
own, so that what they draw changes nothing else that chance decides.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass

from firmware_model.closed_loop import SLEW_UA, ClosedLoop, LoopSetting
from firmware_model.output_stage import Pulse
from firmware_model.sensing.accelerometer import Accelerometer
from firmware_model.sensing.ecap_channel import EcapChannel
from firmware_model.sensing.posture import PostureFilter
from scs.body.quiet import Body, QuietBody
from scs.domain.profile import DeviceProfile
from scs.domain.program import Program
from scs.domain.status import Posture

SAMPLE_US = 250_000
"""Four samples a second of a body that moves [A]."""
_SALT = 0x5E45E5
"""Sets the generator apart from the one that it is seeded from."""


class Senses:
    """What is sensed. `rng` is looked at and not moved; times are those of the implant's clock."""

    def __init__(self, profile: DeviceProfile, rng: random.Random, start_us: int) -> None:
        chance = random.Random(copy.copy(rng).getrandbits(64) ^ _SALT)
        self._profile = profile
        self.body: Body = QuietBody()
        self._accelerometer = Accelerometer(chance, start_us)
        self.channel = EcapChannel(chance)
        first_mg = self._accelerometer.read(self.body.acceleration_mg(start_us), start_us)
        self._posture = PostureFilter(first_mg)
        self._sampled_us = start_us
        self._is_new_body = False

    @property
    def posture(self) -> Posture:
        return self._posture.posture

    @property
    def activity_mg(self) -> int:
        """How much the acceleration changes from sample to sample."""
        return self._posture.activity_mg

    def put_into(self, body: Body) -> None:
        """Put the implant into another body, for the bench; it is looked at from the next sample on."""
        self.body, self._is_new_body = body, True

    def turn_case(self, degrees: int) -> None:
        """Let the case turn in its pocket: the posture is read from where it lies now."""
        self._accelerometer.turn(degrees)
        self._is_new_body = True

    def next_due_us(self) -> int | None:
        """When the body has to be looked at again; None while it keeps still and nothing is on its way."""
        next_us = self._sampled_us + SAMPLE_US
        if self._is_new_body or not self._posture.is_settled:
            return next_us
        still_until_us = self.body.still_until_us(self._sampled_us)
        if still_until_us is None:
            return None
        late_us = max(0, still_until_us - next_us)
        return next_us + -(-late_us // SAMPLE_US) * SAMPLE_US

    def on_time(self, now_us: int) -> None:
        """Look at the body. A bench that gave another one late is not asked about the time before."""
        self._is_new_body = False
        self._sampled_us = now_us
        self._posture.observe(self._accelerometer.read(self.body.acceleration_mg(now_us), now_us), now_us)

    def loop_of(self, program: Program, step_ua: int) -> ClosedLoop | None:
        """The loop that a program asks for; None where it asks for none, or where it could not be kept.

        The rules refuse a loop that cannot be kept before it comes here; past a gate that is open it stays open loop.
        """
        asked, patient = program.closed_loop, program.patient
        if asked is None or patient is None or self._profile.closed_loop is None:
            return None
        ceiling_ua = patient.highest_ua // step_ua * step_ua
        if step_ua > SLEW_UA or program.amplitude_ua % step_ua:
            return None
        if not step_ua <= program.amplitude_ua <= ceiling_ua:
            return None
        return ClosedLoop(
            LoopSetting(asked.target_uv * 1_000, asked.gain_na_per_uv, program.amplitude_ua, ceiling_ua, step_ua)
        )


@dataclass(frozen=True, slots=True)
class Follower:
    """Reads each pulse of one program and says how strong the next is to be."""

    senses: Senses
    loop: ClosedLoop

    def __call__(self, pulse: Pulse, at_us: int) -> int:
        senses = self.senses
        reading = senses.channel.read(senses.body, at_us, pulse.amplitude_ua, pulse.width_us, pulse.occupation_us)
        return self.loop.next_ua(reading, at_us)
