"""Whether a screen is whole: nothing cut, nothing outside, and a word for every control."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from rich.cells import cell_len
from textual.css.styles import RulesMap
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

ONE_LINE = ("places", "who", "age", "explained", "stopped", "never", "stop")
"""Statics of the frame, whose text has one line and nowhere else to go."""


def cut(screen: Screen[object]) -> Iterator[str]:
    """What of the screen cannot be seen and cannot be scrolled to."""
    for widget in screen.walk_children(Widget):
        if not widget.display or not all(parent.display for parent in widget.ancestors if isinstance(parent, Widget)):
            continue
        if any(_scrolls(parent) for parent in widget.ancestors if not isinstance(parent, Screen)):
            continue
        if widget.is_container and not widget.children:
            continue
        if not screen.region.contains_region(widget.region) or not widget.region.area:
            yield f"{named(widget)} is at {widget.region} of {screen.region}"
        elif isinstance(widget, Static) and (missing := _missing(widget)):
            yield f"{named(widget)} has no room for {missing!r}"


def _missing(widget: Static) -> str:
    """The lines of a text that its widget has no room for; a text that scrolls has room."""
    if _scrolls(widget):
        return ""
    said, room = str(widget.render()), widget.content_size
    lines = said.splitlines()
    if widget.id in ONE_LINE:
        return "" if cell_len(said) <= room.width else said
    needed = widget.visual.get_height(cast("RulesMap", widget.styles), room.width) if room.width else len(lines)
    return "" if needed <= room.height else said


def _scrolls(node: DOMNode) -> bool:
    return isinstance(node, Widget) and {"auto", "scroll"} & {node.styles.overflow_x, node.styles.overflow_y} != set()


def unexplained(screen: Screen[object]) -> Iterator[str]:
    """Controls that have the focus or are pressed and do not say what they do."""
    for widget in screen.walk_children(Widget):
        if (widget.focusable or isinstance(widget, Button)) and not widget.tooltip:
            yield named(widget)


def named(widget: Widget) -> str:
    """As a person who mends it would look for it."""
    return f"{type(widget).__name__} {widget.id or widget.name or ''}".strip()
