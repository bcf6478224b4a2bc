"""The battery: how full, how long it lasts, what charges it, who draws from it, and how its charge went while shown."""

from __future__ import annotations

from typing import Any, ClassVar

from programmer_tui.screens.readout import ReadoutScreen
from scs.programmer.battery_words import CONSUMERS, battery_text
from scs.programmer.client import Client
from scs.programmer.steps import ShowProgress
from scs.wire.responses import BatteryReport

BAR_CELLS = 40
"""Cells of a full battery; each is 2.5 %."""


class BatteryScreen(ReadoutScreen):
    """Read every five seconds."""

    NAME = "battery"
    JOB: ClassVar[str] = "battery"
    EXPLANATION = "The implant's own word about its battery, read every 5 s. R reads now."

    def __init__(self) -> None:
        super().__init__()
        self._report: BatteryReport | None = None

    def forget(self) -> None:
        super().forget()
        self._report = None

    def read(self, client: Client, show: ShowProgress) -> BatteryReport:
        return client.battery()

    def keep(self, result: Any) -> None:
        self._report = result

    def lines(self) -> list[str]:
        return [] if self._report is None else battery_lines(self._report)


def battery_lines(report: BatteryReport) -> list[str]:
    """A bar, the sentences, and each consumer's share as a bar with its number."""
    said = [line for line in battery_text(report).splitlines() if not line.startswith("drawn since")]
    full = BAR_CELLS * report.permille // 1_000
    lines = [f"[{'█' * full}{'·' * (BAR_CELLS - full)}]", *said, ""]
    total = sum(report.drawn_uc)
    if not total:
        return [*lines, "nothing was drawn yet"]
    lines.append("drawn since power-on")
    for name, drawn in zip(CONSUMERS, report.drawn_uc, strict=True):
        cells = BAR_CELLS * drawn // total
        lines.append(f"{name:<16}{100 * drawn / total:5.1f} %  {'█' * cells}")
    return lines
