"""Who may talk to the implant: its pairs, what its door has counted, unpairing, and the mark of an implanted one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.presentation_access import access_lines, pair_line
from programmer_tui.screens.question import Question
from programmer_tui.screens.readout import ReadoutScreen
from programmer_tui.screens.typed_question import TypedQuestion
from programmer_tui.widgets.choices import Choices
from scs.programmer.client import Client
from scs.programmer.steps import ShowProgress
from scs.programmer.worker_events import JobDone, JobFailed
from scs.wire.access import AccessReport

if TYPE_CHECKING:
    from scs.programmer.worker_events import WorkerEvent

UNPAIR, MARK = "unpair", "mark as implanted"
OTHERS = "Take away pair {pair}, a {role}'s? Its sessions end at once, and it has to be paired anew with a magnet."
OWN = (
    "Take away pair {pair}, which is this programmer's own? Its session ends, its key is forgotten, and it has to be "
    "paired anew with a magnet."
)
IMPLANTED = (
    "From now on the implant would be in a person: it never talks in the clear again, and no programmer takes that "
    "back. Only its bench does. Type its serial number, {serial}:"
)


class AccessScreen(ReadoutScreen):
    """Reads who is paired every five seconds; the implant alone decides whom it forgets."""

    NAME = "access"
    JOB: ClassVar[str] = "access"
    FIRST: ClassVar[str] = "#pairs"
    EXPLANATION = "Up and Down choose a pair. U takes it away, M marks as implanted, R reads now."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "unpair", "Unpair", id="access.unpair", tooltip="Take the chosen pair away, after a question"),
        Binding("m", "mark", "Mark implanted", id="access.implanted", tooltip="Never in the clear again; is asked"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._report: AccessReport | None = None

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        pairs = Choices(id="pairs", markup=False)
        pairs.tooltip = "The pairs of this implant: Up and Down choose, U takes the chosen one away"
        yield pairs
        told = VerticalScroll(id="told", classes="delivered")
        told.tooltip = self.EXPLANATION
        with told:
            yield Static(id="lines", markup=False)
        yield Static(id="heard", markup=False)
        with Horizontal(id="deeds"):
            yield Button("Unpair...", name="unpair", compact=True, tooltip="Enter: take the chosen pair away")
            yield Button("Mark as implanted...", name="mark", compact=True, tooltip="Enter: ask, then mark the implant")

    @on(Button.Pressed)
    async def _on_deed(self, event: Button.Pressed) -> None:
        await self.run_action(f"screen.{event.button.name}")

    # ------------------------------------------------------------------------------------------------- reading

    def read(self, client: Client, show: ShowProgress) -> AccessReport:
        return client.access()

    def keep(self, result: Any) -> None:
        self._report = result

    def lines(self) -> list[str]:
        return [] if self._report is None else access_lines(self._report, self.programmer.pairs.is_in_the_clear)

    def show(self) -> None:
        super().show()
        report = self._report
        if report is None:
            return
        listed = self.query_one("#pairs", OptionList)
        texts = [pair_line(pair, role, report.own_pair) for pair, role in report.pairs] or ["nobody is paired"]
        if [str(option.prompt) for option in listed.options] != texts:
            place = listed.highlighted or 0
            listed.clear_options()
            listed.add_options([Option(text, disabled=not report.pairs) for text in texts])
            listed.highlighted = min(place, len(texts) - 1)

    # -------------------------------------------------------------------------------------------------- asking

    def action_unpair(self) -> None:
        """A question first, which says what it means when the pair is this programmer's own."""
        place, report = self.query_one("#pairs", OptionList).highlighted, self._report
        if report is None or place is None or not report.pairs or not self._may_change():
            return
        pair, role = report.pairs[place]
        is_own = pair == report.own_pair
        words = (OWN if is_own else OTHERS).format(pair=pair, role=role.word)
        self.app.push_screen(Question(words, f"Unpair {pair}"), lambda yes: self._unpair(pair, is_own) if yes else None)

    def _unpair(self, pair: int, is_own: bool) -> None:
        if not self._may_change():
            return
        if not is_own:
            self.link.submit(UNPAIR, lambda client, show: client.unpair(pair))
            return
        pairs = self.programmer.pairs

        def leave(client: Client, show: ShowProgress) -> None:
            client.unpair(pair)
            pairs.forget(client.identity.serial)

        self.link.submit(UNPAIR, leave)

    def action_mark(self) -> None:
        """The serial number has to be typed: no programmer takes the mark back."""
        if self._report is None or not self._may_change():
            return
        if self._report.is_implanted:
            self._say_heard("The implant is marked as implanted already.")
            return
        description = self.link.description
        assert description is not None, "somebody answered"
        serial = description.identity.serial
        question = TypedQuestion(IMPLANTED.format(serial=serial), serial, "Mark as implanted")
        self.app.push_screen(question, lambda yes: self._mark() if yes else None)

    def _mark(self) -> None:
        if self._may_change():
            self.link.submit(MARK, lambda client, show: client.mark_implanted())

    def _may_change(self) -> bool:
        """Whether the link is there and fresh; says what is missing otherwise."""
        if self.link.status is None or not self.link.is_up:
            self._say_heard("No implant is connected; F2 connects.")
        elif self.link.is_locked:
            self._say_heard("LOCKED: the data are too old; bring the wand nearer.")
        else:
            return True
        return False

    # ------------------------------------------------------------------------------------------------- hearing

    def on_link(self, event: WorkerEvent) -> None:
        super().on_link(event)
        if isinstance(event, JobDone) and event.name in (UNPAIR, MARK):
            if isinstance(event.result, AccessReport):
                self._report = event.result
                self._say_heard("Confirmed by the implant.")
            else:
                self._report = None
                self.link.let_go()
                self._say_heard("Confirmed by the implant: it has forgotten this programmer. F2 connects and pairs.")
        elif isinstance(event, JobFailed) and event.name in (UNPAIR, MARK):
            self._say_heard(f"Not done, nothing is changed: {event.error}")

    def _say_heard(self, text: str) -> None:
        self.query_one("#heard", Static).update(text)
