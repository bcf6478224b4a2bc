"""How long each program ran is counted exactly, and outlasts a reset but for the last hour."""

from __future__ import annotations

import struct

from firmware_model.bench import Bench
from firmware_model.store import HOURS_AT, USAGE_AT, WORDS_END, RamMemory
from firmware_model.usage import Usage
from scs.clock import Duration
from scs.domain.status import Posture
from scs.wire.crc import crc32c
from scs.wire.requests import GetPostureUsage, GetUsage
from scs.wire.responses import PostureUsage, UsageReport
from scs.wire.terms import Reason
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
    usage.count(0, 5, (True,), Posture.LYING_BACK)
    usage.keep(is_running=False)
    before = bytes(memory.data)
    usage.count(0, 7, (True,), Posture.UPRIGHT)
    usage.keep(is_running=False)
    after = bytes(memory.data)
    changed = [at for at in range(HOURS_AT, WORDS_END) if before[at] != after[at]]
    assert Usage(RamMemory(after)).slots[0].therapy_us == 12
    for cut in range(changed[0], changed[-1] + 1):
        torn = RamMemory(after[:cut] + before[cut:])
        assert Usage(torn).slots[0].therapy_us == 5, f"cut at {cut}"


def test_the_record_ends_with_the_last_slot_that_was_ever_used_and_a_full_one_of_a_former_version_is_read() -> None:
    row = struct.Struct("<IQ4Q28Q")
    memory = RamMemory()
    usage = Usage(memory)
    usage.count(1, 5, (True,), Posture.UPRIGHT)
    usage.keep(is_running=False)
    magic, length, serial = struct.unpack_from("<4sIQ", memory.data, HOURS_AT)
    assert (magic, length, serial) == (b"USED", 2 * row.size, 1)
    assert Usage(RamMemory(bytes(memory.data))).slots == usage.slots
    full = struct.pack("<4sIQ", b"USED", 8 * row.size, 2) + b"".join(
        row.pack(slot, 10 * slot, *range(32)) for slot in (0, 1, 2, 3, 0, 0, 0, 0)
    )
    memory.write(HOURS_AT + (WORDS_END - HOURS_AT) // 2, full + struct.pack("<I", crc32c(full)))
    former = Usage(memory)
    assert [(slot.starts, slot.therapy_us) for slot in former.slots] == [
        (0, 0), (1, 10), (2, 20), (3, 30), (0, 0), (0, 0), (0, 0), (0, 0),
    ]  # fmt: skip
    former.count(6, 7, (True,), Posture.UPRIGHT)
    former.keep(is_running=False)
    again = Usage(RamMemory(bytes(memory.data)))
    assert again.slots == former.slots
    assert (again.slots[6].therapy_us, again.slots[2].postures_us[3][6]) == (7, 31)


SECOND_US = 1_000_000


def test_each_posture_has_the_time_of_each_program_that_was_spent_in_it() -> None:
    speaker = running(RamMemory(), cycling=(30_000_000, 30_000_000))
    bench = Bench(speaker.device)
    speaker.wait(Duration.of_s(600))
    bench.set_pose("lying-back")
    speaker.wait(Duration.of_s(300))
    bench.set_pose("upright")
    speaker.wait(Duration.of_s(60))
    speaker.stop()
    speaker.open()
    report = speaker.ask(GetPostureUsage(3), PostureUsage)
    spent = {(program, posture): us for program, posture, us in report.rows}
    assert set(spent) == {(0, Posture.UPRIGHT), (0, Posture.LYING_BACK), (1, Posture.UPRIGHT), (1, Posture.LYING_BACK)}
    # A posture counts once it has been seen for two seconds and sampled, and so late it also ends.
    assert abs(spent[1, Posture.LYING_BACK] - 300 * SECOND_US) <= 3 * SECOND_US
    assert abs(spent[0, Posture.LYING_BACK] - 150 * SECOND_US) <= 5 * SECOND_US
    ((_, _, _, programs_us),) = speaker.ask(GetUsage(), UsageReport).slots
    for program in (0, 1):
        assert sum(us for (of, _), us in spent.items() if of == program) == programs_us[program]


def test_usage_of_a_slot_that_was_never_started_is_empty_and_of_none_that_exists_is_refused() -> None:
    speaker = running(RamMemory())
    assert speaker.ask(GetPostureUsage(0), PostureUsage).rows == ()
    refused = speaker.refused(GetPostureUsage(8))
    assert (refused.reason, refused.text) == (Reason.OUT_OF_RANGE, "slot 8 is none of 0 to 7")


def test_postures_outlast_a_loss_of_power_with_the_count_that_they_are_part_of() -> None:
    memory = RamMemory()
    usage = Usage(memory)
    usage.count(2, 40, (True, False, True), Posture.LYING_LEFT)
    usage.count_more(2, 10, [3, 4, 5, 6], Posture.MOBILE)
    usage.keep(is_running=False)
    kept = Usage(RamMemory(bytes(memory.data)))
    assert kept.slots == usage.slots
    assert kept.slots[2].programs_us == [43, 4, 45, 6]
    assert [row[Posture.LYING_LEFT] for row in kept.slots[2].postures_us] == [40, 0, 40, 0]
    assert [row[Posture.MOBILE] for row in kept.slots[2].postures_us] == [3, 4, 5, 6]


def test_a_count_of_a_version_without_postures_is_read_and_goes_on() -> None:
    memory = RamMemory()
    for copy, therapy_us in ((0, 70), (1, 50)):
        body = struct.pack("<Q", 2 - copy) + struct.pack("<IQ4Q", 9, therapy_us, 1, 2, 3, 4) * 8
        memory.write(USAGE_AT + copy * 512, body + struct.pack("<I", crc32c(body)))
    usage = Usage(memory)
    assert (usage.slots[7].starts, usage.slots[7].therapy_us, usage.slots[7].programs_us) == (9, 70, [1, 2, 3, 4])
    usage.count(7, 5, (True,), Posture.UPRIGHT)
    usage.keep(is_running=False)
    again = Usage(RamMemory(bytes(memory.data))).slots[7]
    assert (again.therapy_us, again.programs_us[0], again.postures_us[0][Posture.UPRIGHT]) == (75, 6, 5)
