"""Faults: the test bench of an emulated implant, for whoever teaches or tests. Breaks, mends, holds a magnet, lets time
pass.

Nothing of it goes over the implant's link; a real implant has no bench, and then this screen is not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.forms import read_order
from programmer_tui.painting import say
from programmer_tui.presentation_faults import bench_line, fault_details, fault_line, happened_lines
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.choices import Choices
from scs.clock import Duration, Instant
from scs.errors import BadPrescription, ScsError

EVERY = Duration.of_s(1)
NO_BENCH = "This implant has no test bench that is open here: scs emulate --link pty --bench PATH opens one."
BUTTONS = (
    ("break", "Break...", "Enter: say what the chosen fault has to be told, and let it happen"),
    ("mend", "Mend", "Enter: end the chosen fault, told the same"),
    ("magnet", "Magnet 2 s", "Enter: hold a magnet over the implant for two seconds"),
    ("jump", "Jump...", "Enter: let some time pass at once"),
)


class FaultsScreen(ProgrammerScreen):
    """Asks the bench every second what the implant does, however well or badly the link knows it."""

    NAME = "faults"
    EXPLANATION = "Up and Down choose, Enter breaks, M mends; G holds a magnet, J lets time pass."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "break", "Break", id="faults.break", tooltip="Let the chosen fault happen"),
        Binding("m", "mend", "Mend", id="faults.mend", tooltip="End the chosen fault, told as it was begun"),
        Binding("g", "magnet", "Magnet", id="faults.magnet", tooltip="Hold a magnet over the implant for two seconds"),
        Binding("j", "jump", "Jump", id="faults.jump", tooltip="Let some time pass at once"),
        Binding("escape", "back", show=False, id="faults.back", tooltip="Back to the list, nothing done"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kinds: list[Mapping[str, Any]] = []
        self._state: Mapping[str, Any] = {}
        self._happened: list[Mapping[str, Any]] = []
        self._told: dict[str, dict[str, object]] = {}
        """By kind: what it was told when it was begun, so that mending needs nothing typed."""
        self._asking = ""
        self._heard = ""
        self._asked_at: Instant | None = None
        self._is_asked = False

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        listed = Choices(id="kinds", markup=False)
        listed.tooltip = self.EXPLANATION
        yield listed
        yield Input(id="asked", tooltip="name=value, a blank between two; Enter does it, Escape does not")
        with VerticalScroll(id="details", can_focus=True) as details:
            details.tooltip = "The chosen fault, and what was broken and mended so far, newest first."
            yield Static(id="fault", markup=False)
        yield Static(id="heard", markup=False)
        with Horizontal(id="deeds"):
            for action, word, tooltip in BUTTONS:
                yield Button(word, name=action, compact=True, tooltip=tooltip)

    def prepare(self) -> None:
        self.query_one("#asked").display = False
        self.query_one("#kinds").focus()

    # ---------------------------------------------------------------------------------------------------- showing

    @property
    def chosen(self) -> Mapping[str, Any] | None:
        """The fault that is highlighted."""
        place = self.query_one("#kinds", OptionList).highlighted
        return None if place is None or place >= len(self._kinds) else self._kinds[place]

    def show(self) -> None:
        if self.programmer.bench is None:
            self._kinds, self._state, self._happened = [], {}, []
        listed = self.query_one("#kinds", OptionList)
        if listed.option_count != len(self._kinds):
            listed.clear_options()
            listed.add_options([Option(fault_line(kind)) for kind in self._kinds])
            listed.highlighted = 0 if self._kinds else None
        said = NO_BENCH if self.programmer.bench is None else bench_line(self._state)
        say(self.query_one("#said", Static), said)
        self._show_fault()

    @on(OptionList.OptionHighlighted, "#kinds")
    def _show_fault(self) -> None:
        kind = self.chosen
        lines = [] if kind is None else [*fault_details(kind), ""]
        say(self.query_one("#fault", Static), "\n".join([*lines, *happened_lines(self._happened)]))

    def tell(self, text: str) -> None:
        """Say one sentence to the person."""
        self._heard = text
        self.query_one("#heard", Static).update(text)

    def tick(self) -> None:
        """Also when it is time to look at the bench again."""
        super().tick()
        if not self._is_whole or self.app.screen is not self or self.programmer.bench is None or self._is_asked:
            return
        now = self.programmer.clock.now()
        if self._asked_at is None or self._asked_at + EVERY <= now:
            self._order({"do": "state"} if self._kinds else {"do": "kinds"})

    # ----------------------------------------------------------------------------------------------------- asking

    @on(Button.Pressed)
    async def _on_deed(self, event: Button.Pressed) -> None:
        await self.run_action(f"screen.{event.button.name}")

    @on(OptionList.OptionSelected, "#kinds")
    def action_break(self) -> None:
        """Ask what the fault has to be told; Enter in the field lets it happen."""
        kind = self.chosen
        if kind is None:
            self.tell("No fault is chosen.")
            return
        names = [*kind["told"], *(["for"] if kind["mends"] else [])]
        self._ask("break", " ".join(f"{name}=..." for name in names) or "nothing to be told; Enter breaks")

    def action_jump(self) -> None:
        self._ask("jump", "how long, such as time=3h")

    def action_magnet(self) -> None:
        self._order({"do": "magnet", "for": "2 s"}, "A magnet was held over the implant for two seconds.")

    def action_mend(self) -> None:
        """With what it was told when it began here; what cannot be mended says so."""
        kind = self.chosen
        if kind is None:
            self.tell("No fault is chosen.")
            return
        told = {name: value for name, value in self._told.get(kind["kind"], {}).items() if name != "for"}
        self._order({"do": "mend", "kind": kind["kind"], **told}, f"Mended: {kind['kind']}.")

    def action_back(self) -> None:
        self.query_one("#asked").display = False
        self.query_one("#kinds").focus()

    def _ask(self, order: str, placeholder: str) -> None:
        self._asking = order
        asked = self.query_one("#asked", Input)
        asked.placeholder, asked.value, asked.display = placeholder, "", True
        asked.focus()

    @on(Input.Submitted, "#asked")
    def _on_asked(self, event: Input.Submitted) -> None:
        kind = self.chosen
        first = next(iter(kind["told"]), "for") if self._asking == "break" and kind is not None else "time"
        try:
            told = read_order(event.value, first)
        except BadPrescription as error:
            self.tell(f"Not done: {error}")
            return
        self.action_back()
        if self._asking == "jump":
            self._order({"do": "jump", **told}, f"Time passed: {told.get('time', '')}.")
        elif kind is not None:
            self._told[kind["kind"]] = told
            self._order({"do": "break", "kind": kind["kind"], **told}, f"Broken: {kind['sentence']}.")

    def _order(self, asked: dict[str, object], done: str = "") -> None:
        if self.programmer.bench is None:
            self.tell(NO_BENCH)
            return
        self._asked_at, self._is_asked = self.programmer.clock.now(), True
        self._call(asked, done)

    @work(thread=True, group="bench")
    def _call(self, asked: dict[str, object], done: str) -> None:
        """In a thread of its own: a jump of years takes its time, and STOP never waits for it."""
        bench = self.programmer.bench
        if bench is None:
            return
        try:
            answer, trouble = bench(asked), ""
            happened = bench({"do": "happened"})["happened"]
        except ScsError as error:
            answer, trouble, happened = {}, f"Not done: {error}", self._happened
        self.app.call_from_thread(self._hear_bench, answer, happened, trouble or done)

    def _hear_bench(self, answer: Mapping[str, Any], happened: list[Mapping[str, Any]], said: str) -> None:
        self._is_asked, self._happened = False, happened
        if "kinds" in answer:
            self._kinds, self._asked_at = answer["kinds"], None
        elif "mode" in answer:
            self._state = answer
        if self._is_whole:
            if said:
                self.tell(said)
            self.show()
