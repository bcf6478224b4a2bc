"""A capture sits between a programmer and an implant, changes nothing, and what it wrote can be sent again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scs.cli.main import main
from scs.cli.wire_capture import CaptureFile
from scs.clock import Duration, WallClock
from scs.errors import LinkClosed, PortNotFound
from scs.programmer.client import Client
from scs.transport.address import open_transport
from scs.transport.base import Transport
from scs.transport.memory import memory_pair
from scs.transport.memory_listener import MemoryListener
from scs.transport.relay import Ears, Relay
from scs.transport.tap import Direction, Heard
from scs.wire.framing import Direction as Way
from scs.wire.pcapng import Reader
from scs.wire.requests import Identify, SetAmplitude, Start
from tests.support.captures import a_frame, capture_of, packets
from tests.support.emulators import RUN_S, emulator
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.waiting import read_exactly, wait_until

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")


class Between:
    """A relay in a thread of its own; `heard` is what it told, `said` what became of its links."""

    def __init__(self, open_implant: Any) -> None:
        self.heard: list[tuple[int, Heard]] = []
        self.said: list[str] = []
        self.listener = MemoryListener("offered")
        tell = lambda link, heard: self.heard.append((link, heard))  # noqa: E731
        self.relay = Relay(self.listener, open_implant, WallClock(), tell, self.said.append)
        self._thread = threading.Thread(target=self.relay.run, name="relay")

    def __enter__(self) -> Between:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.relay.close()
        self._thread.join(RUN_S)
        self.relay.release()
        self.listener.close()

    def passed(self, direction: Direction) -> bytes:
        return b"".join(heard.data for _, heard in self.heard if heard.direction is direction)


class Sockets:
    """An implant's end that the test holds itself: each link that the relay opens is one more to talk to."""

    def __init__(self) -> None:
        self.listener = MemoryListener("implant")
        self.is_there = True

    def open(self) -> Transport:
        if not self.is_there:
            raise PortNotFound("implant: unplugged")
        return self.listener.connect()

    def received(self) -> list[tuple[int, bytes]]:
        events = self.listener.poll(Duration.of_ms(200))
        return [(event.link_id, event.data) for event in events if hasattr(event, "data")]


@pytest.mark.parametrize("seed", [1, 2])
def test_bytes_of_any_kind_pass_both_ways_unchanged_and_are_heard(seed: int) -> None:
    chance = Random(seed)
    there, back = (chance.randbytes(70_000) for _ in range(2))
    implant = Sockets()
    with Between(implant.open) as between, between.listener.connect() as programmer:
        got = b""
        programmer.write(there)
        while len(got) < len(there):
            got += b"".join(data for _, data in implant.received())
        implant.listener.send(1, back)
        assert read_exactly(programmer, len(back)) == back
        wait_until(lambda: len(between.passed(Direction.RECEIVED)) == len(back), "the last bytes to be told")
    assert got == there
    assert (between.passed(Direction.SENT), between.passed(Direction.RECEIVED)) == (there, back)
    implant.listener.close()


def test_programmers_at_once_have_links_of_their_own_and_the_next_takes_the_one_that_is_free() -> None:
    with LiveImplant(a_group()) as implant, Between(implant.connect) as between:
        with Client.open(between.listener.connect()) as first, Client.open(between.listener.connect()) as second:
            assert first.identify() == second.identify()
        wait_until(lambda: sum("link 1" in text for text in between.said) == 2, "the second to have gone")
        wait_until(lambda: sum("link 0" in text for text in between.said) == 2, "the first to have gone")
        with Client.open(between.listener.connect()) as third:
            third.identify()
        assert {link for link, _ in between.heard} == {0, 1}
        assert between.heard[-1][0] == 0


def test_an_implant_that_is_not_there_is_told_at_once_and_one_that_is_lost_is_tried_again() -> None:
    implant = Sockets()
    implant.is_there = False
    with MemoryListener("offered") as offered, pytest.raises(PortNotFound):
        Relay(offered, implant.open, WallClock(), lambda *_: None, lambda _: None)
    implant.is_there = True
    with Between(implant.open) as between, between.listener.connect() as programmer:
        programmer.write(b"\x01\0")
        wait_until(lambda: (1, b"\x01\0") in implant.received(), "the first bytes")
        implant.listener.close()
        wait_until(lambda: any("cannot be reached" in text for text in between.said), "the loss to be told")
        programmer.write(b"\x02\0")
        wait_until(lambda: between.passed(Direction.SENT) == b"\x01\0\x02\0", "the bytes that went nowhere to be heard")
        implant.is_there = False
        with between.listener.connect():
            wait_until(lambda: any("link 1: the implant cannot be" in text for text in between.said), "that it is told")
        implant.listener, implant.is_there = MemoryListener("implant"), True

        def arrives() -> bool:
            programmer.write(b"\x03\0")
            return any(b"\x03\0" in data for _, data in implant.received())

        wait_until(arrives, "the implant to be reached again")
    implant.listener.close()


