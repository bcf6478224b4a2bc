"""The log goes to a new file with its chain worked out again, and to no other."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from textual.widgets import Input

from programmer_tui.log_file import export_trouble, write_log
from scs.domain.status import LogEntry, LogKind
from scs.programmer.history import CheckedLog
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, Person, story

LOG = CheckedLog(((LogEntry(1, 5, LogKind.POWER_ON, "µ"), b"\x01" * 12),), ())


async def export_to(person: Person, path: Path) -> None:
    await person.press("f6", "ctrl+s")
    person.app.screen.query_one("#path", Input).value = str(path)
    await person.press("enter")


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_the_whole_log_is_written_with_its_links(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"log.{suffix}"

    async def tell(person: Person) -> None:
        await export_to(person, path)
        await person.until_seen("Exported", "its chain is whole")
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines())) if suffix == "csv" else json.loads(text)["entries"]
        assert [int(row["sequence"]) for row in rows] == list(range(1, len(rows) + 1))
        assert all(len(row["link"]) == 24 for row in rows)
        assert len(rows) >= len(person.app.link.log) > 0

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=(200, 60))


def test_nothing_is_written_over_and_the_ending_has_to_say_what_is_wanted(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("evidence", encoding="utf-8")

    async def tell(person: Person) -> None:
        await export_to(person, there)
        await person.until_seen("no file is written over")
        await export_to(person, tmp_path / "log.txt")
        await person.until_seen("neither in .csv nor in .json")
        await export_to(person, tmp_path / "nowhere" / "log.csv")
        await person.until_seen("there is no folder")
        await person.press("ctrl+s", "escape")
        assert not person.app.screen.query_one("#path").display

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=(200, 60))
    assert there.read_text(encoding="utf-8") == "evidence"
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]


def test_without_an_implant_nothing_is_exported(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await export_to(person, tmp_path / "log.csv")
        await person.until_seen("Not exported: no implant is connected")

    story(tell, size=LARGE)


def test_a_file_that_came_in_between_is_left_as_it_is_and_a_broken_chain_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    assert export_trouble(path) == ""
    assert write_log(path, LOG) == f"Exported 1 entries to {path}; its chain is whole"
    assert write_log(path, LOG).startswith(f"Not exported: {path} cannot be written")
    broken = write_log(tmp_path / "other.csv", CheckedLog(LOG.chain, ("entry 1 was changed",)))
    assert "THE LOG IS NOT WHOLE: entry 1 was changed" in broken
