"""`scs device list` says what could be connected to; every other verb needs an address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from programmer_tui.recent import RecentAddresses
from scs.cli.main import main
from scs.transport.announcements import Announcer

EMULATED, RECENT = "/tmp/an-emulated-implant", "tcp:127.0.0.1:4000"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def an_emulator_and_a_recent_address(state: Path) -> None:
    said = Announcer(state / "scs" / "emulators")
    said.announce(EMULATED, "SCS-7", "m", doing="idle", battery_permille=999, has_writer=True, is_sealed=True, bench="")
    recent = RecentAddresses(state / "scs" / "recent")
    recent.answered(EMULATED)
    recent.answered(RECENT)


def test_each_address_is_listed_once_with_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    an_emulator_and_a_recent_address(tmp_path)
    assert main(["device", "list", "--json"]) == 0
    found = {row["address"]: row for row in json.loads(capsys.readouterr().out)["devices"]}
    assert (found[EMULATED]["kind"], found[EMULATED]["serial"], found[EMULATED]["in_use"]) == (
        "emulator",
        "SCS-7",
        True,
    )
    assert found[RECENT]["kind"] == "recent"
    assert main(["device", "list"]) == 0
    said = capsys.readouterr().out
    assert said.count(EMULATED) == 1
    assert "SCS-7: idle, battery 99.9 %, in use by a" in said


@pytest.mark.parametrize("verb", [["status"], ["stop"], ["impedance"]])
def test_every_other_verb_says_that_it_needs_an_address(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["device", *verb])
    assert f"{verb[0]} needs --port URL" in capsys.readouterr().err
