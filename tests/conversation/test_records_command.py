"""`scs device` leaves its sessions in a book, and `scs records` tells what is in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from scs.domain.program_file import ProgramFile
from scs.domain.program_text import write_program_file
from tests.support.emulators import Emulator, Ended, emulator, scs
from tests.support.reference_implant import plain_group

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals exist on POSIX only")


@pytest.fixture(scope="module")
def implant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("implant")) as running:
        yield running


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    book = f"sqlite:///{tmp_path / 'records.sqlite'}"
    monkeypatch.setenv("SCS_RECORDS_URL", book)
    return book


def write(implant: Emulator, folder: Path, amplitude_ua: int) -> Ended:
    path = folder / "program.toml"
    path.write_text(write_program_file(ProgramFile("Trial", "made for a test", plain_group(amplitude_ua))), "utf-8")
    return scs("device", "--insecure", "--port", implant.address, "write", str(path))


def test_two_visits_are_listed_shown_and_compared(implant: Emulator, url: str, tmp_path: Path) -> None:
    assert write(implant, tmp_path, 2_000).code == 0
    assert write(implant, tmp_path, 2_500).code == 0
    listed = scs("records", "list", "--json").data["sessions"]
    assert [(row["session"], row["serial"], row["is_closed"]) for row in listed] == [
        (1, "SCS-000001", True),
        (2, "SCS-000001", True),
    ]
    shown = scs("records", "show", "last").out
    assert "slot 0 now holds 'Day'" in shown
    assert "verdict on 'Day': PASS" in shown
    compared = scs("records", "compare", "1", "2", "--json").data["differences"]
    assert {"what": "slot 0 program 1 amplitude", "earlier": "2 mA", "later": "2.5 mA"} in compared


def test_stop_is_recorded_without_waiting_for_the_book(implant: Emulator, url: str) -> None:
    assert scs("device", "--insecure", "--port", implant.address, "stop").code == 0
    assert "STOP acknowledged: output zero" in scs("records", "show", "last").out


@pytest.mark.req("PR-09")
def test_verify_ends_with_two_and_names_the_line_that_was_changed(implant: Emulator, url: str, tmp_path: Path) -> None:
    write(implant, tmp_path, 2_000)
    assert scs("records", "verify").code == 0
    engine = create_engine(url)
    with engine.begin() as page:
        page.execute(text("update entries set at_us = at_us + 1 where sequence = 3"))
    engine.dispose()
    ended = scs("records", "verify")
    assert ended.code == 2
    assert "session 1: line 3 was changed" in ended.err


@pytest.mark.slow
def test_verify_compares_with_a_digest_that_was_noted_elsewhere(implant: Emulator, url: str) -> None:
    scs("device", "--insecure", "--port", implant.address, "status")
    noted = scs("records", "verify", "--json").data["digest"]
    assert scs("records", "verify", "--expect", noted).code == 0
    scs("device", "--insecure", "--port", implant.address, "status")
    assert scs("records", "verify", "--expect", noted).code == 2


@pytest.mark.slow
def test_what_the_patient_says_is_added_and_the_book_stays_whole(implant: Emulator, url: str) -> None:
    scs("device", "--insecure", "--port", implant.address, "status")
    assert scs("records", "note", "last", "walks to the shop again", "--pain", "3", "--relief", "60").code == 0
    assert "outcome: walks to the shop again, pain 3, relief 60" in scs("records", "show", "last").out
    assert scs("records", "verify").code == 0


def test_a_session_is_exported_a_line_at_a_time(implant: Emulator, url: str) -> None:
    scs("device", "--insecure", "--port", implant.address, "status")
    first, *lines = (json.loads(line) for line in scs("records", "export", "last").out.splitlines())
    assert first["serial"] == "SCS-000001"
    assert [line["sequence"] for line in lines] == list(range(1, first["lines"] + 1))


def test_a_book_that_cannot_be_opened_is_said_and_the_device_answers_all_the_same(
    implant: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SCS_RECORDS_URL", f"sqlite:///{tmp_path / 'file' / 'x'}")
    ended = scs("device", "--insecure", "--port", implant.address, "status", "--json")
    assert ended.code == 0
    assert "therapy" in ended.data
    assert "this session is not being recorded" in ended.err


def test_a_session_that_does_not_exist_is_refused_in_words(url: str) -> None:
    assert "has no session 7" in scs("records", "show", "7").err
    assert '"x" is no session' in scs("records", "show", "x").err
    assert "has no session yet" in scs("records", "show", "last").err
