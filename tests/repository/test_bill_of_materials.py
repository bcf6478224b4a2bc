"""The bill of materials names everything that is needed to run, and is what CycloneDX's own schema says."""

from __future__ import annotations

import json
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.support.bill_of_materials import ROOT_PACKAGE, bill, materials, normalized, pins
from tests.support.sources import text_of


def test_everything_that_runs_is_in_it_and_no_tool_is() -> None:
    declared = tomllib.loads(text_of("pyproject.toml"))["project"]["dependencies"]
    direct = {normalized(Requirement(row).name) for row in declared}
    found = materials()
    assert direct == set(found[ROOT_PACKAGE].needs)
    assert {need for it in found.values() for need in it.needs} | {ROOT_PACKAGE} == set(found)
    assert {"pydantic-core", "cffi", "markupsafe"} <= set(found), "also what is needed by what is needed"
    assert not {"pytest", "mypy", "ruff", "hypothesis", "textual-serve", "pip"} & set(found)


def test_the_pins_of_an_audit_are_the_versions_that_are_installed() -> None:
    rows = dict(line.split("==") for line in pins().splitlines())
    assert rows == {it.name: it.version for it in materials().values() if it.name != ROOT_PACKAGE}


def test_the_bill_is_valid_and_says_who_needs_what() -> None:
    pytest.importorskip("cyclonedx", reason="the extra supply is not installed: pip install 'scs[supply]'")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made = json.loads(text)
    assert made["metadata"]["component"]["name"] == ROOT_PACKAGE
    rows = {component["name"]: component for component in made["components"]}
    assert set(rows) == set(materials()) - {ROOT_PACKAGE}
    needed = {row["ref"].partition("@")[0]: row.get("dependsOn", []) for row in made["dependencies"]}
    assert any(ref.startswith("pydantic-core@") for ref in needed["pydantic"])
    assert rows["cobs"]["purl"].startswith("pkg:pypi/cobs@")
    assert all(component.get("licenses") for component in made["components"] if component["name"] != "crcmod")
