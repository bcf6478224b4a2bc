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
from programmer_tui.presentation import contact_marks
from programmer_tui.screens.sending import SendingScreen
from programmer_tui.setting import setting_of
from programmer_tui.widgets.lead_picture import LeadPicture
from programmer_tui.widgets.program_editor import ProgramEditor
from scs.domain.program_file import parse_program_file
from scs.errors import ScsError
from scs.programmer.changing import Written


class EditorScreen(SendingScreen):
    """Edit, review, send."""

    NAME = "editor"
    EXPLANATION = "Ctrl+O opens a file, Ctrl+R reads the slot, Ctrl+S reviews and sends, Ctrl+G the next slot."
    DEFAULT_CSS = """
    EditorScreen #path { display: none; height: 3; }
    EditorScreen #path.open { display: block; }
    EditorScreen #told { height: auto; padding: 0 1; color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Review and send", id="editor.send", tooltip="Look once more, then send"),
        Binding("ctrl+r", "read", "Read slot", id="editor.read", tooltip="Edit what the implant holds in this slot"),
        Binding("ctrl+o", "open", "Open file", id="editor.open", tooltip="Edit the group of a program file"),
        Binding("escape", "close_path", show=False, id="editor.close", tooltip="Back to the leads, no file opened"),
        Binding("ctrl+g", "next_slot", "Slot", id="editor.slot", tooltip="The slot that is read and written"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.slot = 0

    def content(self) -> ComposeResult:
        yield Input(placeholder="path of a program file", id="path", tooltip="Enter opens it, Escape does not")
        yield ProgramEditor(setting_of(self.link))
        yield Static(id="told", markup=False)

    def prepare(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is not None:
            self.editor.open(GroupDraft.of(group))
        self.query_one(LeadPicture).focus()
        self.tell(f"Slot {self.slot}.")

    def forget(self) -> None:
        """What was edited was meant for another body: it is gone, with its undo; the groups screen carries groups."""
        self.slot = 0
        self.editor.begin_anew()
        self.tell(f"Another implant answers ({self._met}): the draft for the former one is gone.")

    @property
    def editor(self) -> ProgramEditor:
        return self.query_one(ProgramEditor)

    def show(self) -> None:
        """The verdict is always that for the implant on the link, with its newest impedances."""
        self.editor.judge_in(setting_of(self.link), contact_marks(self.link.measurement))

    # -------------------------------------------------------------------------------------------------- files

    def action_open(self) -> None:
        path = self.query_one("#path", Input)
        path.add_class("open")
        path.focus()

    def action_close_path(self) -> None:
        """Escape leaves the file alone."""
        self.query_one("#path", Input).remove_class("open")
        self.query_one(LeadPicture).focus()

    @on(Input.Submitted, "#path")
    def _on_path(self, event: Input.Submitted) -> None:
        event.input.remove_class("open")
        self.query_one(LeadPicture).focus()
        path = event.value.strip()
        try:
            opened = parse_program_file(path, Path(path).read_text(encoding="utf-8"))
        except ScsError as error:
            self.tell(f"Not opened: {error}")
        except (OSError, UnicodeDecodeError) as error:
            self.tell(f"Not opened: {path} cannot be read ({error})")
        else:
            self.editor.open(GroupDraft.of(opened.group))
            self.tell(f"{path}: {opened.title}. It is judged for the leads that are drawn.")

    # ------------------------------------------------------------------------------------------- the implant

    def action_next_slot(self) -> None:
        description = self.link.description
        count = 8 if description is None else description.identity.groups
        self.slot = (self.slot + 1) % count
        group = self.link.groups.get(self.slot)
        self.tell(f"Slot {self.slot}: {'empty' if group is None else group.name}.")

    def action_read(self) -> None:
        group = self.link.groups.get(self.slot)
        if group is None:
            self.tell(f"Slot {self.slot} holds nothing that was read from the implant.")
        else:
            self.editor.open(GroupDraft.of(group))
            self.tell(f"Slot {self.slot}: '{group.name}' as it was read back.")

    def action_review(self) -> None:
        """Review what is in the form against what was read back; it is sent only for that generation."""
        if self.editor.group is None or self.editor.verdict is None:
            self.tell("This cannot be sent yet: the program cannot be read.")
        else:
            self.send(self.slot, self.editor.group, self.editor.verdict)

    def on_written(self, written: Written) -> None:
        held = written.held
        # The client has compared the digest of what was read back with that of what was sent.
        is_same = held.group == self.editor.group
        word = "equal to what is shown" if is_same else "NOT what is shown here any more"
        self.tell(f"Confirmed by the implant: slot {held.slot}, generation {held.generation}, {word}.")

    def tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)
