"""The editor of a group: leads, form, live verdict, charge density, pulse. It judges by asking, and sends nothing.

What is typed goes into the draft at once; whatever the draft cannot be read as is said in a sentence, and there is no
verdict until it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label, Static

from programmer_tui.draft import ORDINARY, GroupDraft, History, ProgramDraft
from programmer_tui.painting import say
from programmer_tui.presentation_group import battery_lines, timeline_lines
from programmer_tui.presentation_program import density_lines, program_line, pulse_picture, verdict_lines
from programmer_tui.setting import Setting
from programmer_tui.steering import moved_by_one, steered_towards, transverse_tripole
from programmer_tui.themes import Meaning, word_style
from programmer_tui.widgets.lead_picture import LeadPicture
from scs.domain.lead import contact_name
from scs.domain.program import Group
from scs.domain.verdict import Tier, Verdict

LABELS: dict[str, tuple[str, str]] = {
    "name": ("Name", "What the program is called: 1 to 24 characters."),
    "amplitude": ("Amplitude", "The whole current of the leading phase, such as 5.2 mA."),
    "pulse_width": ("Width", "The leading phase, such as 210 us. Another width clears the patient's limits."),
    "interphase_gap": ("Gap", "The pause before a driven recharge, such as 20 us."),
    "waveform": ("Waveform", "tonic, burst or high-rate."),
    "rate": ("Rate", "Pulses, or bursts, such as 40 Hz."),
    "pulses": ("Pulses", "How many pulses make a burst (bursts only)."),
    "intra_rate": ("Inner rate", "Pulses inside a burst, such as 500 Hz (bursts only)."),
    "recharge": ("Recharge", "passive, or active and the ratio, such as active 2."),
    "ramp": ("Ramp", "Soft start and stop, such as 2 s."),
    "cycling": ("Cycling", "on / off, such as 30 s / 90 s; empty for none."),
    "patient": ("Patient", "lowest / highest that the patient may set, as 0 mA / 6 mA; empty for none."),
    "closed_loop": ("Closed loop", "target / gain, such as 50 uV / 3 uA/uV, if the device senses; empty for none."),
}
"""Label and the one sentence that explains a field when it is focused."""
TIMELINE_CELLS = 30
"""Of the group's timeline, which leaves room for the names beside it on a small screen."""
PULSE_CELLS = 40
WIDE, HIGH = 150, 50
"""From so many columns the shape of the pulses stands under the form and the verdict beside it; from so many rows the
leads are drawn at twice their length."""
WIDE_CELLS = 50
"""Of timeline and pulse there."""
LEADS_CELLS = 26
"""What the leads have at least: what is said below them takes as much, so that another contact asks for no layout."""
_MEANINGS: dict[Tier, Meaning] = {Tier.NOTICE: "primary", Tier.CONFIRM: "warning", Tier.BLOCK: "error"}
assert set(LABELS) == set(ORDINARY), "every text of a draft has its place in the form"


