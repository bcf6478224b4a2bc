"""The rules of docs/STYLE.md hold in every file, and each rule catches its own bad example."""

from __future__ import annotations

import ast

import pytest

from tests.support.housekeeping import RULES, Rule
from tests.support.sources import python_files, tree_of

rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@rules
def test_every_file_keeps_the_rule(rule: Rule) -> None:
    findings = [
        f"{name}: {finding}"
        for name in python_files()
        if rule.covers(name) and name not in rule.exempt
        for finding in rule.find(name, tree_of(name))
    ]
    assert not findings, f"{rule.name}:\n" + "\n".join(findings)


@rules
def test_the_rule_catches_its_bad_examples(rule: Rule) -> None:
    for name, text in rule.bad_examples:
        assert list(rule.find(name, ast.parse(text))), f"{rule.name} misses {text[:60]!r}"


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule in RULES for name in rule.exempt])
def test_an_exemption_is_still_needed(rule: Rule, name: str) -> None:
    if name not in python_files():
        pytest.skip(f"{name} does not exist")
    assert rule.covers(name), f"{rule.name} does not speak about {name}; remove the exemption"
    if not list(rule.find(name, tree_of(name))):
        pytest.fail(f"{name} keeps the rule by itself; remove the exemption ({rule.exempt[name]})")
