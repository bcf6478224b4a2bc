"""Usage and resets: how long each group was delivered and in which posture, how long of each day therapy was on, and
why the implant last began anew.
"""

from __future__ import annotations

from typing import Any, ClassVar

from programmer_tui.screens.readout import ReadoutScreen
from scs.clock import Duration
from scs.domain.status import LogEntry
from scs.programmer.adherence import adherence_lines
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
        self._serial = ""
        self._log: tuple[LogEntry, ...] = ()
        """Of the implant with that serial number; only what is new is downloaded each time."""

    def forget(self) -> None:
        super().forget()
        self._lines, self._log, self._serial = [], (), ""

    def read(self, client: Client, show: ShowProgress) -> tuple[str, tuple[LogEntry, ...], list[str]]:
        serial = client.identity.serial
        kept = self._log if serial == self._serial else ()
        entries = kept + client.log(kept[-1].sequence if kept else 0, show)
        return serial, entries, self._read_lines(client, show, entries)

    def _read_lines(self, client: Client, show: ShowProgress, entries: tuple[LogEntry, ...]) -> list[str]:
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
        each_day = ["", "Each day, from the log", *adherence_lines(entries, usage.at_us)]
        return ["Usage", *usage_lines, *bars, *each_day, "", "Resets", *resets_text(client.resets()).splitlines()]

    def keep(self, result: Any) -> None:
        self._serial, self._log, self._lines = result

    def lines(self) -> list[str]:
        return self._lines
