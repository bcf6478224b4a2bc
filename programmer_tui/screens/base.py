"""What every screen has: the way to the others, who is on the link and how old that is, an explanation of what has the
focus, STOP, and the line of warning. A screen fills in `content`, paints itself in `show`, and hears single events in
`on_link`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.actions import ActionError, parse
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Button, Static

from programmer_tui.actions import UserRole, may_show
from programmer_tui.painting import say
from programmer_tui.permission import is_permitted
from programmer_tui.presentation_access import IN_THE_CLEAR
from programmer_tui.presentation_frame import NEVER_CLINICAL, age_text, frame_text, stop_text
from programmer_tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from programmer_tui.app import ProgrammerApp
    from programmer_tui.session_link import SessionLink
    from scs.programmer.worker_events import WorkerEvent

PLACES = (
    ("F1", "help", "Help"),
    ("F2", "connect", "Connect"),
    ("F3", "therapy", "Therapy"),
    ("F4", "editor", "Program"),
    ("F5", "impedance", "Impedance"),
    ("F6", "log", "Log"),
    ("F7", "trace", "Trace"),
    ("F8", "more", "More"),
)
"""Key, name and word of every screen with a key of its own, in the order of the keys."""
FURTHER = (
    ("sessions", "Sessions", "what was done and seen before: play, compare, report"),
    ("groups", "Groups", "every slot: copy, rename, move, compare; files and examples"),
    ("schedule", "Schedule", "windows of the day, daily dose, on and off in turn"),
    ("battery", "Battery", "how full, how long it lasts, what charges it, who draws from it"),
    ("usage", "Usage", "how long each group ran, in which posture, and why it was reset"),
    ("posture", "Posture", "how the body lies, live traces, growth curve, open against closed"),
    ("mri", "MRI", "what speaks against it, entering, leaving, and when that fails"),
    ("access", "Access", "who is paired with the implant, what strangers did; unpair, mark"),
    ("console", "Wire", "every frame of the link both ways, decoded, with its bytes"),
    ("field", "Field", "what a program does along the cord, and the fibres that fire"),
    ("patient", "Patient", "of a training scenario: ask, move, cough; pain over coverage"),
    ("settings", "Settings", "who sits here, and the colours"),
    ("faults", "Faults", "the test bench of an emulator: break, mend, magnet, let time pass"),
)
"""Name, word and purpose of every screen that F8 lists."""


class Hearing:
    """A screen that is told what happens on the link."""

    def hear(self, event: WorkerEvent) -> None:
        """An event of the link, which has already remembered it."""
        raise NotImplementedError


class ProgrammerScreen(Hearing, Screen[None]):
    """The frame around every screen."""

    NAME: ClassVar[str] = ""
    EXPLANATION: ClassVar[str] = ""
    """What is said while nothing with an explanation of its own has the focus."""

    _frame: tuple[Static, ...] = ()
    """What is painted four times a second; looking for it in the whole screen takes some milliseconds."""
    _is_built = False
    """Events of the link may come before the widgets are there."""
    _met = ""
    """Of the implant that this screen shows, or showed last."""

    def compose(self) -> ComposeResult:
        yield Static(id="places")
        with Horizontal(id="frame"):
            yield Static(id="who", markup=False)
            yield Static(id="role", markup=False)
            yield Static(id="age", markup=False)
        if self.programmer.pairs.is_in_the_clear:
            yield Static(IN_THE_CLEAR, id="clear", markup=False)
        with Vertical(id="content"):
            yield from self.content()
        yield Static(self.EXPLANATION, id="explained", markup=False)
        with Horizontal(id="bottom"):
            yield Static("[@click=app.stop] F12 or Ctrl+X: STOP [/]", id="stop")
            yield Static(id="stopped", markup=False)
            yield Static(NEVER_CLINICAL, id="never", markup=False)
        yield KeyLine()

    def content(self) -> ComposeResult:
        """The screen's own widgets."""
        yield from ()

    def prepare(self) -> None:
        """What is done once, when the widgets are there."""

    def show(self) -> None:
        """Paint everything anew from what the link knows."""

    def forget(self) -> None:
        """Another implant is on the link: nothing that was read from the former one, or meant for it, may stay."""

    def on_link(self, event: WorkerEvent) -> None:
        """Something happened while this screen was shown; the link has already remembered it."""

    # ------------------------------------------------------------------------------------------------ the frame

    @property
    def programmer(self) -> ProgrammerApp:
        return cast("ProgrammerApp", self.app)

    @property
    def link(self) -> SessionLink:
        return self.programmer.link

    def hear(self, event: WorkerEvent) -> None:
        """An event of the link."""
        if self._is_whole:
            self._meet()
            self.on_link(event)
            self.show()
            self.tick()

    def _meet(self) -> None:
        """Notice that another implant answers than the one that this screen was about."""
        description = self.link.description
        if description is None or description.identity.serial == self._met:
            return
        is_another, self._met = bool(self._met), description.identity.serial
        if is_another:
            self.forget()

    def on_mount(self) -> None:
        """A programmer that ends may take the screen down before it has any widgets."""
        if not self.query("#never"):
            return
        self.prepare()
        self._frame = tuple(self.query_one(name, Static) for name in ("#who", "#age", "#stopped", "#never"))
        self._is_built = True
        self.fit_role()
        self.tick()

    @property
    def _is_whole(self) -> bool:
        """Whether there is something to paint: not before the screen was built, nor while it is being taken down."""
        return self._is_built and not self._pruning and all(part.is_attached for part in self._frame)

    def on_screen_resume(self) -> None:
        if self._is_whole:
            self.fit_role()
            self.tick()

    # ---------------------------------------------------------------------------------------------------- roles

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the role does not have is not drawn, and its key does nothing; nor does any before there is a screen."""
        return self._is_built and is_permitted(self, self.programmer.role, action, parameters, self.programmer.pair)

    def fit_role(self) -> None:
        """Draw what who sits here has, and nothing else; nothing at all before the screen was built."""
        if not self._is_whole:
            return
        self._meet()
        role = self.programmer.role
        self.query_one("#places", Static).update(_places(self.NAME, role, self.programmer.habits.keymap))
        told = self.query_one("#role", Static)
        told.update(f"as {role}")
        told.display = role is not UserRole.CLINICIAN
        for button in self.query(Button):
            button.set_class(not self._may_press(button), "forbidden")
        self.refresh_bindings()
        self.show()
        self.draw_for_role()

    def draw_for_role(self) -> None:
        """What else depends on who sits here; the screen is built."""

    def _may_press(self, button: Button) -> bool:
        """A button that has the name of an action is there for whoever has the action."""
        try:
            _, action, parameters = parse(button.action or button.name or "")
        except ActionError:
            return True
        return self.check_action(action, parameters) is not False

    def tick(self) -> None:
        """Four times a second while shown: what depends on the age of the data. Never colour alone."""
        if not self._is_whole:
            return
        link = self.link
        who = frame_text(link.description, link.status, link.address, link.is_up, link.stop_state)
        say(self.query_one("#who", Static), who)
        say(self.query_one("#age", Static), age_text(link.age, link.is_stale, link.is_locked))
        say(self.query_one("#stopped", Static), stop_text(link.stop_state))
        is_stale = link.status is not None and link.is_stale
        self.set_class(is_stale, "stale")
        # A class of the whole screen has every widget styled anew, for which the next STOP would wait.
        for place in ("#frame", "#stopped"):
            self.query_one(place).set_class(link.stop_state not in ("", "confirmed"), "stopping")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Every control explains itself on focus."""
        self.query_one("#explained", Static).update(str(event.widget.tooltip or self.EXPLANATION))


def _places(here: str, role: UserRole, keymap: Mapping[str, str]) -> str:
    """This role's screens with their keys; brackets around the present one, because colour alone would not do."""
    here = "more" if any(name == here for name, _, _ in FURTHER) else here
    shown = [
        f"[reverse b]\\[{key} {word}][/]" if name == here else f"[@click=app.show('{name}')] {key} {word}[/]"
        for key, name, word in ((_own_key(keymap, name) or key, name, word) for key, name, word in PLACES)
        if may_show(role, name)
    ]
    return "".join(shown)


def _own_key(keymap: Mapping[str, str], name: str) -> str:
    """The key that a person gave to a screen; empty where it was left as it is."""
    keys = keymap.get(f"show.{name}", "")
    if not keys:
        return ""
    # Whoever has no keymap does not wait for what loads every screen.
    from programmer_tui.catalogue import key_words

    return key_words(keys.split(",")[0])