def test_ears_hear_each_wire_write_nothing_and_end_when_nobody_is_left() -> None:
    programmer, hears_programmer = memory_pair()
    implant, hears_implant = memory_pair()
    heard: list[Heard] = []
    ears = Ears(
        {Direction.SENT: hears_programmer, Direction.RECEIVED: hears_implant},
        WallClock(), lambda _, passed: heard.append(passed), lambda _: None,
    )  # fmt: skip
    programmer.write(b"\x01\0")
    implant.write(b"\x02\0")
    programmer.close()
    implant.close()
    ears.run()
    ears.release()
    assert {(passed.direction, passed.data) for passed in heard} == {
        (Direction.SENT, b"\x01\0"),
        (Direction.RECEIVED, b"\x02\0"),
    }
    with pytest.raises(LinkClosed):
        implant.read(Duration(0))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk to be had here")
def test_a_full_disk_ends_the_writing_and_not_the_link() -> None:
    said: list[str] = []
    with open("/dev/full", "wb", buffering=0) as disk:
        file = CaptureFile(disk, "for a test", WallClock(), said.append)
        for _ in range(3):
            file.hear(0, Heard(WallClock().now(), Direction.SENT, b"\x01\0"))
        file.finish()
    assert "No space left" in file.failure
    (told,) = said
    assert "the link goes on" in told


@contextmanager
def capturing(folder: Path, implant: str, file: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`scs wire capture` in a process of its own, and the address that it offers."""
    offered = str(folder / "tap")
    command = [sys.executable, "-m", "scs.cli", "wire", "capture", str(file), "--implant", implant]
    process = subprocess.Popen([*command, "--offer", f"pty:{offered}"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert offered in process.stdout.readline()
        yield process, offered
    finally:
        process.kill()
        process.communicate(timeout=RUN_S)


def captured(file: Path) -> bytes:
    with file.open("rb") as opened:
        return b"".join(packet.data for packet in Reader(str(file), opened.read).packets())


def identify(address: str) -> None:
    with Client.open(open_transport(address)) as client:
        client.identify()


@posix
def test_a_capture_ends_with_ctrl_c_or_a_kill_and_what_it_wrote_is_sent_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, killed = tmp_path / "ended.pcapng", tmp_path / "killed.pcapng"
    with emulator(tmp_path) as implant:
        with capturing(tmp_path, implant.address, ended) as (process, offered):
            identify(offered)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=RUN_S)
            assert process.returncode == 0
            assert "packets in" in out
        with capturing(tmp_path, implant.address, killed) as (process, offered):
            identify(offered)
            process.kill()
            process.wait(RUN_S)
        assert captured(killed).count(b"SCS-000001") == captured(ended).count(b"SCS-000001") > 0
        assert main(["wire", "replay", str(killed), "--to", implant.address]) == 0
        assert "every answer is the one in the capture" in capsys.readouterr().out


@pytest.mark.parametrize("said", [Start(1, 0), SetAmplitude(1, 0, 1_000, ())], ids=["start", "amplitude"])
def test_what_stimulates_is_sent_again_to_a_dummy_load_only(
    tmp_path: Path, said: Start | SetAmplitude, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "starts.pcapng"
    file.write_bytes(capture_of(packets((Way.TO_IMPLANT, a_frame(said)))))
    assert main(["wire", "replay", str(file), "--to", str(tmp_path / "nobody")]) == 2
    assert f"packet 1 is {type(said).__name__}, which stimulates" in capsys.readouterr().err
    assert main(["wire", "replay", str(file), "--to", str(tmp_path / "nobody"), "--dummy-load"]) == 7


def test_a_capture_of_several_links_is_sent_again_one_link_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.pcapng"
    file.write_bytes(capture_of(packets((Way.TO_IMPLANT, a_frame(Identify())))))
    assert main(["wire", "replay", str(file), "--to", "tcp:127.0.0.1:1", "--link", "3"]) == 2
    assert "holds no packet of link 3; there are links: 0" in capsys.readouterr().err
