"""The room's answers as text: who feels what, and the body map with pain over coverage. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAME_WIDTH = 14
WORDS_WIDTH = 76
COVERED_FROM = 20
"""Percent of a painful region from which it counts as reached, in the mark before the percentage."""
LEGEND = "pain of 10, + reached or ! not reached, then how much of it tingles"
DESK_REGIONS = 3
NOBODY = (
    "There is no patient in the room: a training scenario brings one.",
    "",
    "    scs train list",
    "    scs train run SCENARIO",
)


def patient_lines(state: Mapping[str, Any]) -> list[str]:
    """Who is in the room and what he says: posture, grade, words."""
    paused = "  PAUSED by the instructor" if state["is_paused"] else ""
    words = f'"{state["words"]}"' if state["words"] else "(says nothing)"
    return [f"{state['posture']}, feels: {state['grade']}{paused}", words, "", LEGEND]


def desk_lines(state: Mapping[str, Any]) -> list[str]:
    """The same for the instructor: whose session it is, how it stands, and where most is felt and hurts."""
    minutes, seconds = divmod(state["at_us"] // 1_000_000, 60)
    paused = ", PAUSED" if state["is_paused"] else ""
    unsafe = f", UNSAFE ACTS: {state['unsafe']}" if state["unsafe"] else ""
    felt = sorted(state["covered"].items(), key=lambda row: -row[1])[:DESK_REGIONS]
    pain = sorted(state["pain"].items(), key=lambda row: -row[1])[:DESK_REGIONS]
    return [
        f"{state['scenario']}, {state['trainee']}, {minutes}:{seconds:02}{paused}{unsafe}",
        f"{state['posture']}, feels {state['grade']}: {_listed(felt, '%') or 'nowhere'}",
        f"pain of 10: {_listed([(name, round(score, 1)) for name, score in pain], '') or 'none'}",
    ]


def _listed(rows: Sequence[tuple[str, float]], unit: str) -> str:
    return ", ".join(f"{name.replace('-', ' ')} {value:g}{' ' + unit if unit else ''}" for name, value in rows)


def body_map_lines(state: Mapping[str, Any]) -> list[str]:
    """Every region of the body, two in a line: left and right sides, or the middle."""
    pain, covered = state["pain"], state["covered"]
    rows: list[str] = []
    for name in _names(state["regions"]):
        if name in state["regions"]:
            rows.append(f"{name:<{NAME_WIDTH + 1}} {_cell('M', name, pain, covered)}")
        else:
            sides = [_cell(side[0].upper(), f"{side}-{name}", pain, covered) for side in ("left", "right")]
            rows.append(f"{name:<{NAME_WIDTH}} {' '.join(sides)}")
    half = (len(rows) + 1) // 2
    pairs = [(rows[index], rows[index + half] if index + half < len(rows) else "") for index in range(half)]
    return [f"{one:<39}{other}".rstrip() for one, other in pairs]


def _names(regions: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.removeprefix("left-").removeprefix("right-") for name in regions))


def _cell(side: str, name: str, pain: Mapping[str, float], covered: Mapping[str, int]) -> str:
    hurts, part = pain.get(name), covered.get(name, 0)
    told = f"{hurts:4.1f}" if hurts is not None else "   ."
    mark = " " if hurts is None else "+" if part >= COVERED_FROM else "!"
    return f"{side}{told}{mark}{f'{part}%' if part else '.':>4}"
