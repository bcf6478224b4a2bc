"""The rules of docs/STYLE.md that a machine can check, as a table; each row carries its own bad example.

A rule answers with one sentence a finding and names what to do instead. An exemption names the file
and the reason, and a test asks that it is still needed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.sources import PACKAGES, module_of

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
"""Lines, both counted as an editor counts them (docs/STYLE.md)."""

HOMELESS_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "core", "misc"}
PURE = ("scs.domain", "scs.wire", "scs.programmer.session", "firmware_model")
EDGE_OF_PURE = "firmware_model.host"

Finder = Callable[[str, ast.Module], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """One row: `find` yields a sentence a finding in the Python files beneath `folders`.

    Each of `bad_examples`, a file's name and text, must be caught; `exempt` maps a file to its reason.
    """

    name: str
    folders: tuple[str, ...]
    find: Finder
    bad_examples: tuple[tuple[str, str], ...]
    exempt: dict[str, str] = field(default_factory=dict)

    def covers(self, name: str) -> bool:
        """Whether the rule speaks about this file."""
        return name.startswith(tuple(f"{folder}/" for folder in self.folders))


def _long_file(_: str, tree: ast.Module) -> Iterator[str]:
    lines = max((node.end_lineno or 0 for node in tree.body), default=0)
    if lines > FILE_LINES_MAX:
        yield f"has {lines} lines, above {FILE_LINES_MAX}; split it where the meaning splits"


def _long_function(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield (
                    f"line {node.lineno}: {node.name} has {lines} lines, above {FUNCTION_LINES_MAX};"
                    " keep the branching and move the leaves out"
                )


def _homeless(name: str, _: ast.Module) -> Iterator[str]:
    stem = name.removesuffix("/__init__.py").removesuffix(".py").rsplit("/", 1)[-1]
    if stem in HOMELESS_NAMES:
        yield f"“{stem}” says nothing; name the file after the noun that lives in it"


def _no_docstring(_: str, tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "has no docstring; say what lives here, what must never, and why"


def _crowded_signboard(name: str, tree: ast.Module) -> Iterator[str]:
    if not name.endswith("__init__.py"):
        return
    for node in tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if not is_text and not is_constant:
            yield f"line {node.lineno}: an __init__.py is a docstring; move the code to a named file"


def _imported(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of every import; the name is empty for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, node.module or "", alias.name


def _own_clock(_: str, tree: ast.Module) -> Iterator[str]:
    for line, module, _name in _imported(tree):
        if module in {"time", "timeit"}:
            yield f"line {line}: imports {module}; take an Instant, or ask a Clock of scs.clock"
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"now", "utcnow", "today"}
            and _last_name(node.value) in {"datetime", "date"}
        ):
            yield f"line {node.lineno}: reads the calendar; use scs.clock.civil_time at an edge"


def _clock_in_the_core(name: str, tree: ast.Module) -> Iterator[str]:
    dotted = module_of(name)
    if dotted == EDGE_OF_PURE or not any(f"{dotted}.".startswith(f"{pure}.") for pure in PURE):
        return
    for line, module, imported in _imported(tree):
        if module == "scs.clock" and imported not in {"Instant", "Duration"}:
            yield (
                f"line {line}: the core takes `now` as an argument; import Instant and Duration"
                f" from scs.clock, not {imported or 'the module'}"
            )


def _private_chance(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "random"
            and node.attr != "Random"
        ):
            yield f"line {node.lineno}: random.{node.attr} has no seed; take a random.Random"
    for line, module, imported in _imported(tree):
        if module == "random" and imported not in {"", "Random"}:
            yield f"line {line}: random.{imported} has no seed; take a random.Random"


def _catches_everything(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is None:
            continue  # It tidies up and passes on what it caught; nothing is swallowed.
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(kind is None or _last_name(kind) in {"Exception", "BaseException"} for kind in kinds):
            yield f"line {node.lineno}: catches everything; name what can go wrong"


def _binary_fraction(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        is_number = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_name = isinstance(node, ast.Name) and node.id == "float"
        if isinstance(node, ast.expr) and (is_number or is_name):
            yield f"line {node.lineno}: a float; quantities are whole numbers of a named unit"


def _sleeps(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) == "sleep":
            yield f"line {node.lineno}: sleeps; wait for a named thing (tests/support/waiting.py)"
    for line, module, imported in _imported(tree):
        if module == "scs.clock" and imported == "wait":
            yield f"line {line}: waits blindly; name what for in tests/support/waiting.py"


def _pretends(_: str, tree: ast.Module) -> Iterator[str]:
    for line, module, imported in _imported(tree):
        if f"{module}.{imported}".startswith(("unittest.mock", "mock.", "pytest_mock")):
            yield f"line {line}: a mock; join the real ends with a wire of tests/support"


def _mumbles(_: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
            and node.name.count("_") < 3
        ):
            yield f"line {node.lineno}: {node.name} is no sentence; say what holds"


def _last_name(node: ast.expr) -> str:
    """The last word of a dotted name: asyncio.sleep is sleep."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _example(text: str, name: str = "scs/example.py") -> tuple[str, str]:
    return name, text


