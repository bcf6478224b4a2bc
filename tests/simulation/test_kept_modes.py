"""MRI, storage and an empty battery: nothing is delivered, only the way out is open, and a reset changes nothing."""

from __future__ import annotations

import cbor2
import pytest

from firmware_model.bench import Bench
from firmware_model.corrected_memory import CorrectedMemory
from firmware_model.device import Device
from firmware_model.links import FORGET_US
from firmware_model.power.constants import plan_for
from firmware_model.store import _CRC, _HEADER, MAGIC, SLOT_SIZE, RamMemory, Store, StoredGroup
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.status import Fault, LogKind, Mode, TherapyState
from scs.errors import StoreError
from scs.wire.crc import crc32c
from scs.wire.framing import FrameType
from scs.wire.messages import Request
from scs.wire.requests import (
    ClearFault,
    EnterMri,
    EnterStorage,
    GetImpedance,
    GetLog,
    Identify,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    SoftStop,
    Start,
)
from scs.wire.responses import Done, Identity, ImpedanceResult, LogPage
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

RECHARGED_PERMILLE = plan_for("rechargeable").recharged_permille
ENTRIES: dict[Mode, tuple[type[EnterMri] | type[EnterStorage], type[LeaveMri] | type[LeaveStorage], Reason]] = {
    Mode.MRI: (EnterMri, LeaveMri, Reason.IN_MRI),
    Mode.STORAGE: (EnterStorage, LeaveStorage, Reason.IN_STORAGE),
}
KEPT = pytest.mark.parametrize("mode", ENTRIES)


def a_speaker(memory: RamMemory | None = None) -> Speaker:
    speaker = Speaker(a_device(memory))
    speaker.open()
    return speaker


def a_speaker_in(mode: Mode, memory: RamMemory | None = None) -> Speaker:
    """An implant that holds a group, in one of the modes that are entered by an order."""
    speaker = a_speaker(memory)
    speaker.write(a_group())
    speaker.ask(ENTRIES[mode][0](new_op_id()), Done)
    return speaker


def everything_that_raises() -> list[Request]:
    return [Start(new_op_id(), 0), MeasureImpedance(new_op_id())]


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33", "FW-34")
@KEPT
def test_nothing_leaves_the_electrodes_in_a_kept_mode_whatever_is_asked(mode: Mode) -> None:
    speaker = a_speaker_in(mode)
    left: list[Departure] = []
    Bench(speaker.device).tap(left.append)
    for request in everything_that_raises():
        refused = speaker.refused(request)
        assert refused.reason is ENTRIES[mode][2]
        assert "first" in refused.text
    speaker.keep_alive(Duration.of_s(5))
    assert not left
    assert speaker.status().mode is mode


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
@KEPT
def test_what_only_looks_is_answered_in_a_kept_mode(mode: Mode) -> None:
    speaker = a_speaker_in(mode)
    assert speaker.ask(Identify(), Identity).occupied == (0,)
    speaker.ask(GetImpedance(), ImpedanceResult)
    entries = speaker.ask(GetLog(0), LogPage).entries
    assert entries[-1][2] is LogKind.MODE_CHANGED
    assert (speaker.status().mode, speaker.status().therapy) == (mode, TherapyState.OFF)


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
@KEPT
@pytest.mark.parametrize("stop", [True, False])
def test_a_stop_and_a_reset_do_not_end_a_kept_mode(mode: Mode, stop: bool) -> None:
    memory = RamMemory()
    speaker = a_speaker_in(mode, memory)
    if stop:
        frames = speaker.stop()
        assert [frame.type for frame in frames] == [FrameType.STOPPED]
        speaker.ask(SoftStop(new_op_id()), Done)
        assert speaker.status().mode is mode
    again = a_speaker(memory)
    assert again.status().mode is mode
    assert again.refused(Start(new_op_id(), 0)).reason is ENTRIES[mode][2]


