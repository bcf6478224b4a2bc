"""What a fault has to be told, such as which contact: read from a script's text, or drawn from a generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from firmware_model.bench import words_of_therapy
from firmware_model.parts import Parts
from firmware_model.store import MEMORY_SIZE
from firmware_model.watchdog import TASKS
from scs.domain.lead import contact_name, contact_number
from scs.domain.units import CURRENT, RESISTANCE, SHARE, SPAN, format_quantity, parse_quantity
from scs.errors import BadPrescription, BadQuantity


@dataclass(frozen=True, slots=True)
class Argument:
    """One thing to be told. `read` raises BadQuantity or BadPrescription; `draw` gives what `read` would."""

    name: str
    about: str
    read: Callable[[object], Any]
    draw: Callable[[Random, Parts], Any]
    show: Callable[[Any], object] = lambda value: value
    """As a script would say it."""


def whole(name: str, about: str, least: int, most: int) -> Argument:
    """A whole number between two bounds."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadQuantity(f"{name}: {value!r} is no whole number from {least} to {most}; correct it")
        return value

    return Argument(name, about, read, lambda chance, _: chance.randint(least, most))


def one_of(name: str, about: str, words: tuple[str, ...]) -> Argument:
    """One of some words."""

    def read(value: object) -> str:
        if value not in words:
            raise BadQuantity(f"{name}: {value!r} is none of {', '.join(words)}; choose one")
        return str(value)

    return Argument(name, about, read, lambda chance, _: chance.choice(words))


def _read_contact(value: object) -> int:
    if not isinstance(value, str):
        raise BadQuantity(f'contact: {value!r} names no contact; write "E3"')
    return contact_number(value)


def _draw_contact(chance: Random, parts: Parts) -> int:
    return chance.choice(parts.electrodes.contacts)


def _draw_used_contact(chance: Random, parts: Parts) -> int:
    """One that therapy uses, if there is therapy: what happens to another one is seldom noticed."""
    group = parts.therapy.group
    used = sorted(
        {contact for program in group.programs for contact, _ in program.contacts.shares if contact}
        if group is not None
        else set()
    )
    return chance.choice(used) if used else _draw_contact(chance, parts)


def _quantity(unit: Any) -> Callable[[object], int]:
    return lambda value: parse_quantity(value, unit)


CONTACT = Argument("contact", "a contact such as E3", _read_contact, _draw_used_contact, contact_name)
OTHER = Argument("other", "the contact that it touches", _read_contact, _draw_contact, contact_name)
IMPEDANCE = Argument(
    "impedance", "against the case", _quantity(RESISTANCE), lambda chance, _: chance.randint(3_000, 9_000),
    lambda ohms: format_quantity(ohms, RESISTANCE),
)  # fmt: skip
OFFSET = Argument(
    "offset", "what the sense line shows beside what flows", _quantity(CURRENT),
    lambda chance, _: chance.randint(20, 2_000), lambda ua: format_quantity(ua, CURRENT),
)  # fmt: skip
AIR = Argument(
    "impedance", "what it adds at first", _quantity(RESISTANCE), lambda chance, _: chance.randint(500, 20_000),
    lambda ohms: format_quantity(ohms, RESISTANCE),
)  # fmt: skip
FADES = Argument(
    "fades", "the time constant with which it goes", _quantity(SPAN),
    lambda chance, _: chance.randint(600, 172_800) * 1_000_000, lambda us: format_quantity(us, SPAN),
)  # fmt: skip
CAPACITY = Argument(
    "capacity", "what is left of a new cell's capacity", _quantity(SHARE), lambda chance, _: chance.randint(500, 950),
    lambda permille: format_quantity(permille, SHARE),
)  # fmt: skip
LOAD = Argument(
    "load", "what a defect draws from the cell", _quantity(CURRENT),
    lambda chance, _: chance.randint(100, 400_000), lambda ua: format_quantity(ua, CURRENT),
)  # fmt: skip
CHARGE = Argument(
    "charge", "what is left of the cell's charge", _quantity(SHARE), lambda chance, _: chance.randint(0, 300),
    lambda permille: format_quantity(permille, SHARE),
)  # fmt: skip
COUPLING = Argument(
    "coupling", "how well charger and implant face each other", _quantity(SHARE),
    lambda chance, _: chance.randint(300, 1_000), lambda permille: format_quantity(permille, SHARE),
)  # fmt: skip
DRIFT = whole("permille", "how much faster the timer runs; slower when negative", -20, 20)
DEGREES = whole("degrees", "by how much the case turns", -180, 180)
TIMES = whole("times", "how often within a second", 2, 20)
BY = Argument(
    "by", "by how much", _quantity(SPAN), lambda chance, _: chance.randint(1, 86_400) * 1_000_000,
    lambda us: format_quantity(us, SPAN),
)  # fmt: skip
TASK = one_of("task", "a task of the main loop", TASKS)
ADDRESS = whole("address", "a byte of the memory", 0, MEMORY_SIZE - 1)
MASK = whole("mask", "which bits of the byte, as a number", 1, 255)
LEVEL = whole("level", "what they are stuck at", 0, 1)
BYTES = whole("bytes", "so many more are written before the supply goes", 0, 4_096)
WORD = replace(
    whole("word", "0 is the active slot, then committed and target amplitude of each program", 0, 8),
    draw=lambda chance, parts: chance.randrange(words_of_therapy(parts)),
)
BIT = whole("bit", "of the word", 0, 31)


def checked_contact(contact: int, parts: Parts) -> int:
    """A contact that this implant has; raises BadPrescription."""
    if contact not in parts.electrodes.contacts:
        there = parts.electrodes.contacts
        raise BadPrescription(
            f"{contact_name(contact)} is no contact of this implant; choose one of "
            f"{contact_name(there[0])} to {contact_name(there[-1])}"
        )
    return contact
