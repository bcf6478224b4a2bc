"""Nothing leaves in a mode in which nothing may, and what was locked stays locked until it is asked to open.

The locks are this file's own: MRI and storage close when a programmer was told so, and open when the order to leave
them arrives; a fault that was latched opens when the order to clear it arrives. No reset opens any of them.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.domain.status import LogEntry, LogKind, Mode
from scs.programmer.events import Answered, Event
from scs.simulation.observations import TEST_PROGRAM, Arrived, Checker, RunLike, Scene, Truth
from scs.wire.requests import ClearFault, EnterMri, EnterStorage, LeaveMri, LeaveStorage
from scs.wire.responses import Done


class ModeGuard(Checker):
    """`mode` reads what the implant itself says at this instant."""

    id = "mode-guard"

    def __init__(self, scene: Scene, mode: Callable[[], Mode]) -> None:
        super().__init__(scene)
        self._mode = mode
        self._kept: Mode | None = None
        self._entering = 0
        """The operation that entered a mode last, unless an order to leave it came since."""
        self._latched = ""
        self._has_damage = False
        self._said: set[str] = set()

    def on_run(self, run: RunLike) -> None:
        self.looked += 1
        mode = self._mode()
        wanted = Mode.MEASURING if run.program == TEST_PROGRAM else Mode.THERAPY
        if mode is not wanted:
            self._once(run.first_us, f"pulses of program {run.program} left in {mode.name}")
        if self._kept is not None:
            self._once(run.first_us, f"pulses left, and a programmer was told that the mode is {self._kept.name}")
        if self._latched:
            self._once(run.first_us, f"pulses left after the fault {self._latched} was latched")

    def on_arrived(self, arrived: Arrived) -> None:
        match arrived.request:
            case LeaveMri() | LeaveStorage():
                self._kept, self._entering = None, 0
            case EnterMri(op_id) | EnterStorage(op_id):
                self._entering = op_id
            case ClearFault() if arrived.is_running:
                self._latched = ""

    def on_told(self, at_us: int, who: int, event: Event, asked_us: int) -> None:
        match event:
            case Answered(EnterMri(op_id), Done()) if op_id == self._entering:
                self._kept = Mode.MRI
            case Answered(EnterStorage(op_id), Done()) if op_id == self._entering:
                self._kept = Mode.STORAGE

    def on_entry(self, entry: LogEntry) -> None:
        if entry.kind is LogKind.INTERLOCK_TRIPPED:
            self._latched = entry.detail
        if entry.kind is LogKind.MEMORY_REPAIRED and self._has_damage and entry.detail.startswith("memory:"):
            # What was lost and told as lost is locked no more; whoever reads the log knows.
            self._kept, self._latched, self._entering = None, "", 0

    def on_damage(self, at_us: int, family: str, kind: str, lasts_us: int | None) -> None:
        self._has_damage |= family == "memory"

    def on_truth(self, truth: Truth) -> None:
        self.looked += 1
        if self._kept is not None and truth.mode not in (self._kept, Mode.SAFE):
            self._once(truth.at_us, f"{self._kept.name} became {truth.mode.name} though nobody asked")
        if self._latched and truth.mode is not Mode.SAFE:
            self._once(truth.at_us, f"the fault {self._latched} was latched, and the mode is {truth.mode.name}")

    def _once(self, at_us: int, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(at_us, sentence)
