"""When in the day a group is delivered, for how long at most, and on and off in turn: typed, judged, drawn, sent."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from programmer_tui.forms import refusal_text
from programmer_tui.painting import say
from programmer_tui.presentation_group import battery_lines
from programmer_tui.presentation_program import verdict_lines
from programmer_tui.presentation_slots import day_lines
from programmer_tui.screens.sending import SendingScreen
from programmer_tui.setting import setting_of
from scs.domain.fields import FROM_TEXT
from scs.domain.program import Cycling, Group, replaced
from scs.domain.schedule import Window, minute_text
from scs.domain.units import TIME, format_quantity, parse_quantity
from scs.domain.verdict import Verdict
from scs.errors import BadQuantity
from scs.programmer.changing import Written

FIELDS = {
    "windows": ("Windows", "such as 07:00-13:00, 22:30-01:00; empty for always"),
    "dose": ("Daily dose", "at most this long a day, such as 6 h; empty for no bound"),
    "cycling": ("Cycling", "on / off, such as 30 s / 90 s; empty for none; = leaves programs apart"),
}
APART = "="
"""What stands in the field while the programs of the group cycle differently."""


class ScheduleScreen(SendingScreen):
    """One slot at a time; the rest of its group stays as it is."""

    NAME = "schedule"
    EXPLANATION = "Tab moves between the fields; Ctrl+S reviews and sends, Ctrl+G the next slot, Ctrl+R reads it anew."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Review and send", id="schedule.send", tooltip="Look once more, then send"),
        Binding("ctrl+g", "next_slot", "Slot", id="schedule.slot", tooltip="The next slot that holds a group"),
        Binding("ctrl+r", "read", "Read slot", id="schedule.read", tooltip="What the implant holds, edits forgotten"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.slot = 0
        self._base: Group | None = None
        """What the fields were filled from."""
        self.group: Group | None = None
        """What they say now; None while that cannot be read."""
        self.verdict: Verdict | None = None

    def content(self) -> ComposeResult:
        yield Static(id="which", markup=False)
        for name, (word, about) in FIELDS.items():
            with Horizontal(classes="row"):
                yield Static(f"{word:<11}", classes="word", markup=False)
                yield Input(id=f"field-{name}", placeholder=about, tooltip=about.capitalize() + ".", compact=True)
        with VerticalScroll(id="day", can_focus=True) as day:
            day.tooltip = "The day, the battery and the verdict; Up and Down scroll."
            yield Static(id="said", markup=False)
        yield Static(id="told", markup=False)

    def prepare(self) -> None:
        self.query_one("#field-windows", Input).focus()

    def show(self) -> None:
        groups = self.link.groups
        if self._base is None and groups:
            self.slot = self.slot if self.slot in groups else min(groups)
            self._fill(groups[self.slot])
        self._say()

    def forget(self) -> None:
        self.slot, self._base = 0, None
        self.group = self.verdict = None
        for name in FIELDS:
            self.query_one(f"#field-{name}", Input).value = ""
        self.tell("")

    def tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)

    def on_written(self, written: Written) -> None:
        if written.held.slot == self.slot:
            self._fill(written.held.group)
            self._say()

    # ------------------------------------------------------------------------------------------------- the fields

    def _fill(self, group: Group) -> None:
        self._base = group
        windows = "" if group.schedule is None else ", ".join(_window_text(window) for window in group.schedule)
        dose = "" if group.daily_dose_us is None else format_quantity(group.daily_dose_us, TIME)
        cycles = {_cycling_text(program.cycling) for program in group.programs}
        cycling = cycles.pop() if len(cycles) == 1 else APART
        for name, text in (("windows", windows), ("dose", dose), ("cycling", cycling)):
            self.query_one(f"#field-{name}", Input).value = text

    @on(Input.Changed)
    def _say(self) -> None:
        """Judge what the fields say, and draw the day."""
        said, which = self.query_one("#said", Static), self.query_one("#which", Static)
        self.group = self.verdict = None
        if self._base is None:
            say(which, "No group was read back; F2 connects, and F4 edits one.")
            say(said, "")
            return
        say(which, f"Slot {self.slot}: '{self._base.name}'")
        texts = {name: self.query_one(f"#field-{name}", Input).value.strip() for name in FIELDS}
        try:
            self.group = rescheduled(self._base, **texts)
        except ValueError as error:
            say(said, f"Cannot be read: {refusal_text(error)}")
            return
        setting = setting_of(self.link)
        self.verdict = setting.judge(self.group)
        day = day_lines(self.group.schedule, self.group.daily_dose_us)
        battery = battery_lines(self.group, setting.profile)
        say(said, "\n".join([*day, "", *battery, "", *(line for _, line in verdict_lines(self.verdict))]))

    # --------------------------------------------------------------------------------------------------- the keys

    def action_review(self) -> None:
        if self.group is None or self.verdict is None:
            self.tell("This cannot be sent yet: the fields cannot be read.")
        else:
            self.send(self.slot, self.group, self.verdict)

    def action_next_slot(self) -> None:
        groups = self.link.groups
        if groups:
            self.slot = min((slot for slot in groups if slot > self.slot), default=min(groups))
            self.action_read()

    def action_read(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is None:
            self.tell(f"Slot {self.slot} holds nothing that was read from the implant.")
        else:
            self._fill(group)
            self.tell(f"Slot {self.slot}: '{group.name}' as it was read back.")


def rescheduled(group: Group, windows: str, dose: str, cycling: str) -> Group:
    """The group with what the three texts say; ValueError with a sentence where one cannot be read."""
    changes: dict[str, Any] = {
        "schedule": tuple(_read_window(text) for text in windows.split(",")) if windows else None,
        "daily_dose_us": parse_quantity(dose, TIME) if dose else None,
    }
    if cycling != APART:
        cycle = _read_cycling(cycling)
        changes["programs"] = tuple(replaced(program, cycling=cycle) for program in group.programs)
    return replaced(group, **changes)


def _read_window(text: str) -> Window:
    parts = [part.strip() for part in text.split("-")]
    if len(parts) != 2:
        raise ValueError(f"{text.strip()!r} is no window; write its two ends, such as 07:00-13:00")
    return Window.model_validate({"from": parts[0], "to": parts[1]}, context=FROM_TEXT)


def _read_cycling(text: str) -> Cycling | None:
    if not text:
        return None
    parts = [part.strip() for part in text.split("/")]
    if len(parts) != 2:
        raise BadQuantity(f"{text!r} is no cycling; write on and off, such as 30 s / 90 s")
    return Cycling(on_us=parse_quantity(parts[0], TIME), off_us=parse_quantity(parts[1], TIME))


def _window_text(window: Window) -> str:
    return f"{minute_text(window.from_minute)}-{minute_text(window.to_minute)}"


def _cycling_text(cycling: Cycling | None) -> str:
    if cycling is None:
        return ""
    return f"{format_quantity(cycling.on_us, TIME)} / {format_quantity(cycling.off_us, TIME)}"
