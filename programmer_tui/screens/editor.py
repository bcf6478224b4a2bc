"""The program editor on a screen: a slot is read from the implant or a file is opened, edited, reviewed and sent.

Without an implant the reference device stands in, so that programs can be tried out and judged.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from programmer_tui.draft import GroupDraft
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.widgets.lead_picture import LeadPicture
from programmer_tui.widgets.program_editor import ProgramEditor
from scs.domain.program_file import parse_program_file
from scs.errors import ScsError
from scs.programmer.changing import Written
from scs.programmer.worker import JobDone, JobFailed, LinkUp, WorkerEvent


class EditorScreen(ProgrammerScreen):
    """Edit, review, send."""

    TITLE_WORD = "Program"
    DEFAULT_CSS = """
    EditorScreen #path { display: none; height: 3; }
    EditorScreen #path.open { display: block; }
    EditorScreen #told { height: auto; padding: 0 1; color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Review and send", id="editor.send", tooltip="Look once more, then send"),
        Binding("ctrl+r", "read", "Read slot", id="editor.read", tooltip="Edit what the implant holds in this slot"),
        Binding("ctrl+o", "open", "Open file", id="editor.open", tooltip="Edit the group of a program file"),
        Binding("ctrl+g", "next_slot", "Slot", id="editor.slot", tooltip="The slot that is read and written"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.slot = 0

    def content(self) -> ComposeResult:
        yield Input(placeholder="path of a program file", id="path", tooltip="Enter opens it, Escape does not")
        yield ProgramEditor(self.programmer.setting())
        yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is not None:
            self.editor.open(GroupDraft.of(group))
        self.query_one(LeadPicture).focus()
        self._tell(f"Slot {self.slot}.")

    @property
    def editor(self) -> ProgramEditor:
        return self.query_one(ProgramEditor)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.editor.judge_in(self.programmer.setting())

    # -------------------------------------------------------------------------------------------------- files

    def action_open(self) -> None:
        path = self.query_one("#path", Input)
        path.add_class("open")
        path.focus()

    @on(Input.Submitted, "#path")
    def _on_path(self, event: Input.Submitted) -> None:
        event.input.remove_class("open")
        self.query_one(LeadPicture).focus()
        path = event.value.strip()
        try:
            opened = parse_program_file(path, Path(path).read_text(encoding="utf-8"))
        except ScsError as error:
            self._tell(f"Not opened: {error}")
        except (OSError, UnicodeDecodeError) as error:
            self._tell(f"Not opened: {path} cannot be read ({error})")
        else:
            self.editor.open(GroupDraft.of(opened.group))
            self._tell(f"{path}: {opened.title}. It is judged for the leads that are drawn.")

    # ------------------------------------------------------------------------------------------- the implant

    def action_next_slot(self) -> None:
        description = self.link.description
        count = 8 if description is None else description.identity.groups
        self.slot = (self.slot + 1) % count
        group = self.link.groups.get(self.slot)
        self._tell(f"Slot {self.slot}: {'empty' if group is None else group.name}.")

    def action_read(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is None:
            self._tell(f"Slot {self.slot} holds nothing that was read from the implant.")
        else:
            self.editor.open(GroupDraft.of(group))
            self._tell(f"Slot {self.slot}: '{group.name}' as it was read back.")

    def action_review(self) -> None:
        group, verdict, status = self.editor.group, self.editor.verdict, self.link.status
        if group is None or verdict is None:
            self._tell("This cannot be sent yet: the program cannot be read.")
        elif status is None or self.link.is_locked:
            self._tell("There is no implant whose data are fresh enough to send to; F2 connects.")
        else:
            base = status.generation
            review = ReviewScreen(self.slot, self.link.groups.get(self.slot), group, verdict)
            self.app.push_screen(review, lambda rules: self._send(rules, base))

    def _send(self, rules: tuple[str, ...] | None, base: int) -> None:
        group = self.editor.group
        if rules is None or group is None:
            self._tell("Nothing was sent.")
        elif self.link.write_group(self.slot, group, rules, base):
            self._tell("Sending...")
        else:
            self._tell("No implant is connected; nothing was sent.")

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, LinkUp):
            self.editor.judge_in(self.programmer.setting())
        elif isinstance(event, JobDone) and isinstance(event.result, Written):
            held = event.result.held
            is_same = held.group == self.editor.group
            word = "equal to what is shown" if is_same else "NOT what is shown here any more"
            self.link.keep_group(held, held.slot)
            self._tell(f"Confirmed by the implant: slot {held.slot}, generation {held.generation}, {word}.")
        elif isinstance(event, JobFailed) and event.name == "write group":
            self._tell(f"Not confirmed: {event.error}")

    def _tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)
