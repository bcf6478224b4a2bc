"""Texts that change many times a second: painted only when they are others, laid out anew only when they need room."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static


def say(place: Static, text: str | Text) -> None:
    """Show `text` in `place`. Laying a screen out takes longer than all else that a key or a status report asks for."""
    before = place.content
    if before == text:
        return
    place.update(text, layout=not (isinstance(before, str | Text) and _takes_the_same_room(place, before, text)))


def _takes_the_same_room(place: Static, before: str | Text, after: str | Text) -> bool:
    """As many lines, none of which is broken; as wide, where the width follows the text."""
    widths = [[cell_len(line) for line in str(text).split("\n")] for text in (before, after)]
    if len(widths[0]) != len(widths[1]) or max(map(max, widths)) > place.content_size.width:
        return False
    width = place.styles.width
    return width is None or not width.is_auto or max(widths[0]) == max(widths[1])
