"""The words of one language: read from data/speech/<language>.toml, strictly, so that no translation lacks a key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from scs.body.body_map import regions
from scs.errors import BadPrescription

Text = Annotated[str, Field(min_length=1)]
Choices = Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Words):
    """A region in lay words: of one side, with {side} or {side_of} in it, and of both at once."""

    one: Text
    both: Text


class Where(_Words):
    """Answers to where it is felt, by strength."""

    faint: Choices
    light: Choices
    clear: Choices
    strong: Choices
    but_not: Text
    nothing: Choices
    band: Choices


class Unasked(_Words):
    """What is said by oneself."""

    begins: Choices
    hurts: Choices
    hurts_band: Choices
    jumps: Choices
    moved: Choices
    stronger: Choices
    weaker: Choices
    gone: Choices


class Score(_Words):
    """Around a number."""

    strength: Choices
    pain: Choices
    between: Choices


class Tired(_Words):
    """When patience runs out."""

    short: Choices
    done: Choices


class Language(_Words):
    """Everything that a patient can say."""

    language: Text
    decimal: Text
    sides: Mapping[str, Text]
    sides_of: Mapping[str, Text]
    """The same before a noun, where that is another word."""
    joined: Annotated[Text, Field(alias="and")]
    comma: Text
    unplaced: Text
    places: Mapping[str, Place]
    """Region without its side to its words."""
    beside: Mapping[str, str]
    left_out: Mapping[str, Text]
    where: Where
    unasked: Unasked
    score: Score
    tired: Tired


def languages() -> tuple[str, ...]:
    """The codes of all that are shipped, `en` first."""
    folder = resources.files("scs.body").joinpath("data/speech")
    names = sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(names, key=lambda name: (name != "en", name)))


@cache
def find_language(code: str) -> Language:
    """The words of a language; raises BadPrescription for one that there is not."""
    if code not in languages():
        raise BadPrescription(f'there is no language "{code}"; choose from {", ".join(languages())}')
    text = resources.files("scs.body").joinpath(f"data/speech/{code}.toml").read_text(encoding="utf-8")
    found = Language.model_validate(tomllib.loads(text))
    known = {name.removeprefix("left-").removeprefix("right-") for name in regions()}
    assert set(found.places) == known, f"{code}: every region has words, and no other: {set(found.places) ^ known}"
    assert set(found.beside.values()) <= set(found.left_out), f"{code}: every place that is left out has words"
    return found
