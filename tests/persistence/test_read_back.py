"""Is nothing said to be kept that the memory does not hold?"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from firmware_model.device import Device
from firmware_model.faults.memory import PAGE_SIZE, Defects, FallibleMemory
from firmware_model.store import RamMemory, Store
from scs.clock import Instant
from scs.domain.status import Mode
from scs.errors import StoreError
from scs.wire.requests import EnterMri, EnterStorage, Start
from scs.wire.responses import RefusedReply
from scs.wire.terms import Reason
from tests.support.implants import a_config, a_group
from tests.support.speaker import Speaker, new_op_id


def _lose(defects: Defects) -> None:
    defects.is_read_only = True


def _miss(defects: Defects) -> None:
    defects.misses_by = PAGE_SIZE


def _keep_ones(defects: Defects) -> None:
    defects.keeps_ones = True


BREAKING: dict[str, Callable[[Defects], None]] = {
    "loses writes": _lose,
    "writes to the next page": _miss,
    "cannot erase": _keep_ones,
}


def an_implant() -> tuple[Speaker, FallibleMemory]:
    """It has been written to several times, so that no cell is blank any more."""
    memory = FallibleMemory(RamMemory())
    speaker = Speaker(Device(a_config(), memory, random.Random(1), Instant(0)))
    speaker.open()
    for _ in range(3):
        speaker.write(a_group())
        speaker.start()
        speaker.stop()
    return speaker, memory


@pytest.mark.hazard("H28")
@pytest.mark.hazard("H14")
@pytest.mark.parametrize("how", BREAKING)
@pytest.mark.parametrize("order", [EnterMri, EnterStorage])
def test_a_mode_that_the_memory_does_not_keep_is_refused(order: type[EnterMri | EnterStorage], how: str) -> None:
    speaker, memory = an_implant()
    BREAKING[how](memory.defects)
    reply = speaker.ask(order(new_op_id()), RefusedReply)
    assert reply.reason is Reason.STORE_FAILED
    assert speaker.device.parts.modes.mode is Mode.IDLE


@pytest.mark.parametrize("how", ["loses writes", "writes to the next page"])
def test_an_order_whose_number_the_memory_does_not_keep_is_not_carried_out(how: str) -> None:
    speaker, memory = an_implant()
    BREAKING[how](memory.defects)
    assert speaker.ask(Start(new_op_id(), 0), RefusedReply).reason is Reason.STORE_FAILED
    assert speaker.device.parts.therapy.group is None


def test_what_was_refused_is_not_found_whole_when_the_defect_is_away_at_the_next_power_on() -> None:
    memory = FallibleMemory(RamMemory())
    store = Store(memory)
    store.keep(Mode.MRI)
    store.keep(None)
    memory.defects.stuck[40] = memory.defects.stuck[40 + 16_384] = (0x01, 0x00)
    memory.defects.stuck.update(dict.fromkeys(range(20, 24), (255, 90)))
    memory.defects.stuck.update(dict.fromkeys(range(16404, 16408), (255, 90)))
    with pytest.raises(StoreError, match="does not hold what was just written"):
        store.keep(Mode.STORAGE)
    memory.defects.stuck.clear()
    assert Store(memory).image.kept is not Mode.STORAGE
