"""The table of actions has every key and screen of the programmer, and every command in it is one of `scs`."""

from __future__ import annotations

import argparse

import pytest

from programmer_tui.actions import BY_ID, HEADLESS_ONLY, TABLE
from programmer_tui.app import ProgrammerApp
from programmer_tui.catalogue import actions, bindings, owners
from programmer_tui.screens.base import FURTHER, PLACES
from scs.cli import device
from scs.cli.main import VERBS, module_of

FILLED_IN = {
    "CURRENT": "2mA", "FILE": "day.toml", "NUMBER": "7", "PROGRAM": "0", "SESSION": "last", "SLOT": "3",
    "TRACE": "stop.trace", "PAIR": "2", "PATH": "bench", "KIND": "lead-open", "TIME": "3h",
}  # fmt: skip
"""What stands for a person's choice in the commands of the table."""


def words_of(command: str) -> list[str]:
    words = [FILLED_IN.get(word, word) for word in command.split()]
    return ["device", "--port", "tcp:127.0.0.1:4000", *words[1:]] if words[0] == "device" else words


def the_parser(verb: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    module_of(verb).add_parser(parser.add_subparsers(dest="command"))
    return parser


def device_verbs() -> set[str]:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    device.add_parser(subparsers)
    for action in subparsers.choices["device"]._actions:
        if isinstance(action, argparse._SubParsersAction):
            return set(action.choices)
    raise AssertionError("scs device has no verbs")


def test_every_binding_has_an_id_a_tooltip_and_a_row() -> None:
    bad = [
        f"{owner.__name__}: {binding.key} {binding.action}: id {binding.id!r}, tooltip {binding.tooltip!r}"
        for owner, binding in bindings()
        if not binding.tooltip or binding.id not in BY_ID
    ]
    assert not bad, "give each an id, a tooltip and a row in programmer_tui/actions.py:\n" + "\n".join(bad)


def test_no_id_stands_for_two_bindings() -> None:
    ids = [binding.id for _, binding in bindings()]
    assert len(ids) == len(set(ids))


def test_every_row_is_a_binding_or_a_screen() -> None:
    known = {binding.id for _, binding in bindings()} | {f"show.{name}" for name in ProgrammerApp.SCREENS}
    assert {row.id for row in TABLE} == known, "programmer_tui/actions.py and the screens differ"


def test_every_screen_has_a_key_or_a_place_in_the_list_of_further_screens() -> None:
    assert {name for _, name, _ in PLACES} | {name for name, _, _ in FURTHER} == set(ProgrammerApp.SCREENS)


def test_the_actions_are_found_on_screens_and_widgets() -> None:
    names = {owner.__name__ for owner in owners()}
    assert {"ProgrammerApp", "TherapyScreen", "LeadPicture", "ProgramEditor", "Question"} <= names
    assert len(actions()) == len(TABLE)


@pytest.mark.parametrize("command", sorted({command for row in TABLE for command in row.commands}))
def test_the_command_of_an_action_is_one_that_is_understood(command: str) -> None:
    words = words_of(command)
    assert words[0] in VERBS
    if words[-1] == "--help":
        with pytest.raises(SystemExit, match=r"^0$"):
            the_parser(words[0]).parse_args(words)
    else:
        assert the_parser(words[0]).parse_args(words).command == words[0]


def test_every_verb_of_scs_device_is_an_action_or_says_why_it_is_none() -> None:
    used = {command.split()[1] for row in TABLE for command in row.commands if command.startswith("device ")}
    used = {verb for verb in used if not verb.startswith("-")}
    assert device_verbs() == used | set(HEADLESS_ONLY)
    assert not used & set(HEADLESS_ONLY), "it has an action now; remove it from HEADLESS_ONLY"
