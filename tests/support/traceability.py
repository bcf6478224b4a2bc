"""From a hazard to the tests that show its control: the tables of docs/, the markers of the tests, and what they make.

`python -m tests.support.traceability` writes the matrices of docs/SAFETY.md and docs/SECURITY.md again. `Evidence`
is a plugin of pytest that fails a whole run in which a requirement had no test that passed.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest

from tests.support.sources import ROOT, python_files, text_of, tree_of

KINDS = ("rule", "hazard", "req")
"""The markers by which a test says what it verifies."""
BEGIN = "<!-- The matrix: made by `make docs` from docs/hazards.toml, docs/requirements.toml and the tests. -->"
END = "<!-- End of the matrix. -->"
_DOCUMENT = "docs/SAFETY.md"
SECURITY_BEGIN = "<!-- Requirements: made by `make docs` from docs/requirements.toml and the tests. -->"
SECURITY_END = "<!-- End of the requirements. -->"
SECURITY_DOCUMENT = "docs/SECURITY.md"
_SECURITY = "security"
"""The level of the rows that the threat model asks for."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """A row of docs/hazards.toml with a control in this version."""

    id: str
    severity: int
    harm: str
    cause: str
    control: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A row of docs/requirements.toml that is built."""

    id: str
    text: str
    hazards: tuple[str, ...]
    level: str = ""


@cache
def hazards() -> tuple[Hazard, ...]:
    """The hazards that have a control."""
    rows = tomllib.loads(text_of("docs/hazards.toml"))["hazard"]
    return tuple(Hazard(**{**row, "requirements": tuple(row.get("requirements", ()))}) for row in rows)


@cache
def not_modelled() -> dict[str, str]:
    """Hazards whose part of the world is not modelled, with what is missing."""
    return {row["id"]: row["what"] for row in tomllib.loads(text_of("docs/hazards.toml"))["not_modelled"]}


@cache
def requirements() -> tuple[Requirement, ...]:
    """The requirements that are built."""
    rows = tomllib.loads(text_of("docs/requirements.toml"))["requirement"]
    return tuple(Requirement(row["id"], row["text"], tuple(row["hazards"]), row.get("level", "")) for row in rows)


@cache
def later() -> dict[str, str]:
    """Requirements that are not built yet."""
    return {row["id"]: row["text"] for row in tomllib.loads(text_of("docs/requirements.toml"))["later"]}


@cache
def later_for_security() -> dict[str, tuple[str, str]]:
    """Those of them that the threat model asks for, each with why it is not: it does not apply, or is to come."""
    rows = tomllib.loads(text_of("docs/requirements.toml"))["later"]
    return {row["id"]: (row["text"], row.get("why", "not built yet")) for row in rows if row.get("level") == _SECURITY}


def marked(kind: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, id) of every `pytest.mark.<kind>("id")`: on a test, a module or one parameter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{kind}":
            assert node.args, f"line {node.lineno}: the marker {kind} names no id"
            for argument in node.args:
                assert isinstance(argument, ast.Constant), (
                    f"line {argument.lineno}: write the id of the {kind} as plain text"
                )
                yield argument.lineno, str(argument.value)


@cache
def places(kind: str) -> dict[str, tuple[str, ...]]:
    """Id to the places, file and line, that name it."""
    found: dict[str, list[str]] = {}
    for name in python_files("tests"):
        for line, identity in marked(kind, tree_of(name)):
            found.setdefault(identity, []).append(f"{name}:{line}")
    return {identity: tuple(where) for identity, where in found.items()}


