"""What a run of the checks has to say: a table for people, JUnit for CI systems, JSON for programs.

Three verdicts and no fourth: pass, fail, not evaluated with its reason. Not evaluated is never a pass.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from xml.etree import ElementTree as Xml

FORMAT = "scs-conformance/1"


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found. `reason` is the sentence of a failure, or why it was not evaluated."""

    id: str
    title: str
    requirements: tuple[str, ...]
    hazards: tuple[str, ...]
    outcome: Outcome
    reason: str
    cases: int
    evidence: tuple[str, ...]
    milliseconds: int
    program: str = ""
    """The smallest program that shows a failure, as the text of a program file."""
    trace: str = ""
    """The text of the trace of a failure; in reports its path instead."""

    def describe(self) -> str:
        """A failure as a person reads it: the sentence, and the program that shows it."""
        return f"{self.reason}\n\n{self.program}" if self.program else self.reason


@dataclass(frozen=True, slots=True)
class Run:
    """All results of one run, and what was run."""

    target: str
    profile: str
    seed: int
    results: tuple[Result, ...]
    milliseconds: int
    version: str

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.outcome is Outcome.FAIL)

    @property
    def cases(self) -> int:
        return sum(result.cases for result in self.results)

    def summary(self) -> str:
        """One line: how many of each verdict, how many cases, how long."""
        counts = ", ".join(
            f"{sum(result.outcome is outcome for result in self.results)} {outcome.value}" for outcome in Outcome
        )
        return f"{counts}; {self.cases:,} cases in {self.milliseconds / 1000:.1f} s; seed {self.seed}"


def said(result: Result) -> str:
    """The promise that was kept, the sentence of the failure, or the reason."""
    if result.outcome is Outcome.PASS:
        left_out = [text for text in result.evidence if text.startswith("left out: ")]
        return "; ".join([result.title, *left_out])
    return result.reason


def as_json(run: Run) -> str:
    """One JSON object with a row a check."""
    found = [{**asdict(result), "outcome": result.outcome.value} for result in run.results]
    whole = {
        "format": FORMAT, "version": run.version, "target": run.target, "profile": run.profile, "seed": run.seed,
        "milliseconds": run.milliseconds, "cases": run.cases, "results": found,
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_junit(run: Run) -> str:
    """JUnit's XML: a test case a check; what was not evaluated is skipped with its reason."""
    suite = Xml.Element(
        "testsuite",
        name=f"scs conformance {run.target}",
        tests=str(len(run.results)),
        failures=str(len(run.failures)),
        errors="0",
        skipped=str(sum(result.outcome is Outcome.NOT_EVALUATED for result in run.results)),
        time=f"{run.milliseconds / 1000:.3f}",
    )
    for result in run.results:
        case = Xml.SubElement(
            suite, "testcase", classname="scs.conformance", name=result.id, time=f"{result.milliseconds / 1000:.3f}"
        )
        properties = Xml.SubElement(case, "properties")
        for name, value in (
            ("requirements", ", ".join(result.requirements)),
            ("hazards", ", ".join(result.hazards)),
            ("cases", str(result.cases)),
            ("evidence", "; ".join(result.evidence)),
        ):
            Xml.SubElement(properties, "property", name=name, value=_printable(value))
        if result.outcome is Outcome.FAIL:
            failure = Xml.SubElement(case, "failure", message=_printable(result.reason), type="Failed")
            failure.text = _printable(result.describe())
        elif result.outcome is Outcome.NOT_EVALUATED:
            Xml.SubElement(case, "skipped", message=_printable(result.reason))
    suites = Xml.Element("testsuites")
    suites.append(suite)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """XML has no way to write most control characters."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)
