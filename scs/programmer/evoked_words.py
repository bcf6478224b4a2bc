"""Growth curves and comparisons of loops as data and as lines that fit 78 columns, for commands and screens."""

from __future__ import annotations

from typing import Any

from scs.domain.units import CURRENT, format_quantity
from scs.programmer.evoked import IN_TARGET_PERCENT, Growth, GrowthPoint, LoopComparison, LoopPart
from scs.programmer.sensing_words import QUALITIES

BAR = 40
"""Cells of the highest potential's bar."""


def growth_data(growth: Growth) -> dict[str, Any]:
    line = growth.line
    return {
        "program": growth.program,
        "name": growth.name,
        "points": [
            {
                "amplitude_ua": point.amplitude_ua,
                "ecap_nv": point.height_nv,
                "quality": point.quality.name.lower().replace("_", "-"),
            }
            for point in growth.points
        ],
        "threshold_ua": None if line is None else line.threshold_ua,
        "slope_nv_per_ma": None if line is None else line.slope_nv_per_ma,
        "ended": growth.ended,
    }


def growth_lines(growth: Growth) -> list[str]:
    """A bar for each amplitude, where the curve begins, and how steep it is."""
    top_nv = max([point.height_nv for point in growth.points], default=0)
    lines = [f"growth curve of program {growth.program}, {growth.name!r}"]
    lines += [_bar(point, max(top_nv, 1)) for point in growth.points]
    line = growth.line
    if line is None:
        lines.append("no threshold and no slope: too few amplitudes show a potential that rises")
    else:
        threshold = format_quantity(round(line.threshold_ua, -1), CURRENT)
        lines.append(f"threshold {threshold}, slope {line.slope_nv_per_ma / 1000:.0f} uV/mA, by least squares")
    return [*lines, f"ended early: {growth.ended}"] if growth.ended else lines


def comparison_data(compared: LoopComparison) -> dict[str, Any]:
    return {
        "program": compared.program,
        "name": compared.name,
        "target_nv": compared.open_part.target_nv,
        "in_target_means_percent": IN_TARGET_PERCENT,
        "open_ua": compared.open_ua,
        "open": _part_data(compared.open_part),
        "closed": _part_data(compared.closed_part),
    }


def comparison_lines(compared: LoopComparison) -> list[str]:
    """Median, spread and time in the target of both, one below the other."""
    target = f"{compared.open_part.target_nv / 1000:g} uV"
    return [
        f"program {compared.program}, {compared.name!r}: open against closed loop, target {target}",
        f"{'':<7} {'median':>10} {'8 of 10 within':>15} {f'+-{IN_TARGET_PERCENT} % of it':>15} {'unseen':>8}",
        _part_line("open", compared.open_part),
        _part_line("closed", compared.closed_part),
    ]


def _bar(point: GrowthPoint, top_nv: int) -> str:
    amplitude = format_quantity(point.amplitude_ua, CURRENT)
    bar = "█" * round(BAR * point.height_nv / top_nv)
    doubt = "" if point.quality.name == "GOOD" else f" {QUALITIES[point.quality]}"
    return f"{amplitude:>8} {point.height_nv / 1000:6.1f} uV |{bar}{doubt}"[:78]


def _part_data(part: LoopPart) -> dict[str, Any]:
    return {
        "readings": len(part.heights_nv) + part.lost,
        "unseen": part.lost,
        "median_nv": part.median_nv,
        "spread_nv": part.spread_nv,
        "in_target_percent": part.in_target_percent,
    }


def _part_line(word: str, part: LoopPart) -> str:
    return (
        f"{word:<7} {f'{part.median_nv / 1000:.1f} uV':>10} {f'{part.spread_nv / 1000:.1f} uV':>15} "
        f"{f'{part.in_target_percent} %':>15} {part.lost:>8}"
    )
