"""The instructor's desk beside a training session: the timeline as it grows, the patient, and orders to the room.

An application of its own, in a second terminal or a browser tab. It talks to the room's door and never to the implant,
so it cannot deliver anything; STOP stays with whoever has the programmer. What orders mean, the room decides: this
desk is given how a line is read and how an answer is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from programmer_tui.presentation_frame import NEVER_CLINICAL
from programmer_tui.presentation_patient import desk_lines
from programmer_tui.widgets.body_figure import BodyFigure
from programmer_tui.widgets.key_line import KeyLine
from programmer_tui.widgets.line_view import LineView
from scs.errors import ScsError

EVERY_S = 0.5
"""How often the room is looked into."""
BESIDE_FROM = 120
"""Columns from which the patient's body stands beside the timeline without being asked for."""
Order = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk is given by whoever knows the room."""

    room: Callable[[Order], dict[str, Any]]
    """Gives an order and brings the answer; raises ScsError."""
    read: Callable[[str], Order]
    """A typed line as an order; raises ScsError with a sentence."""
    moment: Callable[[Mapping[str, Any]], str]
    """A moment of the timeline in a line."""
    told: Callable[[Mapping[str, Any]], Sequence[str]]
    """What an answer brought beside the state, in lines; none where the state says all."""


class InstructorApp(App[None]):
    """Keys for what is done often, and a line for every other order."""

    TITLE = "Instructor"
    CSS = """
    #state { height: auto; padding: 0 1; background: $primary-muted; }
    #room { height: 1fr; }
    #moments { width: 1fr; padding: 0 1; }
    #figure { width: auto; height: auto; }
    #answer { height: auto; max-height: 3; padding: 0 1; color: $text-warning; }
    #order { height: 3; }
    #never { height: 1; padding: 0 1; color: $text-warning; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "pause", "Pause", tooltip="No time passes for implant and patient, or it passes again"),
        Binding("f3", "mark", "Mark", tooltip="Remember this moment"),
        Binding("f4", "rewind", "Rewind", tooltip="Back to the last mark; to the beginning when there is none"),
        Binding("f5", "say('inject what=cough')", "Cough", tooltip="Let the patient cough"),
        Binding("f6", "say('inject what=posture posture=supine')", "Lie", tooltip="Let the patient lie down"),
        Binding("f7", "say('briefing')", "Task", tooltip="What the trainee was told"),
        Binding("f8", "body", "Body", tooltip="The patient's body with pain over coverage, or the timeline alone"),
        Binding("f10", "say('end')", "End", tooltip="End the session and judge it"),
        Binding("ctrl+q", "quit", "Leave", priority=True, tooltip="The session goes on without a desk"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.animation_level = "none"
        self._desk = desk
        self._state: Mapping[str, Any] = {}
        self._known, self._rewinds = 0, 0
        self._marks: list[str] = []
        self._is_asking = False

    def compose(self) -> ComposeResult:
        yield Static("Looking into the room...", id="state", markup=False)
        with Horizontal(id="room"):
            yield LineView(id="moments")
            figure = BodyFigure(id="figure")
            figure.can_focus = False
            yield figure
        yield Static(id="answer", markup=False)
        yield Input(id="order", placeholder="annotate words='look at the posture', inject what=..., rewind name=begin")
        yield Static(NEVER_CLINICAL, id="never", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#order", Input).focus()
        self.query_one("#figure").display = self.size.width >= BESIDE_FROM
        self.set_interval(EVERY_S, self._look)
        self._look()

    # ------------------------------------------------------------------------------------------------------ orders

    @on(Input.Submitted, "#order")
    def _on_order(self, event: Input.Submitted) -> None:
        if event.value.strip():
            event.input.clear()
            self.action_say(event.value)

    def action_say(self, line: str) -> None:
        """Give an order as it is typed."""
        try:
            order = self._desk.read(line)
        except ScsError as error:
            self._answer([str(error)])
        else:
            self._give(order)

    def action_pause(self) -> None:
        self._give({"do": "resume" if self._state.get("is_paused") else "pause"})

    def action_mark(self) -> None:
        self._marks.append(f"mark-{len(self._marks) + 1}")
        self._give({"do": "mark", "name": self._marks[-1]})

    def action_rewind(self) -> None:
        self._give({"do": "rewind", "name": self._marks[-1] if self._marks else "begin"})

    def action_body(self) -> None:
        """Beside the timeline where both have room, and else in its place."""
        figure, moments = self.query_one("#figure", BodyFigure), self.query_one("#moments")
        figure.display = not figure.display
        moments.display = not figure.display or self.size.width >= BESIDE_FROM
        self._show_body()

    # ---------------------------------------------------------------------------------------------------- the room

    def _look(self) -> None:
        if not self._is_asking:
            self._is_asking = True
            self._call({"do": "moments", "after": self._known}, is_look=True)

    def _give(self, order: Order) -> None:
        self._call(order, is_look=False)

    @work(thread=True, group="room")
    def _call(self, order: Order, is_look: bool) -> None:
        """In a thread: a room that lets days pass takes its time, and the desk stays alive."""
        try:
            answer, trouble = self._desk.room(order), ""
        except ScsError as error:
            answer, trouble = {}, str(error)
        self.call_from_thread(self._hear, order, answer, trouble, is_look)

    def _hear(self, order: Order, answer: Mapping[str, Any], trouble: str, is_look: bool) -> None:
        if is_look:
            self._is_asking = False
        if trouble:
            self._answer([f"the room does not answer: {trouble}" if is_look else trouble])
            return
        if "posture" in answer:
            self._state = answer
            self.query_one("#state", Static).update("\n".join(desk_lines(answer)))
            self._show_body()
        if is_look:
            self._show_moments(answer)
            return
        told = list(self._desk.told(answer))
        if len(told) > 1:
            self._add(["", *told, ""])
        self._answer(told if len(told) == 1 else [f"{order['do']}: done"])

    def _show_moments(self, answer: Mapping[str, Any]) -> None:
        moments = self.query_one("#moments", LineView)
        if answer["rewinds"] != self._rewinds:
            # What was taken back is not shown on, and the rest is asked for again.
            moments.clear()
            self._known, self._rewinds = 0, answer["rewinds"]
            return
        self._add([self._desk.moment(row) for row in answer["rows"]])
        self._known = answer["moments"]

    def _show_body(self) -> None:
        figure = self.query_one("#figure", BodyFigure)
        if figure.display and self._state:
            figure.show(self._state)

    def _add(self, lines: Sequence[str]) -> None:
        moments = self.query_one("#moments", LineView)
        width = max(20, (moments.size.width or self.size.width) - 4)
        wrapped = [part for line in lines for part in wrap(line, width, subsequent_indent="    ") or [""]]
        moments.add(wrapped)

    def _answer(self, lines: Sequence[str]) -> None:
        self.query_one("#answer", Static).update("\n".join(lines))
