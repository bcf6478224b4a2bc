"""The implant's loop in arrays against the firmware itself, pulse by pulse, and a day of it."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from firmware_model.closed_loop import ClosedLoop, LoopSetting
from firmware_model.sensing.ecap_channel import EcapChannel
from scs.body.anatomy import Posture
from scs.body.long_loop import live
from scs.body.quiet import Vector
from scs.body.sensation import person
from scs.domain.status import LoopState
from scs.studies.implant_loop import ImplantLoops, implant_law

PERIOD_US, WIDTH_US, TAKEN_US = 25_000, 210, 420
STRETCHES, PULSES = 12, 1_500
SHORT = ((Posture.STANDING, 0.02), (Posture.SUPINE, 0.03), (Posture.WALKING, 0.02), (Posture.SITTING, 23.93))


class Strange:
    """A body whose potential jumps about: lost, weak, at the rail, to and fro, for seconds each."""

    def __init__(self, chance: Random) -> None:
        spells = [chance.choice([0.0, 5.0, 20.0, 60.0, 600.0, 3_000.0, -1.0, -1.0]) for _ in range(PULSES // 60 + 1)]
        self._gains = [spells[pulse // 60] for pulse in range(PULSES)]

    def gain(self, pulse: int) -> float:
        gain = self._gains[pulse]
        # To and fro from pulse to pulse, so that a loop hunts.
        return gain if gain >= 0 else (300.0 if pulse % 2 else 18.0)

    def evoked_uv(self, at_us: int, current_ma: float, width_us: int) -> float:
        gain = self.gain(at_us // PERIOD_US)
        return gain if self._gains[at_us // PERIOD_US] < 0 else gain * current_ma / 5

    def acceleration_mg(self, at_us: int) -> Vector:
        return (0.0, 0.0, 1_000.0)

    def still_until_us(self, at_us: int) -> int | None:
        return None


@pytest.mark.parametrize(("target_nv", "gain"), [(60_000, 3_000), (100_000, 400)])
def test_every_loop_sets_what_the_firmware_sets_after_every_pulse(target_nv: int, gain: int) -> None:
    setting = LoopSetting(target_nv, gain, 5_000, 9_000, 50)
    bodies = [Strange(Random(f"body {n}")) for n in range(STRETCHES)]
    chances = [Random(n) for n in range(STRETCHES)]
    many = ImplantLoops(setting, STRETCHES, PERIOD_US, WIDTH_US, TAKEN_US)
    ones = [ClosedLoop(setting) for _ in range(STRETCHES)]
    channels = [EcapChannel(Random(n)) for n in range(STRETCHES)]
    seen = set()
    for one in ones:
        one.close()
    for pulse in range(PULSES):
        at_us = pulse * PERIOD_US
        currents = many.currents_ma
        heights = np.asarray(
            [body.evoked_uv(at_us, float(ma), WIDTH_US) for body, ma in zip(bodies, currents, strict=True)]
        )
        noise = np.asarray([[chance.gauss(0.0, 1.0), chance.gauss(0.0, 1.0)] for chance in chances]).T
        many.take(heights, noise)
        for body, one, channel in zip(bodies, ones, channels, strict=True):
            one.next_ua(channel.read(body, at_us, one.amplitude_ua, WIDTH_US, TAKEN_US), at_us)
        assert many.amplitude_ua.tolist() == [one.amplitude_ua for one in ones], f"pulse {pulse}"
        assert many.state.tolist() == [int(one.state) for one in ones], f"pulse {pulse}"
        seen |= {one.state for one in ones}
    assert many.fallbacks.tolist() == [one.fallbacks for one in ones]
    assert seen == {LoopState.CLOSED, LoopState.HELD, LoopState.FALLEN_BACK, LoopState.HUNTING}


def test_who_is_not_alive_stays_as_it_was() -> None:
    loops = ImplantLoops(LoopSetting(50_000, 3_000, 5_000, 9_000, 50), 2, PERIOD_US, WIDTH_US, TAKEN_US)
    for _ in range(50):
        loops.take(np.asarray([5.0, 5.0]), np.zeros((2, 2)), np.asarray([True, False]))
    assert loops.amplitude_ua[1] == 5_000
    assert loops.state.tolist() == [LoopState.FALLEN_BACK, LoopState.CLOSED]


def test_a_pulse_that_blanks_its_own_potential_is_refused() -> None:
    with pytest.raises(ValueError, match="blanks its own potential"):
        ImplantLoops(LoopSetting(50_000, 3_000, 5_000, 9_000, 50), 1, PERIOD_US, WIDTH_US, 2_000)


def test_the_implant_follows_every_posture_and_rests_somewhat_above_its_target() -> None:
    found = live(person(1), "T9", SHORT, 0.005, stretches=200, laws={"implant": implant_law(7)})
    for posture, held in found.closed.items():
        mine = found.others["implant"][posture]
        assert mine.pulses == held.pulses
        # What is left of the artefact makes it read too little, so it rests somewhat above its target.
        assert held.off_percent < mine.off_percent < 35
        assert held.mean_ma < mine.mean_ma < 1.1 * held.mean_ma
    assert found.others["implant"][Posture.SUPINE].off_percent < found.opened[Posture.SUPINE].off_percent / 3
