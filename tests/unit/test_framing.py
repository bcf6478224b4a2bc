"""The decoder: any bytes in, only good frames out, none lost, and never more memory than one frame."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from scs.errors import LocalProtocolError
from scs.wire.crc import crc32c
from scs.wire.framing import (
    BODY_MAX,
    BUFFER_MAX,
    Decoder,
    Direction,
    Frame,
    FrameType,
    RejectReason,
    encode,
)

FRAMES_TO_IMPLANT = st.builds(
    Frame,
    type=st.sampled_from([FrameType.REQUEST, FrameType.STOP]),
    session=st.integers(0, 2**16 - 1),
    counter=st.integers(0, 2**32 - 1),
    body=st.binary(max_size=BODY_MAX),
    flags=st.just(0),
)


DAMAGED = st.tuples(FRAMES_TO_IMPLANT, st.integers(0, 600), st.binary(max_size=3)).map(
    lambda drawn: encode(drawn[0])[: drawn[1]] + drawn[2] + encode(drawn[0])[drawn[1] + 1 :]
)
STREAMS = st.lists(st.one_of(st.binary(max_size=700), FRAMES_TO_IMPLANT.map(encode), DAMAGED), max_size=4).map(b"".join)
"""What a bad line delivers: noise, good frames, and frames in which a byte was lost, replaced or joined by others."""


def implant() -> Decoder:
    return Decoder(Direction.TO_IMPLANT)


def sealed(plain: bytes) -> bytes:
    """A frame around any header and body, with the right check, so that only what is inside can be wrong."""
    stuffed: bytes = cobs.encode(plain + crc32c(plain).to_bytes(4, "little"))
    return b"\0" + stuffed + b"\0"


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@given(frames=st.lists(FRAMES_TO_IMPLANT, max_size=4), cuts=st.lists(st.integers(0, 2500), max_size=8))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = implant()
    received = [frame for start, end in itertools.pairwise(places) for frame in decoder.receive(stream[start:end])]
    assert received == frames
    assert not decoder.rejects


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@given(
    garbage=st.lists(st.binary(max_size=700), min_size=3, max_size=3),
    frames=st.lists(FRAMES_TO_IMPLANT, min_size=2, max_size=2),
)
def test_no_good_frame_is_lost_behind_garbage(garbage: list[bytes], frames: list[Frame]) -> None:
    stream = garbage[0] + encode(frames[0]) + garbage[1] + encode(frames[1]) + garbage[2]
    received = implant().receive(stream)
    assert [frame for frame in received if frame in frames] == frames


@pytest.mark.hazard("H44")
@pytest.mark.hazard("H45")
@pytest.mark.req("LK-01", "LK-02")
@given(stream=STREAMS, cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_what_comes_out_does_not_depend_on_how_the_bytes_arrive(stream: bytes, cuts: list[int]) -> None:
    whole, single, cut = implant(), implant(), implant()
    frames = whole.receive(stream)
    places = [0, *sorted(min(place, len(stream)) for place in cuts), len(stream)]
    assert [frame for byte in stream for frame in single.receive(bytes([byte]))] == frames
    assert [frame for start, end in itertools.pairwise(places) for frame in cut.receive(stream[start:end])] == frames
    assert whole.rejects == single.rejects == cut.rejects
    assert whole.pending == single.pending == cut.pending


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@given(stream=STREAMS)
def test_every_piece_between_delimiters_is_a_frame_or_counted_as_none(stream: bytes) -> None:
    decoder = implant()
    frames = decoder.receive(stream)
    assert len(frames) + decoder.rejects.total() == sum(1 for piece in stream.split(b"\0")[:-1] if piece)


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@given(chunks=st.lists(STREAMS, max_size=6))
def test_any_bytes_leave_the_decoder_bounded(chunks: list[bytes]) -> None:
    decoder = implant()
    for chunk in chunks:
        decoder.receive(chunk)
        assert decoder.pending <= BUFFER_MAX


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@pytest.mark.parametrize(
    "chunk", [b"\x41" * 997, b"\x02\x41\x00" * 300, bytes(997)], ids=["one run", "rejects", "zeros"]
)
def test_long_noise_leaves_no_memory_behind(chunk: bytes) -> None:
    decoder = implant()
    decoder.receive(chunk)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(200):
            assert decoder.receive(chunk) == []
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4 * BUFFER_MAX


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
def test_a_stream_without_delimiters_is_forgotten_up_to_the_next_one() -> None:
    decoder = implant()
    good = Frame(FrameType.REQUEST, 1, 2, b"ok")
    for _ in range(100):
        assert decoder.receive(b"\x41" * 1000) == []
        assert decoder.pending <= BUFFER_MAX
    assert decoder.receive(encode(good)) == [good]
    assert decoder.rejects == {RejectReason.TOO_LONG: 1}


GOOD_HEADER = bytes([0x11, 0, 1, 0, 2, 0, 0, 0])

REJECTED = {
    "bad cobs": (b"\0\x05\x01\0", RejectReason.BAD_COBS),
    "too short": (b"\0" + cobs.encode(b"\x01" * 11) + b"\0", RejectReason.TOO_SHORT),
    "a body of one byte too many": (sealed(GOOD_HEADER + bytes(BODY_MAX + 1)), RejectReason.TOO_LONG),
    "wrong check": (b"\0" + cobs.encode(GOOD_HEADER + bytes(4)) + b"\0", RejectReason.BAD_CRC),
    "version 2": (sealed(bytes([0x21]) + GOOD_HEADER[1:]), RejectReason.VERSION),
    "version 0": (sealed(bytes([0x01]) + GOOD_HEADER[1:]), RejectReason.VERSION),
    "type 0": (sealed(bytes([0x10]) + GOOD_HEADER[1:]), RejectReason.TYPE),
    "type 7": (sealed(bytes([0x17]) + GOOD_HEADER[1:]), RejectReason.TYPE),
    "type 12": (sealed(bytes([0x1C]) + GOOD_HEADER[1:]), RejectReason.TYPE),
    "a flag": (sealed(bytes([0x11, 1]) + GOOD_HEADER[2:]), RejectReason.FLAGS),
    "the highest flag": (sealed(bytes([0x11, 0x80]) + GOOD_HEADER[2:]), RejectReason.FLAGS),
    "a response to an implant": (sealed(bytes([0x12]) + GOOD_HEADER[1:]), RejectReason.DIRECTION),
}


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize(("stream", "reason"), REJECTED.values(), ids=REJECTED)
def test_what_is_no_frame_is_counted_by_its_reason(stream: bytes, reason: RejectReason) -> None:
    decoder = implant()
    assert decoder.receive(stream) == []
    assert decoder.rejects == {reason: 1}


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
def test_a_second_encoding_of_the_same_frame_is_refused() -> None:
    """COBS decoders take a needless empty group after 254 bytes that are not zero; a frame has one encoding here."""
    header = bytes([0x11, 0, 1, 1, 2, 1, 1, 1])
    bodies = (bytes([value]) * 244 for value in range(1, 256))
    plain = next(header + body for body in bodies if 0 not in crc32c(header + body).to_bytes(4, "little"))
    canonical = sealed(plain)
    assert len(implant().receive(canonical)) == 1
    decoder = implant()
    assert decoder.receive(canonical[:-1] + b"\x01\0") == []
    assert decoder.rejects == {RejectReason.NON_CANONICAL: 1}


@pytest.mark.parametrize(
    "frame",
    [
        Frame(FrameType.REQUEST, 1, 1, bytes(BODY_MAX + 1)),
        Frame(FrameType.REQUEST, 2**16, 1),
        Frame(FrameType.REQUEST, 1, 2**32),
        Frame(FrameType.REQUEST, -1, 1),
        Frame(FrameType.REQUEST, 1, 1, flags=1),
        # Without a check these two would leave as STOP and as a frame of version 2.
        Frame(20, 1, 1),  # type: ignore[arg-type]
        Frame(0x31, 1, 1),  # type: ignore[arg-type]
    ],
    ids=["body", "session", "counter", "negative", "flag", "type 20", "type 49"],
)
def test_a_frame_that_does_not_fit_is_our_own_mistake(frame: Frame) -> None:
    with pytest.raises(LocalProtocolError):
        encode(frame)


@pytest.mark.hazard("H44")
@pytest.mark.req("LK-01")
@pytest.mark.parametrize("frame_type", FrameType)
@pytest.mark.parametrize("direction", Direction)
def test_a_frame_is_heard_at_its_destination_and_never_where_it_came_from(
    frame_type: FrameType, direction: Direction
) -> None:
    frame = Frame(frame_type, 1, 2, b"body")
    decoder = Decoder(direction)
    is_for_us = frame_type.direction is direction
    assert decoder.receive(encode(frame)) == ([frame] if is_for_us else [])
    assert decoder.rejects == ({} if is_for_us else {RejectReason.DIRECTION: 1})


def test_types_travel_the_way_that_the_protocol_says() -> None:
    to_implant = {frame_type.value for frame_type in FrameType if frame_type.direction is Direction.TO_IMPLANT}
    assert to_implant == {1, 4, 8, 10}
    assert {frame_type.value for frame_type in FrameType} == {1, 2, 3, 4, 5, 8, 9, 10, 11}
