"""Named integers, and the one place where text becomes a quantity and a quantity becomes text.

1 µA x 1 µs = 1 pC, so charge balance is `==`. Text is read through Decimal, never through float; a value that is
no whole number of base units is refused, not rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NewType

from scs.errors import BadQuantity

Microamps = NewType("Microamps", int)
Microseconds = NewType("Microseconds", int)
Millihertz = NewType("Millihertz", int)
Millivolts = NewType("Millivolts", int)
Ohms = NewType("Ohms", int)
Picocoulombs = NewType("Picocoulombs", int)
Micrometres = NewType("Micrometres", int)
SquareMicrometres = NewType("SquareMicrometres", int)
Permille = NewType("Permille", int)
Nanofarads = NewType("Nanofarads", int)


@dataclass(frozen=True, slots=True)
class Unit:
    """One kind of quantity: its base unit, the symbols it is written with, largest first, and an example."""

    name: str
    base: str
    symbols: dict[str, int]
    """Symbol to how many base units it stands for."""
    shown: tuple[str, ...]
    """The symbols used for showing, largest first; the first that gives at least one is taken."""
    example: str


CURRENT = Unit("current", "uA", {"mA": 1_000, "uA": 1, "µA": 1, "A": 1_000_000}, ("mA",), "5.2 mA")
TIME = Unit(
    "time",
    "us",
    {"us": 1, "µs": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000},
    ("h", "min", "s", "ms", "us"),
    "210 us",
)
SPAN = Unit(
    "time",
    "us",
    {**TIME.symbols, "d": 86_400_000_000, "y": 31_536_000_000_000},
    ("y", "d", *TIME.shown),
    "30 d",
)
"""Times of a simulation; a year is one of 365 days."""
RATE = Unit("rate", "mHz", {"Hz": 1_000, "kHz": 1_000_000, "mHz": 1}, ("kHz", "Hz"), "40 Hz")
VOLTAGE = Unit("voltage", "mV", {"V": 1_000, "mV": 1}, ("V",), "15 V")
RESISTANCE = Unit("resistance", "ohm", {"ohm": 1, "Ω": 1, "kohm": 1_000, "kΩ": 1_000}, ("ohm",), "620 ohm")
CHARGE = Unit("charge", "pC", {"uC": 1_000_000, "µC": 1_000_000, "nC": 1_000, "pC": 1}, ("uC",), "12 uC")
LENGTH = Unit("length", "um", {"mm": 1_000, "um": 1, "µm": 1, "cm": 10_000}, ("mm",), "3 mm")
AREA = Unit(
    "area", "um2", {"mm2": 1_000_000, "mm²": 1_000_000, "cm2": 100_000_000, "cm²": 100_000_000, "um2": 1},
    ("mm2",), "12.7 mm2",
)  # fmt: skip
POTENTIAL = Unit("potential", "uV", {"uV": 1, "µV": 1, "mV": 1_000}, ("uV",), "50 uV")
GAIN = Unit("gain", "nA/uV", {"uA/uV": 1_000, "µA/µV": 1_000, "nA/uV": 1, "nA/µV": 1}, ("uA/uV",), "3 uA/uV")
SHARE = Unit("share", "permille", {"%": 10, "permille": 1, "‰": 1}, ("%",), "60 %")
CAPACITANCE = Unit("capacitance", "nF", {"uF": 1_000, "µF": 1_000, "nF": 1}, ("uF",), "10 uF")

_QUANTITY = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?)\s*([^\s0-9.+-][^\s]*)\s*")
_LONGEST_TEXT = 40
"""No honest quantity is longer; a longer one would only be echoed back in an error."""


def parse_quantity(text: object, unit: Unit) -> int:
    """Read "5.2 mA" as a whole number of base units; raise BadQuantity with a sentence for anything else."""
    if not isinstance(text, str):
        raise BadQuantity(f'{text!r} has no unit; write a {unit.name} as text, such as "{unit.example}"')
    if len(text) > _LONGEST_TEXT:
        raise BadQuantity(f'a text of {len(text)} characters is no {unit.name}; write it such as "{unit.example}"')
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise BadQuantity(f'"{text}" is no {unit.name}; write a number and a unit, such as "{unit.example}"')
    number, symbol = match.groups()
    if symbol not in unit.symbols:
        known = ", ".join(unit.symbols)
        raise BadQuantity(f'"{text}": {symbol} is no unit of {unit.name}; use one of {known}')
    try:
        value = Decimal(number) * unit.symbols[symbol]
    except InvalidOperation:  # pragma: no cover - the pattern admits only plain decimal numbers
        raise BadQuantity(f'"{text}" is no number') from None
    if value != value.to_integral_value():
        raise BadQuantity(f'"{text}" is finer than 1 {unit.base}, the smallest {unit.name} there is; round it yourself')
    return int(value)


def format_quantity(value: int, unit: Unit) -> str:
    """Write base units as text that `parse_quantity` reads back to the very same number."""
    for symbol in unit.shown:
        factor = unit.symbols[symbol]
        if abs(value) >= factor and _is_short(value, factor):
            return f"{_decimal(value, factor)} {symbol}"
    symbol = unit.shown[-1]
    return f"{_decimal(value, unit.symbols[symbol])} {symbol}"


def _is_short(value: int, factor: int) -> bool:
    """Whether value / factor reads well and exactly: whole minutes and hours, a decimal fraction of all else."""
    if factor % 60 == 0:
        return value % factor == 0
    return factor == 1 or (value * 1_000_000) % factor == 0


def _decimal(value: int, factor: int) -> str:
    text = format((Decimal(value) / factor).normalize(), "f")
    return "0" if text == "-0" else text
