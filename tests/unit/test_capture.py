"""A capture is cut into packets that lose nothing, and stands in a file that others can read, whole or cut short."""

from __future__ import annotations

import struct
from io import BytesIO
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.errors import BadFile
from scs.wire import pcapng
from scs.wire.capture import RUN_MAX, Cutter, Packet, Splitter, packets_of, trace_of
from scs.wire.framing import Direction
from scs.wire.trace import TraceHeader, parse_trace, trace_text
from tests.support.captures import a_conversation, capture_of, packets

TO_IMPLANT, TO_PROGRAMMER = Direction.TO_IMPLANT, Direction.TO_PROGRAMMER
SAID = packets((TO_IMPLANT, b"\0\x02\x01\0"), (TO_PROGRAMMER, b"\x55"))


def read(data: bytes) -> list[Packet]:
    return list(pcapng.Reader("link.pcapng", BytesIO(data).read).packets())


@given(st.lists(st.binary(max_size=40) | st.just(b"\0") | st.just(b"\0\x02\x05\0"), max_size=12))
def test_the_packets_one_after_the_other_are_the_bytes_that_passed(reads: list[bytes]) -> None:
    splitter = Splitter()
    runs = [run for data in reads for run in splitter.take(data)]
    assert all(run[-1] == 0 and run.strip(b"\0") and 0 not in run.strip(b"\0") for run in runs)
    assert b"".join(runs) + splitter.rest() == b"".join(reads)


@pytest.mark.parametrize("pieces", [1, 3, 100])
def test_a_frame_has_both_its_delimiters_and_noise_before_it_is_a_packet_of_its_own(pieces: int) -> None:
    data = b"\x55\x56\0" + b"\0\x02\x01\0" + b"\0\x02\x02\0" + b"\x03"
    splitter = Splitter()
    runs = [run for start in range(0, len(data), pieces) for run in splitter.take(data[start : start + pieces])]
    assert runs == [b"\x55\x56\0", b"\0\x02\x01\0", b"\0\x02\x02\0"]
    assert splitter.rest() == b"\x03"


def test_bytes_without_an_end_are_cut_so_that_memory_is_bounded() -> None:
    splitter = Splitter()
    assert [len(run) for run in splitter.take(b"\x55" * (2 * RUN_MAX + 5))] == [RUN_MAX, RUN_MAX]
    assert [len(run) for run in splitter.take(b"\0" * RUN_MAX)] == [6], "the delimiter ends what was left"
    assert sum(map(len, splitter.take(b"\0" * 3 * RUN_MAX))) + len(splitter.rest()) == 4 * RUN_MAX - 1


def test_directions_and_links_do_not_mix_and_time_never_goes_back() -> None:
    cutter = Cutter()
    assert cutter.take(100, TO_IMPLANT, b"\x01") == []
    assert cutter.take(90, TO_PROGRAMMER, b"\x02\0") == [Packet(100, TO_PROGRAMMER, b"\x02\0")]
    assert cutter.take(120, TO_IMPLANT, b"\x03\0", 1) == [Packet(120, TO_IMPLANT, b"\x03\0", 1)]
    assert cutter.rest() == [Packet(120, TO_IMPLANT, b"\x01")]


def test_a_capture_as_a_trace_and_back_is_the_same_but_for_where_time_begins() -> None:
    conversation = a_conversation(Random(1))
    again = packets_of(parse_trace("x", trace_text(trace_of(conversation, TraceHeader()))))
    assert [(it.direction, it.data, it.at_us + conversation[0].at_us) for it in again] == [
        (it.direction, it.data, it.at_us) for it in conversation
    ]


def test_a_file_is_the_blocks_that_the_format_says() -> None:
    """Written down by hand from the format: section, interface, one packet of three bytes that came in."""
    expected = bytes.fromhex(
        "0a0d0d0a 34000000 4d3c2b1a 0100 0000 ffffffffffffffff"  # section header, little-endian, version 1.0
        "0100 0100 78000000 0400 1000 73637320776972652063617074757265 00000000 34000000".replace(" ", "")
    )
    comment, rest = pcapng.section("x"), expected
    assert comment == rest.replace(b"\x34\0\0\0", struct.pack("<I", len(comment)))
    assert pcapng.interface("l") == bytes.fromhex(
        "01000000 28000000 9300 0000 00000000 0200 0100 6c000000 0900 0100 06000000 00000000 28000000".replace(" ", "")
    )
    captured = Packet(0x0001_0203_0405_0607 >> 4, TO_PROGRAMMER, b"\x01\x02\0")
    at = captured.at_us
    assert pcapng.packet(captured) == bytes.fromhex("06000000 30000000 00000000".replace(" ", "")) + struct.pack(
        "<II", at >> 32, at & 0xFFFFFFFF
    ) + bytes.fromhex("03000000 03000000 01020000 0200 0400 01000000 00000000 30000000".replace(" ", ""))


def test_what_is_written_is_read_back() -> None:
    conversation = a_conversation(Random(2))
    assert read(capture_of(conversation)) == conversation


def test_a_capture_that_was_killed_anywhere_gives_every_packet_that_was_whole() -> None:
    whole = capture_of(SAID)
    first_ends = len(capture_of(SAID[:1]))
    for size in range(len(pcapng.section("for a test")), len(whole)):
        reader = pcapng.Reader("x", BytesIO(whole[:size]).read)
        assert list(reader.packets()) == (SAID[:1] if size >= first_ends else [])
        is_between = size in (len(capture_of([])), first_ends, len(pcapng.section("for a test")))
        assert bool(reader.cut_short) is not is_between


def test_a_file_of_another_writer_is_read_in_its_byte_order_and_its_resolution_of_time() -> None:
    def block(kind: int, body: bytes) -> bytes:
        return struct.pack(">II", kind, len(body) + 12) + body + struct.pack(">I", len(body) + 12)

    at_ns = SAID[0].at_us * 1_000
    flags = struct.pack(">HHI", 2, 4, 2) + struct.pack(">HH", 0, 0)
    head = struct.pack(">IIIII", 0, at_ns >> 32, at_ns & 0xFFFFFFFF, 4, 4)
    data = (
        block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack(">HHI", 147, 0, 0) + struct.pack(">HHBxxxHH", 9, 1, 9, 0, 0))
        + block(0xBAD, b"some")
        + block(6, head + SAID[0].data + flags)
    )
    assert read(data) == SAID[:1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"nothing of the kind", "does not begin with 0A 0D 0D 0A"),
        (pcapng.section("x")[:8] + b"????" + pcapng.section("x")[12:], "names no byte order"),
        (pcapng.section("x") + pcapng.packet(SAID[0]), "interface 0, which it does not announce"),
        (pcapng.section("x") + struct.pack("<II", 6, 1 << 30), "block of 1073741824 bytes"),
        (pcapng.section("x") + struct.pack("<III", 6, 12, 16), "two lengths differ"),
        (pcapng.section("x") + struct.pack("<III", 6, 12, 12), "too short"),
        (capture_of([])[:-4] + b"\xff\0\0\0", "two lengths differ"),
        (capture_of(SAID).replace(struct.pack("<HHI", 2, 4, 1), struct.pack("<HHI", 2, 4, 0)), "neither inbound nor"),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong(data: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        read(data)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_whatever_a_file_holds_is_read_or_refused(place: int, damage: bytes) -> None:
    whole = capture_of(SAID)
    place %= len(whole)
    try:
        found = read(whole[:place] + damage + whole[place + len(damage) :])
    except BadFile:
        return
    assert len(found) <= len(SAID)
