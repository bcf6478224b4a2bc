"""Hazard to control to requirement to test: nothing is missing in between, and no test claims what is unknown."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scs.domain.safety import RULES
from tests.support import traceability
from tests.support.sources import text_of
from tests.support.traceability import Evidence, hazards, later, marked, not_modelled, places, requirements

pytest_plugins = ["pytester"]

KNOWN = {
    "rule": {rule.id for rule in RULES},
    "hazard": {hazard.id for hazard in hazards()},
    "req": {requirement.id for requirement in requirements()},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_safety_rule_has_a_test(rule: object) -> None:
    assert getattr(rule, "id", "") in places("rule"), "no test is marked with it; show that it can speak and be silent"


@pytest.mark.parametrize("hazard", hazards(), ids=lambda hazard: hazard.id)
def test_a_hazard_has_a_control_a_requirement_and_a_test(hazard: traceability.Hazard) -> None:
    assert hazard.control, "name what controls it"
    assert hazard.requirements, "name the requirements that its control has to meet"
    assert hazard.id in places("hazard"), f'no test is marked @pytest.mark.hazard("{hazard.id}")'


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.id)
def test_a_requirement_has_a_test(requirement: traceability.Requirement) -> None:
    assert requirement.id in places("req"), f'no test is marked @pytest.mark.req("{requirement.id}")'


def test_hazards_and_requirements_name_each_other() -> None:
    downward = {(hazard.id, identity) for hazard in hazards() for identity in hazard.requirements}
    upward = {(identity, requirement.id) for requirement in requirements() for identity in requirement.hazards}
    assert downward == upward


def test_every_hazard_stands_in_the_table_once() -> None:
    identities = [hazard.id for hazard in hazards()] + list(not_modelled())
    assert sorted(identities) == [f"H{number:02}" for number in range(1, 47)]


def test_every_requirement_stands_in_the_table_once() -> None:
    identities = [requirement.id for requirement in requirements()] + list(later())
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("kind", traceability.KINDS)
def test_a_marker_names_a_known_id(kind: str) -> None:
    unknown = {identity: where for identity, where in places(kind).items() if identity not in KNOWN[kind]}
    assert not unknown, f"no such {kind}: {unknown}"


def test_the_matrix_in_the_document_is_the_one_of_the_tables_and_the_tests() -> None:
    assert traceability.document() == text_of("docs/SAFETY.md"), "run `make docs`"


def test_the_reader_finds_markers_wherever_they_stand() -> None:
    text = """
pytestmark = [pytest.mark.rule("grid")]
@pytest.mark.rule("shannon", "timing")
def test_it(): ...
rows = [pytest.param(1, marks=pytest.mark.rule("polarity"))]
"""
    found = {name for _, name in marked("rule", ast.parse(text))}
    assert found == {"grid", "shannon", "timing", "polarity"}


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("assert True", []),
        ("assert False", ["FW-01"]),
        ("pytest.skip('not today')", ["FW-01"]),
        ("pytest.xfail('known')", ["FW-01"]),
    ],
)
def test_only_a_test_that_passed_is_evidence(pytester: pytest.Pytester, body: str, missing: list[str]) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.req('FW-01')\ndef test_it():\n    {body}\n")
    pytester.makeini("[pytest]\nmarkers = req(id): verifies")
    evidence = Evidence(frozenset({"FW-01"}))
    pytester.inline_run("-p", "no:cacheprovider", plugins=[evidence])
    assert evidence.missing() == missing


@pytest.mark.parametrize(("picked", "exit_code"), [([], 1), (["-k", "it"], 0)])
def test_a_whole_run_fails_without_evidence_and_a_part_of_it_does_not(
    pytester: pytest.Pytester, picked: list[str], exit_code: int
) -> None:
    tests = Path(pytester.mkdir("tests"))
    (tests / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    pytester.makeini("[pytest]\ntestpaths = tests")
    result = pytester.inline_run("-p", "no:cacheprovider", *picked, plugins=[Evidence(frozenset({"FW-01"}))])
    assert result.ret == exit_code
