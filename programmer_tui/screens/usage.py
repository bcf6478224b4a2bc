"""Usage and resets: how long each group was delivered and in which posture, and why the implant last began anew."""

from __future__ import annotations

from typing import Any, ClassVar

from programmer_tui.screens.readout import ReadoutScreen
from scs.clock import Duration
from scs.programmer.client import Client
from scs.programmer.history_words import resets_text, usage_text
from scs.programmer.steps import Progress, ShowProgress


class UsageScreen(ReadoutScreen):
    """Read every ten seconds: it moves slowly, and takes a question a slot."""

    NAME = "usage"
    JOB: ClassVar[str] = "usage"
    EVERY: ClassVar[Duration] = Duration.of_s(10)
    EXPLANATION = "Counted since the implant was made; bars are shares of therapy. R reads now."

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def read(self, client: Client, show: ShowProgress) -> list[str]:
        usage = client.usage()
        postures = {}
        for done, (slot, *_) in enumerate(usage.slots, 1):
            postures[slot] = client.posture_usage(slot)
            show(Progress("reading usage", done, len(usage.slots)))
        whole = max(1, sum(therapy_us for _, _, therapy_us, _ in usage.slots))
        bars = [
            f"slot {slot} {'█' * (40 * therapy_us // whole)} {100 * therapy_us / whole:.0f} %"
            for slot, _, therapy_us, _ in usage.slots
            if therapy_us
        ]
        usage_lines = usage_text(usage, postures).splitlines()
        return ["Usage", *usage_lines, *bars, "", "Resets", *resets_text(client.resets()).splitlines()]

    def keep(self, result: Any) -> None:
        self._lines = result

    def lines(self) -> list[str]:
        return self._lines
