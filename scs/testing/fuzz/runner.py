"""Feeds a target with real input and with damage to it, in bulk, and takes note of everything that should not come out.

One seed gives one course of inputs. What is found is named by where it came out, so that a thousand inputs with one
cause are one finding.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType, TracebackType

from scs.errors import ScsError
from scs.testing.fuzz.target import Feed, Target

HANG_S = 10.0
"""Seconds of processor time for one input; the slowest honest one takes a hundredth of it."""
FINDINGS_MAX = 20
_OWN = ("scs", "firmware_model", "programmer_tui")


class HangError(BaseException):
    """An input keeps a reader busy; no reader may catch this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that came out and should not have, and the first input that brought it out."""

    where: str
    said: str
    data: bytes


@dataclass(slots=True)
class Report:
    """What a run of one target saw."""

    target: str
    unit: str
    engine: str
    units: int = 0
    inputs: int = 0
    refused: int = 0
    """Inputs that ended with an error of scs.errors."""
    replayed: int = 0
    """Inputs of the corpus and real ones, which are fed first."""
    findings: list[Finding] = field(default_factory=list)


class Trial:
    """Around the feeding of one input: what comes out of it is noted and goes no further."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.data = b""

    def __enter__(self) -> None:
        self._report.inputs += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return True
        if isinstance(error, ScsError):
            self._report.refused += 1
            self._report.units += 1
            return True
        if not isinstance(error, Exception | HangError):
            return False
        self._note(error, trace)
        return True

    def _note(self, error: BaseException, trace: TracebackType | None) -> None:
        where = f"{type(error).__name__} at {_place(trace)}"
        known = {finding.where for finding in self._report.findings}
        if where not in known and len(known) < FINDINGS_MAX:
            self._report.findings.append(Finding(where, str(error)[:300], self.data))


def _place(trace: TracebackType | None) -> str:
    """The innermost line of our own code."""
    place = "?"
    for frame in traceback.extract_tb(trace):
        parts = Path(frame.filename).parts
        owners = [at for at, part in enumerate(parts) if part in _OWN]
        if owners and "fuzz" not in parts:
            place = f"{'/'.join(parts[owners[-1] :])}:{frame.lineno}"
    return place


def run_bulk(
    target: Target,
    runs: int,
    seed: int = 1,
    corpus: tuple[bytes, ...] = (),
    tell: Callable[[int], None] = lambda _: None,
) -> Report:
    """Feed the corpus and the real inputs, then damaged ones until `runs` units were fed."""
    report = Report(target.name, target.unit, "bulk")
    pool = (*target.seeds(), *corpus)
    feed, trial, chance = target.prepare(), Trial(report), Random(seed)
    with no_hang():
        for data in pool:
            try_one(feed, trial, report, data)
        report.replayed = report.inputs
        report.units = 0
        while report.units < runs and len(report.findings) < FINDINGS_MAX:
            before = report.units
            try_one(feed, trial, report, target.mutate(chance.choice(pool), chance))
            # An input that brings something out counts for one, or a reader that always fails would never end.
            report.units = max(report.units, before + 1)
            tell(min(report.units, runs))
    return report


def try_one(feed: Feed, trial: Trial, report: Report, data: bytes) -> None:
    """Feed one input; what it should not bring out is noted in the report."""
    trial.data = data
    with trial:
        restart_timer()
        report.units += feed(data)


@contextmanager
def no_hang() -> Iterator[None]:
    """Within, an input that takes HANG_S of the processor is a finding; where there is no timer, it is waited for."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _on_time)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def restart_timer() -> None:
    """The time of one input begins."""
    if hasattr(signal, "setitimer") and signal.getsignal(signal.SIGVTALRM) is _on_time:
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)


def _on_time(_number: int, _frame: FrameType | None) -> None:
    raise HangError(f"one input takes more than {HANG_S:g} s")


def read_corpus(folder: Path) -> tuple[bytes, ...]:
    """The files in a folder, in the order of their names; nothing where there is none."""
    files = sorted(file for file in folder.glob("*") if file.is_file()) if folder.is_dir() else []
    return tuple(file.read_bytes() for file in files)


def memory_kb() -> int:
    """The most memory that this process ever had, in kB; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most