@pytest.mark.hazard("H29")
@pytest.mark.req("FW-33")
@KEPT
def test_another_programmer_after_a_reset_ends_a_kept_mode_and_starts_therapy(mode: Mode) -> None:
    memory = RamMemory()
    a_speaker_in(mode, memory)
    stranger = a_speaker(memory)
    stranger.ask(ENTRIES[mode][1](new_op_id()), Done)
    assert (stranger.status().mode, stranger.status().therapy) == (Mode.IDLE, TherapyState.OFF)
    stranger.start()
    assert stranger.keep_alive(Duration.of_s(3)).therapy is TherapyState.ON
    assert a_speaker(memory).status().mode is Mode.IDLE


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
@pytest.mark.parametrize("damaged", [0, 1])
def test_damage_to_either_image_does_not_end_the_mri_mode(damaged: int) -> None:
    memory = RamMemory()
    a_speaker_in(Mode.MRI, memory)
    memory.data[damaged * SLOT_SIZE + 20] ^= 3
    again = a_speaker(memory)
    assert again.status().mode is Mode.MRI
    assert again.device.parts.store.repairs


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33", "FW-23")
def test_a_loss_of_power_at_every_byte_of_entering_never_answers_mri_without_being_in_it() -> None:
    memory = RamMemory()
    a_speaker(memory).write(a_group())
    before = bytes(memory.data)
    kept = 0
    for allowed in range(400):
        torn = _Torn(before)
        store = Store(torn)
        torn.bytes_left = allowed
        answered = _keep(store)
        image = Store(RamMemory(bytes(torn.data))).image
        assert image.groups.keys() == {0}
        assert image.kept is Mode.MRI or not answered
        kept += image.kept is Mode.MRI
    assert 0 < kept < 400


class _Torn(RamMemory):
    """Memory that fails after so many bytes, in the middle of a write."""

    bytes_left = 1 << 30

    def write(self, offset: int, data: bytes) -> None:
        super().write(offset, data[: self.bytes_left])
        if len(data) > self.bytes_left:
            self.bytes_left = 0
            raise StoreError("no more bytes are kept")
        self.bytes_left -= len(data)


def _keep(store: Store) -> bool:
    try:
        store.keep(Mode.MRI)
    except StoreError:
        return False
    return True


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
def test_a_memory_that_fails_refuses_the_mri_mode_and_the_implant_stays_as_it_was() -> None:
    memory = _Torn()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    memory.bytes_left = 0
    refused = speaker.refused(EnterMri(new_op_id()))
    assert refused.reason is Reason.STORE_FAILED
    assert speaker.status().mode is Mode.IDLE


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
def test_a_memory_that_fails_at_the_second_copy_enters_the_mri_mode_and_says_so_in_the_log() -> None:
    speaker = a_speaker(_Torn())
    speaker.write(a_group())
    memory = speaker.device.memory
    assert isinstance(memory, _Torn)
    memory.bytes_left = 3 * len(bytes(memory.data[:SLOT_SIZE]).rstrip(b"\0")) // 2
    speaker.ask(EnterMri(new_op_id()), Done)
    assert speaker.status().mode is Mode.MRI
    details = [detail for _, _, _, detail in speaker.ask(GetLog(0), LogPage).entries]
    assert "memory: the change of mode is kept once only" in details


def test_an_image_that_was_written_before_there_were_modes_to_keep_is_read() -> None:
    memory = RamMemory()
    store = Store(memory)
    store.commit(0, StoredGroup(b"group", ()), 7, bytes(32))
    old = cbor2.dumps([1, [[0, b"group", []]], [7, 0, 1, bytes(32)], 1, 0], canonical=True)
    record = _HEADER.pack(MAGIC, len(old), 9) + old
    memory.write(0, record + _CRC.pack(crc32c(record)))
    again = Store(memory)
    assert again.image == store.image
    assert again.image.kept is None
    assert not again.repairs


