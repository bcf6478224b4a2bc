"""Raw frames to a real implant: roles, leases, repeats, refusals, and STOP before everything else."""

from __future__ import annotations

import pytest

from scs.clock import Duration
from scs.domain.status import LogKind, Mode, TherapyState
from scs.wire.codec import encode_message
from scs.wire.framing import Frame, FrameType, encode
from scs.wire.prescription import decode_group, digest, encode_group
from scs.wire.requests import (
    ClearFault,
    Close,
    GetImpedance,
    GetLog,
    GetStatus,
    Identify,
    MeasureImpedance,
    Read,
    SetAmplitude,
    SoftStop,
    Stage,
    Start,
    Watch,
)
from scs.wire.responses import Chunk, Done, Identity, ImpedanceResult, LogNotice, LogPage, RefusedReply, Status, Stopped
from scs.wire.terms import ImpedanceState, Object, Reason, Role
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, message, new_op_id, only


@pytest.fixture
def speaker() -> Speaker:
    opened = Speaker(a_device())
    opened.open()
    return opened


def running(speaker: Speaker) -> Speaker:
    speaker.write(a_group())
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    assert speaker.status().therapy is TherapyState.ON
    return speaker


@pytest.mark.hazard("H32")
@pytest.mark.req("FW-36")
def test_the_second_programmer_may_read_and_not_write(speaker: Speaker) -> None:
    second = Speaker(speaker.device, link=1)
    assert second.open().role is Role.READER
    assert second.status().role is Role.READER
    assert second.refused(SoftStop(new_op_id())).reason is Reason.NOT_WRITER


def test_the_right_to_write_is_free_after_two_silent_seconds(speaker: Speaker) -> None:
    second = Speaker(speaker.device, link=1)
    speaker.wait(Duration.of_ms(1_999))
    assert second.open().role is Role.READER
    speaker.wait(Duration.of_ms(1))
    assert Speaker(speaker.device, link=2).open().role is Role.WRITER
    assert speaker.status().role is Role.READER


def test_the_right_to_write_is_free_after_close(speaker: Speaker) -> None:
    speaker.ask(Close(), Done)
    assert Speaker(speaker.device, link=1).open().role is Role.WRITER
    assert speaker.refused(GetStatus()).reason is Reason.NO_SESSION


@pytest.mark.hazard("H32")
@pytest.mark.req("LK-05")
def test_a_commit_on_a_generation_that_has_moved_on_is_refused(speaker: Speaker) -> None:
    staged = speaker.stage(a_group())
    stale = speaker.commit_of(staged)
    speaker.write(a_group(a_program(amplitude_ua=1_000)), slot=1)
    speaker.stage(a_group())
    assert speaker.refused(stale).reason is Reason.STALE_GENERATION
    assert speaker.status().generation == 1


def test_a_commit_with_another_digest_is_refused(speaker: Speaker) -> None:
    staged = speaker.stage(a_group())
    order = speaker.commit_of(staged)
    wrong = type(order)(order.op_id, 0, order.base_generation, bytes(32), ())
    assert speaker.refused(wrong).reason is Reason.DIGEST_MISMATCH


def test_a_group_that_arrives_damaged_is_refused(speaker: Speaker) -> None:
    data = encode_group(a_group())
    answer = speaker.refused(Stage(0, 0, len(data), bytes(32), data[:384]))
    assert answer.reason is Reason.DIGEST_MISMATCH


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
def test_what_a_rule_blocks_is_refused_when_it_is_staged(speaker: Speaker) -> None:
    data = encode_group(a_group(a_program(amplitude_ua=25_500, width_us=1_000)))
    refused = speaker.refused(Stage(0, 0, len(data), digest(data), data))
    assert refused.reason is Reason.BLOCKED
    assert "charge-density" in refused.rules or "phase-charge" in refused.rules


@pytest.mark.rule("charge-density")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
def test_what_must_be_acknowledged_is_refused_until_the_commit_names_it(speaker: Speaker) -> None:
    dense = a_group(a_program(amplitude_ua=10_000, width_us=500, shares={3: -1_000, 7: 1_000}))
    staged = speaker.stage(dense)
    assert "charge-density" in staged.must_acknowledge
    refused = speaker.refused(speaker.commit_of(staged))
    assert (refused.reason, "charge-density" in refused.rules) == (Reason.MUST_ACKNOWLEDGE, True)
    speaker.write(dense)
    details = [d for _, _, kind, d in speaker.ask(GetLog(0), LogPage).entries if kind is LogKind.RULES_ACKNOWLEDGED]
    assert any("charge-density" in detail for detail in details)


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
def test_an_amplitude_that_is_tried_is_judged_like_a_group(speaker: Speaker) -> None:
    running(speaker)
    assert speaker.refused(SetAmplitude(new_op_id(), 0, 25_600, ())).reason is Reason.BLOCKED
    assert speaker.refused(SetAmplitude(new_op_id(), 0, 2_001, ())).reason is Reason.BLOCKED
    assert speaker.refused(SetAmplitude(new_op_id(), 1, 2_000, ())).reason is Reason.OUT_OF_RANGE
    assert speaker.status().targets_ua == (2_000,)


