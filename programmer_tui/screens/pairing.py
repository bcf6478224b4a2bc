"""The walk through a pairing: a magnet and its eight words, for whom, and the six words that both sides show.

A key is kept only when a person has said that the words are the same. Until then it lies in this screen alone, and when
they differ it is thrown away and the implant is told to forget it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from programmer_tui.actions import PAIRS_BY, may
from programmer_tui.pairs import HOLD
from programmer_tui.permission import is_permitted
from programmer_tui.presentation_access import FOR_WHOM, pairing_trouble, taken_back
from programmer_tui.screens.base import Hearing
from programmer_tui.session_link import PAIR, TAKE_BACK
from programmer_tui.widgets.dialog import Dialog
from scs.errors import BadQuantity, Refused, ScsError
from scs.programmer.pairing import SECRET_BYTES, NewPair
from scs.programmer.worker_events import JobDone, JobFailed
from scs.wire.spoken import read_spoken
from scs.wire.terms import PairRole, Reason

if TYPE_CHECKING:
    from programmer_tui.app import ProgrammerApp
    from scs.programmer.worker_events import WorkerEvent

MAGNET = (
    "Hold a magnet over the implant for two seconds; that also stops stimulation. Its bench then shows eight words for "
    "a minute (scs bench-control PATH magnet for=3s). Type or paste them here."
)
COMPARE = (
    "The bench shows six words too (scs bench-control PATH pairing). When one word is another, somebody stands between "
    "this programmer and the implant."
)
STOPS = "F12 or Ctrl+X: STOP"


class Step(Enum):
    """How far the walk is; the value is its heading."""

    MAGNET = "1 of 3  The magnet"
    WHOM = "2 of 3  For whom"
    PAIRING = "2 of 3  Pairing..."
    COMPARE = "3 of 3  Compare"
    TAKING_BACK = "3 of 3  Taking it back..."
    OVER = "Not paired"


DRAWN = {
    Step.MAGNET: ("cancel", "hold", "on"),
    Step.WHOM: ("cancel", "back", "clinician", "patient", "service"),
    Step.PAIRING: ("cancel",),
    Step.COMPARE: ("differ", "same"),
    Step.TAKING_BACK: (),
    Step.OVER: ("cancel",),
}
"""The buttons of each step; the first one changes nothing and has the focus."""


class PairingScreen(Hearing, Dialog, ModalScreen[bool]):
    """True when there is a key now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="pairing.cancel", tooltip="Pair with nobody; no key is kept"),
        Binding("ctrl+o", "hold", "Hold magnet", id="pairing.hold", tooltip="An emulator's bench holds the magnet"),
    ]

    def __init__(self, serial: str) -> None:
        super().__init__()
        self._serial = serial
        self._bench = ""
        """The door of the emulator's bench; empty when there is none, or before it was found."""
        self._secret = b""
        self._made: NewPair | None = None
        self._is_given_up = False
        self._trouble: ScsError | None = None
        """Why the implant gave no key, while its bench is asked who has taken every place."""
        self._step = Step.MAGNET

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(id="step", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(id="text", markup=False)
            yield Input(id="words", placeholder="eight words", tooltip="Enter goes on with these words")
            yield Static(id="wrong", markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True, tooltip="Pair with nobody; no key is kept")
                yield Button("They differ", id="differ", compact=True, tooltip="Throw the key away")
                yield Button("Back", id="back", compact=True, tooltip="Back to the words")
                yield Button("Hold the magnet for me", id="hold", compact=True, tooltip="The emulator's bench does it")
                yield Button("Go on", id="on", compact=True, tooltip="Go on with these words")
                for role, about in FOR_WHOM.items():
                    yield Button(role.word.capitalize(), id=role.word, compact=True, tooltip=f"Pair: {about}")
                yield Button("They are the same", id="same", compact=True, variant="warning", tooltip="Keep the key")
            yield Static(STOPS, id="stops", markup=False)

    def prepare(self) -> None:
        self._go(Step.MAGNET, MAGNET)
        self._look_for_bench()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Who may not hold the magnet from here is not offered it."""
        permitted = is_permitted(self, self.programmer.role, action, parameters)
        return permitted and (action != "hold" or (bool(self._bench) and self._step is Step.MAGNET))

    @property
    def programmer(self) -> ProgrammerApp:
        return cast("ProgrammerApp", self.app)

    # ------------------------------------------------------------------------------------------------- the steps

    def _go(self, step: Step, text: str, wrong: str = "") -> None:
        self._step = step
        whom = f" with implant {self._serial}" if self._serial else ""
        self.query_one("#step", Static).update(f"Pairing{whom}: {step.value}")
        self.query_one("#text", Static).update(text)
        self.query_one("#words", Input).display = step is Step.MAGNET
        self._say(wrong)
        self._draw()
        if DRAWN[step]:
            self.query_one(f"#{DRAWN[step][0]}", Button).focus()

    def _draw(self) -> None:
        hidden = {role.word for role in PairRole if not self._may_be_for(role)}
        for button in self.query(Button):
            button.display = button.id in DRAWN[self._step] and button.id not in hidden
        self.query_one("#cancel", Button).label = "Close" if self._step is Step.OVER else "Cancel"
        hold = self.query_one("#hold", Button)
        hold.display = hold.display and bool(self._bench) and may(self.programmer.role, "pairing.hold")
        self.refresh_bindings()

    def _say(self, wrong: str) -> None:
        self.query_one("#wrong", Static).update(wrong)
        self.query_one("#wrong", Static).display = bool(wrong)

    @on(Input.Submitted, "#words")
    @on(Button.Pressed, "#on")
    def _on_words(self) -> None:
        try:
            self._secret = read_spoken(self.query_one("#words", Input).value, SECRET_BYTES)
        except BadQuantity as error:
            self._say(str(error))
            return
        lines = [f"{role.word:<10} {about}" for role, about in FOR_WHOM.items() if self._may_be_for(role)]
        asked = "Who is this programmer for? The implant permits that and no more."
        self._go(Step.WHOM, "\n".join([asked, "", *lines]))

    def _may_be_for(self, role: PairRole) -> bool:
        return role in PAIRS_BY[self.programmer.role]

    @on(Button.Pressed, "#back")
    def _on_back(self) -> None:
        self._go(Step.MAGNET, MAGNET)

    @on(Button.Pressed, "#clinician,#patient,#service")
    def _on_whom(self, event: Button.Pressed) -> None:
        role = PairRole[str(event.button.id).upper()]
        self._go(Step.PAIRING, "The implant is asked for a key of this programmer's own.")
        if not self.programmer.link.pair(self._secret, role, self._serial or None):
            self._go(Step.OVER, "No implant is connected any more; F2 connects.")

    def hear(self, event: WorkerEvent) -> None:
        """What became of the pairing, or of taking it back."""
        if not self.query("#step"):
            # The programmer ends, and the screen is being taken down.
            return
        if isinstance(event, JobDone) and event.name == PAIR:
            self._on_made(event.result)
        elif isinstance(event, JobFailed) and event.name == PAIR:
            self._on_trouble(event.error)
        elif isinstance(event, JobDone | JobFailed) and event.name == TAKE_BACK and self._made is not None:
            error = event.error if isinstance(event, JobFailed) else None
            self._go(Step.OVER, taken_back(self._made.serial, self._made.shared.pair, error))

    def _on_made(self, made: NewPair) -> None:
        self._made, self._serial = made, made.serial
        if self._is_given_up:
            self._take_back()
        else:
            self._go(Step.COMPARE, _compared(made.words, ""))
            self._ask_bench({"do": "pairing"})

    def _on_trouble(self, error: ScsError) -> None:
        if self._is_given_up:
            self.dismiss(False)
            return
        self.query_one("#words", Input).value = ""
        self._go(Step.MAGNET, MAGNET, pairing_trouble(error))
        if isinstance(error, Refused) and error.reason == Reason.BUSY.word:
            self._trouble = error
            self._ask_bench({"do": "pairing"})

    @on(Button.Pressed, "#same")
    @work(thread=True, group="keep")
    def _keep(self) -> None:
        """A keyring or a disk may take its time, and STOP waits for neither."""
        assert self._made is not None, "there is something to compare"
        try:
            self.programmer.pairs.keep(self._made.serial, self._made.shared)
        except ScsError as error:
            self.app.call_from_thread(self._say, f"The key is not kept: {error}")
        else:
            self.app.call_from_thread(self._end)

    def _end(self) -> None:
        assert self._made is not None, "there is a key"
        if self._step is not Step.COMPARE:
            # The button was pressed twice.
            return
        self._step = Step.OVER
        self.programmer.link.pair_is_kept()
        self.programmer.link.retry()
        self.notify(f"Paired with {self._made.serial} for a {self._made.shared.role.word}.", title="Pairing")
        self.dismiss(True)

    @on(Button.Pressed, "#differ")
    def _take_back(self) -> None:
        assert self._made is not None, "there is something to take back"
        self._go(Step.TAKING_BACK, "The key is thrown away, and the implant is told to forget it.")
        self.programmer.link.take_back(self._made)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Nothing is kept, whatever is under way."""
        if self._step is Step.COMPARE:
            self._take_back()
        elif self._step is Step.PAIRING:
            # The implant may be making the key at this moment: what it has made is taken back.
            self._is_given_up = True
            self._say("It is given up as soon as the implant has answered.")
        elif self._step is not Step.TAKING_BACK:
            self.dismiss(False)

    # ------------------------------------------------------------------------------------------------- the bench

    @on(Button.Pressed, "#hold")
    def action_hold(self) -> None:
        """Let the emulator's bench hold the magnet, and take the words that it shows."""
        self._say("The bench holds the magnet...")
        self._ask_bench(HOLD)

    @work(thread=True, exclusive=True, group="bench")
    def _look_for_bench(self) -> None:
        """An emulator that runs on this machine says where its bench is."""
        programmer = self.programmer
        door = programmer.bench_door(programmer.link.address)
        if programmer.ask_bench is not None and door:
            self.app.call_from_thread(self._on_bench_found, door)

    def _on_bench_found(self, door: str) -> None:
        self._bench = door
        if self.is_attached:
            self._draw()

    @work(thread=True, group="bench")
    def _ask_bench(self, order: Any) -> None:
        ask = self.programmer.ask_bench
        if ask is None or not self._bench:
            return
        try:
            answer, trouble = ask(self._bench, order), ""
        except ScsError as error:
            answer, trouble = {}, f"The bench does not answer: {error}"
        self.app.call_from_thread(self._hear_bench, answer, trouble)

    def _hear_bench(self, answer: dict[str, Any], trouble: str) -> None:
        if not self.is_attached or self._step not in (Step.MAGNET, Step.COMPARE):
            return
        if trouble:
            self._say(trouble)
        elif self._step is Step.COMPARE and self._made is not None:
            shown = str(answer.get("words", ""))
            self.query_one("#text", Static).update(_compared(self._made.words, shown))
            if shown != self._made.words:
                self.query_one("#same", Button).display = False
        elif self._trouble is not None:
            self._say(pairing_trouble(self._trouble, [str(pair) for pair in answer.get("pairs", ())]))
            self._trouble = None
        elif "pairing" in answer:
            words = self.query_one("#words", Input)
            words.value = str(answer["pairing"])
            words.focus()
            self._say("The bench has held the magnet and shows these words.")


def _compared(here: str, shown: str) -> str:
    lines = ["Is each of these words the same on the bench?", "", f"here       {here}"]
    if shown:
        same = (
            "The bench shows the same words." if shown == here else "THE BENCH SHOWS OTHER WORDS: throw the key away."
        )
        return "\n".join([*lines, f"the bench  {shown}", "", same])
    return "\n".join([*lines, "", COMPARE])
