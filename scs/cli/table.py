"""Text for a terminal: aligned columns, wrapped sentences, and colours only where a person looks at them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

WIDTH = 80
"""Columns. What is printed is readable on the narrowest terminal in use, also in a log."""
FOOTER = "A software model, never for clinical use."

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}


class Paint:
    """Colours, or nothing where the stream is no terminal or NO_COLOR is set (https://no-color.org)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = sys.stdout if stream is None else stream
        self._is_on = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, *colours: str) -> str:
        if not self._is_on or not colours:
            return text
        codes = ";".join(_COLOURS[colour] for colour in colours)
        return f"\x1b[{codes}m{text}\x1b[0m"


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint) -> Iterator[str]:
    """Aligned lines with headings; the last column is wrapped beneath itself where it passes WIDTH."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    yield paint(_line(headings, widths), "dim")
    for row in rows:
        first, *more = wrapped(row[-1], before) or [""]
        yield _line([*row[:-1], first.lstrip()], widths)
        yield from more


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def wrapped(text: str, indent: int) -> list[str]:
    """The text in lines of at most WIDTH columns, each indented."""
    import textwrap

    margin = " " * min(indent, WIDTH - 20)
    return textwrap.wrap(text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Lines for people, none wider than WIDTH: what is broken goes on under its own beginning."""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        yield from wrapped(line.strip(), indent) or [""]
