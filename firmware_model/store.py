"""Non-volatile memory: two slots, the newest valid one wins, and a commit is one record.

A record holds the groups, the generation, the operation number of the commit and its result, a latched fault, a
mode that outlasts a reset, and the contacts last found faulty. It is written whole into the slot that is not in force,
header last to be believed: a CRC-32C over everything makes a torn write invalid, so after a loss of power at any byte
either the old image is read or the new one, never a mix.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import cbor2

from scs.domain.status import Fault, Mode
from scs.errors import RemoteProtocolError, StoreError
from scs.wire.codec import loads_strict
from scs.wire.crc import crc32c
from scs.wire.terms import DIGEST_SIZE, NO_SLOT

SLOT_SIZE = 65_536
"""Bytes of one slot: eight groups of at most GROUP_BYTES_MAX and their frame fit twice over."""
GROUP_BYTES_MAX = 4_096
"""The largest encoded group that is kept; four programs over 32 contacts come to about 1.5 kB."""
OPERATIONS_AT = 2 * SLOT_SIZE
OPERATION_SIZE = 32
LOG_AT = OPERATIONS_AT + 2 * OPERATION_SIZE
LOG_SIZE = 1_024 * 96
POWER_AT = LOG_AT + LOG_SIZE
POWER_SIZE = 32
USAGE_AT = POWER_AT + 2 * POWER_SIZE
USAGE_SIZE = 512
RESETS_AT = USAGE_AT + 2 * USAGE_SIZE
RESETS_SIZE = 64
CALIBRATION_AT = RESETS_AT + 2 * RESETS_SIZE
CALIBRATION_SIZE = 64
IDENTITY_AT = CALIBRATION_AT + 2 * CALIBRATION_SIZE
IDENTITY_SIZE = 192
KEYS_AT = IDENTITY_AT + 2 * IDENTITY_SIZE
KEYS_SIZE = 256
HOURS_AT = KEYS_AT + 2 * KEYS_SIZE
HOURS_SIZE = 2_304
WORDS_END = HOURS_AT + 2 * HOURS_SIZE
CHECKS_AT = WORDS_END
CHECKS_SIZE = 8 + WORDS_END // 8
MEMORY_SIZE = CHECKS_AT + CHECKS_SIZE
"""Two slots, two operation records, the log, two copies of everything else, and a check byte for each eight of all
that; firmware_model/regions.py has the map.

