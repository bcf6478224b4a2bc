"""The log is a chain: what was changed or removed is named, by the implant at power-on and by whoever reads it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.event_log import CAPACITY, CELL_SIZE, EventLog
from firmware_model.store import LOG_AT, RamMemory
from scs.domain.log_chain import UNCHAINED, breaks, next_link
from scs.domain.status import LogEntry, LogKind
from scs.wire.crc import crc32c
from scs.wire.requests import GetLogLinks
from scs.wire.responses import LogLinks
from tests.support.implants import a_device
from tests.support.speaker import Speaker

WRITTEN = 30


def a_log(entries: int = WRITTEN) -> tuple[RamMemory, EventLog]:
    memory = RamMemory()
    log = EventLog(memory)
    for number in range(1, entries + 1):
        log.append(number, LogKind.POWER_ON, f"entry {number}")
    return memory, log


def cell_of(sequence: int) -> int:
    return LOG_AT + sequence % CAPACITY * CELL_SIZE


def rewritten(cell: bytes, **changes: int) -> bytes:
    """A cell with another time, and a CRC that fits it again."""
    body = bytearray(cell[:90])
    struct.pack_into("<Q", body, 4, changes["at_us"])
    return (bytes(body) + struct.pack("<I", crc32c(bytes(body)))).ljust(CELL_SIZE, b"\0")


def former_cell(sequence: int) -> bytes:
    """As the former version wrote it: 78 bytes, their CRC, and nothing else."""
    body = struct.pack("<IQBB64s", sequence, sequence, LogKind.POWER_ON, 6, b"former")
    return (body + struct.pack("<I", crc32c(body))).ljust(CELL_SIZE, b"\0")


@pytest.mark.req("FW-38")
def test_a_log_that_nobody_touched_is_whole_after_a_restart_and_after_the_ring_went_round() -> None:
    for entries in (0, 1, WRITTEN, 2 * CAPACITY + 5):
        memory, log = a_log(entries)
        again = EventLog(memory)
        assert again.broken == []
        assert again.chain_after(0) == log.chain_after(0)
        again.append(0, LogKind.POWER_ON, "next")
        assert EventLog(memory).broken == []


@pytest.mark.req("S-13")
@pytest.mark.req("FW-38")
@given(st.integers(1, WRITTEN - 1))
@settings(max_examples=20)
def test_an_entry_that_was_changed_with_a_crc_that_fits_is_found(sequence: int) -> None:
    memory, _ = a_log()
    at = cell_of(sequence)
    memory.data[at : at + CELL_SIZE] = rewritten(memory.read(at, CELL_SIZE), at_us=99)
    assert EventLog(memory).broken == [
        f"entry {sequence} does not follow from entry {sequence - 1}: one of them was changed"
    ]


@pytest.mark.req("S-13")
@pytest.mark.req("FW-38")
@given(st.integers(1, WRITTEN - 1))
@settings(max_examples=20)
def test_an_entry_that_was_removed_is_found(sequence: int) -> None:
    memory, _ = a_log()
    memory.data[cell_of(sequence) : cell_of(sequence) + CELL_SIZE] = bytes(CELL_SIZE)
    assert EventLog(memory).broken == [f"entry {sequence} is missing"]


@pytest.mark.req("FW-38")
def test_an_implant_tells_a_gap_in_its_log_once_and_not_at_every_power_on() -> None:
    memory, _ = a_log()
    memory.data[cell_of(7) : cell_of(7) + CELL_SIZE] = bytes(CELL_SIZE)
    for _ in range(3):
        device = a_device(memory)
    told = [e.detail for e in device.parts.event_log.after(0) if e.kind is LogKind.MEMORY_REPAIRED]
    assert told == ["log: entry 7 is missing"]


@pytest.mark.req("FW-38")
def test_entries_of_the_former_version_are_read_and_the_chain_begins_behind_them() -> None:
    memory = RamMemory()
    for sequence in (1, 2, 3):
        memory.write(cell_of(sequence), former_cell(sequence))
    log = EventLog(memory)
    assert [entry.detail for entry in log.after(0)] == ["former"] * 3
    added = log.append(9, LogKind.POWER_ON, "new")
    again = EventLog(memory)
    assert again.broken == []
    assert [link for _, link in again.chain_after(0)][:3] == [UNCHAINED] * 3
    assert again.chain_after(3) == [(added, next_link(UNCHAINED, added))]


@pytest.mark.req("FW-38")
def test_an_entry_without_a_link_behind_one_that_has_a_link_is_a_break() -> None:
    memory, _ = a_log(5)
    memory.write(cell_of(5), former_cell(5))
    assert EventLog(memory).broken == ["entry 5 does not follow from entry 4: one of them was changed"]


@pytest.mark.req("FW-38")
def test_a_link_is_the_hash_that_the_protocol_says() -> None:
    entry = LogEntry(1, 2, LogKind.POWER_ON, "on")
    # SHA-256 over twelve zeros, 01000000, 0200000000000000, 01 and "on", worked out with sha256sum.
    assert next_link(UNCHAINED, entry).hex() == "8288e5b90e19ef5667c46c1e"
    assert breaks([(entry, next_link(UNCHAINED, entry))]) == []


@pytest.mark.req("FW-38")
def test_the_links_of_the_log_are_read_page_by_page() -> None:
    memory, log = a_log(60)
    speaker = Speaker(a_device(memory))
    speaker.open()
    first = speaker.ask(GetLogLinks(0), LogLinks).links
    second = speaker.ask(GetLogLinks(first[-1][0]), LogLinks).links
    assert [number for number, _ in first + second] == list(range(1, 49))
    assert [link for _, link in first] == [link for _, link in log.chain_after(0)][:24]
