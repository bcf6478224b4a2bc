"""Does the closed loop keep what it promises, whatever the body does?"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.closed_loop import BACK_US, LOST_US, SLEW_NA, ClosedLoop, LoopSetting
from firmware_model.sensing.ecap_channel import EcapChannel, EcapReading
from scs.body.quiet import Body, QuietBody
from scs.domain.status import EcapQuality, LoopState
from tests.support.bodies import LivingBody

PERIOD_US = 25_000
NOTHING = EcapReading(EcapQuality.NO_SIGNAL, 1_000)
RAIL = EcapReading(EcapQuality.SATURATED)
READINGS = st.one_of(
    st.builds(EcapReading, st.just(EcapQuality.GOOD), st.integers(8_000, 1_024_000)),
    st.builds(EcapReading, st.just(EcapQuality.NO_SIGNAL), st.integers(-1_024_000, 7_999)),
    st.sampled_from((RAIL, EcapReading(EcapQuality.BLANKED))),
)
STEPS = st.sampled_from((1, 10, 40, 50, 60, 100))


@st.composite
def settings(draw: st.DrawFn) -> LoopSetting:
    step = draw(STEPS)
    saved = draw(st.integers(1, 400))
    return LoopSetting(
        draw(st.integers(10, 1_000)) * 1_000, draw(st.integers(1, 10**6)), saved * step,
        draw(st.integers(saved, 500)) * step, step,
    )  # fmt: skip


def a_setting(target_uv: int = 50, gain: int = 3_000, saved_ua: int = 6_000, ceiling_ua: int = 9_000) -> LoopSetting:
    return LoopSetting(target_uv * 1_000, gain, saved_ua, ceiling_ua, 50)


def closed(setting: LoopSetting) -> ClosedLoop:
    loop = ClosedLoop(setting)
    loop.close()
    return loop


def state_of(loop: ClosedLoop) -> LoopState:
    return loop.state


def run(loop: ClosedLoop, body: Body, pulses: int, seed: int = 1, start_us: int = 0) -> list[int]:
    """The true heights in whole nV while the loop runs on `body`."""
    channel, heights = EcapChannel(random.Random(seed)), []
    for number in range(pulses):
        at_us, amplitude_ua = start_us + number * PERIOD_US, loop.amplitude_ua
        heights.append(round(1_000 * body.evoked_uv(at_us, amplitude_ua / 1_000, 210)))
        loop.next_ua(channel.read(body, at_us, amplitude_ua, 210, 420), at_us)
    return heights


@pytest.mark.req("FW-50")
@pytest.mark.hazard("H10")
@given(settings(), st.lists(st.tuples(READINGS, st.integers(1, 10**9)), min_size=1, max_size=80))
def test_no_reading_takes_a_loop_above_its_ceiling_or_up_by_more_than_the_slew(
    setting: LoopSetting, told: list[tuple[EcapReading, int]]
) -> None:
    loop, at_us = closed(setting), 0
    for reading, later_us in told:
        at_us += later_us
        before_ua = loop.amplitude_ua
        now_ua = loop.next_ua(reading, at_us)
        assert now_ua == loop.amplitude_ua
        assert setting.step_ua <= now_ua <= setting.ceiling_ua
        assert now_ua % setting.step_ua == 0
        assert now_ua - before_ua <= SLEW_NA // 1_000
        if reading.quality is EcapQuality.SATURATED and loop.state is LoopState.CLOSED:
            assert now_ua < before_ua or before_ua == setting.step_ua
        if reading.quality is not EcapQuality.GOOD:
            assert now_ua <= max(before_ua, setting.saved_ua), "what cannot be read makes nothing larger"


def test_a_loop_brings_the_potential_to_its_target_and_keeps_it_there() -> None:
    loop = closed(a_setting())
    heights = run(loop, QuietBody(), 400)
    # The artefact hides about 8 uV at 6 mA, so the true height settles above what is read.
    late = heights[200:]
    assert 54_000 < sum(late) / len(late) < 64_000
    assert max(late) - min(late) < 40_000
    assert state_of(loop) is LoopState.CLOSED


def test_a_potential_that_is_too_large_takes_the_current_down_at_once() -> None:
    loop = closed(a_setting())
    first_ua = loop.next_ua(EcapReading(EcapQuality.GOOD, 450_000), 0)
    assert first_ua == 6_000 - 3 * 400


def test_an_amplifier_at_its_rail_halves_the_current_from_pulse_to_pulse() -> None:
    loop = closed(a_setting())
    assert [loop.next_ua(RAIL, number * PERIOD_US) for number in range(9)] == [
        3_000, 1_500, 750, 350, 150, 50, 50, 50, 50
    ]  # fmt: skip


@pytest.mark.hazard("H10")
def test_a_lost_potential_holds_the_amplitude_and_a_second_later_the_saved_one_stands() -> None:
    loop = closed(a_setting(saved_ua=5_500))
    run(loop, QuietBody(), 200)
    held_ua = loop.next_ua(NOTHING, 5_000_000)
    assert state_of(loop) is LoopState.HELD
    at_us = 5_000_000
    while state_of(loop) is LoopState.HELD:
        at_us += PERIOD_US
        before_ua = loop.amplitude_ua
        loop.next_ua(NOTHING, at_us)
        assert state_of(loop) is not LoopState.HELD or loop.amplitude_ua == before_ua == held_ua
    assert LOST_US - 2 * PERIOD_US <= at_us - 5_000_000 <= LOST_US + 2 * PERIOD_US
    assert state_of(loop) is LoopState.FALLEN_BACK
    for _ in range(100):
        at_us += PERIOD_US
        loop.next_ua(NOTHING, at_us)
    assert (loop.amplitude_ua, state_of(loop), loop.fallbacks) == (5_500, LoopState.FALLEN_BACK, 1)


def test_a_potential_that_is_back_for_two_seconds_closes_the_loop_again() -> None:
    loop, at_us = closed(a_setting()), 0
    while state_of(loop) is not LoopState.FALLEN_BACK:
        loop.next_ua(NOTHING, at_us := at_us + PERIOD_US)
    back_us = at_us
    while state_of(loop) is LoopState.FALLEN_BACK:
        assert loop.amplitude_ua == 6_000
        loop.next_ua(EcapReading(EcapQuality.GOOD, 50_000), at_us := at_us + PERIOD_US)
    assert at_us - back_us == BACK_US
    assert state_of(loop) is LoopState.CLOSED


def test_noise_where_a_potential_is_missing_never_lifts_the_current_above_the_saved_one() -> None:
    loop = closed(a_setting())
    for number in range(2_000):
        lone = EcapReading(EcapQuality.GOOD, 9_000) if number % 10 == 0 else NOTHING
        assert loop.next_ua(lone, number * PERIOD_US) <= 6_000
    assert state_of(loop) is LoopState.FALLEN_BACK


def test_where_no_potential_is_to_be_expected_the_current_rises_to_the_saved_one_and_waits() -> None:
    loop = closed(a_setting())
    loop.next_ua(RAIL, 0)
    risen = [loop.next_ua(NOTHING, number * PERIOD_US) for number in range(1, 40)]
    assert risen[:3] == [3_100, 3_200, 3_300]
    assert max(risen) == risen[-1] == 6_000


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("gain", [20_000, 30_000, 100_000, 1_000_000])
def test_a_gain_that_swings_to_and_fro_opens_the_loop_and_it_stays_open(gain: int) -> None:
    loop = closed(a_setting(gain=gain, ceiling_ua=12_000))
    heights = run(loop, QuietBody("lying-back"), 2_000)
    if state_of(loop) is LoopState.HUNTING:
        assert loop.amplitude_ua == loop.setting.saved_ua
        assert len(set(heights[-500:])) == 1
    else:
        # The slew alone keeps it small: it never swings by more than the potential of one step up and what follows.
        assert max(heights[-500:]) < 2 * 50_000 + 30_000


@pytest.mark.hazard("H11")
def test_swings_by_more_than_half_of_the_target_end_in_the_saved_amplitude() -> None:
    loop, at_us = closed(a_setting()), 0
    for number in range(60):
        height = 90_000 if number % 2 else 10_000
        loop.next_ua(EcapReading(EcapQuality.GOOD, height), at_us := at_us + PERIOD_US)
    assert (state_of(loop), loop.fallbacks) == (LoopState.HUNTING, 1)
    for _ in range(500):
        loop.next_ua(EcapReading(EcapQuality.GOOD, 50_000), at_us := at_us + PERIOD_US)
    assert (state_of(loop), loop.amplitude_ua) == (LoopState.HUNTING, 6_000)
    loop.close()
    assert state_of(loop) is LoopState.CLOSED


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("seed", range(3))
def test_a_closed_loop_keeps_nearer_to_its_mean_than_an_open_one_when_a_body_moves(seed: int) -> None:
    body = LivingBody(
        ((0, "upright"), (20_000_000, "reclining"), (40_000_000, "upright")), coughs_us=(10_000_000, 50_000_000)
    )
    loop = closed(a_setting())
    with_loop = run(loop, body, 2_400, seed)
    amplitudes_at_rest = 6_000
    without = [
        round(1_000 * body.evoked_uv(number * PERIOD_US, amplitudes_at_rest / 1_000, 210)) for number in range(2_400)
    ]

    def deviation(heights: list[int]) -> float:
        middle = sum(heights) / len(heights)
        return sum(abs(height - middle) for height in heights) / len(heights)

    assert deviation(with_loop) < 0.6 * deviation(without)
    # A cough lifts what is evoked above the mean far less in the loop's case than without it.
    assert max(with_loop) < max(without)


def test_an_open_loop_sets_nothing() -> None:
    with pytest.raises(AssertionError, match="sets nothing"):
        ClosedLoop(a_setting()).next_ua(NOTHING, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"saved_ua": 0}, {"ceiling_ua": 5_950}, {"saved_ua": 6_010}, {"target_uv": 0}, {"gain": 0}, {"ceiling_ua": 9_010}],
)
def test_a_setting_that_makes_no_sense_is_our_own_mistake(wrong: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        a_setting(**wrong)
