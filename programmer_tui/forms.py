"""Texts that a person typed into domain values, or a sentence that says why not. No screen is imported here."""

from __future__ import annotations

from pydantic import ValidationError

from scs.domain.profile import CurrentRange
from scs.domain.program import Program
from scs.domain.units import CURRENT, format_quantity, parse_quantity
from scs.errors import BadPrescription, BadQuantity


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


def read_order(text: str, first: str) -> dict[str, object]:
    """Words such as `contact=E3 for=10min` for the test bench; a word without a name means `first`.

    Whole numbers are numbers. Raises BadPrescription where a name comes twice.
    """
    told: dict[str, object] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            name, value = first, word
        if not name or not value or name in told:
            raise BadPrescription(f"{word!r}: write name=value, each name once and without blanks in the value")
        told[name] = int(value) if value.isascii() and value.isdigit() else value
    return told


def refusal_text(error: ValueError) -> str:
    """Why a value could not be made, in its own sentences without pydantic's frame around them."""
    if isinstance(error, ValidationError):
        return "; ".join(str(it["msg"]).removeprefix("Value error, ") for it in error.errors())
    return str(error)


def beyond_patient(program: Program | None, wanted_ua: int) -> str:
    """Why a patient may not set a program to this amplitude in µA; empty when the program's own range has it."""
    if program is None:
        return "The program was not read back yet, so its range is not known; wait until it was."
    if program.patient is None:
        return f"The program {program.name!r} gives the patient no range; its amplitude is set by a clinician."
    low, high = (
        format_quantity(limit_ua, CURRENT) for limit_ua in (program.patient.lowest_ua, program.patient.highest_ua)
    )
    if program.patient.lowest_ua <= wanted_ua <= program.patient.highest_ua:
        return ""
    shown = format_quantity(wanted_ua, CURRENT)
    return f"{shown} is outside {low} to {high}, the range that the program {program.name!r} gives the patient."


def is_jump(target_ua: int, wanted_ua: int, step_ua: int, percent: int) -> bool:
    """Whether a rise is so large a part of the present target that it is asked about.

    One step of the grid never is: from zero, and near it, there is no smaller rise.
    """
    rise_ua = wanted_ua - target_ua
    return rise_ua > step_ua and 100 * rise_ua > percent * target_ua
