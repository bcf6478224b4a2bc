"""The slots of the implant side by side: copy, rename, reorder, compare, and groups from files and into them.

A group that was taken, from a slot, a file or an example, is put into a slot by a review like that of the editor. Files
hold the prescription and the leads that it is meant for, and nothing that belongs to one device or one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.forms import refusal_text
from programmer_tui.painting import say
from programmer_tui.presentation_slots import comparison_lines, group_lines, slot_line
from programmer_tui.screens.question import Question
from programmer_tui.screens.sending import SendingScreen
from programmer_tui.screens.typed_question import TypedQuestion
from programmer_tui.session_link import SLOTS
from programmer_tui.setting import setting_of
from programmer_tui.widgets.choices import Choices
from scs.domain.backup_file import Origin
from scs.domain.program import Group, replaced
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.domain.program_text import write_program_file
from scs.errors import ScsError
from scs.programmer.changing import Written
from scs.programmer.worker_events import JobDone, JobFailed, WorkerEvent
from scs.wire.responses import Slots

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
"""Beside the program in a checkout; elsewhere there are none to list."""
NO_DEFAULT = "No slot is the default; D makes the chosen one what a plain start means."
_ASKS = {
    "rename": "another name for this group, then Enter",
    "export": "path of a new program file, then Enter",
    "import": "path of a program file, then Enter",
}


FROM_A_FILE = Origin("")


@dataclass(frozen=True, slots=True)
class Taken:
    """A group that was taken up, and where from."""

    group: Group
    source: str
    origin: Origin = FROM_A_FILE
    """The implant that it was taken from; none where it comes from a file."""


class GroupsScreen(SendingScreen):
    """Take from one place, put into another; two slots change places in two reviewed steps."""

    NAME = "groups"
    EXPLANATION = "C takes, V puts, B compares; N renames, + - move, Del empties; X O G files."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "take", "Take", id="groups.take", tooltip="Take this slot's group up, to put or compare it"),
        Binding("v", "put", "Put here", id="groups.put", tooltip="Review what was taken, and send it to this slot"),
        Binding("b", "compare", "Compare", id="groups.compare", tooltip="What was taken beside this slot's group"),
        Binding("n", "ask('rename')", "Rename", id="groups.rename", tooltip="Give this slot's group another name"),
        Binding("minus", "move(-1)", "Up", id="groups.up", tooltip="Change places with the slot before, in two steps"),
        Binding("plus", "move(1)", "Down", id="groups.down", tooltip="Change places with the slot after, in two steps"),
        Binding("d", "default", "Default", id="groups.default", tooltip="Started when nobody names a slot, or no more"),
        Binding("delete", "clear", "Empty", id="groups.clear", tooltip="Empty this slot, after a question"),
        Binding("x", "ask('export')", "Export", id="groups.export", tooltip="Write this slot's group into a new file"),
        Binding("o", "ask('import')", "Import", id="groups.import", tooltip="Take the group of a program file up"),
        Binding("g", "examples", "Examples", id="groups.examples", tooltip="Take the group of an example up"),
        Binding("escape", "back", show=False, id="groups.back", tooltip="Back to the slots"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.taken: Taken | None = None
        self._asked = ""
        self._is_comparing = False
        self._next: tuple[int, Taken] | None = None
        """The second half of two slots that change places: which slot gets what."""
        self._listed: list[str] = []

    def content(self) -> ComposeResult:
        slots = Choices(id="slots", markup=False)
        slots.tooltip = self.EXPLANATION
        yield slots
        examples = Choices(id="examples", markup=False)
        examples.tooltip = "Enter takes an example's group up; Escape goes back to the slots."
        yield examples
        yield Input(id="asked", tooltip="Enter does it, Escape does not")
        with VerticalScroll(id="details", can_focus=True) as details:
            details.tooltip = "What the chosen slot holds, or how it differs from what was taken."
            yield Static(id="group", markup=False)
        yield Static(id="told", markup=False)

    def prepare(self) -> None:
        self.query_one("#examples").display = self.query_one("#asked").display = False
        self.query_one("#slots").focus()
        self.tell("" if self.link.default is not None else NO_DEFAULT)

    def forget(self) -> None:
        """What was taken stays, with the name of where it comes from; nothing else does."""
        self._next, self._is_comparing = None, False
        self.action_back()
        self.tell("" if self.taken is None else f"Taken: '{self.taken.group.name}' from {self.taken.source}.")

    # ---------------------------------------------------------------------------------------------------- showing

    @property
    def slot(self) -> int:
        """The chosen one."""
        return self.query_one("#slots", OptionList).highlighted or 0

    def show(self) -> None:
        link, slots = self.link, self.query_one("#slots", OptionList)
        count = 0 if link.description is None else link.description.identity.groups
        lines = [slot_line(slot, link.groups.get(slot), link.status, link.default) for slot in range(count)]
        if lines != self._listed:
            chosen = slots.highlighted
            self._listed = lines
            slots.clear_options()
            slots.add_options([Option(line) for line in lines])
            slots.highlighted = chosen if chosen is not None and chosen < count else (0 if lines else None)
        self._show_group()

    def _show_group(self) -> None:
        here = self.link.groups.get(self.slot)
        if not self._listed:
            lines = ["No implant is connected; F2 connects. O and G take the group of a file up meanwhile."]
        elif self._is_comparing and self.taken is not None:
            room = self.query_one("#details").content_size.width
            lines = comparison_lines(self.taken.source, self.taken.group, f"slot {self.slot}", here, room)
        else:
            lines = ["This slot is empty."] if here is None else group_lines(here)
        say(self.query_one("#group", Static), "\n".join(lines))

    def tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)

    @on(OptionList.OptionHighlighted, "#slots")
    def _on_chosen(self) -> None:
        self._show_group()

    # --------------------------------------------------------------------------------------------- taking, putting

    def action_take(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is None:
            self.tell(f"Slot {self.slot} is empty; there is nothing to take.")
        else:
            self._take(Taken(group, f"slot {self.slot} of {self._met}", Origin(self._met)))

    def _take(self, taken: Taken) -> None:
        self.taken = taken
        self.tell(f"Taken: '{taken.group.name}' from {taken.source}. V puts it into the chosen slot, B compares.")
        self._show_group()

    def action_put(self) -> None:
        if self.taken is None:
            self.tell("Nothing was taken yet: C takes a slot's group, O that of a file, G that of an example.")
        elif self.taken.origin.asks_for_words(self._met):
            self._ask_for_serial(self.slot, self.taken)
        else:
            self._put(self.slot, self.taken.group)

    def _ask_for_serial(self, slot: int, taken: Taken) -> None:
        """One person's program into another's implant: only when somebody types which one is meant."""
        said = (
            f"'{taken.group.name}' was taken from implant {taken.origin.serial}, and {self._met} is on the link. The "
            f"program alone would travel, nothing else. If it is meant, type the serial number of the implant that is "
            f"to get it:"
        )

        def answered(is_meant: bool | None) -> None:
            if is_meant:
                self._put(slot, taken.group)
            else:
                self.tell("Nothing was sent.")

        self.app.push_screen(TypedQuestion(said, self._met, "Put it there"), answered)

    def _put(self, slot: int, group: Group) -> bool:
        return self.send(slot, group, setting_of(self.link).judge(group))

    def action_compare(self) -> None:
        if self.taken is None:
            self.tell("Nothing was taken to compare with: C takes a slot's group, O that of a file.")
            return
        self._is_comparing = not self._is_comparing
        self._show_group()

    # ------------------------------------------------------------------------------------------------- reordering

    def action_move(self, by: int) -> None:
        """What the neighbour is to get is sent first; until the second half is done, nothing was lost."""
        here, there = self.slot, self.slot + by
        mine, other = self.link.groups.get(here), self.link.groups.get(there)
        if mine is None or not 0 <= there < len(self._listed):
            self.tell(f"Slot {here} {'is empty' if mine is None else 'has no neighbour there'}; nothing is moved.")
            return
        self._next = None if other is None else (here, Taken(other, f"slot {there}"))
        if not self._put(there, mine):
            self._next = None

    def on_written(self, written: Written) -> None:
        if self._next is None or written.held.slot == self._next[0]:
            return
        (slot, taken), self._next = self._next, None
        self.taken = taken
        self.tell(f"'{taken.group.name}' is to go to slot {slot} yet; until it is there, V puts it anywhere.")
        self.link.groups[written.held.slot] = written.held.group
        self.link.generation = written.held.generation
        self._put(slot, taken.group)

    def on_not_sent(self) -> None:
        if self._next is not None:
            self._next = None
            self.query_one("#slots").focus()

    # ------------------------------------------------------------------------------------------ default, emptying

    def action_default(self) -> None:
        """The chosen slot is the default from now on; asked again, no slot is. What is delivered stays as it is."""
        base = self._base()
        if base is not None:
            self.link.set_default(None if self.link.default == self.slot else self.slot, base)

    def action_clear(self) -> None:
        base, slot = self._base(), self.slot
        if base is None:
            return
        group = self.link.groups[slot]
        asked = f"Empty slot {slot}? The implant forgets {group.name!r}; X writes it into a file first."

        def answered(is_meant: bool | None) -> None:
            if not is_meant:
                self.tell("Nothing was emptied.")
            elif self.link.clear_slot(slot, base):
                self.tell("Emptying...")

        self.app.push_screen(Question(asked, "Empty it"), answered)

    def _base(self) -> int | None:
        """The generation on which to decide about the chosen slot; None, and a sentence, where that cannot be."""
        link = self.link
        if link.description is None or link.is_locked:
            self.tell("There is no implant whose data are fresh enough to send to; F2 connects.")
        elif link.generation is None:
            self.tell("The slots are being read back; try again in a moment.")
        elif link.groups.get(self.slot) is None:
            self.tell(f"Slot {self.slot} is empty; choose another one.")
        else:
            return link.generation
        return None

    def on_link(self, event: WorkerEvent) -> None:
        super().on_link(event)
        if isinstance(event, JobDone) and isinstance(event.result, Slots):
            default = self.link.default
            held = ", ".join(map(str, event.result.occupied))
            word = "no slot is the default" if default is None else f"slot {default} is the default"
            self.tell(f"Confirmed by the implant: it holds groups in {held}; {word}.")
        elif isinstance(event, JobFailed) and event.name == SLOTS:
            self.tell(f"Not confirmed: {event.error}")

    # -------------------------------------------------------------------------------------------- names and files

    def action_ask(self, what: str) -> None:
        group = self.link.groups.get(self.slot)
        if what != "import" and group is None:
            self.tell(f"Slot {self.slot} is empty; choose another one.")
            return
        self._asked = what
        asked = self.query_one("#asked", Input)
        asked.placeholder = _ASKS[what]
        asked.value = group.name if what == "rename" and group is not None else ""
        asked.display = True
        asked.focus()

    def action_back(self) -> None:
        self.query_one("#examples").display = self.query_one("#asked").display = False
        self.query_one("#slots").focus()

    @on(Input.Submitted, "#asked")
    def _on_asked(self, event: Input.Submitted) -> None:
        self.action_back()
        text, group = event.value.strip(), self.link.groups.get(self.slot)
        if self._asked == "import":
            self._import(Path(text))
        elif group is None:
            self.tell(f"Slot {self.slot} is empty by now; nothing was done.")
        elif self._asked == "export":
            self._export(Path(text), group)
        else:
            self._rename(group, text)

    def _rename(self, group: Group, name: str) -> None:
        try:
            renamed = replaced(group, name=name)
        except ValueError as error:
            self.tell(f"Not renamed: {refusal_text(error)}")
            return
        self._put(self.slot, renamed)

    def _export(self, path: Path, group: Group) -> None:
        setting = setting_of(self.link)
        file = ProgramFile(
            title=group.name, source="written by the programmer", group=group, implant=setting.implant,
            profile_id=setting.profile.id,
        )  # fmt: skip
        try:
            with path.open("x", encoding="utf-8") as new:
                new.write(write_program_file(file))
        except FileExistsError:
            self.tell(f"Not written: {path} is there already; choose another name.")
        except (OSError, ScsError) as error:
            self.tell(f"Not written: {path}: {error}")
        else:
            self.tell(f"Written: {path}. It names the group and its leads, and no device and no person.")

    def _import(self, path: Path) -> None:
        try:
            file = parse_program_file(str(path), path.read_text(encoding="utf-8"))
        except ScsError as error:
            self.tell(f"Not read: {error}")
            return
        except (OSError, UnicodeDecodeError) as error:
            self.tell(f"Not read: {path}: {error}")
            return
        self._take(Taken(file.group, path.name))
        meant, found = file.implant, setting_of(self.link).implant
        if meant is not None and [it.lead.id for it in meant.leads] != [it.lead.id for it in found.leads]:
            leads = ", ".join(it.lead.name for it in meant.leads)
            self.tell(f"Taken: '{file.group.name}'. CAREFUL: it is meant for other leads ({leads}); the same contact "
                      "numbers are other places in this body.")  # fmt: skip

    def action_examples(self) -> None:
        listed = self.query_one("#examples", OptionList)
        names = sorted(place.name for place in EXAMPLES.glob("*.toml"))
        if not names:
            self.tell(f"There are no examples in {EXAMPLES}; O takes the group of any program file.")
            return
        listed.clear_options()
        listed.add_options([Option(name, id=name) for name in names])
        listed.display = True
        listed.highlighted = 0
        listed.focus()

    @on(OptionList.OptionSelected, "#examples")
    def _on_example(self, event: OptionList.OptionSelected) -> None:
        self.action_back()
        assert event.option_id is not None, "every example has its name"
        self._import(EXAMPLES / event.option_id)
