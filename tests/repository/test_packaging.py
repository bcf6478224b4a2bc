"""What is installed is complete and bounded, and no file names a machine or a package index."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.support.sources import PACKAGES, files, python_files, text_of

LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json"}

MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/(?:home|Users|root|work)/\w",
            r"[A-Z]:\\\\?Users\\",
            r"--(?:extra-)?index-url",
            r"--find-links",
            r"--trusted-host",
            r"files\.pythonhosted",
            r"pypi\.org/simple",
        )
    )
)
"""A path of somebody's machine, or the address of a package index."""


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(text_of("pyproject.toml"))["project"]
    return project


def _requirements() -> list[str]:
    project = _project()
    extras = project["optional-dependencies"].values()
    rows = [*project["dependencies"], *(row for extra in extras for row in extra)]
    return sorted({row for row in rows if not row.startswith("scs[")})


@pytest.mark.parametrize("requirement", _requirements())
def test_a_dependency_has_bounds_and_a_reason(requirement: str) -> None:
    match = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?>=[\w.]+,<[\w.]+(?:; .+)?", requirement)
    assert match, f"{requirement}: give it a lower and an upper bound, such as name>=1.2,<2"
    row = re.compile(rf"^\| `?{re.escape(match[1])}`? +\| \S", re.MULTILINE)
    assert row.search(text_of("docs/ARCHITECTURE.md")), (
        f"the dependency table of docs/ARCHITECTURE.md does not say what {match[1]} is for"
    )


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_data_file_is_installed(folder: str) -> None:
    patterns = tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]["package-data"]["*"]
    names = [pattern.rsplit("/", 1)[-1] for pattern in patterns]
    left_out = [
        name
        for name in files()
        if name.startswith(f"{folder}/")
        and not name.endswith(".py")
        and not any(fnmatch(PurePosixPath(name).name, pattern) for pattern in names)
    ]
    assert not left_out, f"package-data in pyproject.toml leaves out {', '.join(left_out)}"


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_folder_with_code_is_a_package(folder: str) -> None:
    with_code = {PurePosixPath(name).parent.as_posix() for name in python_files(folder)}
    missing = [name for name in sorted(with_code) if f"{name}/__init__.py" not in files()]
    assert not missing, f"without an __init__.py these are not installed: {', '.join(missing)}"


@pytest.mark.parametrize("folder", PACKAGES)
def test_the_types_are_shipped(folder: str) -> None:
    if not python_files(folder):
        pytest.skip(f"{folder} does not exist")
    assert f"{folder}/py.typed" in files(), f"add an empty {folder}/py.typed; without it nobody sees our types"


def test_the_version_is_the_same_everywhere() -> None:
    assert f'__version__ = "{_project()["version"]}"' in text_of("scs/__init__.py")


def test_no_lock_file_is_kept() -> None:
    kept = [name for name in files() if PurePosixPath(name).name in LOCK_FILES]
    assert not kept, f"a lock file records the address of a package index; remove {', '.join(kept)}"


def test_no_file_names_a_machine_or_an_index() -> None:
    assert MACHINE.search("see /home/" + "someone/notes.txt"), "the pattern must catch a home folder"
    assert MACHINE.search("pip install --index" + "-url x"), "the pattern must catch an index"
    this_file = "tests/repository/test_packaging.py"
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in files()
        if name != this_file and not name.endswith(".svg")
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert not found, "a public project names neither:\n" + "\n".join(found)