def test_a_commit_of_other_amplitudes_takes_effect_at_once(speaker: Speaker) -> None:
    running(speaker)
    speaker.write(a_group(a_program(amplitude_ua=2_200)))
    status = speaker.keep_alive(Duration.of_s(2))
    assert (status.therapy, status.delivered_ua, status.trial) == (TherapyState.ON, (2_200,), False)


def test_a_commit_of_another_form_soft_stops_the_running_group(speaker: Speaker) -> None:
    running(speaker)
    speaker.write(a_group(a_program(width_us=300)))
    assert speaker.status().therapy is TherapyState.RAMPING_DOWN
    assert speaker.keep_alive(Duration.of_s(3)).mode is Mode.IDLE


@pytest.mark.hazard("H38")
@pytest.mark.req("FW-31")
def test_a_stop_overtakes_everything_that_is_queued_on_every_link(speaker: Speaker) -> None:
    running(speaker)
    other = Speaker(speaker.device, link=1)
    queued = [encode(speaker.request(SetAmplitude(new_op_id(), 0, 3_000, ())))]
    queued += [encode(speaker.request(Start(new_op_id(), 0)))]
    for data in queued:
        speaker.device.receive(data, 0)
    frames = other.send(Frame(FrameType.STOP, 0, 9))
    assert [(f.type, f.counter) for f in frames] == [(FrameType.STOPPED, 9)]
    assert only(frames, Stopped).at_us == speaker.device.now.us
    answers = [message(frame) for frame in speaker.listen()]
    assert [a.reason for a in answers if isinstance(a, RefusedReply)] == [Reason.WRONG_MODE] * 2
    pulses = speaker.status().pulses
    speaker.wait(Duration.of_s(5))
    status = speaker.status()
    assert (status.mode, status.delivered_ua, status.pulses) == (Mode.IDLE, (0,), pulses)


@pytest.mark.hazard("H38")
@pytest.mark.req("FW-31")
def test_a_stop_is_answered_in_every_mode_without_a_session() -> None:
    stranger = Speaker(a_device())
    assert [f.type for f in stranger.stop()] == [FrameType.STOPPED]
    measuring = Speaker(a_device())
    measuring.open()
    measuring.ask(MeasureImpedance(new_op_id()), Done)
    assert [f.type for f in measuring.stop()] == [FrameType.STOPPED]
    assert measuring.status().mode is Mode.UNPROGRAMMED


def test_a_trial_ends_softly_when_the_lease_does_and_what_is_committed_stays(speaker: Speaker) -> None:
    running(speaker)
    speaker.ask(SetAmplitude(new_op_id(), 0, 2_500, ()), Done)
    assert speaker.status().trial
    speaker.wait(Duration.of_ms(2_000))
    assert speaker.device.parts.therapy.state is TherapyState.RAMPING_DOWN
    speaker.wait(Duration.of_s(3))
    status = speaker.status()
    assert (status.mode, status.trial, status.generation) == (Mode.IDLE, False, 1)
    kinds = [kind for _, _, kind, _ in speaker.ask(GetLog(0), LogPage).entries]
    assert LogKind.LEASE_EXPIRED in kinds
    speaker.start()
    assert speaker.keep_alive(Duration.of_s(3)).delivered_ua == (2_000,)


def test_committed_therapy_outlives_its_programmer(speaker: Speaker) -> None:
    running(speaker)
    speaker.wait(Duration.of_s(3_600))
    second = Speaker(speaker.device, link=1)
    second.open()
    assert second.status().therapy is TherapyState.ON


@pytest.mark.hazard("H16")
@pytest.mark.req("LK-03")
def test_a_repeated_frame_gets_the_same_bytes_and_is_not_done_twice(speaker: Speaker) -> None:
    running(speaker)
    frame = speaker.request(SetAmplitude(new_op_id(), 0, 2_500, ()))
    first = speaker.send(frame)
    speaker.ask(SetAmplitude(new_op_id(), 0, 1_000, ()), Done)
    assert speaker.send(frame) == []
    last = speaker.request(SetAmplitude(new_op_id(), 0, 1_500, ()))
    assert speaker.send(last) == speaker.send(last)
    assert [f.type for f in first] == [FrameType.RESPONSE]
    assert speaker.status().targets_ua == (1_500,)


