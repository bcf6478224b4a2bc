"""Carriers without an operating system, and what wraps a carrier: queues, virtual time, a tap, a bad wire."""

from __future__ import annotations

import io
import random
import socket
import threading

import pytest

from scs.clock import Duration, Instant, VirtualClock
from scs.errors import LinkClosed, TransportError
from scs.transport.byte_queue import ByteQueue
from scs.transport.faulty import FaultyTransport
from scs.transport.link_faults import MILLION, LinkFaults, WireFaults
from scs.transport.memory import memory_pair, virtual_pair
from scs.transport.out_queue import OutQueue
from scs.transport.ports import serial_ports
from scs.transport.readiness import milliseconds
from scs.transport.tap import Direction, Heard, TapTransport, hex_printer
from scs.transport.tcp import socket_stream
from tests.support.waiting import read_exactly, wait_until

NOW = Duration(0)
SHORT = Duration.of_ms(5)
LONG = Duration.of_s(60)
ALWAYS = 1_000_000


@pytest.mark.parametrize(("us", "ms"), [(-5, 0), (0, 0), (1, 1), (1_000, 1), (1_001, 2)])
def test_a_wait_is_rounded_up_so_that_nobody_wakes_early(us: int, ms: int) -> None:
    assert milliseconds(Duration(us)) == ms


def test_a_queue_that_nobody_empties_refuses_after_a_while_instead_of_growing() -> None:
    queue = ByteQueue("the wire", limit=10)
    queue.put(b"12345678", SHORT)
    with pytest.raises(TransportError, match=r"the wire: 10 bytes have waited 0\.005 s unread"):
        queue.put(b"9ABCD", SHORT)
    assert queue.take(NOW) == b"123456789A"


def test_a_long_write_goes_through_a_short_queue_in_order() -> None:
    queue = ByteQueue("the wire", limit=7)
    said = bytes(range(256)) * 4
    writer = threading.Thread(target=queue.put, args=(said, LONG))
    writer.start()
    got = b""
    while len(got) < len(said):
        got += queue.take(LONG)
    writer.join()
    assert got == said


def test_what_was_said_before_closing_can_still_be_read() -> None:
    near, far = memory_pair("cable")
    far.write(b"last words")
    far.close()
    assert near.read(NOW) == b"last words"
    with pytest.raises(LinkClosed, match="cable: the other end of the link is gone"):
        near.read(LONG)
    with pytest.raises(LinkClosed):
        near.write(b"?")


def test_a_reader_that_waits_is_woken_by_the_other_end_closing() -> None:
    near, far = memory_pair()
    errors: list[LinkClosed] = []

    def wait_for_bytes() -> None:
        try:
            near.read(LONG)
        except LinkClosed as exc:
            errors.append(exc)

    reader = threading.Thread(target=wait_for_bytes)
    reader.start()
    far.close()
    wait_until(lambda: errors, "the reader to be told")
    reader.join()


def test_a_peer_that_does_not_read_bounds_a_write_and_is_named() -> None:
    ours, theirs = socket.socketpair()
    complaint = r"tcp:ward:4000: the other side took \d+ of \d+ bytes in 0\.005 s"
    stream = socket_stream("tcp:ward:4000", ours, write_timeout=SHORT)
    with theirs, stream, pytest.raises(TransportError, match=complaint):
        stream.write(bytes(16 << 20))


def test_virtual_bytes_arrive_at_the_pace_of_the_line_after_the_transit() -> None:
    clock = VirtualClock()
    near, far = virtual_pair(clock, transit=Duration.of_ms(3), byte_time=Duration(100))
    near.write(b"ten bytes.")
    near.write(b"more")
    assert far.read(Duration(3_999)) == b""
    assert clock.now() == Instant(3_999)
    assert far.read(LONG) == b"ten bytes."
    assert clock.now() == Instant(4_000)
    assert far.read(LONG) == b"more"
    assert clock.now() == Instant(4_400)
    far.close()
    with pytest.raises(LinkClosed):
        near.read(LONG)


def test_a_tap_hears_both_ways_with_the_time_and_changes_nothing() -> None:
    clock = VirtualClock(Instant(12_345_678))
    heard: list[Heard] = []
    near, far = memory_pair()
    tapped = TapTransport(near, clock, heard.append)
    tapped.write(b"\x00\x05")
    clock.advance(Duration.of_ms(2))
    far.write(b"\xff" * 17)
    assert tapped.read(LONG) == b"\xff" * 17
    assert tapped.read(NOW) == b""
    assert far.read(NOW) == b"\x00\x05"
    assert heard == [
        Heard(Instant(12_345_678), Direction.SENT, b"\x00\x05"),
        Heard(Instant(12_347_678), Direction.RECEIVED, b"\xff" * 17),
    ]


def test_a_printed_tap_shows_sixteen_bytes_a_line() -> None:
    shown = io.StringIO()
    hex_printer(shown)(Heard(Instant(1_000_007), Direction.SENT, bytes(range(17))))
    assert shown.getvalue().splitlines() == [
        "1.000007 > 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
        "1.000007 > 10",
    ]


def test_what_leaves_and_what_arrives_is_damaged_and_held_back_bytes_come_before_the_end() -> None:
    clock = VirtualClock()
    near, far = virtual_pair(clock, byte_time=NOW)
    late = LinkFaults(both_ways=WireFaults(delay_ppm=MILLION, delay_by_us=20_000))
    bad = FaultyTransport(near, random.Random(1), late, clock)
    far.write(b"late")
    bad.write(b"later")
    assert far.read(NOW) == b""
    assert bad.read(Duration.of_ms(19)) == b""
    assert read_exactly(bad, 4) == b"late"
    assert clock.now() == Instant(20_000)
    assert far.read(NOW) == b"later"
    assert bad.struck["delay"] == 2


def test_an_out_queue_keeps_order_and_stops_at_its_limit() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        queue = OutQueue(ours.send, limit=1_000_000)
        said = random.Random(5).randbytes(900_000)
        queue.send(said)
        got = bytearray()
        while queue.is_waiting:
            got += theirs.recv(65_536)
            queue.flush()
        assert 0 < len(got) < len(said), "some of it had to wait"
        while len(got) < len(said):
            got += theirs.recv(65_536)
        assert got == said
        with pytest.raises(LinkClosed, match=r"bytes unread, and 1000000 is the most"):
            queue.send(bytes(2_000_000))


def test_ports_are_listed_with_words_a_person_can_choose_by() -> None:
    for port in serial_ports():
        assert port.device
        assert "n/a" not in (port.description, port.hardware)
