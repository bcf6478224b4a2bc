"""Does an audit say what it has not asked about, instead of calling it clean?"""

from __future__ import annotations

import json

import pytest

from tests.support.audit import CLEAN, NAMED_MAX, NOT_ASKED, VULNERABLE, judged

WELL = {"name": "cobs", "version": "1.2.1", "vulns": []}
ILL = {"name": "cbor2", "version": "5.6.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.6.5"], "aliases": []}]}
UNKNOWN = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited: rich (14.0)"}


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        ([WELL, WELL], CLEAN, "2 packages, no known vulnerability"),
        ([WELL, ILL], VULNERABLE, "cbor2 5.6.0: PYSEC-1; take 5.6.5"),
        ([WELL, UNKNOWN], NOT_ASKED, "1 of 2 packages were not audited, because the package index here has no"),
        ([WELL], NOT_ASKED, "1 of 2 packages were not audited"),
        ([ILL, UNKNOWN], VULNERABLE, "1 of 2 packages were not audited"),
    ],
)
def test_an_audit_is_clean_only_when_every_package_was_asked_about(
    rows: list[dict[str, object]], code: int, said: str
) -> None:
    found, words = judged(json.dumps({"dependencies": rows, "fixes": []}), 2)
    assert found == code
    assert said in words


def test_of_many_packages_that_were_not_audited_some_are_named_and_all_are_counted() -> None:
    code, words = judged(json.dumps({"dependencies": [UNKNOWN] * 9}), 9)
    assert code == NOT_ASKED
    assert "9 of 9 packages were not audited" in words
    assert words.count("rich") == NAMED_MAX
    assert f"and {9 - NAMED_MAX} others" in words


@pytest.mark.parametrize("report", ["", "Traceback", "{}", "[]"])
def test_a_database_that_gives_no_answer_is_no_clean_bill(report: str) -> None:
    assert judged(report, 2)[0] == NOT_ASKED
    assert "nothing was audited" in judged(report, 2)[1]