class ProgramEditor(Horizontal):
    """Leads on the left, form and verdict beside them."""

    DEFAULT_CSS = """
    ProgramEditor { height: 1fr; }
    ProgramEditor #leads { width: auto; max-width: 40; min-width: 28; height: 1fr; padding: 0 1; }
    ProgramEditor #leads { scrollbar-size-vertical: 1; overflow-x: auto; }
    ProgramEditor LeadPicture, ProgramEditor #chosen { width: auto; height: auto; }
    ProgramEditor #beside { width: 1fr; height: 1fr; }
    ProgramEditor #form { height: 1fr; min-height: 8; padding: 0 1; }
    ProgramEditor #form Horizontal { height: 1; }
    ProgramEditor #form Label { width: 11; }
    ProgramEditor #form Input { width: 1fr; height: 1; border: none; padding: 0 1; }
    ProgramEditor #form .unused { display: none; }
    ProgramEditor #problem { color: $text-error; height: auto; }
    ProgramEditor #judged { height: 1fr; padding: 0 1; border-left: solid $primary; }
    ProgramEditor #judged:focus { border-left: outer $accent; }
    ProgramEditor #shape { display: none; padding: 0 1; }
    ProgramEditor.wide #beside { layout: grid; grid-size: 2 2; grid-rows: 18 1fr; }
    ProgramEditor.wide #form, ProgramEditor.wide #judged, ProgramEditor.wide #shape { height: 100%; }
    ProgramEditor.wide #judged { row-span: 2; }
    ProgramEditor.wide #shape { display: block; }
    ProgramEditor.wide #pulse, ProgramEditor.wide #group { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "undo", "Undo", show=False, id="editor.undo", tooltip="Take the last change back"),
        Binding("ctrl+y", "redo", "Redo", show=False, id="editor.redo", tooltip="Take back what was taken back"),
        Binding("e", "even", "Split evenly", show=False, id="editor.even", tooltip="Share each polarity evenly"),
        Binding(
            "m",
            "template('monopole')",
            "Monopole",
            show=False,
            id="editor.monopole",
            tooltip="This contact against the case",
        ),
        Binding(
            "b",
            "template('bipole')",
            "Bipole",
            show=False,
            id="editor.bipole",
            tooltip="This contact against the one below",
        ),
        Binding(
            "g",
            "template('guarded')",
            "Guarded",
            show=False,
            id="editor.guarded",
            tooltip="A cathode between two anodes",
        ),
        Binding(
            "plus", "steer(50)", "More", show=False, id="editor.more", tooltip="5 % more on this contact, total kept"
        ),
        Binding(
            "minus", "steer(-50)", "Less", show=False, id="editor.less", tooltip="5 % less on this contact, total kept"
        ),
        Binding(
            "t", "tripole", "Tripole", show=False, id="editor.tripole", tooltip="A cathode between anodes on both sides"
        ),
        Binding(
            "shift+up",
            "toward(0, -1)",
            "Steer up",
            show=False,
            id="editor.steer-up",
            tooltip="10 % of the cathodes up, total kept",
        ),
        Binding(
            "shift+down",
            "toward(0, 1)",
            "Steer down",
            show=False,
            id="editor.steer-down",
            tooltip="10 % of the cathodes down, total kept",
        ),
        Binding(
            "shift+left",
            "toward(-1, 0)",
            "Steer left",
            show=False,
            id="editor.steer-left",
            tooltip="10 % of the cathodes left, total kept",
        ),
        Binding(
            "shift+right",
            "toward(1, 0)",
            "Steer right",
            show=False,
            id="editor.steer-right",
            tooltip="10 % of the cathodes right, total kept",
        ),
        Binding(
            "ctrl+up",
            "shift(0, -1)",
            "Move up",
            show=False,
            id="editor.move-up",
            tooltip="Every contact's share one contact up",
        ),
        Binding(
            "ctrl+down",
            "shift(0, 1)",
            "Move down",
            show=False,
            id="editor.move-down",
            tooltip="Every contact's share one contact down",
        ),
        Binding(
            "ctrl+left",
            "shift(-1, 0)",
            "Move left",
            show=False,
            id="editor.move-left",
            tooltip="Every contact's share one contact left",
        ),
        Binding(
            "ctrl+right",
            "shift(1, 0)",
            "Move right",
            show=False,
            id="editor.move-right",
            tooltip="Every contact's share one contact right",
        ),
        Binding("ctrl+n", "add", "Add program", show=False, id="editor.add", tooltip="One more program in the group"),
        Binding("ctrl+d", "remove", "Remove", show=False, id="editor.remove", tooltip="Remove this program"),
        Binding(
            "ctrl+t", "next_program", "Next program", show=False, id="editor.next", tooltip="Edit the next program"
        ),
    ]

    @dataclass
    class Judged(Message):
        """The draft was read and judged, or could not be read."""

        group: Group | None
        verdict: Verdict | None

    def __init__(self, setting: Setting, draft: GroupDraft | None = None) -> None:
        super().__init__()
        self.setting = setting
        self.history = History(draft or GroupDraft())
        self.place = 0
        """Which program of the group is in the form."""
        self._refused = ""
        """Why the last key on the leads changed nothing; until the next one."""
        self.group: Group | None = None
        self.verdict: Verdict | None = None
        self._judged_in: tuple[Setting, dict[int, str], str] | None = None
        """What the verdict was given in: setting, marks of contacts, theme. None before the first."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="leads", can_focus=False):
            yield LeadPicture(self.setting.implant, id="picture")
            yield Static(id="chosen", markup=False)
        with Vertical(id="beside"):
            with VerticalScroll(id="form", can_focus=False):
                yield Static(id="title", markup=False)
                with Horizontal(id="row-group"):
                    yield Label("Group")
                    yield Input(id="field-group", tooltip="What the group of programs is called: 1 to 24 characters.")
                for name, (label, explanation) in LABELS.items():
                    with Horizontal(id=f"row-{name}"):
                        yield Label(label)
                        yield Input(id=f"field-{name}", tooltip=explanation)
                yield Static(id="problem", markup=False)
            with VerticalScroll(id="judged", can_focus=True) as judged:
                judged.tooltip = "Verdict, density, pulse, battery, timeline of the group; Up and Down scroll."
                yield Static(id="verdict", markup=False)
                yield Static(id="density", markup=False)
                yield Static(id="pulse")
                yield Static(id="group", markup=False)
            with VerticalScroll(id="shape", can_focus=False):
                yield Static(id="wide-pulse")
                yield Static(id="wide-group", markup=False)

    def on_mount(self) -> None:
        self.watch(self.query_one(LeadPicture), "chosen", self._on_chosen, init=False)
        self._show_program()

    def on_resize(self) -> None:
        """What a large terminal has room for."""
        self.set_class(self.app.size.width >= WIDE, "wide")
        self.query_one(LeadPicture).stretch(2 if self.app.size.height >= HIGH else 1)

    # ------------------------------------------------------------------------------------------------ the draft

    @property
    def program(self) -> ProgramDraft:
        return self.history.present.programs[self.place]

    def open(self, draft: GroupDraft) -> None:
        """Edit another group; what was there can be had back by undo."""
        self.place = 0
        self.history.change(draft)
        self._show_program()

    def begin_anew(self) -> None:
        """An empty draft that cannot be undone into the former one."""
        self.place = 0
        self.history = History(GroupDraft())
        self._show_program()

    def judge_in(self, setting: Setting, marks: Mapping[int, str]) -> None:
        """Judge what is being edited for another device; other leads are drawn anew, with what was measured of them."""
        # A theme colours the words of the verdict, so another one shows it anew.
        asked = (setting, dict(marks), self.app.theme)
        if asked == self._judged_in:
            return
        if setting.implant != self.setting.implant:
            self.query_one(LeadPicture).use(setting.implant)
        self.query_one(LeadPicture).mark(marks)
        self.setting, self._judged_in = setting, asked
        self._show_judgement()

    def _change(self, program: ProgramDraft, *, is_typed: bool = False) -> None:
        self._refused = ""
        self.history.change(self.history.present.with_program(self.place, program))
        if is_typed:
            self._show_judgement()
        else:
            self._show_program()

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        if event.value != event.input.value:
            return  # The field was filled anew since, for instance by undo.
        name = (event.input.id or "").removeprefix("field-")
        if name == "group":
            self.history.change(replace(self.history.present, name=event.value))
            self._show_judgement()
            return
        if name not in LABELS or event.value == self.program.texts[name]:
            return
        before = self.program.texts["patient"]
        self._change(self.program.typed(name, event.value), is_typed=True)
        if self.program.texts["patient"] != before and name != "patient":
            self._show_program()

    @on(LeadPicture.Cycled)
    def _on_cycled(self, event: LeadPicture.Cycled) -> None:
        self._change(self.program.cycled(event.contact))

    def _on_chosen(self) -> None:
        self._refused = ""
        self._show_chosen()

    def action_even(self) -> None:
        self._change(self.program.split_evenly())

    def action_template(self, name: str) -> None:
        self._change(self.program.templated(name, self.query_one(LeadPicture).chosen, self.setting.implant))

    def action_steer(self, permille: int) -> None:
        self._change(self.program.steered(self.query_one(LeadPicture).chosen, permille))

    def action_tripole(self) -> None:
        picture = self.query_one(LeadPicture)
        self._reshare(transverse_tripole(picture.layout_of_leads, picture.chosen))

    def action_toward(self, across: int, down: int) -> None:
        self._reshare(steered_towards(self.program.shares, self.query_one(LeadPicture).layout_of_leads, across, down))

    def action_shift(self, across: int, down: int) -> None:
        self._reshare(moved_by_one(self.program.shares, self.query_one(LeadPicture).layout_of_leads, across, down))

    def _reshare(self, shares: dict[int, int] | None) -> None:
        """Other shares; where the leads end, nothing is changed, and that is said."""
        if shares is None:
            self._refused = "\nno room that way;\nnothing changed"
            self._show_chosen()
        else:
            self._change(self.program.shared(shares))

    def action_undo(self) -> None:
        if self.history.undo():
            self.place = min(self.place, len(self.history.present.programs) - 1)
            self._show_program()

    def action_redo(self) -> None:
        if self.history.redo():
            self.place = min(self.place, len(self.history.present.programs) - 1)
            self._show_program()

    def action_add(self) -> None:
        self.history.change(self.history.present.with_another())
        self.place = len(self.history.present.programs) - 1
        self._show_program()

    def action_remove(self) -> None:
        """The last program stays, because a group has at least one."""
        self.history.change(self.history.present.without(self.place))
        self.place = min(self.place, len(self.history.present.programs) - 1)
        self._show_program()

    def action_next_program(self) -> None:
        self.place = (self.place + 1) % len(self.history.present.programs)
        self._show_program()

    # --------------------------------------------------------------------------------------------- what is shown

    def _show_program(self) -> None:
        draft = self.history.present
        count = len(draft.programs)
        how = f", {draft.delivery}" if count > 1 else ""
        say(self.query_one("#title", Static), f"Program {self.place + 1} of {count}{how}")
        is_burst = self.program.texts["waveform"] == "burst"
        for name, text in (("group", draft.name), *self.program.texts.items()):
            field = self.query_one(f"#field-{name}", Input)
            if field.value != text:
                field.value = text
            row = self.query_one(f"#row-{name}")
            row.set_class(name in ("pulses", "intra_rate") and not is_burst, "unused")
        self._show_judgement()

    def _show_judgement(self) -> None:
        self.query_one(LeadPicture).show(self.program.shares)
        self._show_chosen()
        is_burst = self.program.texts["waveform"] == "burst"
        for name in ("pulses", "intra_rate"):
            self.query_one(f"#row-{name}").set_class(not is_burst, "unused")
        group, problems = self.history.present.group()
        say(self.query_one("#problem", Static), "\n".join(f"{_where(field)}: {said}" for field, said in problems))
        self.group = group
        self.verdict = None
        if group is not None:
            self.verdict = self.setting.judge(group)
        self._show_verdict()
        self.post_message(self.Judged(self.group, self.verdict))

    def _show_verdict(self) -> None:
        said, density = self.query_one("#verdict", Static), self.query_one("#density", Static)
        self._show_shape()
        if self.group is None or self.verdict is None:
            say(said, "No verdict: the program cannot be read yet.")
            say(density, "")
            return
        text = Text()
        for tier, line in verdict_lines(self.verdict):
            text.append(line + "\n", style=word_style(self.app, _MEANINGS[tier]) if tier in _MEANINGS else "")
        say(said, text)
        program, setting = self.group.programs[self.place], self.setting
        bars = density_lines(program, setting.implant, setting.profile, setting.policy)
        say(density, "\n".join(bars))

    def _show_shape(self) -> None:
        """The pulse, the battery and the timeline, where the verdict ends and where a large terminal has them."""
        places = (("pulse", "group", PULSE_CELLS, TIMELINE_CELLS), ("wide-pulse", "wide-group", WIDE_CELLS, WIDE_CELLS))
        for pulse, whole, pulse_cells, cells in places:
            drawn, said = Text(), ""
            if self.group is not None:
                program = self.group.programs[self.place]
                drawn = Text("\n".join(("", program_line(program), *pulse_picture(program, pulse_cells))))
                lasting = battery_lines(self.group, self.setting.profile)
                said = "\n".join(("", *lasting, "", *timeline_lines(self.group, cells)))
            say(self.query_one(f"#{pulse}", Static), drawn)
            say(self.query_one(f"#{whole}", Static), said)

    def _show_chosen(self) -> None:
        contact = self.query_one(LeadPicture).chosen
        share = self.program.shares.get(contact, 0)
        word = "off" if not share else f"{'cathode' if share < 0 else 'anode'} {abs(share) / 10:g} %"
        mark = self.query_one(LeadPicture).marks.get(contact, "")
        wrong = f", measured {mark.upper()}" if mark else ""
        said = f"{contact_name(contact)}: {word}{wrong}{self._refused}"
        say(self.query_one("#chosen", Static), f"\n{said:<{LEADS_CELLS}}")


def _where(field: str) -> str:
    """`0.rate` is the first program's rate."""
    place, _, name = field.partition(".")
    label = LABELS[name][0] if name in LABELS else name.capitalize()
    return label if place == "0" else f"Program {int(place) + 1}, {label}"
