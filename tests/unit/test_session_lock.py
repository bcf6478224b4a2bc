"""The programmer locks itself by a clock, and opens by words that only a hash of is kept."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from programmer_tui.passphrase import SHORTEST, Passphrase
from programmer_tui.session_lock import IDLE, LONGEST, WHY_IDLE, WHY_LONG, SessionLock
from scs.clock import Duration, VirtualClock

SECOND = Duration.of_s(1)
ALMOST = Duration(IDLE.us - SECOND.us)


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_ten_minutes_without_a_touch_lock_and_a_touch_begins_them_anew() -> None:
    clock = VirtualClock()
    lock = SessionLock(clock)
    clock.advance(ALMOST)
    assert not lock.due()
    lock.touch()
    clock.advance(ALMOST)
    assert not lock.due()
    clock.advance(SECOND)
    assert lock.due() == WHY_IDLE


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_eight_hours_lock_whoever_works_all_the_time() -> None:
    clock = VirtualClock()
    lock = SessionLock(clock)
    for _ in range(LONGEST.us // IDLE.us * 2 - 1):
        clock.advance(Duration(IDLE.us // 2))
        lock.touch()
        assert not lock.due()
    clock.advance(Duration(IDLE.us // 2))
    assert lock.due() == WHY_LONG
    lock.open()
    assert not lock.due()


@pytest.mark.hazard("H32")
@pytest.mark.req("PR-08")
def test_a_touch_does_not_open_what_is_locked() -> None:
    lock = SessionLock(VirtualClock())
    lock.lock(WHY_IDLE)
    lock.touch()
    assert lock.why == WHY_IDLE
    lock.open()
    assert lock.why == ""


@pytest.mark.parametrize("is_kept", [True, False])
def test_only_the_words_themselves_are_right(tmp_path: Path, is_kept: bool) -> None:
    path = tmp_path / "state" / "passphrase" if is_kept else None
    passphrase = Passphrase(path)
    assert [passphrase.is_set, passphrase.is_right("")] == [False, False]
    assert passphrase.keep("low back") == ""
    assert passphrase.is_set
    assert passphrase.is_right("low back")
    assert not passphrase.is_right("low bac")
    if path is not None:
        assert Passphrase(path).is_right("low back")
        assert "low" not in path.read_text(encoding="ascii")


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    Passphrase(path).keep("low back")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_short_words_and_a_place_that_cannot_be_written_are_refused_and_said(tmp_path: Path) -> None:
    assert str(SHORTEST) in Passphrase().keep("abc")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "the former words stay" in Passphrase(blocked / "passphrase").keep("low back")


@pytest.mark.parametrize("text", ["", "zz:zz", "nothing of the kind"])
def test_a_file_that_is_spoilt_opens_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "passphrase"
    path.write_text(text, encoding="ascii")
    assert Passphrase(path).is_set
    assert not Passphrase(path).is_right("")
    assert not Passphrase(path).is_right(text)
