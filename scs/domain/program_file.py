"""Program files and implant files: the text of TOML or JSON to values, and values to TOML text. No disk here.

A file holds one group, where its numbers come from, and mostly the implant and the profile that it is meant for.
Quantities are texts with units and are read exactly; nothing is defaulted silently, rounded or clamped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from scs.domain.fields import FROM_TEXT, Offset, Prescription, Words
from scs.domain.file_tree import Tree, bad_file, read_tree
from scs.domain.lead import PORTS, Implant, PluggedLead, find_lead
from scs.domain.profile import profile_ids
from scs.domain.program import Group
from scs.errors import BadPrescription

D = TypeVar("D", bound=Prescription)

PROGRAM_FORMAT = "scs-program/1"
"""The first line of a program file; a change of meaning gets the next number."""
IMPLANT_FORMAT = "scs-implant/1"


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """What a program file says. `profile_id` and `implant` are None where the file leaves them to the reader."""

    title: str
    source: str
    group: Group
    implant: Implant | None = None
    profile_id: str | None = None
    notes: str | None = None


def _known_lead(lead_id: str) -> str:
    find_lead(lead_id)
    return lead_id


def _known_profile(profile_id: str) -> str:
    if profile_id not in profile_ids():
        raise BadPrescription(f'no profile "{profile_id}"; choose one of {", ".join(profile_ids())}')
    return profile_id


class _LeadRow(Prescription):
    """A lead of the catalogue, by its id, in a port."""

    port: Literal["A", "B", "C", "D"]
    model: Annotated[str, AfterValidator(_known_lead)]
    level: Annotated[str | None, Field(pattern=r"^(C[2-7]|T[1-9]|T1[0-2]|L[1-5])$")] = None
    offset_um: Offset = 0


class _ImplantTable(Prescription):
    leads: Annotated[tuple[_LeadRow, ...], Field(strict=False, min_length=1, max_length=len(PORTS))]


class _ProgramDocument(Prescription):
    """A stimulation program for a software model, never for clinical use."""

    format: Literal["scs-program/1"]
    title: Words
    source: Words
    notes: Annotated[str | None, Field(max_length=2000)] = None
    profile: Annotated[str, AfterValidator(_known_profile)] | None = None
    implant: _ImplantTable | None = None
    group: Group


class _ImplantDocument(Prescription):
    format: Literal["scs-implant/1"] | None = None
    title: Words | None = None
    source: Words | None = None
    notes: Annotated[str | None, Field(max_length=2000)] = None
    implant: _ImplantTable


def parse_program_file(path: str, text: str) -> ProgramFile:
    """Read a program file; `path` names it in sentences. Raises BadFile with every problem there is."""
    document = _validated(path, read_tree(path, text), _ProgramDocument)
    return ProgramFile(
        title=document.title,
        source=document.source,
        group=document.group,
        implant=None if document.implant is None else _implant(path, document.implant),
        profile_id=document.profile,
        notes=document.notes,
    )


def parse_implant_file(path: str, text: str) -> Implant:
    """Read an implant file: a table [implant] alone, as in a program file. Raises BadFile with every problem."""
    return _implant(path, _validated(path, read_tree(path, text), _ImplantDocument).implant)


def program_schema() -> dict[str, Any]:
    """The JSON Schema of program files, for editors."""
    schema = _ProgramDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "scs program file"}


def _validated(path: str, tree: Tree, model: type[D]) -> D:
    try:
        return model.model_validate(tree, context=FROM_TEXT, by_alias=True, by_name=False)
    except ValidationError as error:
        from scs.domain.file_problems import problems_of

        raise bad_file(path, problems_of(error, model, tree)) from error


def _implant(path: str, table: _ImplantTable) -> Implant:
    leads = tuple(
        PluggedLead(port=row.port, lead=find_lead(row.model), level=row.level, offset_um=row.offset_um)
        for row in table.leads
    )
    try:
        return Implant(leads=leads)
    except ValidationError as error:
        problems = tuple(f"implant.leads: {fault['ctx']['error']}" for fault in error.errors())
        raise bad_file(path, problems) from error
