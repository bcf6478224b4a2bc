"""The keys that do something now, in one line; a click on one is a press of it.

Textual's own Footer mounts a widget for each key, and all of them anew whenever the focus moves: most of the time that
a screen took to appear. Here the whole line is one widget. What has no room is left out, and the palette lists it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

GAP = 1
"""Cells between two keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key and what it does. `name` is Textual's, `sign` is what is written on it."""

    name: str
    sign: str
    does: str
    tooltip: str
    is_enabled: bool = True

    @property
    def width(self) -> int:
        """In cells."""
        return cell_len(self.sign) + 1 + cell_len(self.does)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands in the line, in cells from its beginning."""

    key: Key
    at: int

    def has(self, x: int) -> bool:
        return self.at <= x < self.at + self.key.width


def placed(keys: Sequence[Key], last: Key | None, width: int) -> tuple[Place, ...]:
    """From the left, as many whole keys as there is room for, and `last` at the right end."""
    end = max(0, width - GAP - last.width) if last is not None else width
    found: list[Place] = []
    at = GAP
    for key in keys:
        if at + key.width + GAP > end:
            break
        found.append(Place(key, at))
        at += key.width + GAP
    if last is not None:
        found.append(Place(last, end))
    return tuple(found)


class KeyLine(Widget, can_focus=False):
    """Follows what is bound where the focus is; a key that may not be pressed now is dim, and rings when clicked."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; pointer: pointer; }
    """
    ENABLED: ClassVar[str] = "bold $footer-key-foreground"

    hovered: reactive[str] = reactive("")
    """The name of the key under the mouse."""

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[Place, ...] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def render(self) -> Content:
        bound = self.screen.active_bindings
        palette = bound.get(self.app.COMMAND_PALETTE_BINDING) if self.app.ENABLE_COMMAND_PALETTE else None
        last = None if palette is None else self._key(palette)
        shown = (one for one in bound.values() if one.binding.show and one is not palette)
        self._places = placed(list(self._keys(shown)), last, self.size.width)
        return Content.assemble(*self._parts())

    def where(self, name: str) -> int | None:
        """Where the key with this name stands, in cells from the beginning; None when it is not shown."""
        return next((place.at for place in self._places if place.key.name == name), None)

    def _follow(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen and self.app.app_focus:
            self.refresh()

    def _keys(self, bound: Iterable[ActiveBinding]) -> Iterator[Key]:
        """One for each action: the key that is named first for it."""
        done: set[str] = set()
        for one in bound:
            if one.binding.action not in done:
                done.add(one.binding.action)
                yield self._key(one)

    def _key(self, one: ActiveBinding) -> Key:
        binding = one.binding
        sign = self.app.get_key_display(binding)
        told = one.tooltip or binding.description
        return Key(binding.key, sign, binding.description, told, one.enabled)

    def _parts(self) -> Iterator[tuple[str, str]]:
        at = 0
        for place in self._places:
            key = place.key
            yield " " * (place.at - at), ""
            under = " underline" if key.name == self.hovered else ""
            is_on = "" if key.is_enabled else " dim"
            yield key.sign, f"{self.ENABLED}{under}{is_on}"
            yield " ", ""
            yield key.does, f"$footer-description-foreground{under}{is_on}"
            at = place.at + key.width

    def _under(self, x: int) -> Key | None:
        return next((place.key for place in self._places if place.has(x)), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        key = self._under(event.x)
        self.hovered = "" if key is None else key.name
        told = None if key is None else key.tooltip
        if told != self.tooltip:
            self.tooltip = told

    def on_leave(self) -> None:
        self.hovered = ""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        key = self._under(event.x)
        if key is None:
            return
        if key.is_enabled:
            self.app.simulate_key(key.name)
        else:
            self.app.bell()
