"""Any bytes, and any group that gets past the gate: what the implant does about it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.electrodes import Damage
from firmware_model.interlocks import HARDWARE, WIDEST, WIDTH_US_MAX, Interlocks
from firmware_model.sensed import Leaving
from scs.clock import Duration, Instant
from scs.domain.profile import find_profile, profile_ids
from scs.domain.program import Group
from scs.domain.status import Fault, Mode
from scs.wire.framing import Frame, FrameType, encode
from scs.wire.requests import ClearFault, GetImpedance, MeasureImpedance, Start
from scs.wire.responses import Done, ImpedanceResult
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id


def test_the_same_seed_and_bytes_give_the_same_trace() -> None:
    def trace() -> bytes:
        device = a_device(seed=7)
        device.receive(b"\0garbage\0")
        said = b""
        for n in range(1, 50):
            device.receive(encode(Frame(FrameType.STOP, 0, n)))
            device.step(Instant(n * 1_000))
            said += device.take_output()
        return said + repr(device.parts.electrodes.measure()).encode()

    assert trace() == trace()


@given(pieces=st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 3), st.integers(0, 3_000_000)), max_size=20))
def test_no_bytes_whatever_raise_or_start_therapy(pieces: list[tuple[bytes, int, int]]) -> None:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group())
    device = speaker.device
    for data, link, wait_us in pieces:
        device.receive(data, link)
        device.step(device.now + Duration(wait_us))
        device.take_output(link)
    assert device.parts.modes.mode is Mode.IDLE
    assert device.parts.stimulator.ledger.pulses == 0


@given(
    bodies=st.lists(
        st.tuples(st.binary(max_size=80), st.sampled_from([1, 4]), st.booleans(), st.integers(0, 2**32 - 1)),
        max_size=20,
    )
)
def test_no_body_in_a_good_frame_raises_or_starts_therapy(bodies: list[tuple[bytes, int, bool, int]]) -> None:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group())
    for body, kind, is_known, counter in bodies:
        session = speaker.session if is_known else counter % 65_536
        speaker.send(Frame(FrameType(kind), session, counter, body))
    assert speaker.device.parts.modes.mode is Mode.IDLE


def ungated(group: Group) -> Speaker:
    """The group runs although nobody judged it."""
    speaker = Speaker(a_device())
    Bench(speaker.device).bypass_gate()
    speaker.open()
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration.of_s(5))
    return speaker


@pytest.mark.hazard("H36")
@pytest.mark.req("FW-03", "FW-07")
@pytest.mark.parametrize(
    ("group", "fault"),
    [
        (
            a_group(a_program(amplitude_ua=30_000, ramp_us=0, shares={3: -1_000, 0: 1_000}, width_us=60)),
            Fault.OVER_CURRENT,
        ),
        (a_group(a_program(width_us=2_000)), Fault.OVER_WIDTH),
        (
            a_group(a_program(amplitude_ua=25_000, width_us=600, ramp_us=0, shares={3: -1_000, 0: 1_000})),
            Fault.OVER_CHARGE,
        ),
        (a_group(a_program(rate_mhz=45_000_000, width_us=5, amplitude_ua=500)), Fault.OVER_RATE),
    ],
)
def test_the_interlocks_stop_what_the_gate_let_pass(group: Group, fault: Fault) -> None:
    speaker = ungated(group)
    status = speaker.status()
    assert (status.mode, status.fault, status.delivered_ua) == (Mode.SAFE, fault, (0,))
    assert set(Bench(speaker.device).net_pc().values()) <= {0}
    pulses = status.pulses
    speaker.wait(Duration.of_s(10))
    assert speaker.status().pulses == pulses
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.FAULT_LATCHED
    speaker.ask(ClearFault(new_op_id()), Done)
    assert speaker.status().mode is Mode.IDLE


@pytest.mark.hazard("H05")
@pytest.mark.req("FW-05", "FW-07")
@pytest.mark.rule("charge-balance")
def test_a_recharge_that_leaves_charge_trips_within_two_microcoulombs() -> None:
    # 2 mA x 210 us at 1 kHz: the next pulse comes before the charge of the last has flowed back.
    speaker = ungated(a_group(a_program(rate_mhz=1_000_000, ratio=None, ramp_us=0)))
    assert speaker.status().fault is Fault.UNBALANCED
    bench = Bench(speaker.device)
    bench.jump(Duration.of_s(1))
    assert all(bench.passive_bound_pc(contact) <= 1 for contact in (3, 4, 7))


@pytest.mark.hazard("H05")
@pytest.mark.req("FW-05")
@pytest.mark.rule("charge-balance")
@settings(max_examples=60)
@given(
    amplitude=st.integers(1, 200),
    width=st.integers(1, 100),
    rate=st.integers(2, 1_200),
    ratio=st.none() | st.integers(1, 8),
    shares=st.sampled_from([{3: -1_000, 7: 1_000}, {3: -333, 4: -667, 0: 1_000}, {1: -1_000, 2: 500, 3: 500}]),
)
def test_the_interlocks_never_speak_about_what_the_gate_admits(
    amplitude: int, width: int, rate: int, ratio: int | None, shares: dict[int, int]
) -> None:
    group = a_group(
        a_program(
            amplitude_ua=amplitude * 50,
            width_us=width * 10,
            rate_mhz=rate * 1_000,
            ratio=ratio,
            shares=shares,
            ramp_us=0,
        )
    )
    speaker = Speaker(a_device())
    speaker.open()
    verdict = speaker.device.parts.judge(group)
    if verdict.blocking_rules:
        return
    speaker.write(group)
    speaker.start()
    speaker.device.step(speaker.device.now + Duration.of_s(30))
    assert speaker.device.parts.interlocks.fault is Fault.NONE
    assert speaker.device.parts.modes.mode is Mode.THERAPY


@pytest.mark.rule("lead-fault")
@pytest.mark.hazard("H26")
@pytest.mark.req("FW-35")
def test_a_broken_lead_is_found_by_measuring_and_then_refused() -> None:
    speaker = Speaker(a_device(seed=random.Random(3).randrange(100)))
    speaker.open()
    speaker.write(a_group())
    Bench(speaker.device).break_lead(3, Damage.OPEN)
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    speaker.wait(Duration.of_s(1))
    states = {contact: state.name for contact, _, state in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    assert states[3] == "OPEN"
    refused = speaker.refused(Start(new_op_id(), 0))
    assert (refused.reason, refused.rules) == (Reason.BLOCKED, ("lead-fault",))


def test_the_interlocks_and_the_profiles_tell_the_same_of_every_shipped_device() -> None:
    for profile_id in profile_ids():
        profile, limits = find_profile(profile_id), HARDWARE[profile_id]
        assert limits.total_ua == profile.total_current.max_ua, profile_id
        assert limits.contact_ua == profile.contact_current.max_ua, profile_id
        assert limits.phase_pc == profile.phase_charge.max_pc, profile_id
        assert profile.pulse_width.max_us <= WIDTH_US_MAX
        assert limits.total_ua <= WIDEST.total_ua


@pytest.mark.hazard("H05")
@pytest.mark.req("FW-05")
@pytest.mark.rule("charge-balance")
def test_a_current_of_one_microampere_may_stay_and_a_little_more_may_not() -> None:
    # A recharge at an eighth of 80 uA is 10 uA for 2 ms; with 8 uA it leaves 4 nC, as much as its rounding may.
    def leaves(period_us: int) -> int:
        interlocks = Interlocks(HARDWARE["reference"])
        leaving = Leaving(0, {1: 80, 2: -80}, 250, 0, {1: -8, 2: 8}, 2_000, 1, 0)
        for number in range(200_000):
            if not interlocks.admits(leaving, number * period_us):
                assert interlocks.fault is Fault.UNBALANCED
                return number
        return -1

    assert leaves(4_000) == -1
    tripped = leaves(3_000)
    # 1 uC above the steady microampere: 1000 pulses of 1 nC too much each.
    assert 990 <= tripped <= 1_001
