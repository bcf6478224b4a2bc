"""The programmer's session alone: what leaves it and when, with answers written by hand."""

from __future__ import annotations

from random import Random

import pytest

from scs.clock import Duration, Instant
from scs.domain.status import Fault, LogKind, Mode, TherapyState
from scs.errors import LocalProtocolError
from scs.programmer.events import (
    Answered,
    Event,
    LinkSilent,
    NoticeArrived,
    RequestAbandoned,
    RequestRefused,
    SessionForgotten,
    SessionReady,
    StatusHeard,
    StopAcknowledged,
    StopPressed,
    StopUnanswered,
    WrongImplant,
)
from scs.programmer.session import GIVE_UP, HEARTBEAT, Session, State
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.requests import Close, GetLog, GetLogParts, GetStatus, Identify, Open, SetAmplitude, Start
from scs.wire.responses import Done, Identity, LogPart, Opened, RefusedReply, Status, Stopped
from scs.wire.terms import Reason, Role

NOW = Instant(5_000_000)
IDENTITY = Identity("SN-1", "model", "1.0", "reference", "default", 8, 8, ())
STATUS = Status(
    1, Mode.IDLE, TherapyState.OFF, 0, 0, (), (), False, Fault.NONE, 900, 3_900, 0, 0, 0, Role.WRITER
)  # fmt: skip


def frames_of(data: bytes) -> list[Frame]:
    return Decoder(Direction.TO_IMPLANT).receive(data)


def said(session: Session) -> list[Message]:
    """What the session wants written, as messages."""
    return [
        decode_message(frame.body, Direction.TO_IMPLANT)
        for frame in frames_of(session.take_output())
        if frame.type is FrameType.REQUEST
    ]


def tell(session: Session, message: Message, counter: int, now: Instant, number: int = 9) -> None:
    """Give the session an implant's answer."""
    session.receive(encode(Frame(FrameType.RESPONSE, number, counter, encode_message(message))))
    session.poll(now)


def events_of(session: Session) -> list[Event]:
    events = []
    while (event := session.next_event()) is not None:
        events.append(event)
    return events


def opened(expect_serial: str | None = None) -> Session:
    """A session that is ready; its next request has counter 2."""
    session = Session(Random(1), expect_serial=expect_serial)
    session.open(NOW)
    (request,) = said(session)
    assert isinstance(request, Open)
    tell(session, Opened(request.nonce, 9, Role.WRITER, 2_000), 0, NOW, number=0)
    said(session)
    tell(session, IDENTITY, 1, NOW)
    return session


def test_a_session_is_ready_only_when_the_implant_has_said_who_it_is() -> None:
    session = opened()
    assert events_of(session) == [SessionReady(9, Role.WRITER, Duration.of_ms(2_000), IDENTITY)]
    assert session.state is State.READY


@pytest.mark.hazard("H12")
@pytest.mark.req("PR-02")
def test_another_implant_is_turned_away_with_nothing_but_a_farewell() -> None:
    session = opened(expect_serial="SN-2")
    assert events_of(session) == [WrongImplant("SN-2", "SN-1")]
    assert said(session) == [Close()]
    with pytest.raises(LocalProtocolError):
        session.request(Start(1, 0), NOW)


def test_the_first_implant_stays_the_expected_one_after_a_change_of_cables() -> None:
    session = opened()
    session.open(NOW)
    (request,) = said(session)
    assert isinstance(request, Open)
    tell(session, Opened(request.nonce, 4, Role.WRITER, 2_000), 0, NOW, number=0)
    tell(session, Identity("SN-3", "model", "1.0", "reference", "default", 8, 8, ()), 1, NOW, number=4)
    assert events_of(session)[-1] == WrongImplant("SN-1", "SN-3")


def test_an_open_of_somebody_else_is_not_taken_for_ours() -> None:
    session = Session(Random(1))
    session.open(NOW)
    tell(session, Opened(12345, 9, Role.WRITER, 2_000), 0, NOW, number=0)
    assert session.state is State.OPENING


