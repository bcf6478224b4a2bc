"""STOP: from the frame that has arrived whole to the last microsecond of output, always at most five milliseconds.

While the processor stands still, or is held for want of voltage, it hears nobody; then the watchdog's limit counts, and
these are kept apart and counted.
"""

from __future__ import annotations

from scs.domain.status import LogEntry, LogKind
from scs.simulation.observations import TEST_PROGRAM, Arrived, Checker, RunLike, Scene
from scs.wire.requests import Start

LIMIT_US = 5_000
"""[project: requirement of the link]"""
HUNG_LIMIT_US = 255_000
"""The watchdog bites after 250 ms (FW-12), and the same five milliseconds are added."""


class StopWatch(Checker):
    """`worst_us` is the longest that output went on after a STOP that a running processor heard."""

    id = "stop-latency"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.worst_us = 0
        self.worst_hung_us = 0
        self._stopped_us: int | None = None
        self._hung_us: int | None = None
        self._end_us = 0

    def on_arrived(self, arrived: Arrived) -> None:
        if arrived.request is None:
            self.looked += 1
            if arrived.is_running:
                self._stopped_us, self._hung_us = arrived.at_us, None
                self._note(self._end_us, arrived.at_us)
            elif self._hung_us is None:
                self._hung_us = arrived.at_us
        elif isinstance(arrived.request, Start):
            self._stopped_us = self._hung_us = None

    def on_entry(self, entry: LogEntry) -> None:
        if entry.kind is LogKind.POWER_ON:
            self._hung_us = None

    def on_run(self, run: RunLike) -> None:
        if run.program == TEST_PROGRAM:
            return
        last_us = run.first_us + (run.count - 1) * run.spacing_us
        self._end_us = last_us + (run.pulses - 1) * run.pulse.intra_us + run.pulse.pulse_us
        if self._stopped_us is not None:
            self._note(self._end_us, self._stopped_us)
        if self._hung_us is not None:
            late_us = self._end_us - self._hung_us
            self.worst_hung_us = max(self.worst_hung_us, late_us)
            if late_us > HUNG_LIMIT_US:
                self.say(run.first_us, f"output went on for {late_us} us after a STOP that a hung processor missed")
                self._hung_us = None

    def _note(self, end_us: int, stopped_us: int) -> None:
        late_us = end_us - stopped_us
        if late_us <= 0:
            return
        self.worst_us = max(self.worst_us, late_us)
        if late_us > LIMIT_US:
            self.say(end_us, f"output went on for {late_us} us after STOP, and {LIMIT_US} us is the most")
            self._stopped_us = None
