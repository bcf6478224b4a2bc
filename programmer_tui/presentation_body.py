"""The body as figures of characters, front and back: which cell is which region, and what stands in it.

No Textual here. A hatch says how much of a region tingles, a digit how much it hurts, a mark beside it whether that
pain is reached. A colour may say the same again, and never anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

COVERED_FROM = 20
"""Percent of a painful region from which it counts as reached [project]."""
HATCHES = ((80, "█"), (50, "▓"), (COVERED_FROM, "▒"), (1, "░"), (0, "·"))
"""From how many percent that tingle a region is filled with which character."""
OUTLINE = "·"
"""The face and the upper back, where the body map has no region."""
FULL_SCORE, FULL_DIGIT = 9.5, "X"
"""From this score on, pain is 10 of 10, which has no digit of its own."""

FRONT = (
    "         ...",
    "         ...",
    "          nn",
    "    ssssssss",
    "   uuu ccccc",
    "   uuu aaaaa",
    "  fff  aaaaa",
    "  fff  ggggg",
    "  hhh  ttttp",
    "       tttt ",
    "       kkkk ",
    "       llll ",
    "       llll ",
    "      oooo  ",
)
BACK = (
    "         qqq",
    "         qqq",
    "          nn",
    "    ssssssss",
    "   uuu .....",
    "   uuu wwwwm",
    "  fff  wwwwm",
    "  fff  bbbbb",
    "  hhh  bbbbp",
    "       dddd ",
    "       dddd ",
    "       llll ",
    "       llll ",
    "      oooo  ",
)
"""The half on the viewer's left, down to the midline at its right edge; the other half is its mirror image. From the
front that is the patient's right half, from behind the left one."""
REGIONS = {
    "q": "occiput", "n": "neck", "s": "shoulder", "u": "upper-arm", "f": "forearm", "h": "hand", "c": "chest",
    "a": "abdomen", "g": "groin", "t": "front-of-thigh", "k": "knee", "l": "lower-leg", "o": "foot", "b": "buttock",
    "d": "back-of-thigh", "w": "low-back", "m": "low-back-middle", "p": "perineum",
}  # fmt: skip
IN_THE_MIDDLE = "qmp"
"""What lies on the midline and has no side."""
HALF, GAP = len(FRONT[0]), 2
WIDTH, HEIGHT = 4 * HALF + GAP, len(FRONT)
VIEWS: tuple[tuple[Literal["front", "back"], tuple[str, ...], tuple[str, str]], ...] = (
    ("front", FRONT, ("right", "left")),
    ("back", BACK, ("left", "right")),
)
"""Each view with the patient's side that is on the viewer's left, and on his right."""
assert len(FRONT) == len(BACK), "the two views stand side by side"
assert all(len(row) == HALF for row in FRONT + BACK), "a half ends at the midline"

Meaning = Literal["missed", "reached", "tingles", "nothing", "words"]


@dataclass(frozen=True, slots=True)
class Run:
    """Cells side by side that are painted alike. `region` is empty where the body map has none."""

    text: str
    region: str
    meaning: Meaning
    is_label: bool = False


@cache
def figure_cells() -> dict[tuple[int, int], str]:
    """Row and column of every cell of the two bodies with the id of its region, or "" where there is none."""
    cells: dict[tuple[int, int], str] = {}
    for index, (_, half, sides) in enumerate(VIEWS):
        first = index * (2 * HALF + GAP)
        for row, codes in enumerate(half):
            for column, code in enumerate(codes):
                for side, at in zip(sides, (first + column, first + 2 * HALF - 1 - column), strict=True):
                    if code != " ":
                        cells[row, at] = _region(code, side)
    return cells


