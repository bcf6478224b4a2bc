"""What a programmer that was killed in the middle of a change leaves behind, and what the next one tells of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_model.store import RamMemory
from scs.domain.status import TherapyState
from scs.errors import LinkLost, NoAnswer, Refused
from scs.programmer.client import Client
from scs.programmer.unresolved import Notes
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, SetAmplitude
from scs.wire.terms import Role
from tests.conversation.test_lost_links import NEW, OLD, bedside_with_old_group, writes_of_a_whole_write
from tests.support.emulators import RUN_S, emulator, scs
from tests.support.reference_implant import SERIAL, plain_group
from tests.support.wires import Bedside, Quiet, Unplugged, Wire

NOW = "2026-03-01T10:00:00Z"


def client_with(notes: Notes, bedside: Bedside, there: Wire | None = None, back: Wire | None = None) -> Client:
    """A programmer that has no second cable: a link that fails stays away, as when the process is killed."""
    client = Client.open(bedside.connect(there, back), bedside.clock, chance=bedside.chance, notes=notes)
    client.runner.pass_time = bedside.pass_time
    return client


def told(notes: Notes, bedside: Bedside) -> tuple[str, ...]:
    """What the next programmer says; then it was read."""
    with client_with(notes, bedside) as client:
        sentences = client.unresolved()
        client.settle_unresolved()
        assert client.unresolved() == ()
    return sentences


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes", now=lambda: NOW)


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10", "PR-11")
@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("cut", range(2, 9))
def test_the_next_session_tells_what_became_of_a_write_that_was_cut_anywhere(notes: Notes, cut: int, way: str) -> None:
    bedside = bedside_with_old_group(RamMemory())
    there, back = (Unplugged(cut), Quiet()) if way == "there" else (Quiet(), Unplugged(cut))
    client = client_with(notes, bedside, there, back)
    try:
        client.write_group(0, NEW)
        is_over = True
    except LinkLost:
        is_over = False
    sentences = told(notes, bedside)
    with client_with(notes, bedside) as reader:
        in_force = reader.read_group(0).group
    if sentences:
        expected = "was carried out: it holds 'New'" if in_force == NEW else "is not in force: it holds 'Old'"
        assert [expected in sentence and sentence.startswith(NOW) for sentence in sentences] == [True]
    else:
        assert is_over or in_force == OLD, "a change that may have happened is never left untold"


def test_a_write_that_ended_leaves_nothing_open(notes: Notes) -> None:
    bedside = bedside_with_old_group(RamMemory())
    assert writes_of_a_whole_write() < 9, "the cuts above reach beyond the end of a write"
    with client_with(notes, bedside) as client:
        client.write_group(0, NEW)
        with pytest.raises(Refused):
            client.start(7)
    assert told(notes, bedside) == ()


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda client: client.start(0), "starting slot 0 was carried out; now therapy of slot 0"),
        (lambda client: client.enter_mri(), "entering the MRI mode was carried out; now therapy is off, mode MRI"),
        (lambda client: client.set_clock(60), "setting the clock was carried out"),
        (lambda client: client.measure_impedance(), "the impedance measurement was carried out"),
    ],
    ids=["start", "mri", "clock", "impedance"],
)
def test_a_change_whose_answer_was_lost_is_told_from_the_implants_own_words(
    notes: Notes, deed: Callable[[Client], object], words: str
) -> None:
    bedside = bedside_with_old_group(RamMemory())
    # The answers to Open and Identify arrive; the next one, to the change, does not.
    client = client_with(notes, bedside, Quiet(), Unplugged(2))
    with pytest.raises((LinkLost, NoAnswer)):
        deed(client)
    assert [words in sentence for sentence in told(notes, bedside)] == [True]


def test_a_change_that_never_arrived_is_not_said_to_be_done(notes: Notes) -> None:
    bedside = bedside_with_old_group(RamMemory())
    client = client_with(notes, bedside, Unplugged(2), Quiet())
    with pytest.raises(LinkLost):
        client.start(0)
    (sentence,) = told(notes, bedside)
    assert "starting slot 0 is not the last thing that the implant did; now therapy is off" in sentence


def test_a_trial_that_was_left_alone_is_over_when_it_is_told(notes: Notes) -> None:
    bedside = bedside_with_old_group(RamMemory())
    notes.begin(SERIAL, SetAmplitude(77, 0, 1_100, ()))
    (sentence,) = told(notes, bedside)
    assert "trying 1.1 mA in program 1 is not the last thing" in sentence


def test_who_only_reads_is_told_nothing_and_settles_nothing(notes: Notes) -> None:
    bedside = bedside_with_old_group(RamMemory())
    notes.begin(SERIAL, Commit(5, 0, 1, digest(encode_group(NEW)), ()))
    reader = Client.open(bedside.connect(), bedside.clock, role=Role.READER, chance=bedside.chance, notes=notes)
    assert reader.unresolved() == ()
    reader.settle_unresolved()
    assert len(notes.left(SERIAL)) == 1


def test_notes_of_another_implant_and_files_that_are_none_are_left_alone(notes: Notes, tmp_path: Path) -> None:
    notes.begin("another/one", Commit(5, 0, 1, digest(encode_group(NEW)), ()))
    stranger = tmp_path / "notes" / f"{SERIAL.encode().hex()}-stranger.json"
    stranger.write_text("{", encoding="utf-8")
    assert notes.left(SERIAL) == ()
    assert len(notes.left("another/one")) == 1
    assert stranger.exists()


def test_a_folder_that_cannot_be_written_is_said_once_and_the_change_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    said: list[str] = []
    bedside = bedside_with_old_group(RamMemory())
    with client_with(Notes(tmp_path / "file" / "below", said.append), bedside) as client:
        assert client.start(0).therapy is not TherapyState.OFF
        client.soft_stop()
    assert len(said) == 1
    assert "cannot be noted" in said[0]


DIES = """
import os, signal, sys
from pathlib import Path
from scs.programmer.client import Client
from scs.programmer.unresolved import Notes
from scs.transport.address import open_transport
from tests.support.reference_implant import plain_group
from scs.wire.codec import encode_message

