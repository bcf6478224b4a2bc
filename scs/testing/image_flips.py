"""Flipped bits in what the implant keeps: every single and every double one must be noticed when it is read again.

`python -m scs.testing.image_flips` goes through a record of every region. That no two flips cancel each other follows
from the check sum being linear: every single flip changes it by a syndrome of its own, none of them zero, so two of
them never come to zero. The argument is made with the check sum that runs, and tried by flipping, through the readers
that run: `--every` tries all pairs. Where a bit says how long the record is, only trying counts.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from firmware_model import event_log, regions, resets
from firmware_model.power import keeper
from firmware_model.regions import CALIBRATION, IDENTITY, KEYS, USAGE, Region, TwoCopies
from firmware_model.store import (
    LOG_AT,
    OPERATION_SIZE,
    OPERATIONS_AT,
    POWER_AT,
    POWER_SIZE,
    RESETS_AT,
    RESETS_SIZE,
    Operation,
    RamMemory,
    Store,
    StoredGroup,
)
from scs.domain.status import LogKind, ResetCause
from scs.testing.states.world import PLAIN
from scs.wire.crc import crc32c
from scs.wire.prescription import digest, encode_group

IMAGE_BYTES = 512
CRC_BYTES = 4
_LENGTH_BITS = range(8 * 4, 8 * 8)
"""Behind the magic stands the length of the body; a flip there makes the reader look for the check sum elsewhere."""
SAMPLES = 3_000


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in memory: its bytes, and whether a reader takes other bytes in its place."""

    name: str
    data: bytes
    is_taken: Callable[[bytes], bool]
    has_length: bool = False

    @property
    def bits(self) -> int:
        return 8 * len(self.data)


@dataclass(slots=True)
class Outcome:
    """What was tried of one record, and what was taken though it was damaged."""

    name: str
    bits: int
    syndromes: int = 0
    """Different ones, none of them zero."""
    tried: int = 0
    missed: int = 0

    @property
    def is_proved(self) -> bool:
        return self.syndromes == self.bits and not self.missed


def records() -> tuple[Record, ...]:
    """A record of every region, as the firmware writes it."""
    return (
        _image(),
        _operation(),
        _log(),
        _power(),
        _resets(),
        *map(_two_copies, (CALIBRATION, IDENTITY, KEYS, USAGE)),
    )


def examine(record: Record, *, every: int = 0, samples: int = SAMPLES, seed: int = 1) -> Outcome:
    """All single flips; of the double ones a sample, or every `every`-th one."""
    outcome = Outcome(record.name, record.bits)
    outcome.syndromes = len(_syndromes(record.data) - {0})
    assert record.is_taken(record.data), "the record itself is whole"
    pairs = (
        itertools.islice(_every_pair(record), 0, None, every) if every else _some_pairs(record, Random(seed), samples)
    )
    for bits in itertools.chain(((bit,) for bit in range(record.bits)), pairs):
        outcome.tried += 1
        outcome.missed += record.is_taken(_flipped(record.data, bits))
    return outcome


def _syndromes(data: bytes) -> set[int]:
    """By what each flip changes the difference between the check sum kept and the one worked out."""
    found = set()
    for bit in range(8 * len(data)):
        damaged = _flipped(data, (bit,))
        kept = int.from_bytes(damaged[-CRC_BYTES:], "little")
        found.add(crc32c(damaged[:-CRC_BYTES]) ^ kept)
    return found


def _every_pair(record: Record) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(record.bits), 2)


def _some_pairs(record: Record, chance: Random, samples: int) -> Iterator[tuple[int, ...]]:
    """A sample; half of it, where there is a length, with a bit of that, which the argument says nothing about."""
    for number in range(samples):
        first = chance.choice(_LENGTH_BITS) if record.has_length and number % 2 else chance.randrange(record.bits)
        second = chance.randrange(record.bits)
        if first != second:
            yield first, second


def _flipped(data: bytes, bits: tuple[int, ...]) -> bytes:
    changed = bytearray(data)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# ------------------------------------------------------------------------------------------------------ the records


def _lying_at(memory: RamMemory, start: int, length: int) -> tuple[bytes, Callable[[bytes], None]]:
    """What lies there, and how other bytes are put in its place."""

    def put(data: bytes) -> None:
        memory.data[start : start + length] = data

    return bytes(memory.data[start : start + length]), put


