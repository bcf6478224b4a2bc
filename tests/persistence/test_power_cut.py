"""The power goes at any byte of any write: afterwards the old image is read or the new one, never a mix."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.device import Device
from firmware_model.event_log import CAPACITY, CELL_SIZE, EventLog
from firmware_model.store import LOG_AT, MEMORY_SIZE, SLOT_SIZE, Image, Operation, RamMemory, Store, StoredGroup
from scs.clock import Duration, Instant
from scs.domain.status import Fault, LogKind, Mode, TherapyState
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import GetLog, Start
from scs.wire.responses import Committed, Done, LogPage
from scs.wire.terms import Reason
from tests.support.implants import a_config, a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id


class PowerCutError(Exception):
    """The supply is gone."""


class CuttableMemory(RamMemory):
    """Memory whose power goes after so many more bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.bytes_left: int | None = None
        self.written = 0

    def write(self, offset: int, data: bytes) -> None:
        if self.bytes_left is not None and self.bytes_left < len(data):
            super().write(offset, data[: self.bytes_left])
            self.bytes_left = 0
            raise PowerCutError
        if self.bytes_left is not None:
            self.bytes_left -= len(data)
        self.written += len(data)
        super().write(offset, data)


def stored(amplitude_ua: int) -> StoredGroup:
    return StoredGroup(encode_group(a_group(a_program(amplitude_ua=amplitude_ua))), ("charge-density",))


def commit(store: Store, amplitude_ua: int, op_id: int) -> None:
    group = stored(amplitude_ua)
    store.commit(0, group, op_id, digest(group.data))


def restarted(memory: RamMemory) -> Store:
    return Store(RamMemory(bytes(memory.data)))


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23")
def test_after_a_cut_at_any_byte_of_any_write_the_old_or_the_new_image_is_read() -> None:
    memory = CuttableMemory()
    store = Store(memory)
    writes: list[Callable[[Store], object]] = [
        lambda s: commit(s, 1_000, 11),
        lambda s: commit(s, 2_000, 12),
        lambda s: s.remember(Operation(13, 8)),
        lambda s: s.save_fault(Fault.OVER_CURRENT),
        lambda s: commit(s, 3_000, 14),
        lambda s: s.commit(3, stored(500), 15, digest(stored(500).data)),
        lambda s: s.set_default(3, 16),
        lambda s: s.clear(3, 17),
    ]
    cuts = 0
    for write in writes:
        before = bytes(memory.data)
        old = (store.image, store.last_op_id)
        start = memory.written
        write(store)
        new = (store.image, store.last_op_id)
        for cut in range(memory.written - start):
            torn = CuttableMemory(before)
            victim = Store(torn)
            torn.bytes_left = cut
            with pytest.raises(PowerCutError):
                write(victim)
            again = restarted(torn)
            assert (again.image, again.last_op_id) in (old, new), f"cut after {cut} bytes"
            cuts += 1
    assert cuts > 500


@pytest.mark.hazard("H17")
@pytest.mark.req("FW-21")
@given(at=st.integers(0, 600), bit=st.integers(0, 7))
def test_one_flipped_bit_in_the_newer_image_brings_back_the_older(at: int, bit: int) -> None:
    memory = RamMemory()
    store = Store(memory)
    commit(store, 1_000, 11)
    older = store.image
    commit(store, 2_000, 12)
    newest_slot = store._slot
    length = len(bytes(memory.data[newest_slot * SLOT_SIZE : (newest_slot + 1) * SLOT_SIZE]).rstrip(b"\0"))
    memory.data[newest_slot * SLOT_SIZE + at % length] ^= 1 << bit
    again = Store(memory)
    assert again.image == older
    assert again.repairs


@pytest.mark.hazard("H17")
@pytest.mark.req("FW-21")
def test_two_damaged_images_make_an_unprogrammed_implant_that_says_so() -> None:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group())
    speaker.write(a_group(a_program(amplitude_ua=1_000)))
    memory = speaker.device.memory
    assert isinstance(memory, RamMemory)
    memory.data[20] ^= 3
    memory.data[SLOT_SIZE + 20] ^= 3
    again = Speaker(a_device(memory))
    again.open()
    assert again.status().mode is Mode.UNPROGRAMMED
    kinds = [kind for _, _, kind, _ in again.ask(GetLog(0), LogPage).entries]
    assert kinds.count(LogKind.MEMORY_REPAIRED) == 2


