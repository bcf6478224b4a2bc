"""A trace goes into text and comes back; what is no trace is refused with its line; frames are said in words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmer_tui.presentation_trace import event_details, event_line, header_text
from scs.errors import BadFile
from scs.wire.codec import encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.requests import Start
from scs.wire.trace import Kind, Trace, TraceEvent, TraceHeader, parse_trace, trace_text
from scs.wire.words import wire_words

HEADER = '{"format": "scs-trace/1", "seed": 7, "check": "stop-zero"}'
WIRE_KINDS: tuple[Kind, ...] = ("to-implant", "from-implant")
START = encode(Frame(FrameType.REQUEST, 3, 5, encode_message(Start(1_001, 0))))

texts = st.text(max_size=30)
events = st.one_of(
    st.builds(TraceEvent, st.just(0), st.sampled_from(WIRE_KINDS), st.integers(0, 5), st.binary(max_size=60)),
    st.builds(lambda said: TraceEvent(0, "note", text=said), texts),
    st.builds(
        lambda said, there: TraceEvent(0, "bench", text=said, arguments=there),
        texts,
        st.dictionaries(texts, st.integers() | texts, max_size=3),
    ),
)
headers = st.builds(TraceHeader, st.integers(0), texts, texts, texts, texts, texts, texts)


@given(headers, st.lists(events, max_size=8))
def test_a_trace_comes_back_as_it_was(header: TraceHeader, happened: list[TraceEvent]) -> None:
    trace = Trace(header, tuple(happened))
    assert parse_trace("t", trace_text(trace)) == trace


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("{", "line 1 is no JSON"),
        ("[]", "line 1 is no JSON object"),
        ('{"format": "scs-trace/2"}', 'does not say "format": "scs-trace/1"'),
        ('{"format": "scs-trace/1", "colour": "red"}', "colour is unknown"),
        ('{"format": "scs-trace/1", "seed": "7"}', "seed is no int"),
        (HEADER + '\n{"at_us": 1, "kind": "shout"}', "line 2: 'shout' is no kind of event"),
        (HEADER + '\n{"at_us": -1, "kind": "note"}', "line 2: at_us is -1"),
        (HEADER + '\n{"at_us": true, "kind": "note"}', "line 2: at_us is True"),
        (HEADER + '\n{"at_us": 1, "kind": "note", "hex": "00"}', "line 2: hex is unknown"),
        (HEADER + '\n{"at_us": 1, "kind": "to-implant", "hex": "0g"}', "line 2: hex is missing or holds no bytes"),
        (HEADER + '\n{"at_us": 1, "kind": "to-implant"}', "line 2: hex is missing"),
        (HEADER + '\n{"at_us": 2, "kind": "note"}\n{"at_us": 1, "kind": "note"}', "line 3: 1 us lies before 2 us"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_trace("some.trace", text)
    assert words in str(caught.value)
    assert "some.trace" in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_trace_or_refused(text: str) -> None:
    for whole in (text, HEADER + "\n" + text):
        with contextlib.suppress(BadFile):
            assert parse_trace("t", whole).events == ()


def test_a_frame_is_said_with_its_message_and_fields() -> None:
    assert wire_words(START, Direction.TO_IMPLANT) == ["REQUEST session 3 #5 Start op_id=1001 slot=0"]


def test_what_is_no_frame_is_said_with_the_reason() -> None:
    damaged = bytearray(START)
    damaged[6] ^= 1
    assert wire_words(bytes(damaged), Direction.TO_IMPLANT) == ["1 x no frame: bad-crc"]
    assert wire_words(START[:-3], Direction.TO_IMPLANT) == [f"{len(START) - 4} bytes without an end"]
    assert wire_words(START, Direction.TO_PROGRAMMER) == ["1 x no frame: direction"]


@given(st.binary(max_size=80), st.sampled_from(Direction))
def test_any_bytes_can_be_said(data: bytes, direction: Direction) -> None:
    assert all("\n" not in line for line in wire_words(data, direction))


def test_a_line_and_the_details_say_the_same_event() -> None:
    event = TraceEvent(1_500_000, "to-implant", link=2, data=START)
    assert event_line(event) == "    1.500000 -> 2 REQUEST session 3 #5 Start op_id=1001 slot=0"
    assert "op_id=1001\nslot=0" in event_details(event)
    assert START.hex() in event_details(event).replace("\n", "")


def test_the_header_says_what_failed() -> None:
    header = TraceHeader(7, check="stop-zero", requirement="FW-31", sentence="After STOP, 1.2 mA still left E3.")
    said = header_text(Trace(header, (TraceEvent(2_000_000, "note", text="over"),)))
    assert said.splitlines()[0] == "stop-zero, FW-31: After STOP, 1.2 mA still left E3."
    assert "1 events in 2.000000 s" in said
    assert "seed 7" in said
