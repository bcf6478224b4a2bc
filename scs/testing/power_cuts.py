"""The power goes in the middle of a write, and again in the middle of the one after the restart.

`python -m scs.testing.power_cuts` cuts every write of a life of the store at every byte, restarts, does the same again
and cuts that at every byte too: what is read in the end is the image before, or the one after, and never a mix. A part
of all pairs is every so-and-so-many-th second cut.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firmware_model.store import Image, Operation, RamMemory, Store, StoredGroup
from scs.domain.status import Fault, Mode
from scs.testing.states.world import CYCLING, LOUDER, PLAIN
from scs.wire.prescription import digest, encode_group

Write = Callable[[Store], object]
Kept = tuple[Image, int]


class PowerGone(BaseException):
    """There is no processor any more."""


class CutMemory(RamMemory):
    """Memory that keeps so many more bytes, and then the power goes."""

    def __init__(self, data: bytes = b"", bytes_left: int | None = None) -> None:
        super().__init__(data)
        self.bytes_left = bytes_left
        self.written = 0

    def write(self, offset: int, data: bytes) -> None:
        if self.bytes_left is not None and self.bytes_left < len(data):
            super().write(offset, data[: self.bytes_left])
            raise PowerGone
        if self.bytes_left is not None:
            self.bytes_left -= len(data)
        self.written += len(data)
        super().write(offset, data)


@dataclass(slots=True)
class Outcome:
    """What was cut, and what was read that should not be there."""

    writes: int = 0
    cuts: int = 0
    pairs: int = 0
    mixed: int = 0


def _commit(slot: int, op_id: int) -> Write:
    group = (PLAIN, LOUDER, CYCLING)[op_id % 3]
    data = encode_group(group)
    return lambda store: store.commit(slot, StoredGroup(data, ("charge-density",)), op_id, digest(data))


WRITES: tuple[Write, ...] = (
    _commit(0, 11),
    _commit(1, 12),
    lambda store: store.remember(Operation(13, 8)),
    lambda store: store.save_fault(Fault.OVER_CURRENT),
    lambda store: store.keep(Mode.MRI),
    lambda store: store.latch_leads({3: 90_000, 7: 12}),
    _commit(0, 14),
)
"""Every kind of write, on an empty memory first."""


def cut_everywhere(*, pairs: bool = False, every: int = 1) -> Outcome:
    """Cut each write at each byte; with `pairs`, cut the same write after the restart too, at each `every`-th byte."""
    outcome, memory = Outcome(), CutMemory()
    for write in WRITES:
        outcome.writes += 1
        before, start = bytes(memory.data), memory.written
        old = _kept(before)
        write(Store(memory))
        new = _kept(bytes(memory.data))
        length = memory.written - start
        for first in range(length):
            torn = _cut(before, write, first)
            outcome.cuts += 1
            outcome.mixed += not _is_one_of(_kept(torn), old, new)
            for second in range(first % every, length, every) if pairs else ():
                outcome.pairs += 1
                outcome.mixed += not _is_one_of(_kept(_cut(torn, write, second)), old, new)
    return outcome


def _cut(data: bytes, write: Write, bytes_left: int) -> bytes:
    """What the memory holds when the power has gone after so many bytes."""
    memory = CutMemory(data, bytes_left)
    try:
        write(Store(memory))
    except PowerGone:
        return bytes(memory.data)
    raise AssertionError("a write is as long the second time")


def _kept(data: bytes) -> Kept:
    store = Store(RamMemory(data))
    return store.image, store.last_op_id


def _is_one_of(found: Kept, old: Kept, new: Kept) -> bool:
    """Whether it is the old or the new image. Done again after a cut, a write may have been the second one of its kind:
    the generation then tells so, and nothing else does."""
    if found in (old, new):
        return True
    image, last = found
    again = image.generation > new[0].generation
    return again and (image.groups, image.fault, image.kept, last) == (
        new[0].groups, new[0].fault, new[0].kept, new[1]
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Cut, and print the counts; 0 when nothing was mixed."""
    parser = argparse.ArgumentParser(prog="python -m scs.testing.power_cuts", description=__doc__)
    parser.add_argument("--pairs", action="store_true", help="cut again after the restart")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth second cut; 1")
    arguments = parser.parse_args(argv)
    if arguments.every < 1:
        parser.error("--every is at least 1")
    outcome = cut_everywhere(pairs=arguments.pairs, every=arguments.every)
    sys.stdout.write(
        f"{outcome.writes} writes, {outcome.cuts:,} cuts and {outcome.pairs:,} pairs of cuts: "
        f"{outcome.mixed} images that are neither the old nor the new one\n"
    )
    return int(bool(outcome.mixed))


if __name__ == "__main__":
    sys.exit(main())
