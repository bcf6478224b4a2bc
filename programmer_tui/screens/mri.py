"""The MRI mode: what speaks for and against entering it, entering, leaving, and what to do when leaving fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from programmer_tui.screens.question import Question
from programmer_tui.screens.readout import ReadoutScreen
from scs.domain.status import Mode
from scs.programmer.client import Client
from scs.programmer.mri import ENTERING, INSIDE, LEAVING_FAILS, Reading, finding_lines, findings, verdict_text
from scs.programmer.steps import Progress, ShowProgress
from scs.programmer.worker_events import JobDone, JobFailed
from scs.wire.responses import Status

if TYPE_CHECKING:
    from scs.programmer.worker_events import WorkerEvent

ENTER, LEAVE = "enter MRI mode", "leave MRI mode"
_QUESTIONS = 4


class MriScreen(ReadoutScreen):
    """Reads what the findings need every five seconds; the implant alone decides whether it enters."""

    NAME = "mri"
    JOB: ClassVar[str] = "mri"
    EXPLANATION = "E enters the MRI mode, L leaves it. Up and Down scroll. R reads now."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "enter", "Enter MRI", id="mri.enter", tooltip="Make stimulation impossible, after a question"),
        Binding("l", "leave", "Leave MRI", id="mri.leave", tooltip="End the MRI mode; therapy stays off"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self._heard = ""

    def content(self) -> ComposeResult:
        yield from super().content()
        yield Static(id="heard", markup=False)
        with Horizontal(id="deeds"):
            yield Button("Enter MRI...", name="enter", compact=True, tooltip="Enter: ask, then enter the MRI mode")
            yield Button("Leave MRI", name="leave", compact=True, tooltip="Enter: end the MRI mode; therapy stays off")

    @on(Button.Pressed)
    async def _on_deed(self, event: Button.Pressed) -> None:
        await self.run_action(f"screen.{event.button.name}")

    # ------------------------------------------------------------------------------------------------- reading

    def forget(self) -> None:
        super().forget()
        self._reading = None
        self._say_heard("")

    def read(self, client: Client, show: ShowProgress) -> Reading:
        told: list[Any] = []
        for question in (client.battery, client.resets, client.last_impedance, client.status):
            told.append(question())
            show(Progress("reading", len(told), _QUESTIONS))
        battery, resets, measurement, status = told
        return Reading(status, battery, resets, measurement)

    def keep(self, result: Any) -> None:
        self._reading = result

    def lines(self) -> list[str]:
        if self._reading is None:
            return []
        if self._reading.status.mode is Mode.MRI:
            return [*INSIDE, "", "When leaving fails:", *LEAVING_FAILS]
        found = findings(self._reading)
        return [verdict_text(found), *finding_lines(found), "", *ENTERING, "", "When leaving fails:", *LEAVING_FAILS]

    # -------------------------------------------------------------------------------------------------- asking

    def action_enter(self) -> None:
        """A question first, with everything that is not simply good; the implant judges for itself."""
        if self._reading is None or not self._may_change():
            return
        if self._is_inside:
            self._say_heard("The implant is in MRI mode already; L leaves it.")
            return
        found = findings(self._reading)
        asked = [line for line in finding_lines(found) if not line.startswith("good")]
        words = "\n".join(("Enter the MRI mode? Stimulation is impossible until it is left.", "", *asked))
        self.app.push_screen(Question(words, "Enter MRI mode"), self._enter)

    def _enter(self, yes: bool | None) -> None:
        if yes and self._may_change():
            self.link.submit(ENTER, lambda client, show: client.enter_mri())

    def action_leave(self) -> None:
        """Asked of the implant without a question: nothing is delivered afterwards either."""
        if self._may_change():
            self.link.submit(LEAVE, lambda client, show: client.leave_mri())

    def _may_change(self) -> bool:
        """Whether the link is there and fresh; says what is missing otherwise."""
        if self.link.status is None:
            self._say_heard("No implant is connected; F2 connects. The mode waits until a programmer is there.")
        elif self.link.is_locked:
            self._say_heard("LOCKED: the data are too old; bring the wand nearer. The mode waits.")
        else:
            return True
        return False

    @property
    def _is_inside(self) -> bool:
        return self.link.status is not None and self.link.status.mode is Mode.MRI

    # ------------------------------------------------------------------------------------------------- hearing

    def on_link(self, event: WorkerEvent) -> None:
        super().on_link(event)
        if isinstance(event, JobDone) and event.name in (ENTER, LEAVE) and isinstance(event.result, Status):
            inside = event.result.mode is Mode.MRI
            self._say_heard(
                "Confirmed by the implant: it is in MRI mode, and stimulation is impossible."
                if inside
                else "Confirmed by the implant: it has left the MRI mode. Therapy is off; F5 measures, F3 starts."
            )
            self.action_read()
        elif isinstance(event, JobFailed) and event.name == ENTER:
            self._say_heard(f"Not entered, nothing is changed: {event.error}")
            self.action_read()
        elif isinstance(event, JobFailed) and event.name == LEAVE:
            self._say_heard(f"NOT LEFT: {event.error}. See 'When leaving fails' above; L tries again.")
            self.action_read()

    def _say_heard(self, text: str) -> None:
        self.query_one("#heard", Static).update(text)