@pytest.mark.hazard("H15")
@pytest.mark.req("LK-04")
def test_a_repeated_operation_in_another_session_is_answered_and_not_repeated(speaker: Speaker) -> None:
    running(speaker)
    order = SetAmplitude(new_op_id(), 0, 2_500, ())
    speaker.ask(order, Done)
    speaker.stop()
    second = Speaker(speaker.device, link=1)
    second.open()
    assert second.ask(order, Done) == Done(order.op_id)
    assert second.status().therapy is TherapyState.OFF


def test_a_repeated_open_gives_the_same_session(speaker: Speaker) -> None:
    from scs.wire.requests import Open
    from scs.wire.responses import Opened

    stranger = Speaker(speaker.device, link=1)
    frame = Frame(FrameType.REQUEST, 0, 0, encode_message(Open(123_456, Role.READER)))
    first, again = stranger.send(frame), stranger.send(frame)
    assert only(first, Opened) == only(again, Opened)
    assert len(speaker.device.links.sessions) == 2


def test_sixty_silent_seconds_end_a_session(speaker: Speaker) -> None:
    speaker.wait(Duration.of_s(60))
    assert speaker.refused(Identify()).reason is Reason.NO_SESSION


def test_a_malformed_request_of_a_known_session_is_refused_and_the_session_goes_on(speaker: Speaker) -> None:
    speaker.counter += 1
    frames = speaker.send(Frame(FrameType.REQUEST, speaker.session, speaker.counter, b"\xff\x00"))
    assert only(frames, RefusedReply).reason is Reason.MALFORMED
    assert speaker.ask(Identify(), Identity).serial == "SCS-000001"


@pytest.mark.parametrize("garbage", [b"\0\0\0", b"\x01" * 700, b"\0\x05abc", bytes(range(256)) * 5])
def test_garbage_before_and_between_frames_costs_no_frame(speaker: Speaker, garbage: bytes) -> None:
    for _ in range(3):
        frame = encode(speaker.request(Identify()))
        speaker.device.receive(garbage + frame + garbage, 0)
        assert only(speaker.listen(), Identity).contacts == 16


def test_a_frame_that_is_cut_short_costs_itself_only(speaker: Speaker) -> None:
    cut = encode(speaker.request(Identify()))[:-3]
    speaker.counter -= 1
    speaker.device.receive(cut, 0)
    assert speaker.ask(Identify(), Identity).contacts == 16


def test_impedance_is_measured_while_therapy_is_off(speaker: Speaker) -> None:
    assert speaker.ask(GetImpedance(), ImpedanceResult).state is ImpedanceState.NEVER
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    assert speaker.refused(MeasureImpedance(new_op_id())).reason is Reason.BUSY
    assert speaker.ask(GetImpedance(), ImpedanceResult).state is ImpedanceState.MEASURING
    speaker.wait(Duration.of_ms(500))
    result = speaker.ask(GetImpedance(), ImpedanceResult)
    assert (result.state, len(result.contacts)) == (ImpedanceState.READY, 16)
    running(speaker)
    assert speaker.refused(MeasureImpedance(new_op_id())).reason is Reason.WRONG_MODE


def test_a_group_is_read_back_as_it_was_written(speaker: Speaker) -> None:
    group = a_group(*(a_program(f"Program number {n}", rate_mhz=10_000 + n, patient=None) for n in range(4)))
    rates_ok = a_group(*(a_program(f"Program number {n}", rate_mhz=10_000 + 1_000 * n) for n in range(4)))
    assert group != rates_ok
    speaker.write(rates_ok, slot=3)
    first = speaker.ask(Read(Object.GROUP, 3, 0), Chunk)
    data = first.data
    while len(data) < first.total:
        data += speaker.ask(Read(Object.GROUP, 3, len(data)), Chunk).data
    assert decode_group(data) == rates_ok
    assert digest(data) == first.digest
    assert speaker.refused(Read(Object.GROUP, 4, 0)).reason is Reason.EMPTY_SLOT


def test_who_watches_is_told_at_the_period_and_of_each_log_entry(speaker: Speaker) -> None:
    speaker.ask(Watch(100), Done)
    speaker.heard.clear()
    speaker.wait(Duration.of_s(1))
    notices = [message(f) for f in speaker.heard if f.type is FrameType.NOTICE]
    assert [type(n) for n in notices] == [Status] * 10
    speaker.write(a_group())
    told = [message(f) for f in speaker.heard if f.type is FrameType.NOTICE]
    assert any(isinstance(n, LogNotice) and n.kind is LogKind.GROUP_COMMITTED for n in told)


def test_clearing_no_fault_is_refused(speaker: Speaker) -> None:
    assert speaker.refused(ClearFault(new_op_id())).reason is Reason.WRONG_MODE
