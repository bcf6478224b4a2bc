"""The patient of a training scenario: asks, lets him take postures and cough, and shows pain over coverage
on a figure of the body, or as a list.

What stands here comes from the room around the implant and not over its link; a real implant has no such screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from programmer_tui.painting import say
from programmer_tui.presentation_patient import NOBODY, beside_lines, body_map_lines, patient_lines
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.body_figure import BodyFigure
from scs.clock import Duration, Instant
from scs.errors import ScsError

EVERY = Duration.of_s(1)
BUTTONS = (
    ("ask", "ask", "Ask what is felt and how much it hurts"),
    ("be('sitting')", "sit", "Let the patient sit"),
    ("be('standing')", "stand", "Let the patient stand"),
    ("be('walking')", "walk", "Let the patient walk"),
    ("be('supine')", "lie", "Let the patient lie on the back"),
    ("be('prone')", "prone", "Let the patient lie on the front"),
    ("be('reclining')", "recline", "Let the patient recline"),
    ("cough", "cough", "Let the patient cough"),
    ("view", "map", "The body as a figure, or every region in a list"),
)


class PatientScreen(ProgrammerScreen):
    """Asks the room every second while it is shown."""

    NAME = "patient"
    EXPLANATION = "A asks, C: cough, M: list or figure, H: the task. It predicts nobody."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "ask", "Ask", id="patient.ask", tooltip="Ask what is felt and how much it hurts"),
        Binding("i", "be('sitting')", "Sit", id="patient.sit", tooltip="Let the patient sit"),
        Binding("t", "be('standing')", "Stand", id="patient.stand", tooltip="Let the patient stand", show=False),
        Binding("w", "be('walking')", "Walk", id="patient.walk", tooltip="Let the patient walk"),
        Binding("l", "be('supine')", "Lie", id="patient.lie", tooltip="Let the patient lie on the back"),
        Binding(
            "p", "be('prone')", "Prone", id="patient.prone", tooltip="Let the patient lie on the front", show=False
        ),
        Binding("n", "be('reclining')", "Recline", id="patient.recline", tooltip="Let the patient recline", show=False),
        Binding("h", "told", "Task", id="patient.told", tooltip="The task, the patient, and what came before"),
        Binding(
            "question_mark", "hint", "Hint", id="patient.hint", tooltip="The next hint of the scenario", show=False
        ),
        Binding("c", "cough", "Cough", id="patient.cough", tooltip="Let the patient cough"),
        Binding("m", "view", "Map", id="patient.view", tooltip="The body as a figure, or every region in a list"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._state: Mapping[str, Any] = {}
        self._asked_at: Instant | None = None
        self._is_asking = False
        self._trouble = ""
        self._told: list[str] = []
        """The task and the history, while they are shown in place of the body map."""
        self._is_list = False
        self._hint = ""

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        with Horizontal(id="body"):
            yield BodyFigure(id="figure")
            yield Static(id="beside", markup=False)
        told = VerticalScroll(id="told", classes="delivered")
        told.tooltip = self.EXPLANATION
        with told:
            yield Static(id="lines", markup=False)
        with Horizontal(id="deeds"):
            for action, word, about in BUTTONS:
                yield Button(word, name=action, compact=True, tooltip=f"Enter: {about[0].lower()}{about[1:]}")

    def prepare(self) -> None:
        self.query_one("#figure").focus()

    @on(BodyFigure.Chosen)
    def _on_region(self) -> None:
        self.show()

    @on(Button.Pressed)
    async def _on_deed(self, event: Button.Pressed) -> None:
        await self.run_action(f"screen.{event.button.name}")

    def action_ask(self) -> None:
        self._tell_room({"do": "ask"})

    def action_be(self, posture: str) -> None:
        self._tell_room({"do": "posture", "posture": posture})

    def action_cough(self) -> None:
        self._tell_room({"do": "cough"})

    def action_told(self) -> None:
        if self._told:
            self._told = []
            self.show()
        else:
            self._tell_room({"do": "briefing"})

    def action_view(self) -> None:
        """The list for the figure, or the figure for the list; either for the task."""
        self._is_list, self._told = not self._is_list and not self._told, []
        self.show()

    def action_hint(self) -> None:
        self._tell_room({"do": "hint"})

    def show(self) -> None:
        lines = self._lines()
        self._lay_out(is_figure=not lines)
        say(self.query_one("#lines", Static), "\n".join(lines))
        if not self._state:
            say(self.query_one("#said", Static), "Asking the room..." if self.programmer.room else "")
            return
        said = [line for line in (self._trouble, self._hint) if line]
        say(self.query_one("#said", Static), "\n".join([*said, *patient_lines(self._state)]))
        if not lines:
            figure, beside = self.query_one("#figure", BodyFigure), self.query_one("#beside", Static)
            figure.show(self._state)
            say(beside, "\n".join(beside_lines(self._state, figure.chosen, self.query_one("#body").size.height)))

    def _lines(self) -> list[str]:
        """What is shown in place of the figure; nothing where the figure is shown."""
        if not self._state:
            return [] if self.programmer.room else list(NOBODY)
        return self._told or (body_map_lines(self._state) if self._is_list else [])

    def _lay_out(self, *, is_figure: bool) -> None:
        """The focus goes along: what is not shown has none."""
        figure, told = self.query_one("#body"), self.query_one("#told")
        if figure.display == is_figure and told.display != is_figure:
            return
        had = self.focused in (None, told, self.query_one("#figure"))
        figure.display, told.display = is_figure, not is_figure
        if had:
            (self.query_one("#figure") if is_figure else told).focus()

    def tick(self) -> None:
        """Also when it is time to look into the room again."""
        super().tick()
        if not self._is_whole or self.app.screen is not self or self.programmer.room is None or self._is_asking:
            return
        now = self.programmer.clock.now()
        if self._asked_at is None or self._asked_at + EVERY <= now:
            self._tell_room({"do": "state"})

    def _tell_room(self, asked: Mapping[str, object]) -> None:
        if self.programmer.room is not None:
            self._asked_at, self._is_asking = self.programmer.clock.now(), True
            self._call(dict(asked))

    @work(thread=True, group="room")
    def _call(self, asked: dict[str, object]) -> None:
        """In a thread of its own: the room may take its time, and STOP never waits for it."""
        room = self.programmer.room
        assert room is not None, "whoever asks has a room"
        try:
            answer, trouble = room(asked), ""
        except ScsError as error:
            answer, trouble = {}, f"The room does not answer: {error}"
        self.app.call_from_thread(self._hear_room, answer, trouble)

    def _hear_room(self, answer: Mapping[str, Any], trouble: str) -> None:
        self._is_asking, self._trouble = False, trouble
        if "lines" in answer:
            self._told = [*answer["lines"], "", "H goes back to the body map."]
        elif answer:
            self._state = answer
            self._hint = f"Hint: {answer['hint']}" if "hint" in answer else self._hint
        if self._is_whole:
            self.show()
