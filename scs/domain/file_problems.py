"""What is wrong with a file, in sentences: pydantic's errors told in our words, every one of them.

A sentence names the field as a path (`group.programs[0].amplitude`), the value, the limit and what to do. The table
SENTENCES holds one row for each kind of error that our models can produce.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from scs.domain.file_tree import show_value
from scs.domain.lead import contact_number
from scs.domain.units import SHARE, parse_quantity
from scs.errors import BadPrescription, BadQuantity

Loc = tuple[int | str, ...]

EXAMPLES = {
    "format": 'format = "scs-program/1"',
    "title": 'title = "Two contacts at 40 Hz"',
    "source": 'source = "where the numbers come from"',
    "notes": 'notes = "what to look at"',
    "profile": 'profile = "reference"',
    "implant": 'a table [implant] with leads = [{ port = "A", model = "medtronic-977a2" }]',
    "leads": 'leads = [{ port = "A", model = "medtronic-977a2" }]',
    "port": 'port = "A"',
    "model": 'model = "medtronic-977a2"',
    "level": 'level = "T8"',
    "offset": 'offset = "0 mm"',
    "group": "a table [group]",
    "name": 'name = "low back"',
    "delivery": 'delivery = "interleaved"',
    "schedule": 'schedule = [{ from = "08:00", to = "22:00" }]',
    "from": 'from = "08:00"',
    "to": 'to = "22:00"',
    "daily_dose": 'daily_dose = "6 h"',
    "programs": "a table [[group.programs]] for each program",
    "contacts": 'contacts = { E3 = "-100%", E4 = "+100%" }',
    "amplitude": 'amplitude = "5.2 mA"',
    "pulse_width": 'pulse_width = "210 us"',
    "interphase_gap": 'interphase_gap = "100 us"',
    "recharge": 'recharge = { kind = "active", ratio = 1 }',
    "ratio": "ratio = 1",
    "waveform": 'waveform = { kind = "tonic", rate = "40 Hz" }',
    "kind": 'kind = "tonic"',
    "rate": 'rate = "40 Hz"',
    "intra_rate": 'intra_rate = "500 Hz"',
    "pulses": "pulses = 5",
    "ramp": 'ramp = "2 s"',
    "cycling": 'cycling = { on = "30 s", off = "90 s" }',
    "on": 'on = "30 s"',
    "off": 'off = "90 s"',
    "patient": 'patient = { lowest = "0 mA", highest = "6 mA" }',
    "closed_loop": 'closed_loop = { target = "50 uV", gain = "3 uA/uV" }',
    "target": 'target = "50 uV"',
    "gain": 'gain = "3 uA/uV"',
    "lowest": 'lowest = "0 mA"',
    "highest": 'highest = "6 mA"',
}
"""How each field is written, for whoever left it out or wrote something else."""

_PATTERNS = {
    "name": "use printable characters only",
    "level": "write a vertebra from C2 to L5, such as T8",
}


def problems_of(error: ValidationError, model: type[BaseModel], tree: object) -> tuple[str, ...]:
    """One sentence a fault, in the order of the file's fields, for what `model` said about `tree`."""
    sentences: list[str] = []
    for fault in error.errors(include_url=False):
        loc, models = _walk(fault["loc"], model, tree)
        for sentence in _sentences(typing.cast("dict[str, Any]", fault), loc, models):
            if sentence not in sentences:
                sentences.append(sentence)
    return tuple(sentences)


