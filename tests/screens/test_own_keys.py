"""A keymap in force: the own key does it, the usual one no longer does, and what shows keys shows the own ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from programmer_tui.catalogue import actions
from programmer_tui.habits import Habits
from programmer_tui.keymap import read_keymap
from scs.cli.exit_codes import ExitCode
from scs.cli.main import main
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, Person, story

OWN = """
"therapy.start" = "x"
"therapy.soft-stop" = "s"
"show.help" = "f10"
"palette" = "ctrl+k"
stop = ["f12", "ctrl+x", "ctrl+e"]
"""


def habits() -> Habits:
    return Habits(keymap=read_keymap("keys.toml", OWN, actions()))


@pytest.mark.req("PR-06")
@pytest.mark.hazard("H38")
@pytest.mark.parametrize("stop", ["ctrl+e", "f12", "ctrl+x"])
def test_exchanged_keys_do_each_other_s_deed_and_stop_has_one_more(stop: str) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        assert not implant.is_delivering
        await person.press("x")
        await person.until(lambda: implant.is_delivering, "the first pulse")
        await person.press(stop)
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, habits=habits())


def test_own_keys_are_shown_where_keys_are_shown() -> None:
    async def tell(person: Person) -> None:
        assert "F10 Help" in person.sees()
        await person.press("f1")
        assert "[F1" not in person.sees()
        await person.press("f10")
        await person.until_seen("[F10 Help]", "Your keymap is in force", "F12 or Ctrl+X or Ctrl+E")
        await person.press("ctrl+k")
        await person.until_seen("Output zero at once")

    story(tell, size=LARGE, habits=habits())


def test_a_wrong_keymap_is_told_before_anything_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('stop = "f10"\n', encoding="utf-8")
    assert main(["programmer", "--keymap", str(path)]) == ExitCode.UNREADABLE
    assert "stop keeps F12 and Ctrl+X" in capsys.readouterr().err
    assert main(["programmer", "--keymap", str(tmp_path / "none.toml")]) == ExitCode.UNREADABLE
