"""What is delivered now, as the implant says it, and the keys that start, stop and titrate.

Nothing here is shown because it was sent: values are those of the last status, with their age. An amplitude key asks
for one absolute value; it hangs on the link as a trial until it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from programmer_tui.actions import UserRole, may, may_show
from programmer_tui.forms import beyond_patient, is_jump
from programmer_tui.painting import say
from programmer_tui.presentation import advice_text, clock_line, held_lines, program_lines
from programmer_tui.presentation_frame import therapy_text
from programmer_tui.presentation_program import findings_text
from programmer_tui.screens.amplitude_entry import AmplitudeEntry
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.setting import setting_of
from programmer_tui.thresholds import Felt, Thresholds, out_of_order
from scs.clock import Duration, Instant, local_second_of_day
from scs.domain.program import Group
from scs.domain.status import Mode
from scs.domain.units import CURRENT, format_quantity
from scs.domain.verdict import Tier, Verdict
from scs.errors import Refused
from scs.programmer.changing import Written
from scs.programmer.worker import Job
from scs.programmer.worker_events import JobDone, JobFailed, WorkerEvent
from scs.wire.responses import ClockReport, Status
from scs.wire.terms import Reason

FINE, MEDIUM, COARSE = 1, 2, 8
"""Steps of the device's grid: 50, 100 and 400 µA on the reference device, as above 2 mA on the Axium programmer
[found: F8 of the device facts]."""
STEP_PAUSE = Duration.of_ms(200)
"""A held key changes the amplitude five times a second at most."""
JUMP_PERCENT = 20
"""A larger rise than this part of the present target is asked about first."""
AMPLITUDE = "amplitude"


class Delivered(Static, can_focus=True):
    """The programs that are delivered, or the groups that could be."""


class TherapyScreen(ProgrammerScreen):
    """Start, stop, titrate, keep."""

    NAME = "therapy"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", id="therapy.start", tooltip="Soft-start the chosen slot"),
        Binding("x", "soft_stop", "Soft stop", id="therapy.soft-stop", tooltip="Ramp down and stop"),
        Binding("up", f"step({FINE})", "+", id="therapy.up", tooltip="One step of the device more"),
        Binding("down", f"step(-{FINE})", "-", id="therapy.down", tooltip="One step of the device less"),
        Binding("right", f"step({MEDIUM})", "++", show=False, id="therapy.right", tooltip=f"{MEDIUM} steps more"),
        Binding("left", f"step(-{MEDIUM})", "--", show=False, id="therapy.left", tooltip=f"{MEDIUM} steps less"),
        Binding("pageup", f"step({COARSE})", "+++", show=False, id="therapy.pageup", tooltip=f"{COARSE} steps more"),
        Binding("pagedown", f"step(-{COARSE})", show=False, id="therapy.pagedown", tooltip=f"{COARSE} steps less"),
        Binding("equals_sign", "enter", "Amplitude", key_display="=", id="therapy.set", tooltip="Type an amplitude"),
        Binding("p", "next_program", "Program", id="therapy.program", tooltip="Titrate the next program"),
        Binding("n", "next_slot", "Slot", id="therapy.slot", tooltip="Choose the next slot that holds a group"),
        Binding("k", "keep", "Keep", id="therapy.keep", tooltip="Review and commit the amplitudes tried now"),
        Binding("c", "clear_fault", "Clear fault", show=False, id="therapy.clear", tooltip="Take back a latched fault"),
        Binding("t", "set_clock", "Clock", show=False, id="therapy.clock", tooltip="Tell the implant the time"),
        Binding(
            "1",
            "note('perception')",
            "Perception",
            show=False,
            id="therapy.perception",
            tooltip="Note as perception what is delivered",
        ),
        Binding(
            "2",
            "note('comfortable')",
            "Comfortable",
            show=False,
            id="therapy.comfortable",
            tooltip="Note as comfortable what is delivered",
        ),
        Binding(
            "3",
            "note('maximum')",
            "Maximum",
            show=False,
            id="therapy.maximum",
            tooltip="Note as maximum what is delivered",
        ),
        Binding("l", "leave", "Leave", show=False, id="therapy.leave", tooltip="Leave the MRI mode or storage"),
    ]
    EXPLANATION = "Up/Down 1 step, Left/Right 2, PageUp/Down 8, = types; P next program, N slot."
    WITHOUT_AMPLITUDES = "What is delivered and held, as the implant says it."
    """What is said to who sits here without the keys that change an amplitude."""

    def __init__(self) -> None:
        super().__init__()
        self.slot = 0
        self._has_chosen = False
        """Whether a person chose the slot; the default is meant otherwise."""
        self.place = 0
        self._wanted_ua = 0
        self._last_step = Instant(-STEP_PAUSE.us)

    def forget(self) -> None:
        self.slot = self.place = self._wanted_ua = 0
        self._has_chosen = False
        self._say("")

    def content(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        delivered = Delivered(id="delivered", classes="delivered", markup=False)
        delivered.tooltip = self.EXPLANATION
        yield delivered
        yield Static(id="heard", markup=False)
        with Horizontal(id="deeds"):
            for deed, word, tooltip in (
                ("start", "Start", "Enter: soft-start the chosen slot at its committed amplitudes"),
                ("soft_stop", "Soft stop", "Enter: ramp down and stop; F12 stops at once"),
                (f"step(-{FINE})", " - ", "Enter: one step of the device less on the chosen program"),
                (f"step({FINE})", " + ", "Enter: one step of the device more on the chosen program"),
                ("enter", "Amplitude...", "Enter: type an amplitude for the chosen program"),
                ("keep", "Keep...", "Enter: review and commit the amplitudes that are tried now"),
                ("clear_fault", "Clear fault", "Enter: take back a latched fault; therapy stays off"),
            ):
                yield Button(word, name=deed, compact=True, tooltip=tooltip)

    def prepare(self) -> None:
        self.query_one(Delivered).focus()

    def draw_for_role(self) -> None:
        """Also of what is explained: keys that are not there are not named."""
        has_keys = may(self.programmer.role, "therapy.up", self.programmer.pair)
        delivered, said = self.query_one(Delivered), self.EXPLANATION if has_keys else self.WITHOUT_AMPLITUDES
        delivered.tooltip = said
        if self.focused is delivered:
            self.query_one("#explained", Static).update(said)

    @on(Button.Pressed)
    async def _on_deed(self, event: Button.Pressed) -> None:
        await self.run_action(f"screen.{event.button.name}")

    # ------------------------------------------------------------------------------------------------- asking

    def action_start(self) -> None:
        slot = self.slot
        self._ask("start", lambda client, show: client.start(slot))

    def action_soft_stop(self) -> None:
        self._ask("soft stop", lambda client, show: client.soft_stop())

    def action_clear_fault(self) -> None:
        self._ask("clear fault", lambda client, show: client.clear_fault())

    def action_set_clock(self) -> None:
        """Tell the implant this machine's local time, by which it opens the windows of a day."""
        self._ask("set the clock", lambda client, show: client.set_clock(local_second_of_day()))

    def action_leave(self) -> None:
        """Out of MRI or storage, so that whoever has this programmer can bring therapy back."""
        status = self.link.status
        if status is None or status.mode is Mode.MRI:
            self._ask("leave MRI mode", lambda client, show: client.leave_mri())
        elif status.mode is Mode.STORAGE:
            self._ask("leave storage", lambda client, show: client.leave_storage())
        else:
            self._say("The implant is neither in MRI mode nor in storage.")

    def action_step(self, steps: int) -> None:
        """One absolute amplitude, so many steps from the target that the implant last named."""
        now = self.programmer.clock.now()
        status = self._titratable()
        description = self.link.description
        if status is None or description is None:
            return
        if now < self._last_step + STEP_PAUSE or self.link.is_doing(AMPLITUDE):
            # The target that is shown may not be the newest yet, so a step from it would not be a step.
            return
        self._last_step = now
        step_ua = description.profile.amplitude.step_ua
        self._want(max(0, status.targets_ua[self.place] + steps * step_ua))

    def action_enter(self) -> None:
        """Type an absolute amplitude."""
        status, description = self._titratable(), self.link.description
        if status is not None and description is not None:
            entry = AmplitudeEntry(status.targets_ua[self.place], description.profile.amplitude)
            self.app.push_screen(entry, lambda wanted: None if wanted is None else self._want(wanted))

    def _titratable(self) -> Status | None:
        """The status whose chosen program can be titrated; says why not otherwise."""
        status = self.link.status
        if status is None or status.mode is not Mode.THERAPY or self.place >= len(status.targets_ua):
            self._say("Nothing is delivered; S starts the chosen slot.")
            return None
        return status

    def _want(self, wanted_ua: int) -> None:
        """Ask a person about a jump, then the implant."""
        status, description = self._titratable(), self.link.description
        if status is None or description is None:
            return
        if beyond := self._beyond_patient(wanted_ua):
            self._say(f"Not sent. {beyond}")
            return
        target_ua = status.targets_ua[self.place]
        if not is_jump(target_ua, wanted_ua, description.profile.amplitude.step_ua, JUMP_PERCENT):
            self._try(wanted_ua)
            return
        change = f"{format_quantity(target_ua, CURRENT)} -> {format_quantity(wanted_ua, CURRENT)}"
        question = Question(f"Raise the amplitude by more than {JUMP_PERCENT} % at once?\n\n{change}", "Raise")
        self.app.push_screen(question, lambda yes: self._try(wanted_ua) if yes else None)

    @property
    def _is_patient(self) -> bool:
        return self.programmer.role is UserRole.PATIENT

    def _beyond_patient(self, wanted_ua: int) -> str:
        """Why a patient may not have this amplitude; whoever else sits here is judged by the rules alone."""
        if not self._is_patient:
            return ""
        tried = self._tried()
        return beyond_patient(None if tried is None else tried.programs[self.place], wanted_ua)

    def _try(self, amplitude_ua: int, acknowledged: tuple[str, ...] = ()) -> None:
        place = self.place
        told = self._judged(place, amplitude_ua)
        if told is not None and told.blocking_rules:
            self.link.judged(f"program {place} at {format_quantity(amplitude_ua, CURRENT)}", told)
            self._say(f"Not sent. {findings_text(told, Tier.BLOCK)}")
            return
        self._wanted_ua = amplitude_ua
        self._ask(AMPLITUDE, lambda client, show: client.set_amplitude(place, amplitude_ua, acknowledged))

    def _judged(self, place: int, amplitude_ua: int) -> Verdict | None:
        """What the rules say about the running group with this amplitude; None while it was not read back."""
        tried = self._tried()
        if tried is None or self.link.description is None:
            return None
        return setting_of(self.link).judge(tried.with_amplitudes({tried.programs[place].name: amplitude_ua}))

    def _tried(self) -> Group | None:
        """The group that runs, with the amplitudes that the implant aims at."""
        status = self.link.status
        group = None if status is None else self.link.groups.get(status.slot)
        if status is None or group is None or len(group.programs) != len(status.targets_ua):
            return None
        names = (program.name for program in group.programs)
        return group.with_amplitudes(dict(zip(names, status.targets_ua, strict=True)))

    def action_keep(self) -> None:
        """Commit what is tried now, as it was read back; the implant judges it again."""
        link, status, tried = self.link, self.link.status, self._tried()
        if status is None or tried is None or status.mode is not Mode.THERAPY or not status.trial:
            self._say("There is no trial to keep; titrate a running therapy first.")
            return
        slot, base = status.slot, status.generation
        verdict = setting_of(link).judge(tried)
        link.judged(tried.name, verdict)
        if self._is_patient and verdict.must_acknowledge:
            self._say(f"Not kept: a clinician has to acknowledge {', '.join(verdict.must_acknowledge)}.")
            return
        review = ReviewScreen(slot, link.groups.get(slot), tried, verdict, setting_of(link))

        def answered(rules: tuple[str, ...] | None) -> None:
            if rules is not None:
                self._send(lambda: link.write_group(slot, tried, rules, base))

        self.app.push_screen(review, answered)

    def action_note(self, word: str) -> None:
        """Write down what the patient felt, at what the implant delivers now of the chosen program."""
        status, tried = self._titratable(), self._tried()
        if status is None or tried is None:
            return
        amplitude_ua, program = status.delivered_ua[self.place], tried.programs[self.place]
        if self.link.is_stale:
            self._say("Not noted: the data are stale, so what is delivered is not known.")
        elif not amplitude_ua or amplitude_ua != status.targets_ua[self.place]:
            self._say("Not noted: the amplitude is still on its way; wait until it is at its target.")
        else:
            felt, noted = Felt(word), self.link.noted
            thresholds = noted.of(status.slot, self.place, program).noted(felt, amplitude_ua)
            if trouble := out_of_order(thresholds):
                self._say(f"Not noted: {trouble}.")
                return
            noted.note(status.slot, self.place, program, thresholds)
            self.link.felt(status.slot, program.name, felt, amplitude_ua)
            self._say(f"Noted: {felt} at {format_quantity(amplitude_ua, CURRENT)}.")
            self.show()

    def action_next_program(self) -> None:
        status = self.link.status
        if status is not None and status.targets_ua:
            self.place = (self.place + 1) % len(status.targets_ua)
            self.show()

    def action_next_slot(self) -> None:
        occupied = sorted(self.link.groups)
        if occupied:
            later = [slot for slot in occupied if slot > self.slot]
            self.slot, self._has_chosen = later[0] if later else occupied[0], True
            self.show()

    def _ask(self, name: str, job: Job) -> None:
        self._send(lambda: self.link.submit(name, job))

    def _send(self, submit: Callable[[], bool]) -> None:
        if self.link.status is None:
            self._say("No implant is connected; F2 connects.")
        elif self.link.is_locked:
            self._say("LOCKED: the data are too old to change anything by; only STOP works until it is heard again.")
        elif submit():
            self._say("")

    # ------------------------------------------------------------------------------------------------ hearing

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, JobDone) and isinstance(event.result, Written):
            held = event.result.held
            self._say(f"Slot {held.slot} confirmed by the implant, read back equal (generation {held.generation}).")
        elif isinstance(event, JobDone) and isinstance(event.result, ClockReport):
            self._say(clock_line(event.result))
        elif isinstance(event, JobFailed):
            self._on_failed(event)

    def _on_failed(self, event: JobFailed) -> None:
        error = event.error
        if event.name != AMPLITUDE or not isinstance(error, Refused) or error.reason != Reason.MUST_ACKNOWLEDGE.word:
            is_unset = isinstance(error, Refused) and error.reason == Reason.CLOCK_UNSET.word
            self._say(f"Not done: {error}{'. T sets it to the time of this machine.' if is_unset else ''}")
            return
        rules, wanted_ua = error.rules, self._wanted_ua
        if self._is_patient:
            self._say(f"Not done: a clinician has to acknowledge {', '.join(rules)}.")
            return
        told = self._judged(self.place, wanted_ua)
        words = str(error) if told is None else findings_text(told, Tier.CONFIRM)
        question = f"{format_quantity(wanted_ua, CURRENT)} must be acknowledged: {', '.join(rules)}\n\n{words}"
        deed = Question(question, "Acknowledge and try")
        self.app.push_screen(deed, lambda yes: self._try(wanted_ua, rules) if yes else None)

    def _say(self, text: str) -> None:
        self.query_one("#heard", Static).update(text)

    def _without_group(self) -> str:
        edits = "; F4 edits one" if may_show(self.programmer.role, "editor") else ""
        return f"No group was read back{edits}."

    def show(self) -> None:
        status, groups = self.link.status, self.link.groups
        state, delivered = self.query_one("#state", Static), self.query_one(Delivered)
        if status is None:
            trouble = f"{self.link.trouble}; it is tried again." if self.link.trouble else "F2 connects."
            say(state, f"No implant has been heard yet. {trouble}")
            say(delivered, "")
            return
        if status.mode is not Mode.THERAPY:
            if not self._has_chosen and self.link.default in groups:
                self.slot = self.link.default
            elif self.slot not in groups and groups:
                self.slot = min(groups)
            advice = f" {advice}" if (advice := advice_text(status)) else ""
            say(state, f"{therapy_text(status)}.{advice}{' The implant holds:' if groups else ''}")
            held = held_lines(groups, self.slot, self.link.default)
            say(delivered, "\n".join(held) if held else self._without_group())
            return
        self.slot, self._has_chosen = status.slot, True
        self.place = min(self.place, max(0, len(status.targets_ua) - 1))
        group = groups.get(status.slot)
        trial = " - TRIAL: ends with the link, K keeps it" if status.trial else ""
        say(state, f"{therapy_text(status)}, '{'not read back yet' if group is None else group.name}'{trial}")
        say(delivered, "\n".join(program_lines(status, group, self.place, self._felt(status, group))))

    def _felt(self, status: Status, group: Group | None) -> list[Thresholds] | None:
        """Nothing of it for a patient, who notes nothing."""
        if group is None or self._is_patient:
            return None
        return [self.link.noted.of(status.slot, place, program) for place, program in enumerate(group.programs)]
