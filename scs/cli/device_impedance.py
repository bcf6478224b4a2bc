"""How `scs device impedance` says what was measured: sentences for people and objects for programs."""

from __future__ import annotations

from typing import Any

from scs.cli.device_words import word
from scs.domain.lead import contact_name
from scs.domain.units import RESISTANCE, format_quantity
from scs.programmer.reading import Matrix, Measurement
from scs.wire.terms import ContactState

CELL = 7
"""Columns of one number of the matrix: a blank and up to six digits."""
MARKS = {ContactState.OPEN: "open", ContactState.SHORT: "SHORT", ContactState.INTERMITTENT: "loose"}
"""What stands in the matrix in the place of a number that would mislead; `high` is a number and an exclamation mark."""


def impedance_data(measurement: Measurement, matrix: Matrix | None = None) -> dict[str, Any]:
    """`ohm` is null where the reads of a contact disagree; `pairs` is there when the matrix was asked for."""
    data: dict[str, Any] = {
        "at_us": measurement.at_us,
        "contacts": [
            {"contact": contact_name(contact), "ohm": _ohm(ohms, state), "state": word(state)}
            for contact, ohms, state in measurement.contacts
        ],
    }
    if matrix is not None:
        data["pairs"] = [
            {"contacts": [contact_name(one), contact_name(other)], "ohm": _ohm(ohms, state), "state": word(state)}
            for one, other, ohms, state in matrix.pairs
        ]
    return data


def impedance_text(measurement: Measurement, matrix: Matrix | None = None) -> str:
    """A row for each contact, and the matrix under them."""
    lines = [
        f"{contact_name(contact):>5}  {ohms_text(ohms, state):>12}  {word(state)}"
        for contact, ohms, state in measurement.contacts
    ]
    table = [] if matrix is None else ["", "between every two contacts, in ohm:", *_table(matrix)]
    return "\n".join(["monopolar impedance against the case:", *lines, *table])


def ohms_text(ohms: int, state: ContactState) -> str:
    """The number with its unit, or a dash where there is none."""
    return "-" if state is ContactState.INTERMITTENT else format_quantity(ohms, RESISTANCE)


def _ohm(ohms: int, state: ContactState) -> int | None:
    return None if state is ContactState.INTERMITTENT else ohms


def _table(matrix: Matrix) -> list[str]:
    """The lower triangle: each contact's row has the contacts before it."""
    cells = {
        (other, one): MARKS.get(state, f"{ohms}!" if state is ContactState.HIGH else str(ohms))
        for one, other, ohms, state in matrix.pairs
    }
    columns = sorted({one for _, one in cells})
    head = " " * 5 + "".join(contact_name(column).rjust(CELL) for column in columns)
    rows = [
        contact_name(row).rjust(5)
        + "".join(cells[row, column].rjust(CELL) for column in columns if (row, column) in cells)
        for row in sorted({row for row, _ in cells})
    ]
    return [head, *rows]
