"""Posture and closed loop: how the body lies, what each loop reads and wants, and a trace of the last readings."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

from programmer_tui.screens.readout import ReadoutScreen
from scs.clock import Duration
from scs.programmer.client import Client
from scs.programmer.sensing_words import sensing_text
from scs.programmer.steps import ShowProgress
from scs.wire.responses import Sensing

TRACE_CELLS = 60
"""Readings that are kept a program: half a minute at two a second."""
STEPS = "▁▂▃▄▅▆▇█"


class PostureScreen(ReadoutScreen):
    """Read twice a second, so that a cough is seen."""

    NAME = "posture"
    JOB: ClassVar[str] = "sensing"
    EVERY: ClassVar[Duration] = Duration.of_ms(500)
    EXPLANATION = "Evoked potential and next amplitude of each loop, newest on the right."

    def __init__(self) -> None:
        super().__init__()
        self._sensed: Sensing | None = None
        self._potentials: dict[int, deque[int]] = {}
        self._amplitudes: dict[int, deque[int]] = {}

    def forget(self) -> None:
        super().forget()
        self._sensed = None
        self._potentials.clear()
        self._amplitudes.clear()

    def read(self, client: Client, show: ShowProgress) -> Sensing:
        return client.sensing()

    def keep(self, result: Any) -> None:
        self._sensed = result
        running = {loop[0] for loop in result.loops}
        for kept in (self._potentials, self._amplitudes):
            for program in set(kept) - running:
                del kept[program]
        for program, _, _, ecap_nv, _, amplitude_ua, _, _ in result.loops:
            self._potentials.setdefault(program, deque(maxlen=TRACE_CELLS)).append(ecap_nv)
            self._amplitudes.setdefault(program, deque(maxlen=TRACE_CELLS)).append(amplitude_ua)

    def lines(self) -> list[str]:
        if self._sensed is None:
            return []
        lines = sensing_text(self._sensed).splitlines()
        for program, _, _, _, target_nv, _, ceiling_ua, _ in self._sensed.loops:
            potentials, amplitudes = self._potentials[program], self._amplitudes[program]
            top_nv = max(2 * target_nv, *potentials, 1)
            lines += [
                "",
                f"program {program}: potential, 0 to {top_nv / 1000:g} uV, target {target_nv / 1000:g} uV",
                f"|{trace_text(potentials, top_nv)}|",
                f"program {program}: amplitude, 0 to {ceiling_ua / 1000:g} mA",
                f"|{trace_text(amplitudes, max(ceiling_ua, 1))}|",
            ]
        return lines


def trace_text(values: deque[int], top: int) -> str:
    """One cell a reading, as high as its share of `top`; what is above stands at the top."""
    cells = [STEPS[max(0, min(len(STEPS) - 1, len(STEPS) * value // top))] for value in values]
    return "".join(cells).rjust(TRACE_CELLS)
