"""What is delivered now, as the implant says it, and the keys that start, stop and titrate.

Nothing here is shown because it was sent: values are those of the last status, with their age. An amplitude key asks
for one absolute value; it hangs on the link as a trial until it is kept.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from programmer_tui.presentation import program_lines, therapy_text
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.screens.question import Question
from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.domain.status import Mode
from scs.domain.units import CURRENT, format_quantity
from scs.errors import Refused
from scs.programmer.changing import Written
from scs.programmer.reading import HeldGroup
from scs.programmer.worker import Job, JobDone, JobFailed, LinkUp, WorkerEvent

FINE, MEDIUM, COARSE = 1, 5, 20
"""Steps of the device's amplitude grid a key asks for."""
STEP_PAUSE = Duration.of_ms(200)
"""A held key changes the amplitude five times a second at most."""
JUMP_PERCENT = 20
"""A larger change than this part of the present target is asked about first."""


class TherapyScreen(ProgrammerScreen):
    """Start, stop, titrate, keep."""

    TITLE_WORD = "Therapy"
    DEFAULT_CSS = """
    TherapyScreen #programs.stale { color: $text-muted; }
    TherapyScreen #state { text-style: bold; height: auto; }
    TherapyScreen #heard { height: auto; color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", id="therapy.start", tooltip="Soft-start the chosen slot"),
        Binding("x", "soft_stop", "Soft stop", id="therapy.soft-stop", tooltip="Ramp down and stop"),
        Binding("up", f"step({FINE})", "+", id="therapy.up", tooltip="One step more"),
        Binding("down", f"step(-{FINE})", "-", id="therapy.down", tooltip="One step less"),
        Binding("right_square_bracket", f"step({MEDIUM})", "++", id="therapy.up5", tooltip="Five steps more"),
        Binding("left_square_bracket", f"step(-{MEDIUM})", "--", id="therapy.down5", tooltip="Five steps less"),
        Binding("right_curly_bracket", f"step({COARSE})", show=False, id="therapy.up20", tooltip="Twenty steps more"),
        Binding("left_curly_bracket", f"step(-{COARSE})", show=False, id="therapy.down20", tooltip="Twenty steps less"),
        Binding("p", "next_program", "Program", id="therapy.program", tooltip="Titrate the next program"),
        Binding("n", "next_slot", "Slot", id="therapy.slot", tooltip="Choose the next slot that holds a group"),
        Binding("k", "keep", "Keep", id="therapy.keep", tooltip="Commit the amplitudes that are tried now"),
        Binding("c", "clear_fault", show=False, id="therapy.clear", tooltip="Take back a latched fault"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.slot = 0
        self.place = 0
        self._last_step = Instant(-STEP_PAUSE.us)
        self._wanted = 0

    def content(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(id="programs", markup=False)
            yield Static(id="heard", markup=False)

    def on_mount(self) -> None:
        self._show()

    # ------------------------------------------------------------------------------------------------- asking

    def action_start(self) -> None:
        slot = self.slot
        self._ask("start", lambda client, show: client.start(slot))

    def action_soft_stop(self) -> None:
        self._ask("soft stop", lambda client, show: client.soft_stop())

    def action_clear_fault(self) -> None:
        self._ask("clear fault", lambda client, show: client.clear_fault())

    def action_step(self, steps: int) -> None:
        """One absolute amplitude, so many steps from the target that the implant last named."""
        link, now = self.link, self.programmer.clock.now()
        status, description = link.status, link.description
        if status is None or description is None or now < self._last_step + STEP_PAUSE:
            return
        if self.place >= len(status.targets_ua):
            self._say("Nothing is delivered; start therapy first.")
            return
        self._last_step = now
        target = status.targets_ua[self.place]
        wanted = max(0, target + steps * description.profile.amplitude.step_ua)
        if wanted > target and 100 * (wanted - target) > JUMP_PERCENT * target:
            more = f"{format_quantity(target, CURRENT)} -> {format_quantity(wanted, CURRENT)}"
            question = f"Raise the amplitude by more than {JUMP_PERCENT} %?\n\n{more}"
            self.app.push_screen(Question(question, "Raise"), lambda yes: self._try(wanted) if yes else None)
        else:
            self._try(wanted)

    def _try(self, amplitude_ua: int, acknowledged: tuple[str, ...] = ()) -> None:
        place = self.place
        self._wanted = amplitude_ua
        self._ask("amplitude", lambda client, show: client.set_amplitude(place, amplitude_ua, acknowledged))

    def action_keep(self) -> None:
        """Commit what is tried now, as it was read back; the implant judges it again."""
        link, status = self.link, self.link.status
        group = None if status is None else link.groups.get(status.slot)
        if status is None or group is None or status.mode is not Mode.THERAPY:
            self._say("There is no trial to keep; start therapy first.")
            return
        tried = dict(zip((program.name for program in group.programs), status.targets_ua, strict=True))
        kept, slot, base = group.with_amplitudes(tried), status.slot, status.generation
        told = self.programmer.judged(kept)
        rules = () if told is None else told.must_acknowledge
        if not rules:
            self._write(slot, kept, (), base)
            return
        question = f"Keep this amplitude? These rules must be acknowledged: {', '.join(rules)}"
        answer = Question(question, "Acknowledge and keep")
        self.app.push_screen(answer, lambda yes: self._write(slot, kept, rules, base) if yes else None)

    def _write(self, slot: int, group: Group, rules: tuple[str, ...], base: int) -> None:
        if not self.link.write_group(slot, group, rules, base):
            self._say("No implant is connected; nothing was kept.")

    def action_next_program(self) -> None:
        status = self.link.status
        if status is not None and status.targets_ua:
            self.place = (self.place + 1) % len(status.targets_ua)
            self._show()

    def action_next_slot(self) -> None:
        occupied = sorted(self.link.groups)
        if occupied:
            later = [slot for slot in occupied if slot > self.slot]
            self.slot = later[0] if later else occupied[0]
            self._show()

    def _ask(self, name: str, job: Job) -> None:
        if self.link.is_locked:
            self._say("The data are too old to change anything by; only STOP works until the implant is heard again.")
        elif not self.link.submit(name, job):
            self._say("No implant is connected; F2 connects.")
        else:
            self._say("")

    # ------------------------------------------------------------------------------------------------ hearing

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, LinkUp):
            for slot in event.description.identity.occupied:
                self.link.read_group(slot)
        elif isinstance(event, JobDone):
            self._on_done(event.result)
        elif isinstance(event, JobFailed):
            self._on_failed(event)
        self._show()

    def _on_done(self, result: object) -> None:
        if isinstance(result, HeldGroup):
            self.link.keep_group(result, result.slot)
        elif isinstance(result, Written):
            self.link.keep_group(result.held, result.held.slot)
            self._say(f"Slot {result.held.slot} confirmed by the implant (generation {result.held.generation}).")

    def _on_failed(self, event: JobFailed) -> None:
        error = event.error
        if event.name == "amplitude" and isinstance(error, Refused) and error.reason == "must-acknowledge":
            rules, wanted = error.rules, self._wanted
            question = Question(f"{error}\n\nThese rules must be acknowledged: {', '.join(rules)}", "Acknowledge")
            self.app.push_screen(question, lambda yes: self._try(wanted, rules) if yes else None)
        else:
            self._say(f"Not done: {error}")

    def on_tick(self) -> None:
        self.query_one("#programs").set_class(self.link.is_stale, "stale")

    def _say(self, text: str) -> None:
        self.query_one("#heard", Static).update(text)

    def _show(self) -> None:
        status = self.link.status
        state, programs = self.query_one("#state", Static), self.query_one("#programs", Static)
        if status is None:
            state.update("No implant has been heard yet; F2 connects.")
            programs.update("")
            return
        if status.mode is Mode.THERAPY:
            self.slot = status.slot
        group = self.link.groups.get(self.slot)
        name = "an empty slot" if group is None else f"'{group.name}'"
        trial = "  TRIAL: hangs on the link, K keeps it" if status.trial else ""
        state.update(f"{therapy_text(status)} | chosen: slot {self.slot}, {name}{trial}")
        lines = program_lines(status, self.link.groups.get(status.slot), self.place)
        programs.update("\n".join(lines) if lines else "Nothing is delivered. S starts the chosen slot.")
