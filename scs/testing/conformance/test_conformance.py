"""The suite as tests of pytest: one test a check, named by the check's id."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from scs.testing.checks.check import Check
from scs.testing.checks.table import CHECKS
from scs.testing.report import Outcome, Result

if TYPE_CHECKING:
    from scs.testing.conformance.runner import Runner


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_implant_keeps_its_promise(
    check: Check, scs_runner: Runner, scs_results: list[Result], record_property: Callable[[str, object], None]
) -> None:
    result = scs_runner.run(check)
    scs_results.append(result)
    record_property("requirements", ", ".join(result.requirements))
    record_property("hazards", ", ".join(result.hazards))
    record_property("cases", result.cases)
    record_property("evidence", "; ".join(result.evidence))
    if result.outcome is Outcome.NOT_EVALUATED:
        pytest.skip(f"not evaluated: {result.reason}")
    if result.outcome is Outcome.FAIL:
        pytest.fail(f"{result.describe()}\ntrace: {result.trace}", pytrace=False)
