"""Every action with its key and words: the Bindings of all screens, widgets and questions, joined with the table.

It loads every screen to find them, so only the help, the palette, a keymap and docs/keys.md ask it.
`python -m programmer_tui.catalogue` prints docs/keys.md.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from textwrap import wrap

from textual.binding import Binding
from textual.dom import DOMNode

from programmer_tui.actions import TABLE, Row, UserRole
from programmer_tui.screens.base import FURTHER

PLACES = ("programmer_tui.screens", "programmer_tui.widgets")
"""Where classes with Bindings live, besides the application."""
EVERYWHERE = ""
"""The screen of what works on every screen."""
ON_SCREEN = {"show": EVERYWHERE, "lead": "editor", "body": "patient"}
"""What stands before the dot of an id to the screen where it works, where that is not its own name."""
ROOMS = {
    "": "Everywhere",
    "show": "Everywhere",
    "editor": "Program editor",
    "lead": "Leads in the editor",
    "mri": "MRI",
    "field": "Field along the cord",
    "patient": "Patient of a scenario",
    "body": "The body of the patient",
    "faults": "Faults of an emulator",
    "readout": "Battery, usage, posture",
    "passphrase": "Choosing a passphrase",
    "entry": "Typing an amplitude",
    "question": "A question",
    "pairing": "Pairing",
    "typed": "A question that is answered by typing",
    "review": "The review before sending",
    "alarm": "STOP without an answer",
    "unresolved": "What was left open",
}
"""What stands before the dot of an id to the heading that the help has for it; any other is its own heading."""
KEYS_WIDTH, WORDS_WIDTH = 23, 48
"""Columns of the help, which fit on a screen of 80 beside its scroll bar."""
PREFACE = """\
# What the programmer can do

Written by `make docs` from the screens and from the table of actions (`programmer_tui/actions.py`).
P, C, S and E say who has an action: patient, clinician, service, engineer. What a role does not have is
not drawn, and its key does nothing. Every command but `list` is given `--port ADDRESS` after `scs device`.

A role is no lock: `--role` and the settings screen choose one, and the session record says which. A
patient's amplitude stays in the range that the program gives the patient, and a patient acknowledges no
rule. What the implant permits depends on whom the pair was made for, and nobody sits there with more: a
patient's pair makes a patient of whoever sits there, and the service's makes him the service.

A click does what a key does: on the names of the screens, on STOP, on buttons and lists, and on *All
actions*, which lists everything that can be done here.

A keymap (`scs programmer --keymap FILE`) is a TOML file. It is read whole or refused whole, with a sentence
for each wrong row. Tab, Shift+Tab and Enter are not given away, and two actions that can be meant on one
screen cannot have one key.

```toml
"therapy.start" = "g"
"palette" = ["ctrl+p", "ctrl+k"]
"stop" = ["f12", "ctrl+x", "ctrl+e"]   # STOP keeps F12 and Ctrl+X, and can have more
```\
""".splitlines()
HEAD = ("| id | keys | what it does | who | without the app |", "|---|---|---|---|---|")
PLAIN = {"equals_sign": "=", "plus": "+", "minus": "-", "pageup": "PageUp", "pagedown": "PageDown"}


@dataclass(frozen=True, slots=True)
class Action:
    """One action as a person knows it."""

    row: Row
    room: str
    words: str
    keys: tuple[str, ...]
    """In Textual's names; empty for what is chosen from the list of F8."""
    owner: type[DOMNode]
    """The class that has the Binding; the application, where there is none."""

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def shown_keys(self) -> str:
        """The keys as they are printed on a keyboard, or the way to a screen that has none."""
        return keys_text(self.keys) or "F8, then choose"

    @property
    def screen(self) -> str:
        """Where it works; EVERYWHERE or a name that it has in common with what works beside it."""
        place = self.id.rpartition(".")[0]
        return ON_SCREEN.get(place, place)


def owners() -> list[type[DOMNode]]:
    """Every class of the programmer that has Bindings of its own, the application first."""
    from programmer_tui.app import ProgrammerApp

    found: list[type[DOMNode]] = [ProgrammerApp]
    for place in PLACES:
        package = import_module(place)
        for module in pkgutil.iter_modules(package.__path__, f"{place}."):
            for thing in vars(import_module(module.name)).values():
                if isinstance(thing, type) and issubclass(thing, DOMNode) and thing.__module__ == module.name:
                    found.append(thing)
    return [owner for owner in found if "BINDINGS" in vars(owner)]


def bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Every Binding of the programmer with the class that has it."""
    for owner in owners():
        for binding in owner.BINDINGS:
            assert isinstance(binding, Binding), f"{owner.__name__} has a binding without id and tooltip: {binding}"
            yield owner, binding


def actions() -> tuple[Action, ...]:
    """Everything that can be done, in the order of the table."""
    at = {binding.id: (binding, owner) for owner, binding in bindings() if binding.id is not None}
    app = owners()[0]
    screens = {f"show.{name}": f"{word}: {about}" for name, word, about in FURTHER}
    return tuple(
        Action(row, room_of(row.id), at[row.id][0].tooltip, tuple(at[row.id][0].key.split(",")), at[row.id][1])
        if row.id in at
        else Action(row, room_of(row.id), screens[row.id], (), app)
        for row in TABLE
    )


def with_keymap(known: Iterable[Action], keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """The same actions with the keys that a keymap gives them."""
    return tuple(
        replace(action, keys=tuple(keymap[action.id].split(","))) if action.id in keymap else action for action in known
    )


def room_of(action_id: str) -> str:
    """The heading under which an action stands."""
    place = action_id.rpartition(".")[0]
    return ROOMS.get(place, place.capitalize())


def keys_text(keys: Sequence[str]) -> str:
    """Keys that do the same, as they are printed on a keyboard."""
    return " or ".join(key_words(key) for key in keys)


def key_words(key: str) -> str:
    """A key as it is printed on a keyboard."""
    return "+".join(PLAIN.get(part, part.capitalize()) for part in key.split("+"))


def help_lines(known: Iterable[Action], role: UserRole) -> Iterator[str]:
    """Room by room, what this role can do."""
    room = ""
    for action in known:
        if role not in action.row.roles:
            continue
        if action.room != room:
            yield from ("", action.room) if room else (action.room,)
            room = action.room
        first, *others = wrap(action.words, WORDS_WIDTH)
        yield f"  {action.shown_keys:<{KEYS_WIDTH}} {first}"
        yield from (" " * (KEYS_WIDTH + 3) + other for other in others)


def document() -> str:
    """docs/keys.md."""
    lines = [*PREFACE]
    room = ""
    for action in actions():
        if action.room != room:
            room = action.room
            lines += [
                "",
                f"## {room}",
                "",
                "| id | keys | what it does | who | without the app |",
                "|---|---|---|---|---|",
            ]
        who = "".join(role[0].upper() for role in UserRole if role in action.row.roles)
        way = " or ".join(f"`scs {command}`" for command in action.row.commands) or action.row.instead
        lines.append(f"| `{action.id}` | {action.shown_keys} | {action.words} | {who} | {way} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
