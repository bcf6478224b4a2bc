"""What a programmer shows is what the implant was, at the instant that it says, and no older than it may be."""

from __future__ import annotations

from collections import deque

from scs.domain.status import Mode, TherapyState
from scs.programmer.events import Answered, Event, NoticeArrived, StatusHeard, StopAcknowledged
from scs.simulation.observations import TEST_PROGRAM, Arrived, Checker, RunLike, Scene, Truth
from scs.wire.responses import Status

STALE_US = 5_000_000
"""The session gives up after four seconds, so nothing older is ever taken for an answer; one more for the way."""
KEPT = 4_000


class ScreenTruth(Checker):
    """Every status that reached a screen is held against what the bench read, and the pulses that were heard, then."""

    id = "screen-truth"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._truths: dict[int, Truth] = {}
        self._order: deque[int] = deque()
        self._stops: set[int] = set()
        self._latest_ua: dict[int, tuple[int, int]] = {}
        self._changed_us = 0

    def on_truth(self, truth: Truth) -> None:
        if truth.at_us not in self._truths:
            self._order.append(truth.at_us)
            if len(self._order) > KEPT:
                del self._truths[self._order.popleft()]
        self._truths[truth.at_us] = truth

    def on_arrived(self, arrived: Arrived) -> None:
        if arrived.request is None:
            self._stops.add(arrived.at_us)

    def on_run(self, run: RunLike) -> None:
        if run.program != TEST_PROGRAM:
            self._latest_ua[run.program] = (run.first_us, sum(ua for ua in run.pulse.currents_ua.values() if ua > 0))

    def on_told(self, at_us: int, who: int, event: Event, asked_us: int) -> None:
        match event:
            case StatusHeard(status) | Answered(_, Status() as status):
                self._look_at(at_us, status, asked_us)
            case NoticeArrived(Status() as status):
                self._look_at(at_us, status, at_us - STALE_US)
            case StopAcknowledged(stopped_us):
                self.looked += 1
                if stopped_us not in self._stops:
                    self.say(at_us, f"a STOP was acknowledged as of {stopped_us} us, when none had arrived")
            case _:
                return

    def _look_at(self, at_us: int, status: Status, asked_us: int) -> None:
        self.looked += 1
        if status.at_us < asked_us:
            self.say(at_us, f"a status of {status.at_us} us is shown as the answer to a question of {asked_us} us")
        if status.at_us < at_us - STALE_US or status.at_us > at_us:
            self.say(at_us, f"a status of {status.at_us} us is shown at {at_us} us")
        truth = self._truths.get(status.at_us)
        if truth is None:
            self.say(at_us, f"a status of {status.at_us} us is shown, and nothing was said at that time")
            return
        shown = (status.mode, status.therapy, status.fault, status.generation)
        was = (truth.mode, truth.therapy, truth.fault, truth.generation)
        if shown != was:
            self.say(at_us, f"the screen shows {_words(shown)}, and the implant was {_words(was)}")
        if status.therapy is not TherapyState.OFF and status.slot != truth.slot:
            self.say(at_us, f"the screen shows slot {status.slot}, and slot {truth.slot} ran")
        if status.mode is not Mode.THERAPY and any(status.delivered_ua):
            self.say(at_us, f"the screen shows {status.delivered_ua} uA in {status.mode.name}")
        if status.therapy is TherapyState.ON:
            for program, shown_ua in enumerate(status.delivered_ua):
                heard_us, heard_ua = self._latest_ua.get(program, (0, 0))
                if shown_ua and shown_ua != heard_ua and heard_us <= status.at_us:
                    self.say(at_us, f"the screen shows {shown_ua} uA of program {program}, and {heard_ua} uA left")


def _words(what: tuple[object, ...]) -> str:
    return " ".join(getattr(one, "name", str(one)) for one in what)
