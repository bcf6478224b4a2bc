"""The last look before a group is sent: what changes, what must be acknowledged and why, and Cancel in front."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Static

from programmer_tui.presentation_program import difference, finding_lines
from programmer_tui.presentation_review import consequence_rows, limits_line
from programmer_tui.setting import Setting
from programmer_tui.widgets.dialog import Dialog
from scs.domain.program import Group
from scs.domain.verdict import Tier, Verdict


class Acknowledgement(Checkbox):
    """A rule to tick. The words say whether it is ticked, because the box says so by colour alone."""

    def __init__(self, rule: str) -> None:
        super().__init__(id=f"rule-{rule}", compact=True, tooltip=f"Space: send although {rule} objects")
        self._rule = rule
        self._say()

    def watch_value(self) -> None:
        super().watch_value()
        self._say()

    def _say(self) -> None:
        self.label = f"{'ACKNOWLEDGED' if self.value else 'not acknowledged'}: {self._rule}"


class ReviewScreen(Dialog, ModalScreen[tuple[str, ...] | None]):
    """Returns the rules that were acknowledged, or None when nothing is to be sent."""

    DEFAULT_CSS = """
    ReviewScreen { align: center middle; }
    ReviewScreen > Vertical { width: 90%; max-width: 100; height: 90%; border: round $primary; padding: 0 1; }
    ReviewScreen > Vertical { background: $surface; }
    ReviewScreen VerticalScroll { height: 1fr; }
    ReviewScreen Horizontal { height: 1; align-horizontal: right; }
    ReviewScreen Horizontal Button { margin: 0 1; }
    ReviewScreen Checkbox { width: 1fr; height: auto; border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="review.cancel", tooltip="Send nothing"),
    ]

    def __init__(self, slot: int, old: Group | None, new: Group, verdict: Verdict, setting: Setting) -> None:
        super().__init__()
        self._slot = slot
        self._old = old
        self._new = new
        self._verdict = verdict
        self._setting = setting

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(f"Send '{self._new.name}' to slot {self._slot}?", id="question")
            with VerticalScroll(can_focus=True) as whole:
                whole.tooltip = "Everything that changes, and what it means; Up and Down scroll."
                yield Static(self._consequences(), id="consequences")
                for rule in self._verdict.must_acknowledge:
                    yield Acknowledgement(rule)
                    yield Static(self._why(rule, Tier.CONFIRM))
                if self._verdict.blocking_rules:
                    yield Static(f"BLOCKED by {', '.join(self._verdict.blocking_rules)}: it may not be sent.", id="no")
                for rule in self._verdict.blocking_rules:
                    yield Static(self._why(rule, Tier.BLOCK))
                yield Static(self._changes(), id="changes")
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True, tooltip="Send nothing")
                yield Button("Send", id="send", variant="warning", compact=True, tooltip="Write it into the implant")

    def prepare(self) -> None:
        self.query_one("#cancel", Button).focus()
        self._allow()

    def _changes(self) -> Text:
        rows = difference(self._old, self._new)
        if not rows:
            return Text("Nothing differs from what the implant holds.")
        width = max(len(name) for name, _, _ in rows)
        return Text("\n".join(f"{name:<{width}}  {old} -> {new}" for name, old, new in rows) + "\n")

    def _consequences(self) -> Text:
        """What is worked out of the group, whether it changes or not."""
        rows = consequence_rows(self._old, self._new, self._setting)
        width = max(len(name) for name, _, _ in rows)
        lines = [f"{name:<{width}}  {old} -> {new}" for name, old, new in rows]
        return Text("\n".join([*lines, f"({limits_line(self._setting)})", ""]))

    def _why(self, rule: str, tier: Tier) -> Text:
        found = [finding for finding in self._verdict.findings if finding.rule == rule and finding.tier is tier]
        return Text("\n".join("    " + line for finding in found for line in finding_lines(finding)))

    @on(Checkbox.Changed)
    def _allow(self) -> None:
        """Send only what does not block, and only when every rule is ticked."""
        ticked = all(box.value for box in self.query(Checkbox))
        self.query_one("#send", Button).disabled = bool(self._verdict.blocking_rules) or not ticked

    @on(Button.Pressed, "#send")
    def _send(self) -> None:
        self.dismiss(self._verdict.must_acknowledge)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)
