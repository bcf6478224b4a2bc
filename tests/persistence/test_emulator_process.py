"""The emulator as a process: it says where it waits, answers at once, and survives being killed at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from scs.clock import Duration, WallClock
from scs.errors import ScsError
from scs.transport.address import open_transport
from scs.transport.base import Transport
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, GetStatus, Open, Stage
from scs.wire.responses import Committed, Opened, Staged, Status
from scs.wire.terms import Role
from tests.support.implants import a_group, a_program


@contextmanager
def emulator(state: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """An emulator on a TCP port that the system chose, and its address."""
    command = [
        sys.executable,
        "-m",
        "scs.cli",
        "emulate",
        "--insecure",
        "--link",
        "tcp:127.0.0.1:0",
        "--state",
        str(state),
    ]
    command += options
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("connect to ").strip()
    finally:
        process.kill()
        process.communicate()


class Line:
    """Raw requests over a real port."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._decoder = Decoder(Direction.TO_PROGRAMMER)
        self._session = 0
        self._counter = 0
        opened = self.ask(Open(Random().getrandbits(64), Role.WRITER))
        assert isinstance(opened, Opened)
        self._session, self._counter = opened.session, 0

    def ask(self, request: Request) -> Message:
        self._counter += 1
        body = encode_message(request)
        self._transport.write(encode(Frame(FrameType.REQUEST, self._session, self._counter, body)))
        while True:
            data = self._transport.read(Duration.of_s(10))
            assert data, f"no answer to {type(request).__name__}"
            for frame in self._decoder.receive(data):
                return decode_message(frame.body, Direction.TO_PROGRAMMER)

    def write(self, amplitude_ua: int, op_id: int) -> Message:
        data = encode_group(a_group(a_program(amplitude_ua=amplitude_ua)))
        staged = self.ask(Stage(0, 0, len(data), digest(data), data))
        assert isinstance(staged, Staged)
        return self.ask(Commit(op_id, 0, staged.generation, staged.digest, ()))


def test_it_answers_within_a_few_milliseconds_on_a_busy_machine(tmp_path: Path) -> None:
    with emulator(tmp_path / "memory") as (_, address), open_transport(address) as transport:
        line = Line(transport)
        clock = WallClock()
        times = []
        for _ in range(200):
            before = clock.now()
            line.ask(GetStatus())
            times.append(clock.now().since(before).us)
        assert sorted(times)[100] < 5_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_termination_ends_it_cleanly(tmp_path: Path) -> None:
    with emulator(tmp_path / "memory") as (process, _):
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=10)
        assert process.returncode == 0
        assert said.splitlines()[-1] == "ended"


def test_two_emulators_do_not_share_a_memory(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("files are not locked on Windows")
    with emulator(tmp_path / "memory"):
        command = [sys.executable, "-m", "scs.cli", "emulate", "--link", "pty", "--state", str(tmp_path / "memory")]
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 2
    assert "memory" in second.stderr


@pytest.mark.req("FW-22")
def test_the_state_of_another_implant_or_of_nobody_is_refused_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    def refused(path: Path, *options: str) -> str:
        command = [
            sys.executable,
            "-m",
            "scs.cli",
            "emulate",
            "--link",
            "tcp:127.0.0.1:0",
            "--state",
            str(path),
            *options,
        ]
        before = path.read_bytes()
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert (done.returncode, path.read_bytes()) == (2, before)
        return done.stderr

    with emulator(tmp_path / "memory", "--serial", "A-1") as (_, address), open_transport(address) as transport:
        Line(transport).write(1_000, 7)
    said = refused(tmp_path / "memory", "--serial", "B-2")
    assert "belongs to implant A-1 with profile reference, and this is B-2" in said
    assert "and this is A-1 with evoke" in refused(tmp_path / "memory", "--serial", "A-1", "--profile", "evoke")
    (tmp_path / "letter").write_text("Dear all,\n", encoding="utf-8")
    assert "is no memory of an implant" in refused(tmp_path / "letter")


@pytest.mark.slow
@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23")
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_of_a_write_it_comes_back_with_the_old_or_the_new(tmp_path: Path, seed: int) -> None:
    state = tmp_path / "memory"
    chance = Random(seed)
    told = 0
    for round_number in range(3):
        with emulator(state) as (process, address), open_transport(address) as transport:
            line = Line(transport)
            status = line.ask(GetStatus())
            assert isinstance(status, Status)
            assert status.generation in (told, told + 1)
            told = status.generation
            killed_after = chance.randrange(1, 20)
            try:
                for number in range(30):
                    if number == killed_after:
                        process.kill()
                    committed = line.write(1_000 + 50 * number, 1 + 100 * round_number + number)
                    assert isinstance(committed, Committed)
                    told = committed.generation
            except (ScsError, AssertionError):
                if number < killed_after:
                    raise