EVERYWHERE = (*PACKAGES, "tests", "bench", "examples", "docs")
TIMED = (*PACKAGES, "tests")
"""bench/ measures real time, and nothing else does."""

RULES = (
    Rule(
        "files are rooms, not halls",
        EVERYWHERE,
        _long_file,
        (_example("x = 1\n" * (FILE_LINES_MAX + 1)),),
    ),
    Rule(
        "functions fit on a screen",
        EVERYWHERE,
        _long_function,
        (_example("def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX),),
    ),
    Rule(
        "files are named for a noun",
        EVERYWHERE,
        _homeless,
        (_example("", "scs/wire/utils.py"), _example("", "scs/core/__init__.py")),
    ),
    Rule("files say what lives in them", PACKAGES, _no_docstring, (_example("x = 1\n"),)),
    Rule(
        "an __init__.py is a signboard",
        PACKAGES,
        _crowded_signboard,
        (_example('"""Words."""\nimport textual\n', "scs/__init__.py"),),
        exempt={"scs/testing/strategies/__init__.py": "people outside of the project import the strategies from here"},
    ),
    Rule(
        "one file reads the clock",
        TIMED,
        _own_clock,
        (
            _example("import time\n"),
            _example("from time import monotonic\n"),
            _example("import datetime\nx = datetime.datetime.now()\n"),
        ),
        exempt={"scs/clock.py": "it is that file"},
    ),
    Rule(
        "the core is handed the time",
        PACKAGES,
        _clock_in_the_core,
        (
            _example("from scs.clock import Instant, WallClock\n", "scs/domain/example.py"),
            _example("import scs.clock\n", "firmware_model/device.py"),
        ),
    ),
    Rule(
        "chance is handed in",
        TIMED,
        _private_chance,
        (
            _example("import random\nx = random.randint(1, 6)\n"),
            _example("from random import choice\n"),
        ),
    ),
    Rule(
        "nothing catches everything",
        PACKAGES,
        _catches_everything,
        (
            _example("try:\n    f()\nexcept (OSError, Exception):\n    pass\n"),
            _example("try:\n    f()\nexcept:\n    pass\n"),
        ),
    ),
    Rule(
        "meaning and bytes are whole numbers",
        ("scs/domain", "scs/wire"),
        _binary_fraction,
        (_example("x = 0.5\n"), _example("def f(x: float) -> None: ...\n")),
        exempt={
            "scs/domain/verdict.py": "a finding's values are shown to people after the decision was taken",
            "scs/domain/file_problems.py": "how alike two words are is no quantity",
            "scs/domain/power.py": "an estimate with a band; nothing is judged by it",
            "scs/domain/longevity.py": "an estimate with a band; nothing is judged by it",
        },
    ),
    Rule(
        "tests do not sleep",
        ("tests",),
        _sleeps,
        (_example("import asyncio\nasyncio.sleep(1)\n"), _example("from scs.clock import wait\n")),
    ),
    Rule("tests do not pretend", ("tests",), _pretends, (_example("from unittest import mock\n"),)),
    Rule(
        "test names are sentences",
        ("tests",),
        _mumbles,
        (_example("def test_codec():\n    pass\n"),),
    ),
)
