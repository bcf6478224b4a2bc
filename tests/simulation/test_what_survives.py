"""docs/resets.md row by row: what is there after a reset of each cause, and what is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.store import LOG_AT, OPERATIONS_AT, POWER_AT, WORDS_END, RamMemory
from scs.clock import Duration
from scs.domain.status import Fault, Mode, Posture, ResetCause
from scs.wire.requests import EnterMri, MeasureImpedance, SetAmplitude
from scs.wire.responses import Done
from scs.wire.terms import PairRole
from tests.support.implants import a_device, a_group, a_program
from tests.support.sources import text_of
from tests.support.speaker import Speaker, new_op_id

HELD: dict[str, Callable[[Device], object]] = {
    "groups and their generation": lambda d: (d.parts.store.image.groups, d.parts.store.image.generation),
    "number of the last operation": lambda d: d.parts.store.last_op_id,
    "MRI and STORAGE": lambda d: d.parts.store.image.kept,
    "latched fault": lambda d: d.parts.interlocks.fault,
    "calibration and identity": lambda d: (d.parts.made.calibration, d.parts.made.identity),
    "pairing keys": lambda d: d.parts.keys.pairs,
    "log and its numbers": lambda d: d.parts.event_log.chain_after(0)[:4],
    "usage of each group, program and posture": lambda d: (
        d.parts.usage.slots[0].postures_us[0][Posture.UPRIGHT] // 3_500_000_000
    ),
    "times of unplanned resets": lambda d: d.parts.resets._recent[:1],
    "therapy that runs": lambda d: d.parts.therapy.group,
    "amplitude that is tried": lambda d: d.parts.therapy.tried,
    "sessions and the right to write": lambda d: d.links.writer,
    "group that is staged": lambda d: d._context.staging.group,
    "measured impedances": lambda d: d.parts.impedance.known,
}
"""What is looked at for each row."""
PREPARED = {"MRI and STORAGE": "mri", "latched fault": "fault", "times of unplanned resets": "reset"}
"""What else has to happen before, for there to be something to lose."""
PREPARED_S = {"usage of each group, program and posture": 3_700}
"""How long therapy has to run before, if longer than a few seconds."""


def documented() -> dict[str, str]:
    lines = [line for line in text_of("docs/resets.md").splitlines() if line.startswith("| ")][1:]
    return dict((cell.strip() for cell in line.strip("| ").split("|")) for line in lines)  # type: ignore[misc]


def lived_in(row: str) -> tuple[Device, RamMemory]:
    """An implant that holds something in this row."""
    memory = RamMemory()
    speaker = Speaker(a_device(memory))
    bench = Bench(speaker.device)
    if PREPARED.get(row) == "reset":
        bench.reset()
    speaker.open()
    speaker.device.parts.keys.add(PairRole.PATIENT, bytes(range(32)))
    speaker.write(a_group())
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    speaker.keep_alive(Duration.of_s(20))
    speaker.start()
    speaker.keep_alive(Duration.of_s(PREPARED_S.get(row, 5)))
    if PREPARED.get(row) == "mri":
        speaker.stop()
        speaker.ask(EnterMri(new_op_id()), Done)
    elif PREPARED.get(row) == "fault":
        bench.flip_therapy(0, 0)
        bench.jump(Duration.of_s(1))
    else:
        speaker.ask(SetAmplitude(new_op_id(), 0, 1_500, ()), Done)
        speaker.stage(a_group(a_program(amplitude_ua=1_000)), 1)
    return speaker.device, memory


@pytest.mark.req("FW-11")
@pytest.mark.parametrize("cause", ResetCause)
@pytest.mark.parametrize("row", HELD)
def test_a_row_of_the_table_is_true_after_a_reset_of_each_cause(row: str, cause: ResetCause) -> None:
    device, memory = lived_in(row)
    before = HELD[row](device)
    assert before not in (None, (), 0, Fault.NONE), "there is something to lose"
    if cause is ResetCause.POWER_ON:
        device = a_device(memory, start_us=device.now.us)
    else:
        device.restart(cause)
    after = HELD[row](device)
    assert (after == before) == (documented()[row] == "kept"), (before, after)
    assert device.parts.modes.mode is not Mode.THERAPY


def test_every_row_of_the_table_is_tried() -> None:
    assert set(documented()) == set(HELD)


def test_writing_a_program_touches_the_images_and_the_log_and_nothing_else() -> None:
    memory = RamMemory()
    speaker = Speaker(a_device(memory))
    speaker.open()
    before = bytes(memory.data)
    for slot in range(8):
        speaker.write(a_group(), slot)
    after = bytes(memory.data)
    assert before[:OPERATIONS_AT] != after[:OPERATIONS_AT]
    assert before[OPERATIONS_AT:LOG_AT] == after[OPERATIONS_AT:LOG_AT]
    assert before[POWER_AT:WORDS_END] == after[POWER_AT:WORDS_END]


def test_a_memory_of_the_former_version_ends_behind_the_log_and_is_read() -> None:
    device, memory = lived_in("groups and their generation")
    former = a_device(RamMemory(bytes(memory.data[:POWER_AT])))
    assert former.parts.store.image.groups == device.parts.store.image.groups
    assert former.parts.usage.slots[0].therapy_us == 0
    assert former.parts.resets.unplanned(0) == ()