def test_an_image_that_keeps_a_mode_which_does_not_outlast_a_reset_is_not_believed() -> None:
    memory = RamMemory()
    odd = cbor2.dumps([0, [], None, 0, 0, int(Mode.THERAPY)], canonical=True)
    record = _HEADER.pack(MAGIC, len(odd), 9) + odd
    memory.write(0, record + _CRC.pack(crc32c(record)))
    again = Store(memory)
    assert again.image.kept is None
    assert again.repairs == ["slot A holds an image of another version"]


@pytest.mark.req("FW-33", "LK-04")
@KEPT
def test_entering_twice_is_entering_once_and_a_repeat_is_answered_without_doing_it_again(mode: Mode) -> None:
    speaker = a_speaker_in(mode)
    enter, leave, _ = ENTRIES[mode]
    speaker.ask(enter(new_op_id()), Done)
    order = leave(new_op_id())
    speaker.ask(order, Done)
    speaker.ask(order, Done)
    assert speaker.refused(leave(new_op_id())).reason is Reason.WRONG_MODE
    assert speaker.status().mode is Mode.IDLE


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
@KEPT
def test_a_kept_mode_is_not_entered_while_therapy_runs_or_a_measurement_is_under_way(mode: Mode) -> None:
    speaker = a_speaker()
    speaker.write(a_group())
    speaker.start()
    refused = speaker.refused(ENTRIES[mode][0](new_op_id()))
    assert (refused.reason, refused.text) == (Reason.WRONG_MODE, "therapy is running; stop it first")
    speaker.stop()
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    assert speaker.refused(ENTRIES[mode][0](new_op_id())).reason is Reason.BUSY


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
def test_what_was_staged_before_the_mri_mode_is_forgotten_in_it() -> None:
    speaker = a_speaker()
    staged = speaker.stage(a_group())
    speaker.ask(EnterMri(new_op_id()), Done)
    speaker.ask(LeaveMri(new_op_id()), Done)
    assert speaker.refused(speaker.commit_of(staged)).reason is Reason.NOTHING_STAGED


@pytest.mark.hazard("H28", "H09")
@pytest.mark.req("FW-33", "FW-01")
@KEPT
def test_taking_a_fault_back_does_not_lead_past_a_kept_mode(mode: Mode) -> None:
    memory = RamMemory()
    a_speaker_in(mode, memory)
    Store(CorrectedMemory(memory)).save_fault(Fault.MEMORY)
    speaker = a_speaker(memory)
    assert speaker.status().mode is Mode.SAFE
    speaker.ask(ClearFault(new_op_id()), Done)
    assert speaker.status().mode is mode


def test_an_implant_in_storage_draws_a_fraction_of_what_one_at_rest_draws() -> None:
    def left_after_a_year(device: Device) -> int:
        device.step(device.now + Duration.of_s(365 * 86_400))
        return device.parts.battery.permille

    at_rest, stored = a_speaker(), a_speaker_in(Mode.STORAGE)
    assert left_after_a_year(at_rest.device) == 0
    assert left_after_a_year(stored.device) > 600


# ------------------------------------------------------------------------------------------------------- depleted


@pytest.mark.hazard("H20")
@pytest.mark.req("FW-34")
@pytest.mark.parametrize("phase", ["unprogrammed", "idle", "therapy", "measuring"])
def test_an_empty_battery_ends_whatever_goes_on_and_the_implant_still_answers(phase: str) -> None:
    speaker = a_speaker()
    if phase != "unprogrammed":
        speaker.write(a_group())
    if phase == "therapy":
        speaker.start()
        speaker.keep_alive(Duration.of_s(3))
    if phase == "measuring":
        speaker.ask(MeasureImpedance(new_op_id()), Done)
    Bench(speaker.device).set_battery(0)
    status = speaker.status()
    assert (status.mode, status.therapy, sum(status.delivered_ua)) == (Mode.DEPLETED, TherapyState.OFF, 0)
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.DEPLETED
    assert [frame.type for frame in speaker.stop()] == [FrameType.STOPPED]
    assert speaker.status().mode is Mode.DEPLETED


