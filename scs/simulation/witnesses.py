"""Hands every observation to the checkers that want it, and keeps the trace by whose hash two runs are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from scs.domain.status import Mode
from scs.simulation.checkers.charge_ledger import ChargeLedger
from scs.simulation.checkers.door import Door
from scs.simulation.checkers.limit_monitor import LimitMonitor
from scs.simulation.checkers.liveness import Liveness
from scs.simulation.checkers.log_chain import LogChain
from scs.simulation.checkers.mode_guard import ModeGuard
from scs.simulation.checkers.on_without_cause import OnWithoutCause
from scs.simulation.checkers.once_ledger import OnceLedger
from scs.simulation.checkers.screen_truth import ScreenTruth
from scs.simulation.checkers.stop_watch import StopWatch
from scs.simulation.observations import Checker, Scene, Violation

HOOKS = (
    "on_sent", "on_arrived", "on_run", "on_again", "on_entry", "on_truth", "on_told", "on_damage",
    "on_intrusion", "on_log",
    "on_ledgers", "on_end",
)  # fmt: skip


class Witnesses:
    """All checkers of one world. `tell(hook, …)` goes to whoever overrides the hook, in the order of their table."""

    def __init__(self, scene: Scene, mode: Callable[[], Mode]) -> None:
        self.stop_watch = StopWatch(scene)
        self.liveness = Liveness(scene)
        self.checkers: tuple[Checker, ...] = (
            ChargeLedger(scene),
            LimitMonitor(scene),
            ModeGuard(scene, mode),
            OnWithoutCause(scene),
            OnceLedger(scene),
            LogChain(scene),
            ScreenTruth(scene),
            self.stop_watch,
            Door(scene),
            self.liveness,
        )
        self._hooks: dict[str, list[Callable[..., None]]] = {
            hook: [
                getattr(checker, hook)
                for checker in self.checkers
                if getattr(type(checker), hook) is not getattr(Checker, hook)
            ]
            for hook in HOOKS
        }

    def tell(self, hook: str, *told: Any) -> None:
        for hear in self._hooks[hook]:
            hear(*told)

    @property
    def violations(self) -> list[Violation]:
        """Of all of them, in the order of time."""
        found = [violation for checker in self.checkers for violation in checker.violations]
        return sorted(found, key=lambda violation: violation.at_us)


class Trace:
    """Everything that happened, as a hash; the lines themselves only where somebody wants to read them."""

    def __init__(self, *, is_kept: bool) -> None:
        self._hash = hashlib.sha256()
        self.lines: list[str] | None = [] if is_kept else None

    def note(self, at_us: int, what: str, data: bytes = b"") -> None:
        self._hash.update(b"%d %b " % (at_us, what.encode()) + data + b"\n")
        if self.lines is not None:
            self.lines.append(f"{at_us / 1e6:16.6f} s  {what} {data.hex()}".rstrip())

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def checker_ids() -> Sequence[str]:
    """Every checker, in the order of the table, and what is said of a program or a firmware that breaks down."""
    classes = (
        ChargeLedger,
        LimitMonitor,
        ModeGuard,
        OnWithoutCause,
        OnceLedger,
        LogChain,
        ScreenTruth,
        StopWatch,
        Door,
        Liveness,
    )
    return (*(checker.id for checker in classes), "no-crash")
