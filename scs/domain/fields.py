"""How a quantity stands in a prescription: an exact integer inside, a text with a unit in a file.

One definition serves files, JSON Schema, the wire and forms. A file (validation context FROM_TEXT) must write units;
code and the wire must hand over plain integers. Neither is ever taken for the other, so "5" is never 5 µA by accident.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)

from scs.domain import units
from scs.domain.units import Unit, format_quantity, parse_quantity

FROM_TEXT = {"text": True}
"""The validation context of files and forms: quantities are texts with units."""

_SUFFIXES = ("_um2", "_ua", "_us", "_mhz", "_mv", "_ohm", "_pc", "_um", "_nf", "_na_per_uv", "_uv", "_minute")


def _name_in_files(name: str) -> str:
    """A file names the quantity and its text carries the unit: `amplitude_ua` is written `amplitude`."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


class Prescription(BaseModel):
    """The base of everything that is prescribed or published: frozen, strict, nothing unknown."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=_name_in_files,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


def quantity(unit: Unit, lowest: int = 0) -> Any:
    """The annotations that make an `int` field a quantity of `unit`, at least `lowest` base units."""

    def read(value: object, info: ValidationInfo) -> int:
        if info.context is FROM_TEXT:
            number = parse_quantity(value, unit)
        elif type(value) is int:
            number = value
        else:
            raise ValueError(f"{value!r} is no whole number of {unit.base}")
        if number < lowest:
            raise ValueError(f"{format_quantity(number, unit)} is below {format_quantity(lowest, unit)}, the least")
        return number

    def write(value: int) -> str:
        return format_quantity(value, unit)

    schema = {
        "type": "string",
        "description": f"a {unit.name} with its unit: {', '.join(unit.symbols)}",
        "examples": [unit.example],
    }
    return (
        BeforeValidator(read),
        PlainSerializer(write, return_type=str, when_used="json"),
        WithJsonSchema(schema),
    )


_current = quantity(units.CURRENT)
_time = quantity(units.TIME)
_duration = quantity(units.TIME, lowest=1)
_rate = quantity(units.RATE, lowest=1)
_voltage = quantity(units.VOLTAGE)
_resistance = quantity(units.RESISTANCE)
_charge = quantity(units.CHARGE)
_length = quantity(units.LENGTH, lowest=1)
_offset = quantity(units.LENGTH, lowest=-1_000_000)
_area = quantity(units.AREA, lowest=1)
_capacitance = quantity(units.CAPACITANCE, lowest=1)

_potential = quantity(units.POTENTIAL, lowest=1)
_gain = quantity(units.GAIN, lowest=1)

Current = Annotated[int, *_current]
"""Microamperes, none or more."""
Time = Annotated[int, *_time]
"""Microseconds, none or more."""
PositiveTime = Annotated[int, *_duration]
"""Microseconds, at least one."""
Rate = Annotated[int, *_rate]
"""Millihertz, at least one."""
Voltage = Annotated[int, *_voltage]
"""Millivolts."""
Resistance = Annotated[int, *_resistance]
"""Ohms."""
Charge = Annotated[int, *_charge]
"""Picocoulombs."""
Length = Annotated[int, *_length]
"""Micrometres, at least one."""
Offset = Annotated[int, *_offset]
"""Micrometres to either side of the midline, positive towards the patient's left."""
Area = Annotated[int, *_area]
"""Square micrometres, at least one."""
Capacitance = Annotated[int, *_capacitance]
"""Nanofarads, at least one."""
Potential = Annotated[int, *_potential]
"""Microvolts, at least one."""
Gain = Annotated[int, *_gain]
"""Nanoamperes of current for each microvolt of potential, at least one."""

Name = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name that a person gave: 1 to 24 printable characters, so that it fits a screen's column and a frame."""
Words = Annotated[str, Field(min_length=1, max_length=400)]
"""A sentence or two for people; kept in files, never sent to an implant."""
