"""How long each program ran is counted exactly, and outlasts a reset but for the last hour."""

from __future__ import annotations

from firmware_model.store import MEMORY_SIZE, USAGE_AT, RamMemory
from firmware_model.usage import Usage
from scs.clock import Duration
from scs.wire.requests import GetUsage
from scs.wire.responses import UsageReport
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker

HOUR_US = 3_600_000_000


def running(memory: RamMemory, cycling: tuple[int, int] | None = None) -> Speaker:
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.write(a_group(a_program(cycling=cycling), a_program("P2", shares={1: -1_000, 2: 1_000})), slot=3)
    speaker.start(3)
    return speaker


def test_a_program_that_cycles_has_run_for_half_of_the_therapy() -> None:
    speaker = running(RamMemory(), cycling=(30_000_000, 30_000_000))
    speaker.wait(Duration.of_s(600))
    speaker.stop()
    speaker.open()
    ((slot, starts, therapy_us, programs_us),) = speaker.ask(GetUsage(), UsageReport).slots
    assert (slot, starts, therapy_us) == (3, 1, 600_000_000)
    first_us, second_us = programs_us[:2]
    # Each time it is on, the ramp's first step is one tick later: 40 steps of 50 uA in two seconds are 50 ms each.
    assert first_us == 10 * (30_000_000 - 50_000)
    assert second_us == 600_000_000 - 50_000


def test_usage_outlasts_a_loss_of_power_but_for_the_last_hour() -> None:
    memory = RamMemory()
    speaker = running(memory)
    for _ in range(25):
        speaker.wait(Duration.of_s(360))
    kept = Usage(RamMemory(bytes(memory.data))).slots[3]
    assert 2 * HOUR_US <= kept.therapy_us <= 9_000_000_000
    speaker.stop()
    assert Usage(RamMemory(bytes(memory.data))).slots[3].therapy_us == 9_000_000_000


def test_a_count_that_was_torn_or_damaged_brings_back_the_one_before() -> None:
    memory = RamMemory()
    usage = Usage(memory)
    usage.count(0, 5, (True,))
    usage.keep(is_running=False)
    before = bytes(memory.data)
    usage.count(0, 7, (True,))
    usage.keep(is_running=False)
    after = bytes(memory.data)
    changed = [at for at in range(USAGE_AT, MEMORY_SIZE) if before[at] != after[at]]
    assert Usage(RamMemory(after)).slots[0].therapy_us == 12
    for cut in range(changed[0], changed[-1] + 1):
        torn = RamMemory(after[:cut] + before[cut:])
        assert Usage(torn).slots[0].therapy_us == 5, f"cut at {cut}"
