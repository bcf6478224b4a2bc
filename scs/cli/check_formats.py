"""The verdicts of `scs check` for programs: plain JSON, JUnit XML and SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from scs import __version__
from scs.cli.check_result import Checked
from scs.domain.safety import RULES
from scs.domain.verdict import Finding, NotEvaluated, Tier

UNREADABLE = "unreadable"
"""The rule's id, in SARIF and JUnit, of a file that could not be read."""

_SARIF_LEVEL = {Tier.NOTICE: "note", Tier.CONFIRM: "warning", Tier.BLOCK: "error"}


def json_text(checked: list[Checked]) -> str:
    """A list with one object a file."""
    return json.dumps([_file_data(one) for one in checked], indent=2, ensure_ascii=False)


def _file_data(one: Checked) -> dict[str, Any]:
    if one.verdict is None:
        return {"file": one.path, "outcome": one.outcome, "problems": list(one.problems)}
    return {
        "file": one.path,
        "title": one.title,
        "profile": one.profile,
        "policy": one.policy,
        "outcome": one.outcome,
        "findings": [finding_data(finding) for finding in one.verdict.findings],
        "not_evaluated": [
            {"rule": row.rule, "program": row.program, "reason": row.reason} for row in one.verdict.not_evaluated
        ],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as plain data, with the field names that scripts rely on."""
    return {
        "rule": finding.rule,
        "tier": finding.tier.name.lower(),
        "program": finding.program,
        "contact": finding.contact,
        "value": finding.value,
        "limit": finding.limit,
        "unit": finding.unit,
        "largest_passing_amplitude_ua": finding.largest_passing_amplitude_ua,
        "message": finding.message,
        "remedy": finding.remedy,
    }


# -------------------------------------------------------------------------------------------------------------- JUnit


def junit_text(checked: list[Checked]) -> str:
    """A test suite a file and a test case a rule: what must be confirmed or is blocked fails, a notice does not."""
    suites = [_suite(one) for one in checked]
    return "\n".join(
        ['<?xml version="1.0" encoding="utf-8"?>', '<testsuites name="scs check">', *suites, "</testsuites>"]
    )


def _suite(one: Checked) -> str:
    if one.verdict is None:
        text = "\n".join(one.problems)
        case = _case(one.path, UNREADABLE, f"<error message={_attribute(one.problems[0])}>{_text(text)}</error>")
        return _suite_text(one.path, [case], failures=0, errors=1, skipped=0)
    cases: list[str] = []
    failures = skipped = 0
    for rule in RULES:
        findings = [finding for finding in one.verdict.findings if finding.rule == rule.id]
        unknown = [row for row in one.verdict.not_evaluated if row.rule == rule.id]
        loud = [finding for finding in findings if finding.tier is not Tier.NOTICE]
        failures += bool(loud)
        skipped += bool(unknown and not loud)
        cases.append(_case(one.path, rule.id, _case_body(findings, loud, unknown)))
    return _suite_text(one.path, cases, failures=failures, errors=0, skipped=skipped)


def _suite_text(path: str, cases: list[str], *, failures: int, errors: int, skipped: int) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return "\n".join([f"  <testsuite name={_attribute(path)} {counts}>", *cases, "  </testsuite>"])


def _case(path: str, rule: str, body: str) -> str:
    return f"    <testcase classname={_attribute(path)} name={_attribute(rule)}>{body}</testcase>"


def _case_body(findings: list[Finding], loud: list[Finding], unknown: list[NotEvaluated]) -> str:
    text = "\n".join(_finding_line(finding) for finding in findings)
    if loud:
        worst = max(loud, key=lambda finding: finding.tier)
        kind, message = _attribute(worst.tier.name.lower()), _attribute(worst.message)
        return f"<failure type={kind} message={message}>{_text(text)}</failure>"
    said = f"<system-out>{_text(text)}</system-out>" if findings else ""
    if unknown:
        return f"<skipped message={_attribute(unknown[0].reason)}/>{said}"
    return said


def _finding_line(finding: Finding) -> str:
    where = f"{finding.program}: " if finding.program else ""
    return f"{finding.tier.name.lower()}: {where}{finding.message}; {finding.remedy}"


def _attribute(text: str) -> str:
    return quoteattr(_for_xml(text))


def _text(text: str) -> str:
    return escape(_for_xml(text))


def _for_xml(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold even escaped."""
    return "".join(letter if letter in "\t\n" or letter.isprintable() else "�" for letter in text)


# -------------------------------------------------------------------------------------------------------------- SARIF


def sarif_text(checked: list[Checked]) -> str:
    """One SARIF run: blocks are errors, what must be confirmed are warnings, notices are notes."""
    described = [
        *({"id": rule.id, "shortDescription": {"text": rule.asks}} for rule in RULES),
        {"id": UNREADABLE, "shortDescription": {"text": "Can the file be read?"}},
    ]
    driver = {"name": "scs check", "version": __version__, "rules": described}
    run = {"tool": {"driver": driver}, "results": [result for one in checked for result in _sarif_results(one)]}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_results(one: Checked) -> list[dict[str, Any]]:
    if one.verdict is None:
        return [_result(one.path, UNREADABLE, "error", problem) for problem in one.problems]
    return [
        _result(one.path, finding.rule, _SARIF_LEVEL[finding.tier], f"{finding.message}; {finding.remedy}")
        | {"properties": finding_data(finding)}
        for finding in one.verdict.findings
    ]


def _result(path: str, rule: str, level: str, text: str) -> dict[str, Any]:
    from urllib.parse import quote

    uri = quote(path.replace("\\", "/"))
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [place]}
