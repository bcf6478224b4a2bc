"""Prescriptions made of symbols, which the constructors would refuse because a symbol is no int.

Only what the functions under proof read is set; a field that is missing raises where it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from scs.domain.fields import Prescription
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Program
from scs.proof.paths import World

P = TypeVar("P", bound=Prescription)
Shape = tuple[int, int]
"""Cathodes and anodes."""
Currents = dict[int, Any]
"""Contact to signed current in µA."""


def shares_of(world: World, count: int, word: str) -> list[Any]:
    """`count` shares of at least one permille; the last is what the others leave of the whole."""
    shares = [world.integer(f"{word}_{index}_permille", 1) for index in range(1, count)]
    last = WHOLE - sum(shares)
    world.assume(last >= 1)
    return [*shares, last]


def electrodes_of(shares: Mapping[int, Any]) -> ElectrodeConfig:
    """Electrodes that hold symbols, which the constructor would refuse because they are no int."""
    electrodes = object.__new__(ElectrodeConfig)
    object.__setattr__(electrodes, "shares", tuple(sorted(shares.items())))
    return electrodes


def some_electrodes(world: World, shape: Shape) -> ElectrodeConfig:
    """Cathodes E1 …, then anodes, with any shares."""
    cathodes = shares_of(world, shape[0], "cathode")
    anodes = shares_of(world, shape[1], "anode")
    signed = [*(-share for share in cathodes), *anodes]
    return electrodes_of(dict(enumerate(signed, start=1)))


def a_driven_program(electrodes: ElectrodeConfig, width_us: Any, ratio: Any, **more: Any) -> Program:
    """A program with a driven recharge that holds symbols."""
    recharge = ActiveRecharge.model_construct(kind="active", ratio=ratio)
    return made_of(Program, contacts=electrodes, pulse_width_us=width_us, recharge=recharge, **more)


def made_of(kind: type[P], /, **fields: Any) -> P:
    """A prescription of this kind that was never validated."""
    construct: Any = kind.model_construct
    made: P = construct(**fields)
    return made


def listed(shapes: Iterable[Shape]) -> str:
    """1+1, 1+2 …"""
    return ", ".join(f"{cathodes}+{anodes}" for cathodes, anodes in shapes)


def some_currents(world: World, shape: Shape) -> Currents:
    """Any currents, also such as no split would give: E1 … sink, the others source, each from 0 µA up."""
    sunk = {number: -world.integer(f"sunk_E{number}_ua", 0) for number in range(1, shape[0] + 1)}
    sources = range(shape[0] + 1, sum(shape) + 1)
    return sunk | {number: world.integer(f"sourced_E{number}_ua", 0) for number in sources}
