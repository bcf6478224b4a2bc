"""The repository as text and as syntax trees, for the tests that read it instead of running it."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scs", "firmware_model", "programmer_tui")
"""The folders that are installed."""


@cache
def files() -> tuple[str, ...]:
    """Every file that git tracks or would offer to track, as a path from the root.

    A checkout without git (an unpacked archive) has no ignored files to tell apart; there, folders
    that tools make are left out by name.
    """
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
    else:
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if not _is_left_over(path)]
    return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))


def python_files(*folders: str) -> tuple[str, ...]:
    """Every Python file, or those beneath the named folders."""
    return tuple(name for name in files() if name.endswith(".py") and (not folders or name.split("/")[0] in folders))


@cache
def text_of(name: str) -> str:
    """The text of a file; empty for a file that holds no text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(name: str) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text_of(name), filename=name)


def module_of(name: str) -> str:
    """The dotted name of a Python file: scs/wire/__init__.py is scs.wire."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def exists(module: str) -> bool:
    """Whether one of our own modules is there."""
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _is_left_over(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(
        part in {".git", ".venv", "__pycache__", "build", "dist", ".hypothesis"}
        or part.endswith(("_cache", ".egg-info"))
        for part in parts
    )