@pytest.mark.hazard("H20")
@pytest.mark.req("FW-26")
def test_a_cell_at_its_end_is_to_be_replaced_and_an_empty_one_recharged() -> None:
    speaker = a_speaker()
    speaker.write(a_group())
    battery = speaker.device.parts.battery
    Bench(speaker.device).set_battery(0)
    assert "recharge it to 5 % first" in speaker.refused(Start(new_op_id(), 0)).text
    battery.over_discharges = battery.plan.over_discharges_max
    for order in (Start(new_op_id(), 0), MeasureImpedance(new_op_id())):
        refused = speaker.refused(order)
        assert refused.reason is Reason.DEPLETED
        assert refused.text.endswith("takes no charge; replace the implant")


@pytest.mark.hazard("H20")
@pytest.mark.req("FW-26", "FW-34")
def test_a_battery_that_recovers_a_little_does_not_end_the_depleted_mode() -> None:
    speaker = a_speaker()
    speaker.write(a_group())
    speaker.start()
    bench = Bench(speaker.device)
    seen = []
    for permille in (0, 1, RECHARGED_PERMILLE - 1, 0, RECHARGED_PERMILLE, RECHARGED_PERMILLE - 1, 1, 0):
        bench.set_battery(permille)
        seen.append(speaker.status().mode)
    assert seen == [Mode.DEPLETED] * 4 + [Mode.IDLE] * 3 + [Mode.DEPLETED]
    assert speaker.status().therapy is TherapyState.OFF


@pytest.mark.hazard("H20")
@pytest.mark.req("FW-26", "FW-34")
def test_the_end_of_the_charge_is_noticed_when_it_comes_and_not_when_somebody_asks() -> None:
    speaker = a_speaker()
    speaker.device.step(Instant(0) + Duration.of_s(400 * 86_400))
    depleted = [entry for entry in speaker.device.parts.event_log.after(0) if entry.detail == "depleted"]
    plan = plan_for("rechargeable")
    # The session that asked for the status keeps the radio on until it is forgotten.
    talked_pc = plan.telemetry_ua * FORGET_US
    capacity_us = (plan.capacity_pc - talked_pc) // (plan.housekeeping_ua + plan.leak_ua)
    assert [abs(entry.at_us - capacity_us) < 1_000_001 for entry in depleted] == [True]


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
@KEPT
def test_an_empty_battery_does_not_end_a_kept_mode_and_leaving_it_leads_to_depleted(mode: Mode) -> None:
    speaker = a_speaker_in(mode)
    bench = Bench(speaker.device)
    bench.set_battery(0)
    assert speaker.status().mode is mode
    speaker.ask(ENTRIES[mode][1](new_op_id()), Done)
    assert speaker.status().mode is Mode.DEPLETED
    bench.set_battery(RECHARGED_PERMILLE)
    assert speaker.status().mode is Mode.IDLE


def test_an_implant_without_a_group_comes_back_from_every_mode_unprogrammed() -> None:
    speaker = a_speaker()
    for enter, leave, _ in ENTRIES.values():
        speaker.ask(enter(new_op_id()), Done)
        speaker.ask(leave(new_op_id()), Done)
        assert speaker.status().mode is Mode.UNPROGRAMMED
    bench = Bench(speaker.device)
    bench.set_battery(0)
    speaker.listen()
    bench.set_battery(1_000)
    assert speaker.status().mode is Mode.UNPROGRAMMED


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33")
def test_the_implant_that_is_silent_in_mri_mode_delivers_once_it_is_left() -> None:
    speaker = a_speaker()
    speaker.write(a_group(a_program(ramp_us=0)))
    left: list[Departure] = []
    Bench(speaker.device).tap(left.append)
    speaker.ask(EnterMri(new_op_id()), Done)
    speaker.refused(Start(new_op_id(), 0))
    speaker.wait(Duration.of_ms(500))
    assert not left
    speaker.ask(LeaveMri(new_op_id()), Done)
    speaker.start()
    speaker.wait(Duration.of_ms(500))
    assert left