@pytest.mark.hazard("H15")
@pytest.mark.req("LK-03")
def test_a_request_is_sent_again_as_identical_bytes_until_it_is_given_up() -> None:
    session = opened()
    events_of(session)
    session.request(GetLog(0), NOW)
    first = session.take_output()
    sent_at = []
    for ms in range(1, 4_100):
        now = NOW + Duration.of_ms(ms)
        session.poll(now)
        if output := session.take_output():
            assert output == first
            sent_at.append(ms)
    assert sent_at == [250, 750, 1_750, 2_750, 3_750]
    assert events_of(session) == [LinkSilent(GetLog(0), GIVE_UP)]
    assert session.state is State.CLOSED


def test_a_second_request_before_the_answer_is_our_own_mistake() -> None:
    session = opened()
    session.request(GetStatus(), NOW)
    with pytest.raises(LocalProtocolError, match="one request"):
        session.request(GetStatus(), NOW)


@pytest.mark.hazard("H16")
@pytest.mark.req("LK-03")
def test_answers_with_another_counter_or_session_are_not_taken() -> None:
    session = opened()
    events_of(session)
    session.request(Start(77, 0), NOW)
    tell(session, Done(77), 1, NOW)
    tell(session, Done(77), 2, NOW, number=8)
    assert events_of(session) == []
    tell(session, Done(77), 2, NOW)
    tell(session, Done(77), 2, NOW)
    assert events_of(session) == [Answered(Start(77, 0), Done(77))]


def test_a_refusal_closes_the_request_and_not_the_session() -> None:
    session = opened()
    events_of(session)
    session.request(Start(77, 0), NOW)
    reply = RefusedReply(8, Reason.EMPTY_SLOT, (), "slot 0 holds no group")
    tell(session, reply, 2, NOW)
    assert events_of(session) == [RequestRefused(Start(77, 0), reply)]
    session.request(GetStatus(), NOW)


def test_a_session_that_the_implant_forgot_is_closed() -> None:
    session = opened()
    events_of(session)
    session.request(Start(77, 0), NOW)
    tell(session, RefusedReply(8, Reason.NO_SESSION, (), ""), 2, NOW)
    assert events_of(session) == [SessionForgotten(Start(77, 0))]
    assert session.state is State.CLOSED


def test_a_late_refusal_of_a_former_session_does_not_refuse_the_opening_of_the_next_one() -> None:
    """Found by the search of commits: the power went, a repeat was refused twice, and the second one came late."""
    session = opened()
    session.open(NOW)
    (request,) = said(session)
    assert isinstance(request, Open)
    tell(session, RefusedReply(2, Reason.NO_SESSION, (), "session 9 is not known; open one"), 1, NOW)
    assert not events_of(session)[1:]
    tell(session, Opened(request.nonce, 4, Role.WRITER, 2_000), 0, NOW, number=0)
    assert said(session) == [Identify()]


def test_a_heartbeat_goes_out_when_nothing_was_said_for_half_a_second() -> None:
    session = opened()
    events_of(session)
    session.heartbeat = HEARTBEAT
    assert session.next_due() == NOW + HEARTBEAT
    session.poll(NOW + HEARTBEAT)
    assert said(session) == [GetStatus()]
    session.request(GetLog(0), NOW + HEARTBEAT)
    assert said(session) == []
    tell(session, STATUS, 2, NOW + HEARTBEAT)
    assert events_of(session) == [StatusHeard(STATUS)]
    assert said(session) == [GetLog(0)]


def test_a_notice_is_passed_on_and_one_of_another_session_is_not() -> None:
    session = opened()
    events_of(session)
    for number in (8, 9):
        session.receive(encode(Frame(FrameType.NOTICE, number, 0, encode_message(STATUS))))
        session.poll(NOW)
    assert events_of(session) == [NoticeArrived(STATUS)]


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_leaves_before_a_request_that_was_queued_first() -> None:
    session = opened()
    session.request(GetLog(0), NOW)
    session.stop(NOW)
    assert [frame.type for frame in frames_of(session.take_output())] == [FrameType.STOP, FrameType.REQUEST]


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_is_sent_every_fifty_milliseconds_until_it_is_answered() -> None:
    session = Session(Random(1))
    session.stop(NOW)
    first = session.take_output()
    sent_at = []
    for ms in range(1, 1_201):
        session.poll(NOW + Duration.of_ms(ms))
        if output := session.take_output():
            assert output == first
            sent_at.append(ms)
    assert sent_at == list(range(50, 1_201, 50))
    assert events_of(session) == [StopPressed(), StopUnanswered(Duration.of_ms(1_000))]
    (frame,) = frames_of(first)
    session.receive(encode(Frame(FrameType.STOPPED, 0, frame.counter, encode_message(Stopped(42)))))
    session.poll(NOW + Duration.of_ms(1_210))
    assert events_of(session) == [StopAcknowledged(42)]
    session.poll(NOW + Duration.of_s(9))
    assert session.take_output() == b""


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_an_answer_to_an_earlier_stop_does_not_answer_a_later_one() -> None:
    session = Session(Random(1))
    session.stop(NOW)
    (first,) = frames_of(session.take_output())
    answer = encode(Frame(FrameType.STOPPED, 0, first.counter, encode_message(Stopped(42))))
    session.receive(answer)
    session.poll(NOW)
    session.stop(NOW)
    session.receive(answer)
    session.poll(NOW)
    assert session.is_stopping


