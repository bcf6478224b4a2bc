"""Imports point one way, make no circle, and stay light where a start must be quick."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.support.sources import PACKAGES, ROOT, exists, module_of, python_files, text_of, tree_of

LIGHT = {
    "scs": {"pydantic", "rich"},
    "scs.errors": {"pydantic"},
    "scs.domain.program": {"textual", "serial", "rich", "numpy", "asyncio"},
    "scs.domain.safety": {"textual", "serial", "rich", "numpy", "asyncio"},
    "scs.programmer.session": {"textual", "serial", "asyncio"},
    "firmware_model.device": {"textual", "serial", "asyncio"},
    "scs.cli.main": {"textual", "numpy", "hypothesis", "serial", "pytest"},
    "programmer_tui.presentation": {"textual"},
    "programmer_tui.presentation_frame": {"textual", "pydantic"},
    "scs.programmer.worker_events": {"pydantic"},
    "programmer_tui.forms": {"textual"},
}
"""What a fresh interpreter that imports the module must not have loaded."""


@pytest.mark.parametrize("module", LIGHT)
def test_a_fresh_interpreter_stays_light(module: str) -> None:
    if not exists(module):
        pytest.skip(f"{module} does not exist")
    script = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    heavy = LIGHT[module] & set(run.stdout.split())
    assert not heavy, f"importing {module} loads {', '.join(sorted(heavy))}; import it where it is used"


def test_no_module_imports_itself_in_a_circle() -> None:
    with_circle = {"a": {"b"}, "b": {"a"}}
    with pytest.raises(CycleError):
        TopologicalSorter(with_circle).prepare()

    graph = {module_of(name): set(_imports(name)) for name in python_files(*PACKAGES)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("circle: " + " is imported by ".join(error.args[1]))


def test_the_import_contracts_are_kept() -> None:
    missing = sorted(module for module in _modules_in_contracts() if not exists(module))
    if missing:
        pytest.skip(f"the contracts name modules that do not exist: {', '.join(missing)}")
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports as f; raise SystemExit(f())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _imports(name: str) -> Iterator[str]:
    """Our own modules that this file imports when it is loaded (an import in a function is later)."""
    for node in _loaded(tree_of(name).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if exists(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and exists(node.module):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if exists(inner) else node.module


def _loaded(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement that runs on import, those under `if TYPE_CHECKING` left out."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        for part in ("body", "orelse", "finalbody"):
            yield from _loaded(getattr(node, part, []))


def _modules_in_contracts() -> set[str]:
    """Our own modules that the contracts of pyproject.toml speak about."""
    config: dict[str, Any] = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    named: set[str] = set(config["root_packages"])
    for contract in config["contracts"]:
        for key in ("source_modules", "forbidden_modules", "protected_modules", "layers"):
            for row in contract.get(key, []):
                named |= {module.strip() for module in row.split("|")}
        for row in contract.get("ignore_imports", []):
            named |= {module.strip() for module in row.split("->")}
    return {module for module in named if module.split(".")[0] in PACKAGES}
