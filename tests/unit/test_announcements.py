"""What emulators say of themselves to programmers on the same machine."""

from __future__ import annotations

from pathlib import Path

from scs.transport.announcements import STALE_AFTER, Announcement, Announcer, announced

NOON = "2026-03-01T12:00:00Z"
SOON = "2026-03-01T12:00:10Z"
LATE = "2026-03-01T12:00:11Z"


def announce(folder: Path, serial: str = "SCS-000001") -> Announcer:
    announcer = Announcer(folder, now=lambda: NOON)
    announcer.announce(
        "/tmp/ipg", serial, "Reference", doing="idle", battery_permille=990, has_writer=True, is_sealed=True, bench=""
    )
    return announcer


def test_an_emulator_that_runs_is_found_with_what_it_says(tmp_path: Path) -> None:
    announce(tmp_path / "emulators")
    found = announced(tmp_path / "emulators", now=lambda: SOON)
    assert found == (Announcement("/tmp/ipg", "SCS-000001", "Reference", "idle", 990, True, True, "", NOON),)


def test_one_that_ended_is_not_found(tmp_path: Path) -> None:
    announce(tmp_path).withdraw()
    assert announced(tmp_path, now=lambda: NOON) == ()


def test_one_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    assert STALE_AFTER.us == 10_000_000, "the times above stand on either side of it"
    announce(tmp_path)
    assert len(announced(tmp_path, now=lambda: SOON)) == 1
    assert announced(tmp_path, now=lambda: LATE) == ()
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_killed_and_started_again_at_its_address_is_found_once(tmp_path: Path) -> None:
    for name, at in (("b-running", SOON), ("a-killed", NOON), ("c-killed-before", NOON)):
        announcer = Announcer(tmp_path, now=lambda at=at: at)  # type: ignore[misc]
        announcer.announce(
            "/tmp/ipg", name, "m", doing="", battery_permille=9, has_writer=False, is_sealed=True, bench=f"{name}'s"
        )
        (own,) = tmp_path.glob("[0-9]*.json")
        own.rename(tmp_path / f"{name}.json")
    assert [it.bench for it in announced(tmp_path, now=lambda: SOON)] == ["b-running's"]


def test_a_file_that_is_no_announcement_is_left_alone(tmp_path: Path) -> None:
    for number, text in enumerate(("{", "[]", '{"address": 1}', "\0")):
        (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
    wrong = '{"address": 1, "serial": "", "model": "", "doing": "", "battery_permille": 1, "has_writer": true, '
    (tmp_path / "kind.json").write_text(wrong + f'"bench": "", "at": "{NOON}"}}', encoding="utf-8")
    assert announced(tmp_path, now=lambda: NOON) == ()
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_cannot_be_written_costs_the_announcement_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    announce(tmp_path / "file" / "below").withdraw()
    assert announced(tmp_path / "file" / "below", now=lambda: NOON) == ()
