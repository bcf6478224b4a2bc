"""What a sweep goes through: ranges of amplitude, width and rate in whole units, on the grid of a device.

`LOW..HIGH` takes every step of the device; `LOW..HIGH/STEP` takes steps of one's own; a single value is itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.units import Unit, format_quantity, parse_quantity
from scs.errors import BadQuantity

VALUES_MAX = 100_000
"""Of one range; more is a mistake in the step."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values in base units, ascending."""

    name: str
    values: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)


def parse_axis(option: str, text: str, unit: Unit, step: int) -> Axis:
    """Read `0..10mA`, `60us..1ms/10us` or `210us`; the unit may stand at the end only. Raises BadQuantity.

    `step` is the device's own in base units, taken where the text names none. Values are multiples of the step above
    LOW; HIGH is among them where it is on that grid.
    """
    span, slash, own = text.partition("/")
    low_text, dots, high_text = span.partition("..")
    try:
        if not dots:
            if slash:
                raise BadQuantity(f'"{text}" has a step and no range')
            return Axis(option, (parse_quantity(span, unit),))
        high = parse_quantity(high_text, unit)
        low = parse_quantity(_with_unit(low_text, high_text), unit)
        step = parse_quantity(own, unit) if slash else step
    except BadQuantity as error:
        example = f"0..{unit.example.replace(' ', '')}"
        raise BadQuantity(f'{option}: {error}; write a value, or a range such as "{example}"') from error
    low_shown, high_shown, step_shown = (format_quantity(value, unit) for value in (low, high, step))
    if low < 0:
        raise BadQuantity(f"{option}: {text} begins at {low_shown}, below 0; begin at 0 or above")
    if high <= low:
        raise BadQuantity(f"{option}: {text} ends at {high_shown}, not above {low_shown}; write the lower one first")
    if step <= 0:
        raise BadQuantity(f"{option}: {text} has a step of {step_shown}; choose one above 0")
    if (high - low) // step >= VALUES_MAX:
        raise BadQuantity(f"{option}: {text} has over {VALUES_MAX} values; take a larger step")
    return Axis(option, tuple(range(low, high + 1, step)))


def _with_unit(low: str, high: str) -> str:
    """`0` of `0..10mA` is in the unit of the other end."""
    if low.strip(" +-0123456789."):
        return low
    return low + high.strip().lstrip("+-0123456789. ")
