"""What can be wrong with a link, how often and for how long: the model, and the TOML file that a person writes.

Nothing here touches a byte; `bad_wire` does. A rate is a chance in parts per million, written "2 %". What strikes
bytes is drawn for each byte, what strikes chunks for each write (or read, on the way in): a frame, as a rule.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from scs.domain import units
from scs.domain.fields import FROM_TEXT, PositiveTime, Prescription, Time, Words, quantity
from scs.domain.file_problems import problems_of
from scs.domain.file_tree import bad_file, read_tree
from scs.domain.units import Unit

FORMAT = "scs-link-faults/1"
MILLION = 1_000_000
EPISODES_MAX = 1_000
"""More rows than this were not written by a person."""
CHANCE = Unit("chance", "ppm", {"%": 10_000, "permille": 1_000, "‰": 1_000, "ppm": 1}, ("%", "ppm"), "2 %")
SPAN = quantity(units.SPAN)

_SHORT_NAMES = ("_ppm", "_us")


def _name_in_files(name: str) -> str:
    for suffix in _SHORT_NAMES:
        name = name.removesuffix(suffix)
    return name.replace("_", "-")


def _at_most_always(rate_ppm: int) -> int:
    if rate_ppm > MILLION:
        raise ValueError(f"{rate_ppm / 10_000:g} % is more often than always; write 0 % to 100 %")
    return rate_ppm


Chance = Annotated[int, AfterValidator(_at_most_always), *quantity(CHANCE)]
"""Parts per million: 0 for never, a million for always."""
Moment = Annotated[int, *SPAN]
"""Microseconds; a file may write days."""


class _Row(Prescription):
    model_config = ConfigDict(alias_generator=_name_in_files)


class WireFaults(_Row):
    """One direction. The defaults are those of a wire that is well, and infinitely fast."""

    drop_ppm: Chance = 0
    """A chunk is lost."""
    duplicate_ppm: Chance = 0
    """A chunk arrives twice."""
    reorder_ppm: Chance = 0
    """A chunk is held for `reorder_by`, and what follows overtakes it."""
    reorder_by_us: Time = 30_000
    """[project] Longer than a short frame and its answer take."""
    delay_ppm: Chance = 0
    """A chunk, and all behind it, is held for `delay_by`."""
    delay_by_us: Time = 20_000
    """[project] A USB adapter's latency timer of 16 ms and a little more."""
    merge_ppm: Chance = 0
    """A chunk waits for the next one, at most `merge_within`, and both arrive as one."""
    merge_within_us: Time = 16_000
    """[recalled: the latency timer of FTDI's serial adapters]"""
    split_ppm: Chance = 0
    """A chunk arrives in two pieces."""
    truncate_ppm: Chance = 0
    """The end of a chunk is lost."""
    flip_bit_ppm: Chance = 0
    """A bit of a byte turns over: drawn for each byte."""
    drop_byte_ppm: Chance = 0
    """A byte is lost: drawn for each byte, as an overrun receiver loses it."""
    insert_ppm: Chance = 0
    """A byte comes out of nothing: drawn for each byte."""
    burst_ppm: Chance = 0
    """Noise overwrites up to `burst_bytes` bytes in a row of a chunk."""
    burst_bytes: Annotated[int, Field(ge=1, le=4_096)] = 16
    stall_ppm: Chance = 0
    """The line stands still for `stall_for`, and goes on with all that has waited."""
    stall_for_us: Time = 500_000
    half_open_ppm: Chance = 0
    """The line swallows everything for `half_open_for`, and nobody is told."""
    half_open_for_us: Time = 3_000_000
    """[project] Longer than the lease of two seconds."""
    baud_mismatch_ppm: Chance = 0
    """For `baud_mismatch_for` the ends disagree about the speed: as many bytes as before, none of them right."""
    baud_mismatch_for_us: Time = 1_000_000
    baud: Annotated[int, Field(ge=300, le=4_000_000)] | None = None
    """Bits a second, ten for each byte; none for a line that takes no time."""

    @property
    def byte_us(self) -> int:
        """How long a byte occupies the line, in whole microseconds, rounded up."""
        return -(-10_000_000 // self.baud) if self.baud is not None else 0


class Episode(_Row):
    """Something that begins at a set time: counted from when the link was made, and again after each `every`."""

    kind: Literal["stall", "half-open", "baud-mismatch"]
    at_us: Moment
    for_us: Annotated[int, *quantity(units.SPAN, lowest=1)]
    every_us: PositiveTime | None = None
    way: Literal["both-ways", "to-implant", "to-programmer"] = "both-ways"

    @model_validator(mode="after")
    def _ends_before_it_begins_again(self) -> Self:
        if self.every_us is not None and self.every_us < self.for_us:
            raise ValueError("every is shorter than for, so it would begin again before it ends; lengthen every")
        return self

    def is_under_way(self, since_us: int) -> bool:
        """Whether it goes on so long after the link was made."""
        into_us = since_us - self.at_us
        if into_us >= 0 and self.every_us is not None:
            into_us %= self.every_us
        return 0 <= into_us < self.for_us

    def ends_us(self, since_us: int) -> int:
        """When it ends, while it goes on."""
        into_us = since_us - self.at_us
        if self.every_us is not None:
            into_us %= self.every_us
        return since_us - into_us + self.for_us


WELL = WireFaults()


class LinkFaults(_Row):
    """Both directions. `both_ways` stands for the same in each, and is given alone."""

    both_ways: WireFaults | None = None
    to_implant: WireFaults | None = None
    to_programmer: WireFaults | None = None
    episodes: Annotated[tuple[Episode, ...], Field(strict=False, max_length=EPISODES_MAX, alias="episode")] = ()
    title: Words | None = None

    @model_validator(mode="after")
    def _one_way_of_saying_it(self) -> Self:
        if self.both_ways is not None and (self.to_implant or self.to_programmer) is not None:
            raise ValueError("both-ways stands beside to-implant or to-programmer; keep one or the other")
        return self

    def of(self, way: Literal["to-implant", "to-programmer"]) -> WireFaults:
        """What is wrong in one direction."""
        one = self.to_implant if way == "to-implant" else self.to_programmer
        return self.both_ways or one or WELL

    def episodes_of(self, way: Literal["to-implant", "to-programmer"]) -> tuple[Episode, ...]:
        """The rows that concern one direction."""
        return tuple(episode for episode in self.episodes if episode.way in ("both-ways", way))


def parse_link_faults(path: str, text: str) -> LinkFaults:
    """Read a file; `path` names it in sentences. Raises BadFile with every problem that there is."""
    tree = read_tree(path, text)
    if tree.pop("format", None) != FORMAT:
        raise bad_file(path, (f'format: write format = "{FORMAT}" on the first line',))
    try:
        found = LinkFaults.model_validate(tree, context=FROM_TEXT)
    except ValidationError as error:
        raise bad_file(path, problems_of(error, LinkFaults, tree)) from error
    if found.of("to-implant") == found.of("to-programmer") == WELL and not found.episodes:
        raise bad_file(path, ('says nothing; add a rate under [both-ways], such as drop = "2 %", or an [[episode]]',))
    return found
