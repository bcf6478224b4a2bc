"""Every safety rule has a test that says so, and no test claims a rule or a hazard that is unknown."""

from __future__ import annotations

import ast
import importlib
import tomllib
from collections.abc import Iterator, Mapping

import pytest

from tests.support.sources import exists, python_files, text_of, tree_of

SAFETY = "scs.domain.safety"
_TABLE = tomllib.loads(text_of("docs/hazards.toml"))
CONTROLLED = [row["id"] for row in _TABLE["hazard"]]
"""The hazards with a control in this version."""
NOT_MODELLED = [row["id"] for row in _TABLE["not_modelled"]]
"""The hazards whose part of the world does not exist here yet."""


def _rule_ids() -> list[str]:
    """The ids of the safety rules, or nothing while there are none."""
    if not exists(SAFETY):
        return []
    rules = importlib.import_module(SAFETY).RULES
    rows = rules.values() if isinstance(rules, Mapping) else rules
    return [rule.id for rule in rows]


def _marked(kind: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, id) of every `pytest.mark.<kind>("id")`: on a test, a module or one parameter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{kind}":
            assert node.args, f"line {node.lineno}: the marker {kind} names no id"
            for argument in node.args:
                assert isinstance(argument, ast.Constant), (
                    f"line {argument.lineno}: write the id of the {kind} as plain text"
                )
                yield argument.lineno, str(argument.value)


def _all_marked(kind: str) -> dict[str, list[str]]:
    """Id to the places that name it."""
    places: dict[str, list[str]] = {}
    for name in python_files("tests"):
        for line, marked in _marked(kind, tree_of(name)):
            places.setdefault(marked, []).append(f"{name}:{line}")
    return places


@pytest.mark.parametrize("rule_id", _rule_ids())
def test_a_safety_rule_has_a_test(rule_id: str) -> None:
    assert rule_id in _all_marked("rule"), (
        f'no test is marked @pytest.mark.rule("{rule_id}"); show that the rule can speak and be silent'
    )


@pytest.mark.parametrize("hazard_id", CONTROLLED)
def test_a_hazard_with_a_control_has_a_test(hazard_id: str) -> None:
    assert hazard_id in _all_marked("hazard"), (
        f'no test is marked @pytest.mark.hazard("{hazard_id}"); show that the control in docs/hazards.toml works'
    )


def test_every_hazard_stands_in_the_table_once() -> None:
    assert sorted(CONTROLLED + NOT_MODELLED) == [f"H{number:02}" for number in range(1, 47)]


@pytest.mark.parametrize("kind", ["rule", "hazard"])
def test_a_marker_names_a_known_id(kind: str) -> None:
    if kind == "rule" and not exists(SAFETY):
        pytest.skip(f"{SAFETY} does not exist")
    known = set(CONTROLLED) if kind == "hazard" else set(_rule_ids())
    unknown = {marked: where for marked, where in _all_marked(kind).items() if marked not in known}
    assert not unknown, f"no such {kind}: {unknown}"


def test_the_reader_finds_markers_wherever_they_stand() -> None:
    text = """
pytestmark = [pytest.mark.rule("grid")]
@pytest.mark.rule("shannon", "timing")
def test_it(): ...
rows = [pytest.param(1, marks=pytest.mark.rule("polarity"))]
"""
    marked = {name for _, name in _marked("rule", ast.parse(text))}
    assert marked == {"grid", "shannon", "timing", "polarity"}