@pytest.mark.hazard("H15")
@pytest.mark.req("LK-04")
def test_a_commit_repeated_after_a_restart_is_answered_and_not_repeated() -> None:
    memory = RamMemory()
    speaker = Speaker(a_device(memory))
    speaker.open()
    order = speaker.commit_of(speaker.stage(a_group()))
    first = speaker.ask(order, Committed)
    again = Speaker(a_device(memory))
    again.open()
    assert again.ask(order, Committed) == first
    status = again.status()
    assert (status.generation, status.last_op_id) == (1, order.op_id)


@pytest.mark.hazard("H16")
@pytest.mark.req("LK-04")
def test_a_start_repeated_after_a_restart_is_answered_and_starts_nothing() -> None:
    memory = RamMemory()
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.write(a_group())
    order = Start(new_op_id(), 0)
    speaker.ask(order, Done)
    again = Speaker(a_device(memory))
    again.open()
    assert again.ask(order, Done) == Done(order.op_id)
    assert again.status().therapy is TherapyState.OFF


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23", "LK-05")
def test_the_power_goes_at_every_byte_of_a_commit_over_the_wire() -> None:
    memory = CuttableMemory()
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.write(a_group())
    before, start = bytes(memory.data), memory.written
    speaker.write(a_group(a_program(amplitude_ua=3_000)))
    total = memory.written - start
    seen = set()
    for cut in range(0, total, 7):
        torn = CuttableMemory(before)
        victim = Speaker(a_device(torn))
        victim.open()
        torn.bytes_left = cut
        with contextlib.suppress(PowerCutError):
            victim.write(a_group(a_program(amplitude_ua=3_000)))
        group = Device(a_config(), RamMemory(bytes(torn.data)), random.Random(1), Instant(0)).parts.stored_group(0)
        assert group.programs[0].amplitude_ua in (2_000, 3_000)
        seen.add(group.programs[0].amplitude_ua)
    assert seen == {2_000, 3_000}


@pytest.mark.hazard("H09")
@pytest.mark.req("FW-01")
def test_a_latched_fault_survives_a_restart_until_it_is_cleared() -> None:
    memory = RamMemory()
    Store(memory).save_fault(Fault.OVER_CURRENT)
    speaker = Speaker(a_device(memory))
    speaker.open()
    assert (speaker.status().mode, speaker.status().fault) == (Mode.SAFE, Fault.OVER_CURRENT)
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.FAULT_LATCHED


def test_an_empty_memory_is_a_new_implant_without_a_repair() -> None:
    store = Store(RamMemory())
    assert store.image == Image()
    assert not store.repairs
    assert len(RamMemory().data) == MEMORY_SIZE


@pytest.mark.req("FW-38")
def test_the_log_keeps_a_thousand_entries_and_its_numbers_over_restarts() -> None:
    memory = RamMemory()
    log = EventLog(memory)
    for number in range(2_500):
        log.append(number, LogKind.POWER_ON, f"entry {number}")
    again = EventLog(memory)
    assert (again.newest, again.oldest) == (2_500, 2_500 - CAPACITY + 1)
    assert again.after(2_499)[0].detail == "entry 2499"
    assert again.append(0, LogKind.POWER_ON, "next").sequence == 2_501


@given(damaged=st.integers(1, 50))
def test_a_number_that_was_told_is_not_used_again_when_its_entry_is_damaged(damaged: int) -> None:
    memory = RamMemory()
    log = EventLog(memory)
    for number in range(50):
        log.append(number, LogKind.POWER_ON, "told")
    memory.data[LOG_AT + damaged % CAPACITY * CELL_SIZE] ^= 1
    assert EventLog(memory).append(0, LogKind.POWER_ON, "next").sequence == 51


def test_time_passes_after_a_restart_as_after_a_start() -> None:
    device = a_device(start_us=5_000_000)
    device.step(device.now + Duration.of_s(1))
    assert device.now == Instant(6_000_000)
