"""Impedance files: ohms by contact in TOML or JSON, or what `scs device impedance --json` prints. No disk here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scs.domain.file_tree import bad_file, read_tree, show_value
from scs.domain.impedance import Impedances
from scs.domain.lead import CASE, contact_number
from scs.domain.units import RESISTANCE, parse_quantity
from scs.errors import BadPrescription, BadQuantity

OHMS_MAX = 10_000_000
"""An open contact reads tens of kilohms; more than ten megohms is a slip of the pen."""
_STATES = ("ok", "open", "short", "unknown")


def parse_impedance_file(path: str, text: str) -> Impedances:
    """Read `E1 = "620 ohm"` lines, or a list `contacts`; `path` names the file. Raises BadFile with every problem."""
    tree = read_tree(path, text)
    ohms: dict[int, int] = {}
    problems: list[str] = []
    for field, name, value in _rows(tree):
        try:
            contact = _contact(name)
            measured = _ohms(value)
        except (BadPrescription, BadQuantity) as error:
            problems.append(f"{field}: {error}")
            continue
        if contact in ohms:
            problems.append(f"{field}: {name} stands twice; remove one")
        elif measured is not None:
            ohms[contact] = measured
    if not ohms and not problems:
        problems.append('holds no impedance; write a line such as E1 = "620 ohm"')
    if problems:
        raise bad_file(path, problems)
    return Impedances(ohms)


def _rows(tree: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """(field, contact's name, ohms) of either form; a contact whose state is unknown was not measured."""
    listed = tree.get("contacts")
    if not isinstance(listed, list):
        for name, value in tree.items():
            yield name, name, value
        return
    for index, row in enumerate(listed):
        field = f"contacts[{index}]"
        if not isinstance(row, Mapping):
            yield field, row, None
        elif row.get("state") not in (None, *_STATES):
            yield f"{field}.state", row.get("contact"), row.get("state")
        else:
            yield field, row.get("contact"), None if row.get("state") == "unknown" else _listed_ohms(row)


def _listed_ohms(row: Mapping[str, Any]) -> object:
    """The list carries whole ohms, as its key says; everything else is judged like a text."""
    ohms = row.get("ohms")
    return f"{ohms} ohm" if type(ohms) is int else ohms


def _contact(name: object) -> int:
    if not isinstance(name, str):
        raise BadPrescription(f'{show_value(name)} names no contact; write such as "E1"')
    number = contact_number(name)
    if number == CASE:
        raise BadPrescription("the case is what the contacts are measured against; remove it")
    return number


def _ohms(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadQuantity(f'{show_value(value)} is no resistance with a unit; write such as "620 ohm"')
    ohms = parse_quantity(value, RESISTANCE)
    if not 0 <= ohms <= OHMS_MAX:
        raise BadQuantity(f'"{value}" is outside 0 ohm to {OHMS_MAX} ohm; correct it')
    return ohms