@pytest.mark.hazard("H15")
@pytest.mark.hazard("H38")
@pytest.mark.req("LK-03", "PR-06")
@pytest.mark.parametrize("request_that_raises", [Start(5, 0), SetAmplitude(5, 0, 3_000, ())])
def test_what_could_raise_the_output_is_not_sent_again_after_stop(request_that_raises: Start | SetAmplitude) -> None:
    session = opened()
    events_of(session)
    session.request(request_that_raises, NOW)
    session.take_output()
    session.stop(NOW)
    assert events_of(session) == [RequestAbandoned(request_that_raises), StopPressed()]
    for ms in range(0, 5_000, 50):
        session.poll(NOW + Duration.of_ms(ms))
        assert said(session) == []


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_nothing_that_raises_the_output_is_taken_while_stop_waits() -> None:
    session = opened()
    session.stop(NOW)
    with pytest.raises(LocalProtocolError, match="STOP"):
        session.request(Start(1, 0), NOW)


def test_stop_does_not_disturb_a_request_that_only_reads() -> None:
    session = opened()
    session.request(GetLog(0), NOW)
    session.take_output()
    session.stop(NOW)
    session.take_output()
    session.poll(NOW + Duration.of_ms(250))
    types = [frame.type for frame in frames_of(session.take_output())]
    assert types == [FrameType.STOP, FrameType.REQUEST]


def a_part(number: int, of: int) -> LogPart:
    return LogPart(number, of, 1, 9, ((number + 1, 10, LogKind.POWER_ON, "on"),))


def test_an_answer_in_parts_is_told_once_all_are_there_in_whatever_order_and_however_often_they_come() -> None:
    session = opened()
    events_of(session)
    session.request(GetLogParts(0, 3), NOW)
    said(session)
    for number in (2, 0, 2, 0):
        tell(session, a_part(number, 3), 2, NOW)
        assert events_of(session) == []
    tell(session, a_part(1, 3), 2, NOW + Duration.of_ms(70))
    assert events_of(session) == [Answered(GetLogParts(0, 3), a_part(2, 3), (a_part(0, 3), a_part(1, 3)))]
    assert session.took == Duration.of_ms(70)


def test_while_parts_come_nothing_is_asked_again_and_when_they_stop_it_is() -> None:
    session = opened()
    session.request(GetLogParts(0, 4), NOW)
    said(session)
    for number in (0, 1):
        tell(session, a_part(number, 4), 2, NOW + Duration.of_ms(200 * (number + 1)))
        assert said(session) == []
    session.poll(NOW + Duration.of_ms(649))
    assert said(session) == []
    session.poll(NOW + Duration.of_ms(650))
    assert said(session) == [GetLogParts(0, 4)]


def test_parts_that_cannot_be_are_no_answer() -> None:
    session = opened()
    events_of(session)
    session.request(GetLogParts(0, 4), NOW)
    for part in (a_part(0, 0), a_part(3, 3), a_part(0, 6), a_part(200, 201)):
        tell(session, part, 2, NOW)
    assert events_of(session) == []


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
def test_garbage_is_no_event_and_no_exception() -> None:
    session = opened()
    events_of(session)
    session.request(GetStatus(), NOW)
    chance = Random(3)
    for _ in range(200):
        session.receive(chance.randbytes(chance.randrange(40)))
        session.receive(encode(Frame(FrameType.RESPONSE, 9, 2, chance.randbytes(20))))
        session.poll(NOW)
    assert events_of(session) == []
    tell(session, STATUS, 2, NOW)
    assert events_of(session) == [Answered(GetStatus(), STATUS)]
