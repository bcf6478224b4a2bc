"""What was ordered once is done once at most, and what was confirmed is in force.

An order is known by its operation number. What it does is read off the implant's log in the very step in which its
frame was acted on: no log line of a change without an order that arrived and was not done yet. A slot holds what was
confirmed last, or what is in doubt since; another content is a loss, which the implant has to say.
"""

from __future__ import annotations

from collections import Counter

from scs.domain.status import Fault, LogEntry, LogKind
from scs.programmer.events import Answered, Event
from scs.simulation.observations import Arrived, Checker, Scene, Truth
from scs.wire.messages import Request
from scs.wire.requests import ClearFault, ClearSlot, Commit, SetAmplitude, SetClock, SetDefaultSlot, Start
from scs.wire.responses import Committed, Done

EFFECTS: dict[LogKind, tuple[type, ...]] = {
    LogKind.GROUP_COMMITTED: (Commit,),
    LogKind.THERAPY_STARTED: (Start,),
    LogKind.AMPLITUDE_CHANGED: (SetAmplitude,),
    LogKind.FAULT_CLEARED: (ClearFault,),
    LogKind.CLOCK: (SetClock,),
    LogKind.SLOTS: (ClearSlot, SetDefaultSlot),
}
"""What a log line says to have happened, and which order does it."""
SURE = {Commit: LogKind.GROUP_COMMITTED, SetAmplitude: LogKind.AMPLITUDE_CHANGED, SetClock: LogKind.CLOCK}
"""Orders whose answer promises such a line."""


class OnceLedger(Checker):
    """See above."""

    id = "exactly-once"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._done: set[int] = set()
        self._here: list[tuple[int, Request]] = []
        """Orders that are acted on in this step."""
        self._effects: Counter[LogKind] = Counter()
        self._arrived_ops: set[int] = set()
        self._confirmed: dict[int, bytes] = {}
        self._in_doubt: dict[int, set[bytes]] = {}
        self._newest = 0
        self._has_damage = False
        self._was_told = False
        self._held: object = None

    def on_arrived(self, arrived: Arrived) -> None:
        request = arrived.request
        op_id = getattr(request, "op_id", None)
        if request is None or op_id is None:
            return
        self._here.append((op_id, request))
        self._arrived_ops.add(op_id)
        if isinstance(request, Commit):
            self._in_doubt.setdefault(request.slot, set()).add(request.digest)

    def on_entry(self, entry: LogEntry) -> None:
        if entry.kind in EFFECTS:
            self._effects[entry.kind] += 1
        if entry.kind is LogKind.GROUP_COMMITTED:
            generation = int(entry.detail.rsplit(" ", 1)[-1])
            if generation <= self._newest and not self._has_damage:
                self.say(entry.at_us, f"generation {generation} was given out after {self._newest}")
            self._newest = max(self._newest, generation)
        if entry.kind is LogKind.MEMORY_REPAIRED and entry.detail.startswith("memory:"):
            # Gaps in the log are told in the same way, and say nothing of what is in force.
            self._was_told = True

    def on_truth(self, truth: Truth) -> None:
        if self._here or self._effects:
            self._settle(truth.at_us)
        if truth.held is not self._held:
            self._held = truth.held
            self._look_at_slots(truth)

    def on_told(self, at_us: int, who: int, event: Event, asked_us: int) -> None:
        if not isinstance(event, Answered) or not isinstance(event.response, Committed | Done):
            return
        op_id = event.response.op_id
        if not op_id:
            return  # Closing and watching are no operations.
        self.looked += 1
        if op_id not in self._arrived_ops:
            self.say(at_us, f"operation {op_id} was confirmed, and no order with that number has arrived whole")
        if type(event.request) in SURE and op_id not in self._done:
            self.say(at_us, f"{type(event.request).__name__} {op_id} was confirmed, and has done nothing")
        if isinstance(event.response, Committed) and isinstance(event.request, Commit):
            slot = event.request.slot
            if event.response.digest != event.request.digest:
                self.say(at_us, f"slot {slot}: another group was confirmed than was committed")
            self._confirmed[slot] = event.response.digest

    def on_damage(self, at_us: int, family: str, kind: str, lasts_us: int | None) -> None:
        self._has_damage |= family == "memory"

    def _settle(self, at_us: int) -> None:
        """Hold what has happened in this step against what had arrived for it."""
        for kind, times in sorted(self._effects.items()):
            self.looked += 1
            orders = {op_id for op_id, request in self._here if isinstance(request, EFFECTS[kind])}
            fresh = orders - self._done
            if times > len(fresh):
                word = kind.name.lower().replace("_", " ")
                self.say(at_us, f"{word} happened {times} times, and {len(fresh)} new orders for it had arrived")
            elif times == len(fresh):
                self._done |= fresh
        self._here.clear()
        self._effects.clear()

    def _look_at_slots(self, truth: Truth) -> None:
        for slot in sorted({*self._confirmed, *truth.held}):
            self.looked += 1
            held = truth.held.get(slot)
            allowed = {self._confirmed.get(slot), *self._in_doubt.get(slot, ())}
            if held in allowed:
                continue
            if self._has_damage and (self._was_told or truth.fault is Fault.MEMORY):
                continue
            what = "nothing" if held is None else f"a group {held.hex()[:8]}"
            self.say(truth.at_us, f"slot {slot} holds {what}, and neither was that written nor its loss told")
            self._confirmed.pop(slot, None)
