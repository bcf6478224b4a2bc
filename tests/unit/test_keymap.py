"""A keymap is read whole or refused with a sentence for each wrong row; STOP keeps its keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from programmer_tui.catalogue import actions
from programmer_tui.keymap import read_keymap
from programmer_tui.screens.battery import BatteryScreen
from scs.errors import BadFile


def read(text: str) -> dict[str, str]:
    return dict(read_keymap("keys.toml", text, actions()))


def test_ids_may_be_quoted_or_not_and_keys_may_be_several() -> None:
    assert read('"therapy.start" = "f10"\n') == read('therapy.start = "f10"\n') == {"therapy.start": "f10"}
    assert read('therapy.start = ["g", "ctrl+g"]') == {"therapy.start": "g,ctrl+g"}
    assert read('therapy.up = "+"') == {"therapy.up": "plus"}
    assert read("") == {}


def test_two_actions_may_exchange_their_keys() -> None:
    assert read('therapy.start = "x"\ntherapy.soft-stop = "s"') == {"therapy.start": "x", "therapy.soft-stop": "s"}


def test_the_same_key_may_mean_two_things_on_two_screens() -> None:
    assert read('impedance.measure = "s"') == {"impedance.measure": "s"}


def test_what_every_readout_has_clashes_with_what_one_readout_has() -> None:
    known = actions()
    own = replace(next(it for it in known if it.id == "impedance.measure"), owner=BatteryScreen)
    with pytest.raises(BadFile, match=r"impedance.measure and readout.read would both have r"):
        read_keymap("keys.toml", 'impedance.measure = "r"', (*(it for it in known if it.id != own.id), own))
    assert read('impedance.measure = "r"') == {"impedance.measure": "r"}


@pytest.mark.req("PR-06", "PR-20")
@pytest.mark.hazard("H38")
def test_stop_can_have_another_key_and_never_fewer() -> None:
    assert read('stop = ["f12", "ctrl+x", "f10"]') == {"stop": "f12,ctrl+x,f10"}
    for row in ('stop = "f10"', 'stop = ["f12"]', "stop = []", 'stop = ""', 'quit = "f12"', 'therapy.start = "ctrl+x"'):
        with pytest.raises(BadFile, match="stop"):
            read(row)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('therapy.strat = "s"', "did you mean therapy.start"),
        ('nonsense = "s"', "docs/keys.md lists them"),
        ("therapy.start = 5", "is no key"),
        ("therapy.start = []", "is no key"),
        ('therapy.start = "hyper+s"', "is no key"),
        ('therapy.start = "pageupp"', "is no key"),
        ('therapy.start = "enter"', "presses what has it"),
        ('therapy.start = "tab"', "presses what has it"),
        ('therapy.start = "x"', "therapy.start and therapy.soft-stop would both have x"),
        ('therapy.start = "f4"', "therapy.start and show.editor would both have f4"),
        ('lead.cycle = "e"', "lead.cycle and editor.even would both have e"),
        ('quit = "q"', "take a key that is not typed"),
        ('show.battery = "f10"', "chosen from the list of F8"),
        ("therapy.start", "line 1 is no TOML"),
    ],
)
def test_a_wrong_row_is_refused_with_what_to_do(row: str, said: str) -> None:
    with pytest.raises(BadFile, match=f"keys.toml: .*{said}"):
        read(row)


def test_every_wrong_row_is_told_at_once() -> None:
    with pytest.raises(BadFile) as refused:
        read('nonsense = "s"\ntherapy.start = "enter"\ntherapy.up = "p"')
    assert len(refused.value.problems) == 3
