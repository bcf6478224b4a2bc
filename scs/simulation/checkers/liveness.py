"""After the faults stop the implant is reachable and able to deliver therapy within a minute, or says why it is not.

What the final visit of a clinician came to is told by whoever made it; that therapy is delivered is believed when
pulses are heard, and by nothing else.
"""

from __future__ import annotations

from scs.simulation.observations import TEST_PROGRAM, Checker, RunLike, Scene

WITHIN_US = 60_000_000


class Liveness(Checker):
    """See above."""

    id = "liveness"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._calm_us: int | None = None
        self.heard_us: int | None = None
        """When the first pulse of therapy after the faults was heard."""
        self.excuse = ""
        """Why no therapy is possible for good, in the implant's own words."""
        self.last_words = ""
        """What the final visit heard last."""

    def calm_begins(self, at_us: int) -> None:
        """Every fault has stopped."""
        self._calm_us, self.heard_us = at_us, None

    def on_run(self, run: RunLike) -> None:
        if self._calm_us is not None and self.heard_us is None and run.program != TEST_PROGRAM:
            self.heard_us = run.first_us

    def on_end(self, at_us: int) -> None:
        if self._calm_us is None:
            return
        self.looked += 1
        if self.excuse or (self.heard_us is not None and self.heard_us - self._calm_us <= WITHIN_US):
            return
        said = f"; it said: {self.last_words}" if self.last_words else ""
        self.say(at_us, f"no therapy {WITHIN_US // 1_000_000} s after the last fault, and no lasting reason{said}")