def matrix() -> str:
    """The matrix as Markdown: hazard to control to requirement, and requirement to the files whose tests show it."""
    rows = [
        "| hazard | severity | harm, by cause | control | requirements | tests |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.id} | {row.severity} | {row.harm}, by {row.cause} | {row.control} | "
            f"{', '.join(row.requirements)} | {_files('hazard', row.id)} |"
            for row in hazards()
        ),
        "",
        "| requirement | what must be so | hazards | tests |",
        "|---|---|---|---|",
        *(
            f"| {row.id} | {row.text} | {', '.join(row.hazards)} | {_files('req', row.id)} |"
            for row in requirements()
            if row.level != _SECURITY
        ),
        "",
        "Not modelled yet, each hazard with what is missing: "
        + "; ".join(f"{identity} {what}" for identity, what in not_modelled().items())
        + ".",
        "",
        f"{_not_built()} Those of the threat model stand in docs/SECURITY.md.",
    ]
    return "\n".join(rows) + "\n"


def _not_built() -> str:
    rows = [f"{identity} {text}" for identity, text in later().items() if identity not in later_for_security()]
    return f"Not built yet: {' '.join(rows)}" if rows else "Each requirement of this table is built."


def _files(kind: str, identity: str) -> str:
    names = sorted({where.rpartition(":")[0] for where in places(kind).get(identity, ())})
    return ", ".join(f"`{name.removeprefix('tests/').removesuffix('.py')}`" for name in names)


def security_matrix() -> str:
    """The requirements of the threat model as Markdown, each with the files whose tests show it, or why none do."""
    built = {row.id: (row.text, _files("req", row.id)) for row in requirements() if row.level == _SECURITY}
    rows = built | later_for_security()
    lines = (f"| {identity} | {text} | {shown} |" for identity, (text, shown) in sorted(rows.items()))
    return "\n".join(["| requirement | what must be so | tests |", "|---|---|---|", *lines]) + "\n"


def document() -> str:
    """docs/SAFETY.md with the matrix as it is now."""
    return _with_matrix(_DOCUMENT, BEGIN, END, matrix())


def security_document() -> str:
    """docs/SECURITY.md with its requirements as they are now."""
    return _with_matrix(SECURITY_DOCUMENT, SECURITY_BEGIN, SECURITY_END, security_matrix())


def _with_matrix(name: str, begins: str, ends: str, made: str) -> str:
    text = text_of(name)
    before, begin, rest = text.partition(begins)
    _, end, after = rest.partition(ends)
    assert begin, f"{name} has no place for the matrix"
    assert end, f"{name} does not say where the matrix ends"
    return f"{before}{begins}\n\n{made}\n{ends}{after}"


@dataclass(eq=False)
class Evidence:
    """Counts for each requirement the tests that passed; a run of everything fails when one has none.

    A test that was skipped, or was expected to fail, is no evidence. With xdist the workers put the ids into their
    reports and the controller counts.
    """

    required: frozenset[str]
    passed: set[str] = field(default_factory=set)

    def missing(self) -> list[str]:
        """The requirements that no passing test has shown."""
        return sorted(self.required - self.passed)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("req"):
                item.user_properties += [("req", identity) for identity in mark.args]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self.passed |= {str(value) for name, value in report.user_properties if name == "req"}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if is_whole_run(session.config) and not hasattr(session.config, "workerinput") and self.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if is_whole_run(terminalreporter.config) and self.missing():
            terminalreporter.write_line(f"requirements without a passing test: {', '.join(self.missing())}", red=True)


def is_whole_run(config: pytest.Config) -> bool:
    """Whether nothing was picked: every test there is was to run."""
    # What is left out by default is left out of every run by day.
    marks = "" if config.option.markexpr == "not nightly" else config.option.markexpr
    chosen = config.option.keyword or marks or config.option.maxfail
    chosen = chosen or config.option.collectonly or getattr(config.option, "lf", False)
    return not chosen and config.args_source is pytest.Config.ArgsSource.TESTPATHS


if __name__ == "__main__":
    (ROOT / _DOCUMENT).write_text(document(), encoding="utf-8")
    (ROOT / SECURITY_DOCUMENT).write_text(security_document(), encoding="utf-8")