def path_text(loc: Loc) -> str:
    """("group", "programs", 0, "amplitude") as `group.programs[0].amplitude`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


def _sentences(fault: dict[str, Any], loc: Loc, models: list[type[BaseModel]]) -> Iterator[str]:
    kind, value = fault["type"], fault["input"]
    if kind == "too_short" and isinstance(value, list | tuple) and len(value) >= fault["ctx"]["min_length"]:
        return  # Only the entries that are right were counted, and the wrong ones speak for themselves.
    field = next((part for part in reversed(loc) if isinstance(part, str)), "")
    if kind == "value_error" and field == "contacts" and not isinstance(value, Mapping):
        kind = "dict_type"
    elif kind == "value_error" and field == "contacts":
        shares = list(_share_problems(value))
        if shares:
            yield from (f"{path_text((*loc, name))}: {problem}" for name, problem in shares)
            return
    if kind == "extra_forbidden":
        yield f"{path_text(loc)}: is unknown here; {_nearest(str(loc[-1]), models)}"
        return
    if kind.startswith("union_tag"):
        known = " or ".join(_kinds(models))
        tag = value.get("kind") if isinstance(value, Mapping) else None
        what = f"{show_value(tag)} is unknown; use" if tag is not None else "is missing; write"
        yield f"{path_text((*loc, 'kind'))}: {what} {known}"
        return
    sentence = SENTENCES.get(kind, _as_pydantic_says)
    yield f"{path_text(loc)}: {sentence(fault, field)}"


def _share_problems(shares: Mapping[Any, object]) -> Iterator[tuple[str, str]]:
    """What is wrong with single contacts; sums are for ElectrodeConfig to judge."""
    for name, text in shares.items():
        try:
            contact_number(name)
            share = parse_quantity(text, SHARE)
        except BadPrescription as error:
            yield name, str(error)
        except BadQuantity as error:
            yield name, _numbered(str(error), text)
        else:
            if share == 0 or abs(share) > 1000:
                yield name, f"{show_value(text)} is no share of a current; write -100 % to 100 % and not 0"


def _walk(loc: Loc, model: type[BaseModel], tree: object) -> tuple[Loc, list[type[BaseModel]]]:
    """The location without the names of union members, and the models that may stand at its parent or there."""
    path: list[int | str] = []
    models: list[type[BaseModel]] = [model]
    here = tree
    for part in loc:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list | tuple) and part < len(here) else None
            path.append(part)
            continue
        if isinstance(here, Mapping) and part not in here and part == here.get("kind"):
            models = [one for one in models if part in _kinds([one])]
            continue
        annotations = [
            field.annotation for one in models for field in one.model_fields.values() if (field.alias or "") == part
        ]
        deeper = [found for annotation in annotations for found in _models_in(annotation)]
        models = deeper or models
        here = here.get(part) if isinstance(here, Mapping) else None
        path.append(part)
    return tuple(path), models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _kinds(models: list[type[BaseModel]]) -> list[str]:
    fields = [one.model_fields["kind"] for one in models if "kind" in one.model_fields]
    return [str(word) for field in fields for word in typing.get_args(field.annotation)]


def _nearest(key: str, models: list[type[BaseModel]]) -> str:
    import difflib

    known = sorted({field.alias or name for one in models for name, field in one.model_fields.items()})
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}? Otherwise remove it"
    return f"remove it, or use one of {', '.join(known)}"


def _example(field: str) -> str:
    return EXAMPLES.get(field, "a value as in examples/")


def _numbered(message: str, value: object) -> str:
    """A sentence about a quantity, with a number or a truth value shown as the file writes it."""
    if isinstance(value, str):
        return message
    shown = show_value(value)
    if isinstance(value, bool):
        return message.replace(f"{value!r} has no unit", f"{shown} is a truth value and no quantity", 1)
    return message.replace(repr(value), shown, 1)


def _as_pydantic_says(fault: dict[str, Any], _: str) -> str:
    return f"{show_value(fault['input'])}: {fault['msg']}; correct it"


def _value_error(fault: dict[str, Any], _: str) -> str:
    return _numbered(str(fault["ctx"]["error"]), fault["input"])


def _wrong_shape(word: str) -> Callable[[dict[str, Any], str], str]:
    return lambda fault, field: f"{show_value(fault['input'])} is no {word}; write {_example(field)}"


def _not_in_list(fault: dict[str, Any], _: str) -> str:
    known = fault["ctx"]["expected"].replace("'", "")
    return f"{show_value(fault['input'])} is unknown; use {known}"


def _too_long_text(fault: dict[str, Any], _: str) -> str:
    most = fault["ctx"]["max_length"]
    return f"{show_value(fault['input'])} has {len(fault['input'])} characters, above {most}; shorten it"


def _too_many(fault: dict[str, Any], _: str) -> str:
    return f"holds {len(fault['input'])} entries, above {fault['ctx']['max_length']}; remove some"


SENTENCES: dict[str, Callable[[dict[str, Any], str], str]] = {
    "missing": lambda _, field: f"is missing; add {_example(field)}",
    "value_error": _value_error,
    "string_type": _wrong_shape("text"),
    "int_type": _wrong_shape("whole number"),
    "int_parsing_size": _wrong_shape("number of this kind"),
    "bool_type": _wrong_shape("truth value"),
    "model_type": _wrong_shape("table"),
    "model_attributes_type": _wrong_shape("table"),
    "dict_type": _wrong_shape("table"),
    "tuple_type": _wrong_shape("list"),
    "literal_error": _not_in_list,
    "string_too_short": lambda _, field: f'"" is empty; write {_example(field)}',
    "string_too_long": _too_long_text,
    "string_pattern_mismatch": lambda fault, field: (
        f"{show_value(fault['input'])} does not fit; {_PATTERNS.get(field, f'write {_example(field)}')}"
    ),
    "greater_than_equal": lambda fault, _: f"{fault['input']} is below {fault['ctx']['ge']}, the least; raise it",
    "less_than_equal": lambda fault, _: f"{fault['input']} is above {fault['ctx']['le']}, the most; lower it",
    "too_short": lambda _, field: f"is empty; write {_example(field)}",
    "too_long": _too_many,
}
"""Kind of pydantic error to the sentence about it: (error, name of the field) -> words after the path."""
