"""Ctrl+P: every action that this role has here, to be searched, chosen by key or by click.

On a screen these are its own actions, those of its widgets, and the way to every other screen; over a question only
the question's, and STOP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from textual.app import App
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType

from programmer_tui.actions import BY_ID, may
from programmer_tui.app import ProgrammerApp
from programmer_tui.catalogue import keys_text
from programmer_tui.screens.base import FURTHER, ProgrammerScreen


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the palette."""

    action_id: str
    words: str
    keys: str
    do: IgnoreReturnCallbackType


class ActionPalette(Provider):
    """Asked by Textual for what matches."""

    async def discover(self) -> Hits:
        """Everything, before anything was typed."""
        for choice in self._choices():
            yield DiscoveryHit(choice.words, choice.do, help=choice.keys)

    async def search(self, query: str) -> Hits:
        """What matches in its words."""
        matcher = self.matcher(query)
        for choice in self._choices():
            score = matcher.match(choice.words)
            if score > 0:
                yield Hit(score, matcher.highlight(choice.words), choice.do, help=choice.keys)

    def _choices(self) -> Iterator[Choice]:
        assert isinstance(self.app, ProgrammerApp), "the palette is the programmer's"
        return choices(self.app, self.screen)


def choices(app: ProgrammerApp, screen: Screen[object]) -> Iterator[Choice]:
    """What can be done on this screen now, this screen's own first."""
    nodes: list[DOMNode] = [screen, *screen.walk_children()]
    seen: set[str] = set()
    for node in (*nodes, app):
        for binding in _bindings(node):
            if binding.id is None or binding.id in seen or not _is_open(app, node, binding, screen):
                continue
            seen.add(binding.id)
            keys = keys_text(app.habits.keymap.get(binding.id, binding.key).split(","))
            yield Choice(binding.id, binding.tooltip, keys, partial(app.run_action, binding.action, node))
    if isinstance(screen, ProgrammerScreen):
        for name, word, about in FURTHER:
            if app.has_screen(name) and name != screen.NAME:
                yield Choice(f"show.{name}", f"{word}: {about}", "", partial(app.action_show, name))


def _bindings(node: DOMNode) -> Iterator[Binding]:
    for cls in type(node).__mro__:
        for binding in vars(cls).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id in BY_ID:
                yield binding


def _is_open(app: ProgrammerApp, node: DOMNode, binding: Binding, screen: Screen[object]) -> bool:
    """Whether it is this role's, leads elsewhere, and is not kept back by a question."""
    if binding.id in ("palette", f"show.{getattr(screen, 'NAME', '')}") or not may(app.role, binding.id or ""):
        return False
    return isinstance(screen, ProgrammerScreen) or not isinstance(node, App) or not binding.action.startswith("show(")
