"""The suite tried on implants that are wrong on purpose: which check catches which fault.

A suite that lets one of them pass would let its like pass on hardware. Each is asked over the link and through the
tap only, like any other implant; the checks run in their order, and the first that fails ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from firmware_model.known_bad import KNOWN_BAD, KnownBad, find_known_bad
from scs.clock import Duration, WallClock
from scs.testing.checks.table import CHECKS
from scs.testing.conformance.runner import Runner, Settings, open_for, two_processes
from scs.testing.report import Outcome, Result

BUDGETS = (Duration.of_s(1), Duration.of_s(20))
"""First few cases of every check, which catch nearly all; then a third of them for what is harder to see."""


@dataclass(frozen=True, slots=True)
class Caught:
    """One implant that is wrong, and what the suite said of it; `check` is empty when nothing was noticed."""

    id: str
    description: str
    hazard: str
    check: str
    sentence: str
    program: str
    cases: int
    milliseconds: int


def catch(bad: KnownBad, settings: Settings) -> Caught:
    """Run the suite against one of them until a check fails."""
    clock = WallClock()
    began = clock.now()
    cases, failure = 0, None
    for budget in BUDGETS:
        failure, made = _first_failure(bad, replace(settings, budget=budget, traces=""))
        cases += made
        if failure is not None:
            break
    took = began.until(clock.now()).us // 1_000
    if failure is None:
        return Caught(bad.id, bad.description, bad.hazard, "", "", "", cases, took)
    return Caught(bad.id, bad.description, bad.hazard, failure.id, failure.reason, failure.program, cases, took)


def _first_failure(bad: KnownBad, settings: Settings) -> tuple[Result | None, int]:
    """The first check that fails, and how many cases were made until then."""
    cases = 0
    with Runner(settings, open_for(settings, bad.build)) as runner:
        for check in CHECKS:
            result = runner.run(check)
            cases += result.cases
            if result.outcome is Outcome.FAIL:
                return result, cases
    return None, cases


def chosen(ids: Sequence[str]) -> tuple[KnownBad, ...]:
    """Those with these ids, or all. Raises BadPrescription for an id that there is not."""
    return tuple(find_known_bad(one) for one in ids) if ids else KNOWN_BAD


def catch_all(
    settings: Settings, ids: Sequence[str] = (), tell: Callable[[Caught], None] | None = None
) -> tuple[Caught, ...]:
    """Every known-bad implant, or those with these ids, in two processes; in the order of their table."""
    found: list[Caught] = []
    with two_processes() as pool:
        for caught in pool.map(_catch_one, [(settings, bad.id) for bad in chosen(ids)]):
            found.append(caught)
            if tell is not None:
                tell(caught)
    return tuple(found)


def _catch_one(task: tuple[Settings, str]) -> Caught:
    settings, bad_id = task
    return catch(find_known_bad(bad_id), settings)
