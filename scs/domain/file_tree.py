"""From the text of a TOML or JSON file to plain tables, lists and exact numbers; no meaning yet, and no disk.

A number with a fraction becomes a Decimal, never a float. What a reader could take in two ways is refused: a key that
stands twice, and NaN or infinity, which are no quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from scs.errors import BadFile

TEXT_MAX = 1_000_000
"""Characters. The largest group with every field written out takes some 4,000; more than this is no prescription."""

Tree = dict[str, Any]


def read_tree(path: str, text: str) -> Tree:
    """The top-level table of a file; `path` names it in errors and tells JSON (.json, or a brace first) from TOML.

    Raises BadFile.
    """
    if len(text) > TEXT_MAX:
        raise bad_file(path, (f"holds {len(text)} characters, above {TEXT_MAX}; this is no file of ours",))
    is_json = path.lower().endswith(".json") or text.lstrip().startswith("{")
    try:
        tree = _read_json(text) if is_json else _read_toml(text)
    except RecursionError as error:
        raise bad_file(path, (_TOO_DEEP,)) from error
    except _Refused as error:
        raise bad_file(path, (str(error),)) from error
    except ValueError as error:
        raise bad_file(path, (_syntax_problem(str(error), text, is_json),)) from error
    if not isinstance(tree, dict):
        raise bad_file(path, (f"holds {show_value(tree)} at the top; write a table, as in examples/",))
    return tree


def bad_file(path: str, problems: Iterable[str]) -> BadFile:
    """The error for a file with these problems."""
    return BadFile(path, tuple(problems))


def show_value(value: object) -> str:
    """A value of a file as a person would write it there, short enough for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Decimal) and not value.is_finite():
        return "NaN" if value.is_nan() else "infinity"
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= _SHOWN_MAX else f"{shown[: _SHOWN_MAX - 1]}…"


_SHOWN_MAX = 60


class _Refused(ValueError):
    """A finished sentence about a text that parses but must not."""


_TOO_DEEP = "is nested too deeply to be read; no file of ours needs more than five levels"
_DOTTED = re.compile(r"""(?<![\w"'.-])[\w"'-]+(?:[ \t]*\.[ \t]*[\w"'-]+){32}""")
"""A key of so many dots is as many tables deep, and the library takes their square in time: minutes for a long one."""


def _read_toml(text: str) -> object:
    import tomllib

    if _DOTTED.search(text):
        raise _Refused(_TOO_DEEP)
    return tomllib.loads(text, parse_float=_exact)


def _read_json(text: str) -> object:
    import json

    return json.loads(text, parse_float=_exact, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _Refused(f"{text[:_SHOWN_MAX]} is no number that can be held; no quantity needs it") from error


def _no_constant(word: str) -> NoReturn:
    raise _Refused(f"{word} is no quantity; write a number with a unit as text")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Tree:
    table: Tree = {}
    for key, value in pairs:
        if key in table:
            raise _Refused(_twice(key))
        table[key] = value
    return table


def _twice(key: str) -> str:
    return f"{key} stands twice in one table; remove one"


_AT_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY = re.compile(r"""["']?([A-Za-z0-9_-]+)["']?\s*=[^=]*$""")
_TWICE = ("Cannot overwrite a value", "Duplicate inline table key", "Cannot declare")


def _syntax_problem(message: str, text: str, is_json: bool) -> str:
    """A sentence for what tomllib or json said."""
    if "digits" in message:
        return "holds a number with thousands of digits; no quantity needs them"
    if is_json:
        return f"is no JSON: {message}; correct it there"
    place = _AT_LINE.search(message)
    if place is None:
        return f"is no TOML: {message}; correct it there"
    lines = text.splitlines() or [""]
    line = min(int(place[1] or len(lines)), len(lines))
    written = lines[line - 1][: int(place[2]) - 1] if place[2] else lines[line - 1]
    if message.startswith(_TWICE):
        key = _KEY.search(written)
        return f"line {line}: {_twice(key[1] if key else written.strip(' []'))}"
    return f"line {line} is no TOML: {message[: place.start()]}; correct it there"
