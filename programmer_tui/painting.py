"""Texts that change many times a second: painted only when they are others, laid out anew only when they need room."""

from __future__ import annotations

from textual.widgets import Static


def say(place: Static, text: str) -> None:
    """Show `text` in `place`. Laying a screen out takes longer than all else that a key or a status report asks for."""
    before = place.content
    if before == text:
        return
    place.update(text, layout=not (isinstance(before, str) and _takes_the_same_room(place, before, text)))


def _takes_the_same_room(place: Static, before: str, after: str) -> bool:
    """As many lines, none of which is broken; as wide, where the width follows the text."""
    widths = [[len(line) for line in text.split("\n")] for text in (before, after)]
    room = place.content_size.width
    if len(widths[0]) != len(widths[1]) or max(map(max, widths)) > room or not (before + after).isascii():
        return False
    width = place.styles.width
    return width is None or not width.is_auto or max(widths[0]) == max(widths[1])
