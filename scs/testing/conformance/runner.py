"""Runs checks against a target: one after the other, each to a result, with a trace of each failure.

The same runner stands behind `scs conformance` and behind pytest. On the emulated target everything follows from the
seed: the same seed makes the same cases. On a real one the budget is a length of real time, cases are made until a
check's share of it is over, and what was stored in the implant is put back at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs import __version__
from scs.clock import Duration, WallClock
from scs.domain.program import Group
from scs.domain.program_file import ProgramFile
from scs.domain.program_text import write_program_file
from scs.errors import BadFile, BadPrescription, TransportError
from scs.testing.checks.check import FULL_BUDGET, Check, Context, NotEvaluated
from scs.testing.checks.speaker import Failed
from scs.testing.checks.table import CHECKS, find_check
from scs.testing.conformance.keeping import Kept
from scs.testing.report import Outcome, Result, Run
from scs.testing.target import SIMULATED, WHY_NOT, ImplantFell, OutOfTime, Target, open_target
from scs.wire.trace import Trace, TraceHeader, trace_text

if TYPE_CHECKING:
    from scs.domain.profile import DeviceProfile
    from scs.testing.target_simulated import Build


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told. `profile` chooses the emulated device's limits, and is what hardware is compared with."""

    target: str = SIMULATED
    profile: DeviceProfile | None = None
    budget: Duration = FULL_BUDGET
    has_dummy_load: bool = False
    seed: int = 1
    traces: str = ""
    """The folder into which the traces of failures are written; none are when it is empty."""

    @property
    def is_simulated(self) -> bool:
        return self.target == SIMULATED


def open_for(settings: Settings, build: Build | None = None) -> Target:
    """The target that the settings name; `build` is another firmware than the good one. Raises TransportError."""
    if settings.is_simulated:
        simulated: dict[str, Any] = {"profile": settings.profile, "seed": settings.seed}
        if build is not None:
            simulated["build"] = build
        return open_target(settings.target, **simulated)
    return open_target(settings.target, has_dummy_load=settings.has_dummy_load)


class Runner:
    """Checks one target. Used as a context manager, so that a real implant is left as it was found."""

    def __init__(self, settings: Settings, target: Target, checks: Sequence[Check] = CHECKS) -> None:
        self._settings = settings
        self._target = target
        self._clock = WallClock()
        self._weight_left = sum(check.weight for check in checks)
        self._kept: Kept | None = None

    def __enter__(self) -> Runner:
        if not self._settings.is_simulated:
            self._target.ends_us = self._target.now_us + self._settings.budget.us
            self._kept = Kept.of(self._target)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._kept is not None:
                self._target.ends_us = None
                self._kept.put_back()
        finally:
            self._target.close()

    def run(self, check: Check) -> Result:
        """Make one check; never raises for what the implant does."""
        context = self._context(check)
        began = self._clock.now()
        outcome, reason, group = self._outcome(check, context)
        self._weight_left -= check.weight
        took = began.until(self._clock.now())
        evidence = (*context.evidence, *(f"left out: {why}" for why in context.left_out))
        result = Result(
            check.id, check.title, check.requirements, check.hazards, outcome, reason, context.cases, evidence,
            took.us // 1_000, self._program(check, reason, group),
        )  # fmt: skip
        return self._traced(result) if outcome is Outcome.FAIL else result

    def _outcome(self, check: Check, context: Context) -> tuple[Outcome, str, Group | None]:
        missing = sorted(check.needs - self._target.abilities)
        if missing:
            return Outcome.NOT_EVALUATED, "; ".join(WHY_NOT[need] for need in missing), None
        try:
            check.run(context)
            context.leave()
        except (NotEvaluated, OutOfTime) as reason:
            return Outcome.NOT_EVALUATED, str(reason), None
        except Failed as failure:
            return Outcome.FAIL, failure.sentence, failure.group
        except (ImplantFell, TransportError) as failure:
            return Outcome.FAIL, str(failure), None
        if not context.cases:
            why = "; ".join(context.left_out) or "there was nothing on this implant to try it on"
            return Outcome.NOT_EVALUATED, why, None
        return Outcome.PASS, "", None

    def _context(self, check: Check) -> Context:
        settings = self._settings
        context = Context(self._target, random.Random(f"{settings.seed} {check.id}"), settings.budget)
        context.expected_profile = settings.profile
        if not settings.is_simulated and self._target.ends_us is not None:
            now = self._clock.now()
            left_us = max(0, self._target.ends_us - self._target.now_us)
            context.clock = self._clock
            context.deadline = now + Duration(left_us * check.weight // max(check.weight, self._weight_left))
        return context

    def _program(self, check: Check, reason: str, group: Group | None) -> str:
        """The group that shows the failure, as a program file."""
        if group is None:
            return ""
        try:
            return write_program_file(
                ProgramFile(title=check.title, source=f"conformance: {reason}"[:200], group=group)
            )
        except BadPrescription:
            return ""

    def _traced(self, result: Result) -> Result:
        """Write what was said and done since the implant was in a known state."""
        settings = self._settings
        self._target.note(result.reason)
        header = TraceHeader(
            seed=settings.seed,
            target=settings.target,
            profile=settings.profile.id if settings.profile else "reference",
            check=result.id,
            requirement=", ".join(result.requirements),
            sentence=result.reason,
            program=result.program,
        )
        if not settings.traces:
            return result
        path = Path(settings.traces) / f"{result.id}-{settings.seed}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(trace_text(Trace(header, tuple(self._target.events))), encoding="utf-8")
        except OSError as error:
            raise BadFile(str(path), (f"cannot be written: {error.strerror or error}; name another folder",)) from error
        return _with_trace(result, str(path))


def _with_trace(result: Result, path: str) -> Result:
    from dataclasses import replace

    return replace(result, trace=path)


def run_all(settings: Settings, ids: Sequence[str] = (), tell: Callable[[Result], None] | None = None) -> Run:
    """Run the checks (all, or those with these ids); on the emulated target in two processes.

    Raises TransportError when the target cannot be opened.
    """
    checks = tuple(find_check(one) for one in ids) if ids else CHECKS
    clock = WallClock()
    began = clock.now()
    found: dict[str, Result] = {}
    for result in _results(settings, checks):
        found[result.id] = result
        if tell is not None:
            tell(result)
    ordered = tuple(found[check.id] for check in checks)
    profile = settings.profile.id if settings.profile else "reference" if settings.is_simulated else "the implant's own"
    return Run(settings.target, profile, settings.seed, ordered, began.until(clock.now()).us // 1_000, __version__)


def _results(settings: Settings, checks: Sequence[Check]) -> Iterator[Result]:
    if not settings.is_simulated or len(checks) == 1:
        with Runner(settings, open_for(settings), checks) as runner:
            for check in checks:
                yield runner.run(check)
        return
    # The heaviest first, so that no process is left with them at the end.
    heaviest = sorted(checks, key=lambda check: -check.weight)
    with two_processes() as pool:
        yield from pool.map(_run_one, [(settings, check.id) for check in heaviest])


PROCESSES = 2


@contextmanager
def two_processes() -> Iterator[ProcessPoolExecutor]:
    """A pool of two fresh interpreters: nothing is inherited, so it works alike on every system."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield pool


def _run_one(task: tuple[Settings, str]) -> Result:
    settings, check_id = task
    with Runner(settings, open_for(settings)) as runner:
        return runner.run(find_check(check_id))
