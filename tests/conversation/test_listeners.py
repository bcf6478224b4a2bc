"""The emulator's side of a link, with real clients that come, go, come back, talk nonsense and do not listen."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scs.clock import Duration, WallClock
from scs.errors import BadAddress, LinkClosed, PortBusy
from scs.transport.address import open_listener, open_transport
from scs.transport.base import Transport
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received
from scs.transport.memory_listener import MemoryListener
from scs.transport.out_queue import OUT_QUEUE_LIMIT
from scs.transport.socket_listener import MAX_LINKS
from tests.support.carriers import socat
from tests.support.echo import EchoHost
from tests.support.waiting import read_exactly, wait_until

NOW = Duration(0)
SOON = Duration.of_ms(20)
LONG = Duration.of_s(60)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


@pytest.fixture(params=["pty", "tcp:127.0.0.1:0"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    with open_listener(request.param) as made:
        yield made


@pytest.fixture
def pty_listener() -> Iterator[Listener]:
    with open_listener("pty") as made:
        yield made


@pytest.fixture
def tcp_listener() -> Iterator[Listener]:
    with open_listener("tcp:127.0.0.1:0") as made:
        yield made


def events_until(listener: Listener, last: type[ListenerEvent], what: str) -> list[ListenerEvent]:
    """Poll until an event of the kind `last` has come, and return all that came."""
    events: list[ListenerEvent] = []

    def has_come() -> bool:
        events.extend(listener.poll(SOON))
        return any(isinstance(event, last) for event in events)

    wait_until(has_come, what)
    return events


def heard(events: list[ListenerEvent]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Received))


def test_a_client_is_announced_before_its_bytes_and_its_leaving_after_them(listener: Listener) -> None:
    with open_transport(listener.address) as client:
        client.write(b"hello")
        arrival = events_until(listener, Received, "the client's bytes")
    departure = events_until(listener, Disconnected, "the client's leaving")
    assert arrival == [Connected(1), Received(1, b"hello")]
    assert departure == [Disconnected(1, "the other side closed the link")]


def test_bytes_of_a_client_that_left_before_anybody_looked_are_not_lost(listener: Listener) -> None:
    with open_transport(listener.address) as client:
        client.write(b"and gone")
    events = events_until(listener, Disconnected, "the client's leaving")
    assert [type(event) for event in events] == [Connected, Received, Disconnected]
    assert heard(events) == b"and gone"


def test_a_client_that_comes_back_is_a_new_link(listener: Listener) -> None:
    for visit in range(1, 11):
        with open_transport(listener.address) as client:
            client.write(bytes([visit]))
            assert events_until(listener, Received, f"visit {visit}") == [
                Connected(visit),
                Received(visit, bytes([visit])),
            ]
            listener.send(visit, b"welcome")
            assert read_exactly(client, 7) == b"welcome"
        assert events_until(listener, Disconnected, f"the end of visit {visit}")[-1] == Disconnected(
            visit, "the other side closed the link"
        )


def test_what_one_client_left_unread_is_not_given_to_the_next(listener: Listener) -> None:
    with open_transport(listener.address) as client:
        client.write(b"?")
        events_until(listener, Received, "the first client's bytes")
        listener.send(1, b"for the first client only")
    events_until(listener, Disconnected, "the first client's leaving")
    listener.send(1, b"too late")
    # Opened by hand, since pyserial would throw away what waits.
    if listener.address.startswith("tcp:"):
        second = open_transport(listener.address)
        assert second.read(SOON) == b""
        second.close()
    else:
        descriptor = os.open(listener.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        with pytest.raises(BlockingIOError):
            os.read(descriptor, 100)
        os.close(descriptor)


def test_what_was_still_queued_for_one_client_is_not_sent_to_the_next(listener: Listener) -> None:
    with open_transport(listener.address) as client:
        client.write(b"?")
        events_until(listener, Received, "the first client's bytes")
        listener.send(1, b"1" * (OUT_QUEUE_LIMIT // 2))
    events_until(listener, Disconnected, "the first client's leaving")
    with open_transport(listener.address) as client:
        client.write(b"?")
        events_until(listener, Received, "the second client's bytes")
        listener.send(2, b"for the second")
        assert read_exactly(client, 14) == b"for the second"


def test_a_slow_reader_gets_everything_in_the_end(listener: Listener) -> None:
    with open_transport(listener.address) as client:
        check_slow_reader(listener, client)


def test_a_slow_reader_in_the_same_process_gets_everything_in_the_end() -> None:
    with MemoryListener() as listener, listener.connect() as client:
        check_slow_reader(listener, client)


def check_slow_reader(listener: Listener, client: Transport) -> None:
    """Queue almost as much as is kept for a client, which is more than the system's own buffers hold, then read."""
    said = random.Random(8).randbytes(OUT_QUEUE_LIMIT - 4096)
    client.write(b"?")
    events_until(listener, Received, "the client's bytes")
    listener.send(1, said)
    got = bytearray()

    def is_complete() -> bool:
        assert listener.poll(NOW) == []
        got.extend(client.read(SOON))
        return len(got) >= len(said)

    wait_until(is_complete, "all that was queued for a slow reader")
    assert got == said


