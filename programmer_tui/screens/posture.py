"""Posture and closed loop: how the body lies, what each program evokes and its loop wants, and a trace of it.

A growth curve and a comparison of open and closed loop deliver, so each is asked about first, and STOP ends it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from programmer_tui.screens.question import Question
from programmer_tui.screens.readout import ReadoutScreen
from programmer_tui.setting import setting_of
from scs.clock import Duration
from scs.domain.case import amplitude_range
from scs.domain.units import CURRENT, format_quantity
from scs.errors import BadPrescription
from scs.programmer.client import Client
from scs.programmer.evoked import growth_amplitudes
from scs.programmer.evoked_words import comparison_lines, growth_lines
from scs.programmer.sensing_words import sensing_text
from scs.programmer.steps import ShowProgress
from scs.programmer.worker_events import JobDone, JobFailed, JobProgress
from scs.wire.responses import Sensing

if TYPE_CHECKING:
    from scs.domain.program import Program
    from scs.programmer.worker_events import WorkerEvent

TRACE_CELLS = 60
"""Readings that are kept a program: half a minute at two a second."""
STEPS = "▁▂▃▄▅▆▇█"
GROWTH, LOOPS = "growth curve", "open against closed"
EACH = Duration.of_s(20)
"""How long each loop is read: some breaths, and time for a cough and another posture in both."""


class PostureScreen(ReadoutScreen):
    """Read twice a second, so that a cough is seen."""

    NAME = "posture"
    JOB: ClassVar[str] = "sensing"
    EVERY: ClassVar[Duration] = Duration.of_ms(500)
    EXPLANATION = "G growth curve, O open against closed loop, P program; newest on the right."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "growth", "Growth", id="posture.growth", tooltip="Try amplitudes and read what each evokes"),
        Binding("o", "loops", "Open/closed", id="posture.loops", tooltip="Read in open and then in closed loop"),
        Binding("p", "program", "Program", id="posture.program", tooltip="Choose the next program of the group"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sensed: Sensing | None = None
        self._program = 0
        self._said = ""
        """What became of the last measurement, or why there is none."""
        self._measured: list[str] = []
        self._potentials: dict[int, deque[int]] = {}
        self._amplitudes: dict[int, deque[int]] = {}

    def forget(self) -> None:
        super().forget()
        self._sensed, self._said, self._measured = None, "", []
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

    # ----------------------------------------------------------------------------------------------- measuring

    def action_program(self) -> None:
        group = self._group()
        self._program = (self._program + 1) % len(group) if group else 0
        self.show()

    def action_growth(self) -> None:
        program = self._chosen()
        if program is None:
            return
        step_ua = amplitude_range(program, setting_of(self.link).profile).step_ua
        try:
            amplitudes_ua = growth_amplitudes(program, step_ua)
        except BadPrescription as error:
            self._tell(str(error))
            return
        low, high = (format_quantity(amount, CURRENT) for amount in (amplitudes_ua[0], amplitudes_ua[-1]))
        asked = (
            f"Growth curve of {program.name!r}: {len(amplitudes_ua)} amplitudes from {low} up to {high}, the patient's "
            f"highest, each for about a second; then the committed one again. The patient feels it. STOP ends it."
        )
        number = self._program
        self._ask(asked, GROWTH, lambda client, show: client.measure_growth(number, step_ua, None, show))

    def action_loops(self) -> None:
        program = self._chosen()
        if program is None:
            return
        if program.closed_loop is None:
            self._tell(f"{program.name!r} has no closed loop to compare with; give it one in the editor.")
            return
        step_ua = amplitude_range(program, setting_of(self.link).profile).step_ua
        asked = (
            f"Read {program.name!r} for {EACH.seconds:g} s in open loop, one step below its amplitude, then as long in "
            f"closed loop. Let the patient cough and move alike in both. STOP ends it."
        )
        number = self._program
        self._ask(asked, LOOPS, lambda client, show: client.compare_loops(number, step_ua, EACH, show))

    def _ask(self, asked: str, job: str, measure: Any) -> None:
        def answered(is_meant: bool | None) -> None:
            if is_meant and self.link.submit(job, measure):
                self._tell(f"Measuring: {job}...")

        self.app.push_screen(Question(asked, "Measure"), answered)

    def _group(self) -> tuple[Program, ...]:
        """The programs of the group that runs; none while nothing does."""
        status = self.link.status
        group = None if status is None or not any(status.targets_ua) else self.link.groups.get(status.slot)
        return () if group is None else group.programs

    def _chosen(self) -> Program | None:
        """The program to measure; None, and a sentence, while there is none or something is measured."""
        group = self._group()
        if self.link.is_doing(GROWTH, LOOPS):
            self._tell("Something is being measured; STOP ends it.")
        elif self.link.is_locked:
            self._tell("What is shown is too old to change anything by.")
        elif not group:
            self._tell("Therapy is off, so nothing is evoked; F3 starts it.")
        else:
            self._program %= len(group)
            return group[self._program]
        return None

    def on_link(self, event: WorkerEvent) -> None:
        super().on_link(event)
        if isinstance(event, JobProgress) and self.link.is_doing(GROWTH, LOOPS):
            progress = event.progress
            self._said = f"{progress.doing}: {progress.done} of {progress.total}. STOP ends it."
        elif isinstance(event, JobDone) and event.name in (GROWTH, LOOPS):
            self._said = f"Measured: {event.name}; the committed amplitude stands again."
            self._measured = growth_lines(event.result) if event.name == GROWTH else comparison_lines(event.result)
        elif isinstance(event, JobFailed) and event.name in (GROWTH, LOOPS):
            self._said = f"Not measured: {event.error}"

    def _tell(self, said: str) -> None:
        self._said = said
        self.show()

    # -------------------------------------------------------------------------------------------------- showing

    def lines(self) -> list[str]:
        if self._sensed is None:
            return [self._said] if self._said else []
        lines = [self._said, *self._measured, ""] if self._said else []
        return lines + self._traces(self._sensed)

    def _traces(self, sensed: Sensing) -> list[str]:
        lines = sensing_text(sensed).splitlines()
        for program, _, _, _, target_nv, _, ceiling_ua, _ in sensed.loops:
            potentials, amplitudes = self._potentials[program], self._amplitudes[program]
            top_nv = max(2 * target_nv, *potentials, 1)
            target = f", target {target_nv / 1000:g} uV" if target_nv else ""
            lines += [
                "",
                f"program {program}: potential, 0 to {top_nv / 1000:g} uV{target}",
                f"|{trace_text(potentials, top_nv)}|",
                f"program {program}: amplitude, 0 to {ceiling_ua / 1000:g} mA",
                f"|{trace_text(amplitudes, max(ceiling_ua, 1))}|",
            ]
        return lines


def trace_text(values: deque[int], top: int) -> str:
    """One cell a reading, as high as its share of `top`; what is above stands at the top."""
    cells = [STEPS[max(0, min(len(STEPS) - 1, len(STEPS) * value // top))] for value in values]
    return "".join(cells).rjust(TRACE_CELLS)