class Dying:
    def __init__(self, inner, lives): self.inner, self.lives, self.name = inner, lives, inner.name
    def write(self, data):
        self.lives -= 1
        self.inner.write(data)
        if not self.lives: os.kill(os.getpid(), signal.SIGKILL)
    def read(self, timeout): return self.inner.read(timeout)
    def close(self): self.inner.close()
    def fileno(self): return self.inner.fileno()

Client.open(Dying(open_transport(sys.argv[1]), int(sys.argv[2])), notes=Notes(Path(sys.argv[3]))).write_group(
    2, plain_group(900, "Of the dead"))
"""


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10", "PR-11")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process in mid-sentence")
def test_a_programmer_killed_in_the_middle_of_a_write_is_told_of_by_the_next(tmp_path: Path) -> None:
    folder = Path(os.environ["XDG_STATE_HOME"]) / "scs" / "unresolved"
    # Open, Identify, GetStatus, one Stage and Commit: the fifth is the last that it ever says.
    with emulator(tmp_path) as implant:
        command = [sys.executable, "-c", DIES, implant.address, "5", str(folder)]
        dead = subprocess.run(command, timeout=RUN_S, check=False, capture_output=True)
        assert dead.returncode == -signal.SIGKILL, dead.stderr
        assert len(plain_group(900, "Of the dead").programs) == 1
        first, second = (
            scs("device", "--insecure", "--port", implant.address, "clock", "--set", "now") for _ in range(2)
        )
    assert "left open by an earlier session" in first.err
    assert "writing slot 2 was carried out: it holds 'Of the dead'" in first.err
    assert first.code == 0
    assert second.err == ""