A shorter memory, such as a file of a former version, reads as zeros behind its end."""

_HEADER = struct.Struct("<4sIQ")
"""Magic, length of the body, serial number of the write."""
MAGIC = b"SCS1"
_CRC = struct.Struct("<I")
_FIELDS = 8
_FIELDS_OLDEST = 5
"""An image of a former version ends before the kept mode, the lead faults or the default: it keeps none."""
NO_DIGEST = bytes(DIGEST_SIZE)
"""Of a change that put no group in force."""
KEPT_MODES = (Mode.MRI, Mode.STORAGE)
"""The modes that a person enters and leaves: what happens by itself in between, a reset above all, changes nothing."""
_OPERATION = struct.Struct("<QQB")
"""Serial number of the write, operation number, what it was."""


class Memory(Protocol):
    """A device of bytes that keeps them without power. Fresh memory reads as zeros."""

    def read(self, offset: int, length: int) -> bytes: ...

    def write(self, offset: int, data: bytes) -> None:
        """Raise StoreError when the bytes cannot be kept."""
        ...

    def flush(self) -> None:
        """Return once everything written so far would outlast a loss of power."""
        ...


class RamMemory:
    """Memory for tests, simulations and an emulator that may forget."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data.ljust(MEMORY_SIZE, b"\0"))

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.data[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        self.data[offset : offset + len(data)] = data

    def flush(self) -> None:
        """Ram has nothing to wait for."""


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """The bytes of a group and the rules that were acknowledged when it was committed."""

    data: bytes
    acknowledged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What the last commit was answered, so that a repeat gets the same answer."""

    op_id: int
    slot: int
    generation: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that is in force."""

    generation: int = 0
    groups: dict[int, StoredGroup] = field(default_factory=dict)
    last_commit: CommitResult | None = None
    commit_serial: int = 0
    """The serial number of the write that was the last commit: tells whether another operation came after it."""
    fault: Fault = Fault.NONE
    kept: Mode | None = None
    """MRI or STORAGE, from entering it until leaving it."""
    lead_faults: dict[int, int] = field(default_factory=dict)
    """Contacts that the last measurement found faulty, with their ohms; the next one replaces them."""
    default: int | None = None
    """The slot that is meant when nobody names one; it holds a group."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An order other than a commit that was carried out; `code` is that of its message."""

    op_id: int
    code: int


class Store:
    """Reads what is in force at power-on and writes what is to be in force next.

    `repairs` says in words what was found damaged; it belongs into the log.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.repairs: list[str] = []
        found = [self._read_slot(index) for index in (0, 1)]
        valid = [slot for slot in found if slot is not None]
        self._serial, self._slot, self.image = max(valid, key=lambda slot: slot[0], default=(0, 1, Image()))
        self._operation_serial, self.last_operation = self._read_operations()
        self._serial = max(self._serial, self._operation_serial)
        self._check_invariants()

    @property
    def last_op_id(self) -> int:
        """The operation number that was carried out last; 0 on a new device."""
        if self.image.last_commit is not None and self.image.commit_serial > self._operation_serial:
            return self.image.last_commit.op_id
        return self.last_operation.op_id if self.last_operation is not None else 0

    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        """Put `group` in force as one record; raise StoreError and change nothing when the memory fails."""
        assert len(group.data) <= GROUP_BYTES_MAX, "the staging area refuses a larger group"
        groups = {**self.image.groups, slot: group}
        return self._commit(replace(self.image, groups=groups), CommitResult(op_id, slot, self._next, digest))

    def clear(self, slot: int, op_id: int) -> CommitResult:
        """Forget the group in `slot` as one record, and that it was the default; StoreError as with `commit`."""
        groups = {at: group for at, group in self.image.groups.items() if at != slot}
        assert groups, "an implant that held a group goes on holding one"
        default = None if self.image.default == slot else self.image.default
        image = replace(self.image, groups=groups, default=default)
        return self._commit(image, CommitResult(op_id, slot, self._next, NO_DIGEST))

    def set_default(self, slot: int | None, op_id: int) -> CommitResult:
        """From now on `slot` is the default, or none is, as one record; StoreError as with `commit`."""
        result = CommitResult(op_id, NO_SLOT if slot is None else slot, self._next, NO_DIGEST)
        return self._commit(replace(self.image, default=slot), result)

    @property
    def _next(self) -> int:
        """The generation that the next change makes."""
        return self.image.generation + 1

    def _commit(self, image: Image, result: CommitResult) -> CommitResult:
        """Write what is to be in force with the operation that wanted it, so that a repeat is known for one."""
        self._write(replace(image, generation=result.generation, last_commit=result, commit_serial=self._serial + 1))
        return result

    def save_fault(self, fault: Fault) -> None:
        """Latch a fault, or NONE to take it back; raises StoreError."""
        self._write(replace(self.image, fault=fault))

    def keep(self, mode: Mode | None) -> bool:
        """Keep a mode over resets, or none any more; False when the memory failed after the first of two copies.

        Raises StoreError, and then nothing has changed.

        It is written into both slots. With one only, damage to that slot would bring an older image back that knows
        nothing of it, and an implant in a scanner could be started.
        """
        return self._write_twice(replace(self.image, kept=mode))

    def latch_leads(self, lead_faults: dict[int, int]) -> bool:
        """Keep the contacts found faulty and their ohms over resets; False and StoreError as with `keep`.

        Written into both slots for the same reason: an older image would take a broken contact for a whole one.
        """
        return self._write_twice(replace(self.image, lead_faults=lead_faults))

    def remember(self, operation: Operation) -> None:
        """Keep an operation number before it is acted on: after a loss of power it is done at most once."""
        serial = self._serial + 1
        body = _OPERATION.pack(serial, operation.op_id, operation.code)
        record = body + _CRC.pack(crc32c(body))
        write_surely(self._memory, OPERATIONS_AT + serial % 2 * OPERATION_SIZE, record)
        self._serial = self._operation_serial = serial
        self.last_operation = operation
        self._check_invariants()

    def _write_twice(self, image: Image) -> bool:
        self._write(image)
        try:
            self._write(image)
        except StoreError:
            return False
        return True

    def _write(self, image: Image) -> None:
        body = cbor2.dumps(_packed(image), canonical=True)
        header = _HEADER.pack(MAGIC, len(body), self._serial + 1)
        record = header + body
        assert len(record) + _CRC.size <= SLOT_SIZE, f"an image of {len(record)} bytes is larger than a slot"
        slot = 1 - self._slot
        write_surely(self._memory, slot * SLOT_SIZE, record + _CRC.pack(crc32c(record)))
        self._serial, self._slot, self.image = self._serial + 1, slot, image
        self._check_invariants()

    def _read_slot(self, index: int) -> tuple[int, int, Image] | None:
        raw = self._memory.read(index * SLOT_SIZE, SLOT_SIZE)
        if not any(raw[: _HEADER.size]):
            return None
        magic, length, serial = _HEADER.unpack_from(raw)
        end = _HEADER.size + length
        if magic == MAGIC and end + _CRC.size <= SLOT_SIZE and self._is_intact(raw, end):
            try:
                return serial, index, _unpacked(raw[_HEADER.size : end])
            except (RemoteProtocolError, StoreError, ValueError, TypeError, KeyError, IndexError, AttributeError):
                self.repairs.append(f"slot {'AB'[index]} holds an image of another version")
                return None
        self.repairs.append(f"slot {'AB'[index]} is damaged or was not finished")
        return None

    def _is_intact(self, raw: bytes, end: int) -> bool:
        """Whether the record that ends at `end` is the one that was written, by the CRC behind it."""
        (check,) = _CRC.unpack_from(raw, end)
        return crc32c(raw[:end]) == int(check)

    def _read_operations(self) -> tuple[int, Operation | None]:
        newest: tuple[int, Operation | None] = (0, None)
        for index in (0, 1):
            raw = self._memory.read(OPERATIONS_AT + index * OPERATION_SIZE, _OPERATION.size + _CRC.size)
            body = raw[: _OPERATION.size]
            serial, op_id, code = _OPERATION.unpack(body)
            if any(raw) and _CRC.unpack_from(raw, _OPERATION.size)[0] == crc32c(body) and serial > newest[0]:
                newest = (serial, Operation(op_id, code))
        return newest

    def _check_invariants(self) -> None:
        assert self._slot in (0, 1), "there are two slots"
        assert self._serial >= self._operation_serial, "serial numbers only rise"
        assert (self.image.generation == 0) == (not self.image.groups), "a group exists exactly after a commit"
        assert self.image.kept in (None, *KEPT_MODES), "only MRI and STORAGE outlast a reset"
        assert self.image.default in (None, *self.image.groups), "the default holds a group"


def write_surely(memory: Memory, offset: int, data: bytes) -> None:
    """Write and read back; raise StoreError unless the memory then holds what was written.

    Without this a memory that loses writes, or sends them elsewhere, would let an implant say that it keeps the MRI
    mode, a latched fault or a group that the next reset knows nothing of.
    """
    memory.write(offset, data)
    memory.flush()
    if memory.read(offset, len(data)) != data:
        # What was refused must not be found whole at the next power-on, when the defect happens to be away.
        with suppress(StoreError):
            memory.write(offset, bytes(len(data)))
        raise StoreError("the memory does not hold what was just written; it is defective, so replace the implant")


def _packed(image: Image) -> list[object]:
    commit = image.last_commit
    return [
        image.generation,
        [[slot, stored.data, list(stored.acknowledged)] for slot, stored in sorted(image.groups.items())],
        [commit.op_id, commit.slot, commit.generation, commit.digest] if commit is not None else None,
        image.commit_serial,
        int(image.fault),
        int(image.kept) if image.kept is not None else None,
        [[contact, ohms] for contact, ohms in sorted(image.lead_faults.items())],
        image.default,
    ]


def _unpacked(data: bytes) -> Image:
    value = loads_strict(data)
    if not isinstance(value, list):
        raise StoreError("the image is no list")
    if _FIELDS_OLDEST <= len(value) < _FIELDS:
        value = [*value, *(None, [], None)[len(value) - _FIELDS :]]
    generation, groups, commit, commit_serial, fault, number, leads, default = value
    kept = Mode(number) if number is not None else None
    if kept not in (None, *KEPT_MODES):
        raise StoreError(f"the image keeps mode {number}, which does not outlast a reset")
    stored = {slot: StoredGroup(group, tuple(acknowledged)) for slot, group, acknowledged in groups}
    lead_faults = {int(contact): int(ohms) for contact, ohms in leads}
    if default is not None and default not in stored:
        raise StoreError(f"the default is slot {default}, which holds no group")
    return Image(generation, stored, _result(commit), commit_serial, Fault(fault), kept, lead_faults, default)


def _result(commit: list[object] | None) -> CommitResult | None:
    return CommitResult(*commit) if commit is not None else None  # type: ignore[arg-type]
