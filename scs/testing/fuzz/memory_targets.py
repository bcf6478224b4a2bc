"""What an implant finds in its memory at power-on, and what a bench puts in its place: images and snapshots.

An image is written as patches to a real one: a byte whether the seals are made anew, one whether bits are put right,
then for each patch its place, its length and its bytes. A record with a fitting seal and a wrong content is what a
reader has to survive.
"""

from __future__ import annotations

import struct
from functools import cache
from random import Random

from firmware_model import regions, store
from firmware_model.corrected_memory import MAGIC
from firmware_model.device import Device
from firmware_model.event_log import CAPACITY, CELL_SIZE
from firmware_model.snapshot import restore_snapshot, take_snapshot
from firmware_model.store import CHECKS_AT, MEMORY_SIZE, OPERATION_SIZE, OPERATIONS_AT, SLOT_SIZE, RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import Mode, TherapyState
from scs.testing.fuzz.mutation import BYTES, json_mutated
from scs.testing.fuzz.target import Feed, Target, promise
from scs.testing.states.world import CYCLING, PLAIN, a_config
from scs.wire.crc import crc32c
from scs.wire.prescription import digest, encode_group

_PATCH = struct.Struct("<IB")
_HEADER = struct.Struct("<4sIQ")
_CRC = struct.Struct("<I")
_TWO_COPIES = (regions.USAGE, regions.KEYS, regions.IDENTITY, regions.CALIBRATION)
_OPERATION_END = 17
_CELL_END = 86


@cache
def real_image() -> bytes:
    """The memory of an implant that was programmed twice, and whose leads and mode are kept."""
    memory = RamMemory()
    Device(a_config(), memory, Random(1), Instant(0))
    kept = store.Store(memory)
    for number, group in enumerate((PLAIN, CYCLING)):
        data = encode_group(group)
        kept.commit(number, store.StoredGroup(data, ("charge-density",)), 10 + number, digest(data))
    kept.latch_leads({3: 90_000})
    kept.remember(store.Operation(12, 8))
    Device(a_config(), memory, Random(1), Instant(0)).step(Instant(0) + Duration.of_s(1))
    return bytes(memory.data)


@cache
def _seals() -> tuple[tuple[int, int], ...]:
    """(start, end) of every record whose seal is the CRC-32C behind it, as the real image has them."""
    image = real_image()
    found = [(at, at + _OPERATION_END) for at in (OPERATIONS_AT, OPERATIONS_AT + OPERATION_SIZE)]
    starts = [0, SLOT_SIZE]
    for region in _TWO_COPIES:
        starts += [region.start, region.start + (region.end - region.start) // 2]
    for start in starts:
        _, length, _ = _HEADER.unpack_from(image, start)
        if any(image[start : start + _HEADER.size]):
            found.append((start, start + _HEADER.size + length))
    cells = range(store.LOG_AT, store.LOG_AT + CAPACITY * CELL_SIZE, CELL_SIZE)
    found += [(at, at + _CELL_END) for at in cells if any(image[at : at + CELL_SIZE])]
    return tuple(found)


def patched_image(data: bytes) -> bytes:
    """The real image with these patches."""
    image = bytearray(real_image())
    at = 2
    touched: list[int] = []
    while at + _PATCH.size <= len(data):
        place, length = _PATCH.unpack_from(data, at)
        piece = data[at + _PATCH.size : at + _PATCH.size + length]
        place %= MEMORY_SIZE - len(piece)
        image[place : place + len(piece)] = piece
        touched.append(place)
        at += _PATCH.size + length
    if data[:1] and data[0] % 4:
        for start, end in _seals():
            if any(start <= place < end for place in touched):
                image[end : end + _CRC.size] = _CRC.pack(crc32c(bytes(image[start:end])))
    if not any(data[1:2]):
        # Without its mark the memory has no check bits yet, and nothing of this is put right before it is read.
        image[CHECKS_AT : CHECKS_AT + len(MAGIC)] = bytes(len(MAGIC))
    return bytes(image)


def _memory_seeds() -> tuple[bytes, ...]:
    image = real_image()
    patches = (_PATCH.pack(start, 4) + image[start : start + 4] for start, _ in _seals())
    return (b"\1\0", b"\0\0", *(b"\1\0" + patch for patch in patches))


def _prepare_memory() -> Feed:
    def feed(data: bytes) -> int:
        device = Device(a_config(), RamMemory(patched_image(data)), Random(1), Instant(0))
        promise(device.parts.therapy.state is TherapyState.OFF, "therapy runs at power-on")
        device.step(Instant(0) + Duration.of_s(1))
        promise(device.parts.modes.mode in Mode, "the implant is in no mode")
        device.emergency_stop()
        return 1

    return feed


def _mutate_patches(data: bytes, chance: Random) -> bytes:
    """One to three patches, most of them within a record, most of those sealed anew."""
    patches = bytes([chance.randrange(4), chance.randrange(4) // 3])
    for _ in range(chance.randint(1, 3)):
        start, end = chance.choice(_seals())
        place = chance.randrange(start, end) if chance.random() < 0.9 else chance.randrange(MEMORY_SIZE)
        length = min(chance.choice((1, 1, 1, 2, 4, 8, 32)), max(1, end - place))
        piece = chance.randbytes(length) if chance.random() < 0.5 else bytes(chance.choices(BYTES, k=length))
        patches += _PATCH.pack(place, length) + piece
    return patches if chance.random() < 0.9 else data + patches[2:]


# ---------------------------------------------------------------------------------------------------------- snapshots


@cache
def _snapshot_seeds() -> tuple[bytes, ...]:
    return (take_snapshot(_a_device()).encode(),)


def _a_device() -> Device:
    return Device(a_config(), RamMemory(real_image()), Random(1), Instant(0))


def _prepare_snapshot() -> Feed:
    def feed(data: bytes) -> int:
        restore_snapshot(_a_device(), data.decode("utf-8", "replace"))
        return 1

    return feed


TARGETS = (
    Target("memory", "the memory that an implant finds at power-on", "images", _memory_seeds, _prepare_memory,
           _mutate_patches),
    Target("snapshot", "a snapshot of an implant", "files", _snapshot_seeds, _prepare_snapshot, json_mutated),
)  # fmt: skip