def _image() -> Record:
    """One image of groups, as long as IMAGE_BYTES."""
    memory = RamMemory()
    data = encode_group(PLAIN)
    fill = ""
    while True:
        memory = RamMemory()
        store = Store(memory)
        store.commit(0, StoredGroup(data, ("charge-density", fill)), 11, digest(data))
        length = len(bytes(memory.data[: 2 * IMAGE_BYTES]).rstrip(b"\0"))
        if length >= IMAGE_BYTES:
            break
        fill += "x" * max(1, IMAGE_BYTES - length - 2)
    found, put = _lying_at(memory, 0, length)

    def is_taken(damaged: bytes) -> bool:
        put(damaged)
        return store._read_slot(0) is not None

    return Record(f"program image of {length} bytes", found, is_taken, has_length=True)


def _operation() -> Record:
    memory = RamMemory()
    store = Store(memory)
    store.remember(Operation(0x1234_5678_9ABC, 8))
    found, put = _lying_at(memory, OPERATIONS_AT + OPERATION_SIZE, 21)

    def is_taken(damaged: bytes) -> bool:
        put(damaged)
        return store._read_operations()[1] is not None

    return Record("operation", found, is_taken)


def _log() -> Record:
    memory = RamMemory()
    event_log.EventLog(memory).append(1_000_000, LogKind.GROUP_COMMITTED, "slot 0 generation 1")
    size = event_log._LINKED_SIZE + CRC_BYTES
    found, _ = _lying_at(memory, LOG_AT + event_log.CELL_SIZE, size)
    rest = bytes(event_log.CELL_SIZE - size)
    return Record("log entry", found, lambda damaged: event_log._read(damaged + rest)[0] is not None)


def _power() -> Record:
    memory = RamMemory()
    body = keeper._RECORD.pack(7, 2, 1, 0)
    found = body + crc32c(body).to_bytes(CRC_BYTES, "little")
    reader = keeper.PowerKeeper.__new__(keeper.PowerKeeper)
    reader._memory = memory

    def is_taken(damaged: bytes) -> bool:
        memory.write(POWER_AT + POWER_SIZE, damaged)
        return reader._read(1) is not None

    return Record("power", found, is_taken)


def _resets() -> Record:
    memory = RamMemory()
    resets.Resets(memory, 0).note(ResetCause.BROWN_OUT, 5_000_000)
    length = resets._BODY.size + CRC_BYTES
    found, put = _lying_at(memory, RESETS_AT + RESETS_SIZE, length)

    def is_taken(damaged: bytes) -> bool:
        put(damaged)
        return resets.Resets(memory, 0).count != 0

    return Record("resets", found, is_taken)


def _two_copies(region: Region) -> Record:
    memory = RamMemory()
    length = (region.end - region.start) // 2
    body = bytes(range(1, 1 + min(200, length - 24)))
    TwoCopies(memory, region, b"TEST").write(body)
    record = regions._HEADER.size + len(body) + CRC_BYTES
    found, put = _lying_at(memory, region.start, record)
    reader = TwoCopies(memory, region, b"TEST")

    def is_taken(damaged: bytes) -> bool:
        put(damaged)
        return bool(reader._read(0).serial)

    return Record(f"{region.name} record", found, is_taken, has_length=True)


def line(outcome: Outcome) -> str:
    """The figures of one record."""
    verdict = "found" if outcome.is_proved else "MISSED"
    return (
        f"{verdict:<7}{outcome.name:<30}{outcome.bits:>6,} bits, {outcome.syndromes:>6,} syndromes, "
        f"{outcome.tried:>10,} flips tried, {outcome.missed} taken"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Go through every record; 0 when every damage was noticed."""
    parser = argparse.ArgumentParser(prog="python -m scs.testing.image_flips", description=__doc__)
    parser.add_argument("--every", action="store_true", help="try every pair of bits, some minutes")
    parser.add_argument("--part", type=int, default=1, metavar="N", help="with --every, only every Nth pair; 1")
    arguments = parser.parse_args(argv)
    if arguments.part < 1:
        parser.error("--part is at least 1")
    is_proved = True
    for record in records():
        outcome = examine(record, every=arguments.part * arguments.every)
        is_proved = is_proved and outcome.is_proved
        sys.stdout.write(line(outcome) + "\n")
        sys.stdout.flush()
    return int(not is_proved)


if __name__ == "__main__":
    sys.exit(main())
