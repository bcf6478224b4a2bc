"""Do the sensing parts say what a body does, as well as such sensors can and no better?"""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.sensing.accelerometer import RANGE_MG, STEP_MG, Accelerometer
from firmware_model.sensing.ecap_channel import RANGE_NV, EcapChannel, longest_pulse_us
from firmware_model.sensing.posture import DWELL_US, PostureFilter, classify
from scs.body import ecap
from scs.body.quiet import POSES, QuietBody, evoked_uv
from scs.domain.status import EcapQuality, Posture
from tests.support.bodies import HostileBody, LivingBody

SAMPLE_US = 250_000


@pytest.mark.parametrize("csf_mm", [2.5, 3.1, 4.0, 5.0])
@pytest.mark.parametrize("width_us", [100, 210, 500])
def test_a_quiet_body_answers_as_the_surrogate_does(csf_mm: float, width_us: int) -> None:
    growth = ecap.growth(csf_mm, width_us)
    for current_ma in (3.0, 6.0, 9.0):
        assert evoked_uv(current_ma, width_us, csf_mm) == pytest.approx(growth.height_uv(current_ma), rel=0.35, abs=3)


def test_a_quiet_body_never_changes() -> None:
    body = QuietBody()
    assert body.still_until_us(0) is None
    assert body.acceleration_mg(0) == body.acceleration_mg(10**15) == (0.0, 0.0, 1000.0)
    assert body.evoked_uv(0, 6.0, 210) == body.evoked_uv(10**15, 6.0, 210) > 50


@pytest.mark.parametrize("csf_mm", [0.0, -1.0])
def test_a_distance_of_nothing_makes_no_growth(csf_mm: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        evoked_uv(5.0, 210, csf_mm)


@pytest.mark.parametrize("pose", list(POSES))
@pytest.mark.parametrize("seed", range(5))
def test_every_pose_is_told_through_a_sensor_that_sits_askew(pose: str, seed: int) -> None:
    sensor = Accelerometer(random.Random(seed), 0)
    seen = PostureFilter(sensor.read(POSES["upright"].up_mg, 0))
    assert seen.posture is Posture.UPRIGHT
    for at_us in range(SAMPLE_US, 3_000_000, SAMPLE_US):
        seen.observe(sensor.read(POSES[pose].up_mg, at_us), at_us)
    assert seen.posture.name.lower().replace("_", "-") == pose


def test_a_walk_is_told_from_standing_and_standing_from_a_walk() -> None:
    sensor, walking, standing = Accelerometer(random.Random(1), 0), LivingBody(walks=True), LivingBody()
    seen = PostureFilter(sensor.read(standing.acceleration_mg(0), 0))
    for at_us in range(SAMPLE_US, 6_000_000, SAMPLE_US):
        seen.observe(sensor.read(walking.acceleration_mg(at_us), at_us), at_us)
    assert (seen.posture, seen.is_settled) == (Posture.MOBILE, False)
    for at_us in range(6_000_000, 16_000_000, SAMPLE_US):
        seen.observe(sensor.read(standing.acceleration_mg(at_us), at_us), at_us)
    assert (seen.posture, seen.is_settled) == (Posture.UPRIGHT, True)


@pytest.mark.hazard("H11")
@given(seed=st.integers(0, 2**32), tilt=st.integers(-1000, 1000))
def test_whatever_the_sensor_says_two_changes_of_posture_are_two_seconds_apart(seed: int, tilt: int) -> None:
    body, sensor = HostileBody(seed), Accelerometer(random.Random(seed), 0)
    seen = PostureFilter((0, 0, 1000))
    changes_us = [0]
    for number in range(1, 200):
        at_us = number * SAMPLE_US
        # Long enough in each direction that a change can happen at all.
        told = body.acceleration_mg(at_us // 2_500_000) if tilt % 2 else (0.0, 906.0, float(tilt))
        if seen.observe(sensor.read(told, at_us), at_us):
            assert at_us - changes_us[-1] >= DWELL_US
            changes_us.append(at_us)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("cosine", [819, 860, 906, 423, 500, 574])
def test_noise_at_a_border_makes_no_posture_hunt(cosine: int) -> None:
    chance = random.Random(cosine)
    front = round((1_000**2 - cosine**2) ** 0.5)
    seen = PostureFilter((0, front, cosine))
    changes = sum(
        seen.observe((0, front + round(chance.gauss(0, 20)), cosine + round(chance.gauss(0, 20))), number * SAMPLE_US)
        for number in range(1, 4_000)
    )
    assert changes <= 1


@given(st.tuples(*[st.integers(-4_000, 4_000)] * 3), st.integers(0, 2_000), st.sampled_from(Posture))
def test_a_posture_that_was_just_entered_is_held(reading: tuple[int, int, int], activity: int, held: Posture) -> None:
    entered = classify(reading, activity, held)
    assert classify(reading, activity, entered) is entered


@given(st.tuples(*[st.floats(-1e4, 1e4)] * 3), st.integers(0, 2**62))
def test_a_reading_is_in_whole_steps_within_the_range(acceleration: tuple[float, float, float], at_us: int) -> None:
    for reading in Accelerometer(random.Random(1), 0).read(acceleration, at_us):
        assert abs(reading) <= RANGE_MG
        assert reading % STEP_MG == 0


def test_a_potential_is_read_with_the_noise_and_the_artefact_that_are_declared() -> None:
    channel, body = EcapChannel(random.Random(1)), QuietBody()
    read = [channel.read(body, 0, 6_000, 210, 420) for _ in range(2_000)]
    heights_uv = [reading.height_nv / 1_000 for reading in read]
    assert {reading.quality for reading in read} == {EcapQuality.GOOD}
    # Noise of 3 uV in each of two samples; a tenth of the artefact at 6 mA is 20.6 uV at N1 and 11.9 at P2.
    assert statistics.stdev(heights_uv) == pytest.approx(3 * 2**0.5, rel=0.1)
    assert statistics.mean(heights_uv) == pytest.approx(86.9 - 20.6 + 11.9, abs=1)


def test_a_current_that_evokes_nothing_gives_no_signal() -> None:
    channel = EcapChannel(random.Random(1))
    read = [channel.read(QuietBody(), 0, 2_000, 210, 420).quality for _ in range(100)]
    assert read.count(EcapQuality.NO_SIGNAL) >= 95


def test_a_potential_beyond_the_rail_is_told_and_not_read() -> None:
    channel = EcapChannel(random.Random(1))
    reading = channel.read(QuietBody("lying-back"), 0, 9_000, 210, 420)
    assert (reading.quality, reading.height_nv) == (EcapQuality.SATURATED, 0)


@pytest.mark.parametrize(("longer_us", "quality"), [(0, EcapQuality.GOOD), (1, EcapQuality.BLANKED)])
def test_a_potential_that_comes_while_the_amplifier_is_blanked_is_not_read(
    longer_us: int, quality: EcapQuality
) -> None:
    occupation_us = longest_pulse_us(210) + longer_us
    assert EcapChannel(random.Random(1)).read(QuietBody(), 0, 6_500, 210, occupation_us).quality is quality


@given(st.integers(0, 2**32), st.integers(0, 50_000), st.integers(10, 1_000), st.integers(20, 20_000))
def test_no_body_makes_the_channel_read_more_than_its_range(
    seed: int, amplitude_ua: int, width_us: int, occupation_us: int
) -> None:
    channel = EcapChannel(random.Random(seed))
    for at_us in range(5):
        assert (
            abs(channel.read(HostileBody(seed), at_us, amplitude_ua, width_us, occupation_us).height_nv) < 2 * RANGE_NV
        )
