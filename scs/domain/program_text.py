"""A program file as TOML text that a person likes to read and that reads back to the very same value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scs.domain.fields import Prescription
from scs.domain.lead import Implant, find_lead
from scs.domain.program import Group
from scs.domain.program_file import IMPLANT_FORMAT, PROGRAM_FORMAT, ProgramFile
from scs.errors import BadPrescription


def write_program_file(program: ProgramFile) -> str:
    """TOML text of a program file. Raises BadPrescription where a lead is none of the catalogue."""
    lines = [
        _entry("format", PROGRAM_FORMAT),
        _entry("title", program.title),
        _entry("source", program.source),
    ]
    if program.notes is not None:
        lines.append(_entry("notes", program.notes))
    if program.profile_id is not None:
        lines.append(_entry("profile", program.profile_id))
    if program.implant is not None:
        lines += ["", *_implant_lines(program.implant)]
    return "\n".join([*lines, "", *_group_lines(program.group)]) + "\n"


def write_implant_file(implant: Implant) -> str:
    """TOML text of an implant file. Raises BadPrescription where a lead is none of the catalogue."""
    return "\n".join([_entry("format", IMPLANT_FORMAT), "", *_implant_lines(implant)]) + "\n"


def _implant_lines(implant: Implant) -> Iterator[str]:
    yield "[implant]"
    yield "leads = ["
    for plugged in implant.leads:
        # The area that was published travels nowhere and decides nothing, so an implant tells its leads without it.
        if find_lead(plugged.lead.id).model_dump() != plugged.lead.model_dump():
            raise BadPrescription(
                f'the lead "{plugged.lead.id}" in port {plugged.port} differs from the one in the catalogue;'
                " a file names leads by their id, so give it the catalogue's sizes"
            )
        row = _in_words(plugged)
        named = {"port": row["port"], "model": plugged.lead.id, "level": row.get("level"), "offset": row["offset"]}
        yield f"    {_value({key: value for key, value in named.items() if value is not None})},"
    yield "]"


def _group_lines(group: Group) -> Iterator[str]:
    row = _in_words(group)
    programs = row.pop("programs")
    yield "[group]"
    for key, value in row.items():
        yield _entry(key, value)
    for program in programs:
        yield ""
        yield "[[group.programs]]"
        for key, value in program.items():
            yield _entry(key, value)


def _in_words(prescription: Prescription) -> dict[str, Any]:
    return prescription.model_dump(mode="json", by_alias=True, exclude_none=True)


def _entry(key: str, value: object) -> str:
    return f"{key} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_entry(str(key), inner) for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML does not take raw.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    assert type(value) is int, f"{value!r} has no place in a program file"
    return str(value)
