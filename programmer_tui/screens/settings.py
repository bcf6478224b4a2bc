"""Who sits before the programmer, and its colours. A role is no lock: it keeps what somebody does not need away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.actions import OF_PAIR, UserRole
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.screens.question import Question
from programmer_tui.session_lock import IDLE, LONGEST
from programmer_tui.themes import THEMES
from programmer_tui.widgets.choices import Choices

ABOUT = {
    UserRole.PATIENT: "amplitude within the patient's range, group, start and stop, battery",
    UserRole.CLINICIAN: "all that programs, measures, reads and keeps",
    UserRole.SERVICE: "reading, measuring, clearing faults; delivers nothing",
    UserRole.ENGINEER: "all of that, and what looks into the link and breaks an emulator",
}
MORE = "It can do more than a patient needs, and what it programs stays in the implant. Go on as {role}?"


class SettingsScreen(ProgrammerScreen):
    """A list to choose from; the present choice is marked in words."""

    NAME = "settings"
    EXPLANATION = "Enter or a click chooses. The implant keeps its limits whatever is chosen."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p", "passphrase", "Passphrase", id="settings.passphrase", tooltip="Choose what opens a locked programmer"
        ),
    ]

    def content(self) -> ComposeResult:
        yield Static("Who sits here", classes="heading", markup=False)
        roles = Choices(id="roles", markup=False)
        roles.tooltip = self.EXPLANATION
        yield roles
        yield Static("Colours, remembered for the next time", classes="heading", markup=False)
        themes = Choices(id="themes", markup=False)
        themes.tooltip = "Enter or a click chooses. Words say everything that a colour says."
        yield themes
        yield Static(
            f"Locks itself after {IDLE.us // 60_000_000} min without a key, and after {LONGEST.us // 3_600_000_000} h",
            classes="heading", markup=False,
        )  # fmt: skip
        yield Button("Passphrase...", compact=True, tooltip="Enter: choose what opens a locked programmer")
        yield Static(id="told", markup=False)

    def prepare(self) -> None:
        self.query_one("#roles").focus()

    @on(Button.Pressed)
    def action_passphrase(self) -> None:
        from programmer_tui.screens.lock import PassphraseEntry

        self.app.push_screen(PassphraseEntry(), self._on_passphrase)

    def _on_passphrase(self, is_kept: bool | None) -> None:
        if is_kept:
            self.query_one("#told", Static).update("The passphrase was kept, as a salted hash that only you can read.")

    def show(self) -> None:
        chosen = self.programmer.role
        permitted = [(role, ABOUT[role]) for role in UserRole if role in OF_PAIR[self.programmer.pair]]
        _fill(self.query_one("#roles", OptionList), permitted, chosen)
        _fill(self.query_one("#themes", OptionList), list(THEMES.items()), self.app.theme)

    @on(OptionList.OptionSelected, "#roles")
    def _on_role(self, event: OptionList.OptionSelected) -> None:
        assert event.option_id is not None, "every option has the name of its role"
        role = UserRole(event.option_id)
        if self.programmer.role is not UserRole.PATIENT or role is UserRole.PATIENT:
            self.programmer.set_role(role)
            return
        question = Question(MORE.format(role=role), f"Go on as {role}")
        self.app.push_screen(question, lambda yes: self.programmer.set_role(role) if yes else None)

    @on(OptionList.OptionSelected, "#themes")
    def _on_theme(self, event: OptionList.OptionSelected) -> None:
        assert event.option_id is not None, "every option has the name of its theme"
        self.app.theme = event.option_id
        self.programmer.habits.remembered.keep(event.option_id)
        self.show()


def _fill(listed: OptionList, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    """What is highlighted stays so."""
    texts = [f"{'(now) ' if name == chosen else '      '}{name:<21}{about}" for name, about in choices]
    if [str(option.prompt) for option in listed.options] == texts:
        return
    place = listed.highlighted
    listed.clear_options()
    listed.add_options([Option(text, id=name) for text, (name, _) in zip(texts, choices, strict=True)])
    names = [name for name, _ in choices]
    listed.highlighted = min(place, len(names) - 1) if place is not None else names.index(chosen)