def test_a_client_that_sets_nothing_up_finds_a_line_that_changes_no_byte(pty_listener: Listener) -> None:
    every_byte = bytes(range(256))
    client = os.open(pty_listener.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    os.write(client, every_byte)
    assert heard(events_until(pty_listener, Received, "the client's bytes")) == every_byte
    pty_listener.send(1, every_byte)
    assert os.read(client, 1000) == every_byte, "and no echo before it"
    os.close(client)


def test_waiting_for_somebody_costs_no_processor_time(listener: Listener) -> None:
    # On either side of a visit: after it, a pseudo-terminal stays hung up, which is where a busy loop would be.
    for visit in (1, 2):
        before = resource.getrusage(resource.RUSAGE_THREAD)
        assert listener.poll(Duration.of_ms(300)) == []
        after = resource.getrusage(resource.RUSAGE_THREAD)
        assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.1
        with open_transport(listener.address) as client:
            client.write(b"!")
            events_until(listener, Received, f"the bytes of visit {visit}")
        events_until(listener, Disconnected, f"the end of visit {visit}")


@pytest.mark.parametrize("is_connected", [False, True])
def test_another_descriptor_ends_the_wait_at_once(listener: Listener, is_connected: bool) -> None:
    bell, button = socket.socketpair()
    with bell, button, open_transport(listener.address) as client:
        client.write(b"!")
        events_until(listener, Received, "the client's bytes")
        if not is_connected:
            client.close()
            events_until(listener, Disconnected, "the client's leaving")
        button.send(b"!")
        clock = WallClock()
        began = clock.now()
        assert listener.poll(LONG, bell.fileno()) == []
        assert clock.now().since(began) < LONG
        assert listener.poll(NOW) == [], "the bell is no longer watched"


def test_a_client_that_never_reads_is_dropped_with_a_sentence_and_keeps_nothing(listener: Listener) -> None:
    with open_transport(listener.address) as deaf:
        deaf.write(b"talk to me")
        events_until(listener, Received, "the deaf client's bytes")
        said = 0
        events: list[ListenerEvent] = []
        while not events and said < 100 * OUT_QUEUE_LIMIT:
            listener.send(1, bytes(4096))
            said += 4096
            events = listener.poll(NOW)
        [event] = events
        assert isinstance(event, Disconnected)
        assert event.link_id == 1
        assert f"{OUT_QUEUE_LIMIT} is the most" in event.reason
        listener.send(1, b"nobody hears this, and nothing is raised")
        assert listener.poll(SOON) == []


def test_a_deaf_client_that_speaks_up_on_its_line_is_a_new_link(pty_listener: Listener) -> None:
    with open_transport(pty_listener.address) as deaf:
        deaf.write(b"!")
        events_until(pty_listener, Received, "the deaf client's bytes")
        pty_listener.send(1, bytes(2 * OUT_QUEUE_LIMIT))
        assert isinstance(pty_listener.poll(NOW)[0], Disconnected)
        deaf.write(b"pardon?")
        events = events_until(pty_listener, Received, "what the deaf client says next")
    assert events == [Connected(2), Received(2, b"pardon?")]


def test_a_deaf_client_does_not_hold_up_another(tcp_listener: Listener) -> None:
    address = tcp_listener.address
    with EchoHost(tcp_listener) as host, open_transport(address) as deaf, open_transport(address) as other:
        said = 0
        while not host.disconnections and said < 100 * OUT_QUEUE_LIMIT:
            with contextlib.suppress(LinkClosed):
                deaf.write(bytes(65_536))
            said += 65_536
            other.write(b"ping")
            assert read_exactly(other, 4) == b"ping"
        assert [event.link_id for event in host.disconnections] == [1]
        other.write(b"pong")
        assert read_exactly(other, 4) == b"pong"


def test_clients_are_kept_apart(tcp_listener: Listener) -> None:
    with EchoHost(tcp_listener) as host:
        clients = [open_transport(host.listener.address) for _ in range(5)]
        for number, client in enumerate(clients):
            client.write(bytes([number]) * 100)
        for number, client in enumerate(clients):
            assert read_exactly(client, 100) == bytes([number]) * 100
            client.close()


def test_ten_clients_that_only_open_and_close_leave_nothing_behind(tcp_listener: Listener) -> None:
    with EchoHost(tcp_listener) as host:
        for _ in range(10):
            open_transport(host.listener.address).close()
        wait_until(lambda: len(host.disconnections) == 10, "all ten clients to be seen leaving")
        with open_transport(host.listener.address) as client:
            client.write(b"still here?")
            assert read_exactly(client, 11) == b"still here?"


def test_one_client_too_many_is_turned_away_and_the_others_stay(tcp_listener: Listener) -> None:
    with EchoHost(tcp_listener) as host:
        clients = [open_transport(host.listener.address) for _ in range(MAX_LINKS)]
        wait_until(lambda: len(host.events) == MAX_LINKS, "every client to be admitted")
        with open_transport(host.listener.address) as late, pytest.raises(LinkClosed):
            read_exactly(late, 1)
        clients[0].write(b"mine")
        assert read_exactly(clients[0], 4) == b"mine"
        for client in clients:
            client.close()


def test_garbage_goes_through_unjudged(listener: Listener) -> None:
    chance = random.Random(20260)
    with EchoHost(listener) as host, open_transport(host.listener.address) as client:
        for _ in range(50):
            garbage = chance.randbytes(chance.randrange(1, 2000))
            client.write(garbage)
            assert read_exactly(client, len(garbage)) == garbage


def test_a_client_that_is_reset_is_a_disconnection(tcp_listener: Listener) -> None:
    host, _, port = tcp_listener.address.removeprefix("tcp:").rpartition(":")
    client = socket.create_connection((host, int(port)))
    # Linger of zero: closing sends a reset, as a machine that crashed and came back does.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.send(b"!")
    events_until(tcp_listener, Received, "the client's bytes")
    client.close()
    assert "gone" in str(events_until(tcp_listener, Disconnected, "the reset")[-1])


def test_an_address_that_is_taken_is_refused_with_a_way_out(tcp_listener: Listener) -> None:
    with pytest.raises(PortBusy, match="in use by another program; choose another"):
        open_listener(tcp_listener.address)


def test_two_programmers_cannot_share_one_line(pty_listener: Listener) -> None:
    with open_transport(pty_listener.address), pytest.raises(PortBusy, match="another program has the port open"):
        open_transport(pty_listener.address)


def test_a_closed_listener_says_so(listener: Listener) -> None:
    listener.close()
    listener.close()
    with pytest.raises(LinkClosed, match="the listener was closed"):
        listener.poll(NOW)


def test_the_link_of_a_pty_is_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "ipg"
    with open_listener(f"pty:{path}") as listener:
        assert listener.address == str(path)
        assert path.is_char_device()
    assert not path.is_symlink()


def test_the_link_that_a_killed_emulator_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ipg"
    path.symlink_to("/dev/pts/99999")
    with open_listener(f"pty:{path}"), open_transport(str(path)) as client:
        client.write(b"hello")


def test_the_link_that_another_emulator_took_over_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ipg"
    with open_listener(f"pty:{path}") as second_at_last:
        first = open_listener(f"pty:{path}")
        with open_listener(f"pty:{path}"):
            first.close()
            assert path.is_symlink()
        assert not path.is_symlink()
        assert second_at_last.poll(NOW) == []


@pytest.mark.parametrize("name", ["file", "folder", "missing/ipg"])
def test_a_pty_is_not_put_over_a_file_of_somebody(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("precious", encoding="ascii")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadAddress, match=r"name another path"):
        open_listener(f"pty:{tmp_path / name}")
    assert (tmp_path / "file").read_text(encoding="ascii") == "precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_an_adapter_that_is_pulled_out_and_put_back_is_found_again(tmp_path: Path) -> None:
    implant, programmer = tmp_path / "implant", tmp_path / "programmer"
    with socat(implant, programmer):
        listener = open_listener(f"serial:{implant}")
        assert listener.poll(NOW) == [Connected(1)]
    with listener:
        assert isinstance(events_until(listener, Disconnected, "the adapter's leaving")[-1], Disconnected)
        wait_until(lambda: not implant.is_symlink(), "socat to take its links away")
        assert listener.poll(SOON) == []
        with socat(implant, programmer):
            assert events_until(listener, Connected, "the adapter's return") == [Connected(2)]
            with open_transport(str(programmer)) as client:
                client.write(b"again")
                assert events_until(listener, Received, "bytes over the returned adapter") == [Received(2, b"again")]