def region_at(row: int, column: int, scale: int = 1) -> str:
    """What a click means; empty beside the bodies and where there is no region."""
    return figure_cells().get((row // scale, column // scale), "")


def figure_rows(state: Mapping[str, Any], scale: int = 1) -> list[list[Run]]:
    """The two bodies, each cell `scale` wide and high, with a label for what hurts in the middle of its region."""
    painted: dict[tuple[int, int], Run] = {}
    for (row, column), region in figure_cells().items():
        run = Run(hatch(region, state), region, meaning(region, state))
        for down in range(scale):
            for across in range(scale):
                painted[row * scale + down, column * scale + across] = run
    for (row, column), letter, region in _labels(state, scale):
        painted[row, column] = Run(letter, region, meaning(region, state), is_label=True)
    for (row, column), letter in _headings(scale).items():
        painted[row, column] = Run(letter, "", "words")
    blank = Run(" ", "", "nothing")
    return [
        _joined([painted.get((row, column), blank) for column in range(WIDTH * scale)]) for row in range(HEIGHT * scale)
    ]


def hatch(region: str, state: Mapping[str, Any]) -> str:
    """How much of it tingles, as a character."""
    part = state["covered"].get(region, 0)
    return next(character for least, character in HATCHES if part >= least) if region else OUTLINE


def meaning(region: str, state: Mapping[str, Any]) -> Meaning:
    """What a colour may say of it, beside the hatch and the label."""
    part = state["covered"].get(region, 0)
    if region in state["pain"]:
        return "reached" if part >= COVERED_FROM else "missed"
    return "tingles" if part else "nothing"


def label(region: str, state: Mapping[str, Any]) -> str:
    """A digit for the pain and whether it is reached; empty where nothing hurts."""
    hurts = state["pain"].get(region)
    if hurts is None:
        return ""
    digit = FULL_DIGIT if hurts >= FULL_SCORE else f"{hurts:.0f}"
    return digit + ("+" if meaning(region, state) == "reached" else "!")


def region_lines(region: str, state: Mapping[str, Any]) -> list[str]:
    """One region in words."""
    part, hurts = state["covered"].get(region, 0), state["pain"].get(region)
    tingles = f"{part} % of it tingles" if part else "nothing tingles"
    if hurts is None:
        return [f"> {spoken(region)}", "  no pain", f"  {tingles}"]
    reached = "reached" if meaning(region, state) == "reached" else "not reached"
    return [f"> {spoken(region)}", f"  pain {hurts:.1f} of 10, {reached}", f"  {tingles}"]


def spoken(region: str) -> str:
    """A region as one says it."""
    return region.replace("-", " ")


def legend_lines() -> list[str]:
    """What the characters of the figure say."""
    return [
        "· none ░ <20 ▒ <50 ▓ <80 █",
        "  percent of it tingles",
        "5+ pain 5 of 10, reached",
        f"5! not reached; {FULL_DIGIT} is 10",
    ]


def _region(code: str, side: str) -> str:
    if code == ".":
        return ""
    return REGIONS[code] if code in IN_THE_MIDDLE else f"{side}-{REGIONS[code]}"


def _labels(state: Mapping[str, Any], scale: int) -> list[tuple[tuple[int, int], str, str]]:
    """Where each letter of each label stands, once in each view that shows its region."""
    found: list[tuple[tuple[int, int], str, str]] = []
    for row, first, length, region in _places():
        text = label(region, state)
        start = first * scale + (length * scale - len(text)) // 2
        found += [((row * scale + (scale - 1) // 2, start + at), letter, region) for at, letter in enumerate(text)]
    return found


@cache
def _places() -> tuple[tuple[int, int, int, str], ...]:
    """Of each region in each view: the middle row of it, its first column there and how many cells it has."""
    rows: dict[tuple[bool, str], dict[int, list[int]]] = {}
    for (row, column), region in figure_cells().items():
        if region:
            rows.setdefault((column >= 2 * HALF, region), {}).setdefault(row, []).append(column)
    found = []
    for (_, region), columns in rows.items():
        row = sorted(columns)[(len(columns) - 1) // 2]
        found.append((row, min(columns[row]), len(columns[row]), region))
    return tuple(found)


@cache
def _headings(scale: int) -> dict[tuple[int, int], str]:
    """Which view it is, and which side of the patient is on the left and on the right of it."""
    letters: dict[tuple[int, int], str] = {}
    for index, (name, _, (left, right)) in enumerate(VIEWS):
        first = index * (2 * HALF + GAP) * scale
        last = first + 2 * HALF * scale
        for row, start, word in ((0, first, name.upper()), (1, first, left), (1, last - len(right), right)):
            letters.update({(row, start + at): letter for at, letter in enumerate(word)})
    return letters


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Neighbours that are painted alike as one."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and (last.region, last.meaning, last.is_label) == (run.region, run.meaning, run.is_label):
            joined[-1] = Run(last.text + run.text, run.region, run.meaning, run.is_label)
        else:
            joined.append(run)
    return joined
