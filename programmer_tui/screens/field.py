"""What a program does along the cord: the activating function over the contacts, and the fibres that fire.

Of what was read back from the implant, at what it delivers or at an amplitude that is only asked about here: nothing on
this screen is ever sent. The body is an average one, and no patient's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from programmer_tui.painting import say
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.setting import setting_of
from scs.errors import ScsError

if TYPE_CHECKING:
    from scs.domain.lead import Implant
    from scs.domain.program import Program

POSTURES = ("supine", "sitting", "standing", "walking", "reclining", "prone")
UA_PER_MA = 1_000
STEPS_PER_RANGE = 40
"""A press moves the amplitude by this part of the program's own, on the device's grid."""
NOTHING = (
    "No group was read back; F2 connects to an implant.",
    "",
    "A file is looked at with",
    "",
    "    scs body field FILE",
)


class FieldScreen(ProgrammerScreen):
    """Works out anew whenever something is chosen; numpy is loaded with the first picture."""

    NAME = "field"
    EXPLANATION = "+ and - ask about another amplitude, = about the program's; nothing is sent."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "move(1)", "More", id="field.up", tooltip="Ask about a higher amplitude; nothing is sent"),
        Binding("minus", "move(-1)", "Less", id="field.down", tooltip="Ask about a lower amplitude; nothing is sent"),
        Binding("equals_sign", "given", "As it is", id="field.given", tooltip="The amplitude that is delivered or set"),
        Binding("n", "program", "Program", id="field.program", tooltip="The next program of the group"),
        Binding("g", "slot", "Slot", id="field.slot", tooltip="The next slot that holds a group", show=False),
        Binding("p", "posture", "Posture", id="field.posture", tooltip="Another posture of the body"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._slot: int | None = None
        self._program = 0
        self._posture = POSTURES[0]
        self._asked_ua: int | None = None
        self._shown: tuple[object, ...] | None = None
        """What the picture is of, so that telemetry that changes nothing costs nothing."""

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        told = VerticalScroll(id="told", classes="delivered")
        told.tooltip = self.EXPLANATION
        with told:
            yield Static(id="lines", markup=False)

    def prepare(self) -> None:
        self.query_one("#told").focus()

    # ---------------------------------------------------------------------------------------------------- the keys

    def action_move(self, by: int) -> None:
        program = self._chosen()
        if program is not None:
            step_ua = setting_of(self.link).profile.amplitude.step_ua
            leap_ua = max(step_ua, program.amplitude_ua // STEPS_PER_RANGE // step_ua * step_ua)
            self._asked_ua = max(0, self._amplitude_ua(program) + by * leap_ua)
            self.show()

    def action_given(self) -> None:
        self._asked_ua = None
        self.show()

    def action_program(self) -> None:
        self._program, self._asked_ua = self._program + 1, None
        self.show()

    def action_slot(self) -> None:
        held = sorted(self.link.groups)
        if held:
            here = self._held_slot()
            self._slot = next((slot for slot in held if here is not None and slot > here), held[0])
            self._program, self._asked_ua = 0, None
            self.show()

    def action_posture(self) -> None:
        self._posture = POSTURES[(POSTURES.index(self._posture) + 1) % len(POSTURES)]
        self.show()

    # -------------------------------------------------------------------------------------------------- what is shown

    def show(self) -> None:
        program = self._chosen()
        if program is None:
            self._shown = None
            say(self.query_one("#said", Static), "")
            say(self.query_one("#lines", Static), "\n".join(NOTHING))
            return
        amplitude_ua, implant = self._amplitude_ua(program), setting_of(self.link).implant
        key = (program, amplitude_ua, self._posture, implant)
        if key != self._shown:
            self._shown = key
            self._work_out(program, amplitude_ua / UA_PER_MA, self._posture, implant)
        self._say(program)

    def _held_slot(self) -> int | None:
        """The slot that was chosen, or the one that runs, or the first that holds something."""
        groups, status = self.link.groups, self.link.status
        running = status.slot if status is not None else None
        return next((slot for slot in (self._slot, running, *sorted(groups)) if slot in groups), None)

    def _chosen(self) -> Program | None:
        slot = self._held_slot()
        if slot is None:
            return None
        programs = self.link.groups[slot].programs
        return programs[self._program % len(programs)]

    def _amplitude_ua(self, program: Program) -> int:
        """What is asked about, or what is delivered, or what is set."""
        if self._asked_ua is not None:
            return self._asked_ua
        status, slot = self.link.status, self._held_slot()
        if status is None or status.slot != slot or slot is None:
            return program.amplitude_ua
        index = self._program % len(self.link.groups[slot].programs)
        delivered = status.delivered_ua[index] if index < len(status.delivered_ua) else 0
        return delivered or program.amplitude_ua

    def _say(self, program: Program) -> None:
        what = "ASKED ABOUT, nothing is sent" if self._asked_ua is not None else "as delivered, or else as set"
        slot = self._held_slot()
        say(self.query_one("#said", Static), f"Slot {slot}, {program.name!r}: {what}. An average body, no patient's.")

    @work(thread=True, exclusive=True, group="field")
    def _work_out(self, program: Program, amplitude_ma: float, posture: str, implant: Implant) -> None:
        """In a thread of its own: the first picture loads numpy, and STOP never waits for it."""
        from programmer_tui.presentation_field import field_lines
        from scs.body.anatomy import Posture
        from scs.body.field import along_the_cord, recruited
        from scs.body.sensation import Sense, typical

        try:
            sense = Sense(typical(), implant, program, Posture(posture))
            along, found = along_the_cord(sense, amplitude_ma), recruited(sense, amplitude_ma)
            lines = field_lines(sense, amplitude_ma, along, found)
        except ScsError as error:
            lines = [str(error)]
        self.app.call_from_thread(self._paint, lines)

    def _paint(self, lines: list[str]) -> None:
        if self._is_whole:
            say(self.query_one("#lines", Static), "\n".join(lines))
