"""Whoever makes faults happen: steps an implant through time, and breaks and mends it when a script says so."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.faults.kinds import FaultKind
from firmware_model.faults.memory import PowerGone
from firmware_model.faults.script import FaultScript, Planned
from firmware_model.pace import Pace
from scs.clock import Duration, Instant
from scs.domain.status import ResetCause

RETURNS_AT_ONCE_MAX = 100
"""A supply that goes in the very instant in which it has come back, so many times, never comes back [project]."""
Course = Iterator[tuple[int, Callable[[], Planned]]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that was broken, or mended."""

    at_us: int
    kind: str
    arguments: dict[str, object]
    """As a script says them."""
    is_mended: bool = False


class Campaign:
    """One implant and one script, or none. `step` takes the place of the device's own. Raises BadPrescription where the
    script speaks of what this implant has not."""

    def __init__(self, device: Device, script: FaultScript | None = None, seed: int = 1) -> None:
        self._device, self._bench = device, Bench(device)
        self._pace = Pace("the supply", RETURNS_AT_ONCE_MAX)
        self._order = count()
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self.happened: list[Happening] = []
        if script is not None:
            self.follow(script, seed)

    def follow(self, script: FaultScript, seed: int = 1) -> None:
        """Let a script begin now, beside those that have begun. Raises BadPrescription as the constructor does."""
        script.check(self._bench)
        self._plan_next(script.course(seed, self._bench), self._device.now.us)

    def next_us(self) -> int | None:
        """When something is broken or mended next."""
        return self._queue[0][0] if self._queue else None

    def step(self, until: Instant) -> None:
        """As Device.step; what the script says happens on the way. A supply that goes comes back at once."""
        while self._queue and self._queue[0][0] <= until.us:
            at_us, _, act = heapq.heappop(self._queue)
            self._pass(Instant(max(at_us, self._device.now.us)))
            self._survive(act)
        # A supply that bounces takes a little time by itself.
        self._pass(max(until, self._device.now))

    def begin(self, kind: FaultKind, values: Mapping[str, Any], lasts_us: int | None = None) -> None:
        """Break something now."""
        self._survive(lambda: self._begin(Planned(self._device.now.us, kind, values, lasts_us)))

    def mend(self, kind: FaultKind, values: Mapping[str, Any]) -> None:
        """Mend something now; what cannot be mended stays as it is."""
        if kind.mend is not None:
            kind.mend(self._bench, values)
            self.happened.append(Happening(self._device.now.us, kind.id, kind.show(values), is_mended=True))

    def _pass(self, until: Instant) -> None:
        while not self._survive(lambda: self._device.step(until)):
            self._pace.turn(self._device.now.us)

    def _survive(self, act: Callable[[], None]) -> bool:
        """Whether the supply stayed; otherwise it is back, and the implant has begun anew."""
        try:
            act()
        except PowerGone:
            self._begin_anew()
            return False
        return True

    def _begin_anew(self) -> None:
        """The supply is back. What the implant writes first may take it away once more."""
        while True:
            try:
                self._device.restart(ResetCause.POWER_ON)
            except PowerGone:
                self._pace.turn(self._device.now.us)
            else:
                return

    def _plan_next(self, course: Course, began_us: int) -> None:
        following = next(course, None)
        if following is None:
            return
        at_us, give = following

        def act() -> None:
            try:
                self._begin(give())
            finally:
                self._plan_next(course, began_us)

        heapq.heappush(self._queue, (began_us + at_us, next(self._order), act))

    def _begin(self, planned: Planned) -> None:
        kind, values = planned.kind, planned.values
        self.happened.append(Happening(self._device.now.us, kind.id, kind.show(values)))
        if planned.lasts_us is not None and kind.mend is not None:
            end = self._device.now + Duration(planned.lasts_us)
            heapq.heappush(self._queue, (end.us, next(self._order), lambda: self.mend(kind, values)))
        kind.begin(self._bench, values)
