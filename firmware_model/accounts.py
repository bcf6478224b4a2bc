"""The accounts of everything that is delivered and drawn, together: what a stretch of time added can be added again.

Whole numbers throughout, so what was counted a hundred times comes to the same as what was delivered a hundred times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from firmware_model.parts import Parts

Key = tuple[str, int]
"""An account, and which of its rows: a contact, a consumer or a program; 0 where there is one only."""


def accounts(parts: Parts) -> Counter[Key]:
    """What has been counted so far."""
    return Counter(dict(_rows(parts)))


def added_since(parts: Parts, before: Counter[Key]) -> Counter[Key]:
    """What has been counted since `before`; what went down, like the charge that is left, is negative."""
    added = accounts(parts)
    added.subtract(before)
    return added


def add_again(parts: Parts, added: Counter[Key], times: int) -> None:
    """Count so often more what pulses added to the ledger and drew from the cell."""
    ledger, battery = parts.stimulator.ledger, parts.battery
    ledger.pulses += times * added["pulses", 0]
    ledger.commanded_pc += times * added["commanded_pc", 0]
    ledger.delivered_pc += times * added["delivered_pc", 0]
    battery.cell.draw(-times * added["left_pc", 0])
    for (name, index), amount in added.items():
        if name == "leading_pc":
            ledger.leading_pc[index] += times * amount
        elif name == "driven_pc":
            ledger.driven_pc[index] += times * amount
        elif name == "passive_pc":
            ledger.passive_pc[index] += times * amount
        elif name == "drawn_pc":
            battery.drawn_pc[index] += times * amount


def _rows(parts: Parts) -> Iterator[tuple[Key, int]]:
    ledger, row = parts.stimulator.ledger, parts.usage.slots[parts.therapy.slot]
    yield ("pulses", 0), ledger.pulses
    yield ("commanded_pc", 0), ledger.commanded_pc
    yield ("delivered_pc", 0), ledger.delivered_pc
    yield ("busy_us", 0), parts.interlocks.busy_us
    yield ("left_pc", 0), parts.battery.cell.left_pc
    yield ("therapy_us", 0), row.therapy_us
    yield ("dose_us", 0), parts.day.doses.used_us(parts.therapy.slot, parts.now_us)
    for name, amounts in (
        ("leading_pc", ledger.leading_pc),
        ("driven_pc", ledger.driven_pc),
        ("passive_pc", ledger.passive_pc),
        ("drawn_pc", dict(enumerate(parts.battery.drawn_pc))),
        ("programs_us", dict(enumerate(row.programs_us))),
    ):
        for index, amount in amounts.items():
            yield (name, index), amount
