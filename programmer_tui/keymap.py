"""A person's own keys: a TOML file of `"id" = "key"`, read whole or refused whole.

The ids are those of docs/keys.md. STOP keeps its two keys whatever a file says, and no key may mean two things where
both could be meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from programmer_tui.actions import STOP_ID
from programmer_tui.catalogue import EVERYWHERE, Action
from scs.errors import BadFile

Keymap = Mapping[str, str]
"""Action id to its keys, in Textual's names, separated by commas."""

DOTS_MAX = 8
"""More than any id has: a table that lies deeper is no action, whatever is in it."""
HELD = frozenset({"ctrl", "shift", "alt"})
RESERVED = frozenset({"tab", "shift+tab", "enter", "ctrl+i", "ctrl+m", "ctrl+j"})
"""They move the focus and press what has it; a terminal sends the last three for Tab and Enter."""
ALWAYS = frozenset({STOP_ID, "quit", "palette"})
"""What works while somebody types, so a letter for it could not be typed any more."""
SIGNS = {"=": "equals_sign", "+": "plus", "-": "minus", "?": "question_mark", "/": "slash", ".": "full_stop"} | {
    ",": "comma", ";": "semicolon", "*": "asterisk", "#": "number_sign", " ": "space"
}  # fmt: skip
_NAMED = {key.value for key in Keys if len(key.value) > 1} | set(KEY_NAME_REPLACEMENTS) | set(SIGNS.values())


def read_keymap(path: str, text: str, known: tuple[Action, ...]) -> Keymap:
    """The keys that a file gives; BadFile names every row that is wrong and what to do about it."""
    # The programmer paints its first picture without a file.
    from scs.domain.file_tree import read_tree

    told = read_tree(path, text)
    actions = {action.id: action for action in known}
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for action_id, value in _rows(told):
        try:
            keymap[action_id] = _keys_of(action_id, value, actions)
        except ValueError as error:
            problems.append(str(error))
    problems += _clashes(actions, keymap)
    if problems:
        raise BadFile(path, tuple(problems))
    return keymap


def _rows(table: Mapping[str, object], within: str = "") -> Iterator[tuple[str, object]]:
    """`therapy.start` without quotation marks is a table in a table, and means the same."""
    for name, value in table.items():
        if isinstance(value, dict) and within.count(".") < DOTS_MAX:
            yield from _rows(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


def _keys_of(action_id: str, value: object, actions: Mapping[str, Action]) -> str:
    action = actions.get(action_id)
    if action is None:
        near = get_close_matches(action_id, actions, 1)
        hint = f"did you mean {near[0]}?" if near else "docs/keys.md lists them"
        raise ValueError(f"{action_id} is no action; {hint}")
    if not action.keys:
        raise ValueError(f"{action_id} has no key of its own to change; it is chosen from the list of F8")
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(key, str) and key for key in listed):
        raise ValueError(f'{action_id} = {value!r} is no key; write a key such as "ctrl+k", or a list of keys')
    keys = [_key(action_id, str(key)) for key in listed]
    if action_id == STOP_ID and not set(action.keys) <= set(keys):
        kept = " and ".join(action.shown_keys.split(" or "))
        raise ValueError(f"{STOP_ID} keeps {kept}, on every screen; add keys to them: stop = {[*action.keys, 'f9']}")
    return ",".join(dict.fromkeys(keys))


def _key(action_id: str, key: str) -> str:
    """A key in Textual's long name."""
    *held, last = (key,) if len(key) == 1 else key.split("+")
    last = SIGNS.get(last, last)
    name = "+".join((*held, last))
    is_known = (len(last) == 1 and last.isprintable()) or last in _NAMED or name in _NAMED
    if not set(held) <= HELD or not is_known:
        raise ValueError(f"{action_id} = {key!r} is no key; such are a, f10, ctrl+k, pageup, space")
    if name in RESERVED:
        raise ValueError(f"{action_id} = {key!r}: that key moves the focus and presses what has it; take another")
    if action_id in ALWAYS and not held and (len(last) == 1 or last in SIGNS.values()):
        raise ValueError(f"{action_id} = {key!r}: it works while one types too, so take a key that is not typed")
    return name


def _clashes(actions: Mapping[str, Action], keymap: Keymap) -> Iterator[str]:
    """Two actions with one key, at least one of them by the keymap, where both could be meant."""
    keys = {
        action.id: set(keymap[action.id].split(",") if action.id in keymap else action.keys)
        for action in actions.values()
    }
    told: set[frozenset[str]] = set()
    for one in keymap:
        for other, action in actions.items():
            pair = frozenset((one, other))
            shared = keys[one] & keys[other] if one != other and _meet(actions[one], action) else set()
            if shared and pair not in told:
                told.add(pair)
                yield f"{one} and {other} would both have {', '.join(sorted(shared))}; give one of them another key"


def _meet(one: Action, other: Action) -> bool:
    """Whether both can be meant on one screen."""
    if EVERYWHERE in (one.screen, other.screen) or one.screen == other.screen:
        return True
    # A kind of screen has its keys on every screen of that kind.
    return issubclass(one.owner, other.owner) or issubclass(other.owner, one.owner)
