"""Texts that a person typed into domain values, or a sentence that says why not. No screen is imported here."""

from __future__ import annotations

from scs.domain.profile import CurrentRange
from scs.domain.units import CURRENT, format_quantity, parse_quantity
from scs.errors import BadQuantity


def read_amplitude(text: str, grid: CurrentRange) -> int:
    """An amplitude in µA on the device's grid; raises BadQuantity with a sentence. Nothing is rounded or clamped."""
    amplitude_ua = parse_quantity(text, CURRENT)
    shown = format_quantity(amplitude_ua, CURRENT)
    if not grid.min_ua <= amplitude_ua <= grid.max_ua:
        least, most = format_quantity(grid.min_ua, CURRENT), format_quantity(grid.max_ua, CURRENT)
        raise BadQuantity(f"{shown} is outside {least} to {most}, the device's range; type another amplitude")
    if amplitude_ua % grid.step_ua:
        below = amplitude_ua - amplitude_ua % grid.step_ua
        near = f"{format_quantity(below, CURRENT)} or {format_quantity(below + grid.step_ua, CURRENT)}"
        raise BadQuantity(f"{shown} is off the device's steps of {format_quantity(grid.step_ua, CURRENT)}; type {near}")
    return amplitude_ua


def is_jump(target_ua: int, wanted_ua: int, step_ua: int, percent: int) -> bool:
    """Whether a rise is so large a part of the present target that it is asked about.

    One step of the grid never is: from zero, and near it, there is no smaller rise.
    """
    rise_ua = wanted_ua - target_ua
    return rise_ua > step_ua and 100 * rise_ua > percent * target_ua
