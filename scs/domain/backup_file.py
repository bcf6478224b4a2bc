"""A backup of the programs of one implant: every slot's group, its leads and its serial number, as JSON text.

Only the program region travels. There is no field for calibration, identity or pairing, and an unknown field is
refused: what belongs to one device stays in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from scs.domain.fields import FROM_TEXT, Prescription, Words
from scs.domain.file_tree import bad_file, read_tree
from scs.domain.program import Group

SLOTS_MAX = 8
"""Groups of an implant [project: docs/protocol.md]."""


class LeadInPort(Prescription):
    """Which lead is plugged where; the same contact numbers on other leads are other places in the body."""

    port: Literal["A", "B", "C", "D"]
    model: Words


class SlotGroup(Prescription):
    """One slot and what it held."""

    slot: Annotated[int, Field(ge=0, lt=SLOTS_MAX)]
    group: Group


class Backup(Prescription):
    """The programs of one implant at one time, for a software model, never for clinical use."""

    format: Literal["scs-backup/1"]
    """A change of meaning gets the next number."""
    serial: Words
    """Of the implant that they come from."""
    profile: Words
    leads: Annotated[tuple[LeadInPort, ...], Field(strict=False, min_length=1)]
    slots: Annotated[tuple[SlotGroup, ...], Field(strict=False, max_length=SLOTS_MAX)]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a program was taken from, for whoever is about to put it into another implant."""

    serial: str
    """Empty where it comes from a file that names none."""

    def asks_for_words(self, serial: str) -> bool:
        """Whether putting it into `serial` is putting one person's program into another's implant."""
        return bool(self.serial) and self.serial != serial


def parse_backup(path: str, text: str) -> Backup:
    """Read a backup; `path` names it in sentences. Raises BadFile with every problem there is."""
    tree = read_tree(path, text)
    try:
        backup = Backup.model_validate(tree, context=FROM_TEXT, by_alias=True, by_name=False)
    except ValidationError as error:
        from scs.domain.file_problems import problems_of

        raise bad_file(path, problems_of(error, Backup, tree)) from error
    numbers = [row.slot for row in backup.slots]
    if len(set(numbers)) != len(numbers):
        raise bad_file(path, (f"slots: {numbers} names one twice; keep one group of each slot",))
    return backup


def write_backup(backup: Backup) -> str:
    """JSON text that reads back to the very same value."""
    return json.dumps(backup.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2) + "\n"
