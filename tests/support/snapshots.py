"""Pictures of screens that are compared with those that were looked at once: tests/screens/snapshots/*.svg.

`SCS_SNAPSHOTS=write` writes them anew; whoever does that looks at them before handing them in. What moves with the
clock is taken out. With another version of Textual than the one that painted them only the words are compared.
"""

from __future__ import annotations

import html
import os
import re
from difflib import unified_diff
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "screens" / "snapshots"
PAINTED_BY = FOLDER / "painted-by.txt"
"""The version of Textual that the pictures are of."""
WRITE = "SCS_SNAPSHOTS"
_MOVING = (
    (re.compile(r"terminal-\d+"), "terminal"),
    (re.compile(r"\d+\.\d&#160;s&#160;old"), "0.0&#160;s&#160;old"),
    (re.compile(r"battery&#160;\d+&#160;%&#160;\(\d\.\d\d&#160;V\)"), "battery&#160;100&#160;%&#160;(4.10&#160;V)"),
)
_WORDS = re.compile(r'<text[^>]*\by="([\d.]+)"[^>]*>(.*?)</text>')


def settled(svg: str) -> str:
    """The picture without what is another one each time."""
    for pattern, instead in _MOVING:
        svg = pattern.sub(instead, svg)
    return svg


def words_of(svg: str) -> list[str]:
    """What is said, a line of the screen each, without colours and places."""
    lines: dict[float, str] = {}
    for height, text in _WORDS.findall(svg):
        lines[float(height)] = lines.get(float(height), "") + html.unescape(text).replace("\xa0", " ")
    return [lines[height].rstrip() for height in sorted(lines)]


def difference(name: str, svg: str) -> str:
    """How this picture differs from the one that is kept; empty where it does not. Writes it when that is asked for."""
    kept, new = FOLDER / f"{name}.svg", settled(svg)
    if os.environ.get(WRITE) == "write":
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(new, encoding="utf-8")
        PAINTED_BY.write_text(f"textual {version('textual')}\n", encoding="utf-8")
        return ""
    if not kept.exists():
        return f"{name}: there is no picture of it; {WRITE}=write makes one"
    old = kept.read_text(encoding="utf-8")
    if new == old:
        return ""
    said = "\n".join(unified_diff(words_of(old), words_of(new), "kept", "now", lineterm="", n=1))
    if said:
        return f"{name}: other words\n{said}"
    if PAINTED_BY.read_text(encoding="utf-8").strip() != f"textual {version('textual')}":
        return ""
    return f"{name}: the words are the same and their colours or places are not; {WRITE}=write, and look at it"
