"""The cell's charge outlives the emulator: it is physics, and no restart of a program fills a battery."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from firmware_model.host import FileMemory
from firmware_model.power.battery import Battery
from firmware_model.power.cell_record import CELL_AT, RECORD_SIZE, KeptCell
from firmware_model.store import RamMemory, Store
from scs.errors import StoreError
from scs.transport.address import open_transport
from scs.wire.requests import GetStatus
from scs.wire.responses import Status
from tests.persistence.test_emulator_process import Line, emulator
from tests.support.waiting import wait_until


def _same(battery: Battery) -> Battery:
    return battery


def a_kept(memory: RamMemory, permille: int) -> Battery:
    battery = Battery("rechargeable")
    kept = KeptCell(memory, lambda: battery)
    battery.set_permille(permille)
    kept.keep()
    return battery


def a_memory() -> RamMemory:
    return RamMemory(bytes(CELL_AT + 2 * RECORD_SIZE))


@pytest.mark.req("FW-26")
@pytest.mark.hazard("H20")
def test_a_cell_that_was_kept_is_found_as_it_was() -> None:
    memory = a_memory()
    a_kept(memory, 700)
    left = a_kept(memory, 123).state
    again = Battery("rechargeable")
    KeptCell(memory, lambda: again)
    assert again.state == left


def test_a_write_that_is_cut_off_at_any_byte_leaves_one_of_the_two_states() -> None:
    before = a_memory()
    first = a_kept(before, 700).state
    after = a_memory()
    a_kept(after, 700)
    second = a_kept(after, 123).state
    seen = set()
    for cut in range(2 * RECORD_SIZE + 1):
        memory = RamMemory(bytes(after.data[: CELL_AT + cut]) + bytes(before.data[CELL_AT + cut :]))
        battery = Battery("rechargeable")
        KeptCell(memory, partial(_same, battery))
        seen.add(battery.state)
    assert seen == {first, second}


def test_the_cell_of_another_implant_is_refused_with_both_sizes() -> None:
    memory = a_memory()
    a_kept(memory, 700)
    with pytest.raises(StoreError, match="200 mAh and this profile has one of 4000 mAh"):
        KeptCell(memory, lambda: Battery("primary"))


def test_a_cell_whose_records_are_both_damaged_is_refused_and_not_taken_for_full() -> None:
    memory = a_memory()
    a_kept(memory, 700)
    a_kept(memory, 600)
    for index in (0, 1):
        memory.data[CELL_AT + index * RECORD_SIZE + 30] ^= 1
    with pytest.raises(StoreError, match="damaged"):
        KeptCell(memory, lambda: Battery("rechargeable"))


def test_a_file_from_before_cells_were_kept_has_a_full_one(tmp_path: Path) -> None:
    memory = FileMemory(str(tmp_path / "memory"))
    battery = Battery("rechargeable")
    KeptCell(memory, lambda: battery)
    assert (battery.permille, Store(memory).repairs) == (1_000, [])
    memory.close()


@pytest.mark.req("FW-26")
@pytest.mark.hazard("H20")
def test_an_emulator_that_is_killed_comes_back_with_the_charge_that_it_had(tmp_path: Path) -> None:
    state = tmp_path / "memory"

    def permille() -> int:
        battery = Battery("rechargeable")
        KeptCell(RamMemory(state.read_bytes().ljust(CELL_AT + 2 * RECORD_SIZE, b"\0")), lambda: battery)
        return battery.permille

    with emulator(state, "--speed", "100000") as (process, _):
        wait_until(lambda: permille() < 1_000, "a cell that has discharged")
        process.kill()
    left = permille()
    with emulator(state) as (_, address), closing(open_transport(address)) as transport:
        status = Line(transport).ask(GetStatus())
        assert isinstance(status, Status)
        assert left - 1 <= status.battery_permille <= left < 1_000
