"""The room's answers as text: who feels what, and the body map with pain over coverage. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from programmer_tui.presentation_body import COVERED_FROM, legend_lines, region_lines, spoken

NAME_WIDTH = 14
LEGEND = "pain of 10, + reached or ! not reached, then how much of it tingles"
DESK_REGIONS = 3
WORST = 4
"""How many painful regions stand beside the figure where the whole list has no room."""
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
    return [f"{state['posture']}, feels: {state['grade']}{paused}", words]


def beside_lines(state: Mapping[str, Any], chosen: str, rows: int) -> list[str]:
    """What stands beside the figure: the chosen region in words, what hurts most or every region, and the legend."""
    told = region_lines(chosen, state) if chosen else ["Up and Down, or a click, name", "a region."]
    every = ["", *_region_rows(state)]
    if len(told) + len(every) + len(legend_lines()) + 1 <= rows:
        return [*told, *every, "", *legend_lines()]
    worst = sorted(state["pain"].items(), key=lambda row: -row[1])
    hurting = [_worst_line(region, score, state) for region, score in worst[:WORST]]
    more = len(worst) - len(hurting)
    hurting += [f"and {more} more: M lists them"] if more > 0 else []
    return [*told, "", *(hurting or ["No pain anywhere."]), "", *legend_lines()]


def _worst_line(region: str, score: float, state: Mapping[str, Any]) -> str:
    part = state["covered"].get(region, 0)
    side = {"left-": "L ", "right-": "R "}
    short = next((letter + region.removeprefix(prefix) for prefix, letter in side.items() if region.startswith(prefix)),
                 region)  # fmt: skip
    return f"{score:4.1f}{'+' if part >= COVERED_FROM else '!'}{part:3d}% {spoken(short)}"


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
    return ", ".join(f"{spoken(name)} {value:g}{' ' + unit if unit else ''}" for name, value in rows)


def body_map_lines(state: Mapping[str, Any]) -> list[str]:
    """Every region of the body, two in a line: left and right sides, or the middle."""
    rows = _region_rows(state)
    half = (len(rows) + 1) // 2
    pairs = [(rows[index], rows[index + half] if index + half < len(rows) else "") for index in range(half)]
    return [LEGEND, "", *(f"{one:<39}{other}".rstrip() for one, other in pairs)]


def _region_rows(state: Mapping[str, Any]) -> list[str]:
    """One line a region, with both of its sides or the middle."""
    pain, covered = state["pain"], state["covered"]
    rows: list[str] = []
    for name in _names(state["regions"]):
        if name in state["regions"]:
            rows.append(f"{name:<{NAME_WIDTH + 1}} {_cell('M', name, pain, covered)}")
        else:
            sides = [_cell(side[0].upper(), f"{side}-{name}", pain, covered) for side in ("left", "right")]
            rows.append(f"{name:<{NAME_WIDTH}} {' '.join(sides)}")
    return rows


def _names(regions: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.removeprefix("left-").removeprefix("right-") for name in regions))


def _cell(side: str, name: str, pain: Mapping[str, float], covered: Mapping[str, int]) -> str:
    hurts, part = pain.get(name), covered.get(name, 0)
    told = f"{hurts:4.1f}" if hurts is not None else "   ."
    mark = " " if hurts is None else "+" if part >= COVERED_FROM else "!"
    return f"{side}{told}{mark}{f'{part}%' if part else '.':>4}"
