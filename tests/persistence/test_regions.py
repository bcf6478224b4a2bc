"""Each region of the memory is written by its own part only, and a loss of power leaves it old or new, never a mix."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from itertools import pairwise

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.device import Device
from firmware_model.event_log import EventLog
from firmware_model.keys import PAIR_MAX, Keys, PairingKey
from firmware_model.made import Made
from firmware_model.meter import GAIN_SPREAD_PPM, Calibration, Meter, as_built
from firmware_model.power.battery import Battery
from firmware_model.power.keeper import PowerKeeper
from firmware_model.regions import CALIBRATION, IDENTITY, KEYS, LOG, PROGRAM, REGIONS, Guarded, Region, TwoCopies
from firmware_model.resets import Resets
from firmware_model.store import MAGIC, POWER_AT, RESETS_AT, Image, Operation, RamMemory, Store
from firmware_model.usage import Usage
from scs.clock import Instant
from scs.domain.profile import find_profile
from scs.domain.status import Fault, LogKind, Mode, Posture, ResetCause
from scs.errors import StoreError
from scs.wire.access import PAIRINGS_MAX, SECRET_SIZE
from scs.wire.requests import ClearFault, EnterMri, GetImpedance, LeaveMri, MeasureImpedance, Start
from scs.wire.responses import Done, ImpedanceResult
from scs.wire.terms import PairRole, Reason
from tests.persistence.test_power_cut import CuttableMemory, PowerCutError, commit
from tests.support.implants import a_config, a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

SERIAL = "SCS-000001"


class WatchedMemory(RamMemory):
    """Memory that keeps which bytes were written."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.spans: list[tuple[int, int]] = []

    def write(self, offset: int, data: bytes) -> None:
        self.spans.append((offset, offset + len(data)))
        super().write(offset, data)

    def regions(self) -> set[str]:
        """The names of the regions that were written into."""
        return {r.name for r in REGIONS for start, end in self.spans if start < r.end and end > r.start}


def secret(number: int) -> bytes:
    return bytes([number]) * SECRET_SIZE


def a_made_memory() -> RamMemory:
    memory = RamMemory()
    Made(memory, SERIAL, "reference")
    return memory


# --------------------------------------------------------------------------------------------------- the power goes


def counted(memory: RamMemory, us: int) -> None:
    usage = Usage(memory)
    usage.count(0, us, (True,), Posture.UPRIGHT)
    usage.keep(is_running=False)


WRITES: dict[str, tuple[list[Callable[[RamMemory], object]], Callable[[RamMemory], object]]] = {
    "program": (
        [
            lambda m: commit(Store(m), 1_000, 11),
            lambda m: commit(Store(m), 2_000, 12),
            lambda m: Store(m).remember(Operation(13, 8)),
        ],
        lambda m: (Store(m).image, Store(m).last_op_id),
    ),
    "log": (
        [lambda m, n=n: EventLog(m).append(n, LogKind.POWER_ON, f"entry {n}") for n in range(3)],  # type: ignore[misc]
        lambda m: EventLog(m).chain_after(0),
    ),
    "power": (
        [
            lambda m: PowerKeeper(m, Battery("rechargeable")).note_over_discharge(),
            lambda m: PowerKeeper(m, Battery("rechargeable")).note_recovered(),
            lambda m: PowerKeeper(m, Battery("rechargeable")).note_over_discharge(),
        ],
        lambda m: PowerKeeper(m, Battery("rechargeable")).record,
    ),
    "usage": ([lambda m: counted(m, 5), lambda m: counted(m, 7), lambda m: counted(m, 9)], lambda m: Usage(m).slots),
    "resets": (
        [lambda m, n=n: Resets(m, n).note(ResetCause.BROWN_OUT, n) for n in (1, 2, 3)],  # type: ignore[misc]
        lambda m: (Resets(m, 9).count, Resets(m, 9).unplanned(9)),
    ),
    "keys": (
        [
            lambda m: Keys(m).add(PairRole.CLINICIAN, secret(1)),
            lambda m: Keys(m).add(PairRole.PATIENT, secret(2)),
            lambda m: Keys(m).mark_implanted(),
        ],
        lambda m: (Keys(m).is_implanted, [Keys(m).find(pair) for pair, _ in Keys(m).pairs]),
    ),
}  # fmt: skip
"""Of each region: writes one after the other, and what is read back of them."""


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-22", "FW-23")
@pytest.mark.parametrize("region", WRITES)
def test_after_a_cut_at_every_byte_of_a_write_a_region_holds_the_old_or_the_new(region: str) -> None:
    writes, read = WRITES[region]
    memory = CuttableMemory(bytes(a_made_memory().data))
    seen = set()
    for write in writes:
        before, old, start = bytes(memory.data), read(RamMemory(bytes(memory.data))), memory.written
        write(memory)
        new = read(RamMemory(bytes(memory.data)))
        assert new != old, "the write says something new"
        for cut in range(memory.written - start):
            torn = CuttableMemory(before)
            torn.bytes_left = cut
            with pytest.raises(PowerCutError):
                write(torn)
            found = read(RamMemory(bytes(torn.data)))
            assert found in (old, new), f"cut after {cut} bytes"
            seen.add(found == new)
    assert False in seen


@pytest.mark.hazard("H14", "H19")
@pytest.mark.req("FW-22", "FW-23")
def test_a_memory_whose_making_was_cut_at_any_byte_is_made_at_the_next_boot() -> None:
    memory = CuttableMemory()
    whole = Made(memory, SERIAL, "reference")
    for cut in range(memory.written):
        torn = CuttableMemory()
        torn.bytes_left = cut
        with pytest.raises(PowerCutError):
            Made(torn, SERIAL, "reference")
        again = Made(RamMemory(bytes(torn.data)), SERIAL, "reference")
        assert (again.identity, again.calibration, again.broken) == (whole.identity, whole.calibration, "")


# ------------------------------------------------------------------------------------------------ who writes where


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22")
def test_everything_that_a_programmer_can_order_leaves_calibration_identity_and_keys_alone() -> None:
    memory = WatchedMemory()
    speaker = Speaker(a_device(memory))
    memory.spans.clear()
    before = bytes(memory.data[CALIBRATION.start : KEYS.end])
    speaker.open()
    for slot in range(8):
        speaker.write(a_group(a_program(name="P" * 12), a_program("Q" * 12), name="G" * 16), slot)
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    speaker.device.step(Instant(speaker.device.now.us + 2_000_000))
    speaker.start(7)
    speaker.stop()
    speaker.ask(EnterMri(new_op_id()), Done)
    speaker.ask(LeaveMri(new_op_id()), Done)
    assert {"program", "log"} <= memory.regions() <= {"program", "log", "power", "usage", "resets", "checks"}
    assert bytes(memory.data[CALIBRATION.start : KEYS.end]) == before


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22")
@given(at=st.integers(0, 400_000), length=st.integers(0, 70_000), region=st.sampled_from(REGIONS))
def test_a_guard_lets_through_what_lies_in_its_region_to_the_last_byte_and_nothing_else(
    at: int, length: int, region: Region
) -> None:
    memory = WatchedMemory()
    guarded = Guarded(memory, region)
    if region.start <= at and at + length <= region.end:
        guarded.write(at, bytes(length))
        assert memory.spans == [(at, at + length)]
    else:
        with pytest.raises(StoreError, match=f"region {region.name}"):
            guarded.write(at, bytes(length))
        assert not memory.spans


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22")
def test_a_store_that_runs_past_its_slots_is_refused_by_the_guard_and_changes_nothing() -> None:
    class Runaway(Store):
        def _write(self, image: Image) -> None:
            self._memory.write(CALIBRATION.start - 8, bytes(64))

    memory = a_made_memory()
    before = bytes(memory.data)
    with pytest.raises(StoreError, match="not all within the region program"):
        commit(Runaway(Guarded(memory, PROGRAM)), 1_000, 11)
    assert bytes(memory.data) == before


def test_every_region_but_the_program_and_log_holds_two_copies_of_the_same_size() -> None:
    assert all((r.end - r.start) % 2 == 0 for r in REGIONS if r not in (PROGRAM, LOG))
    assert all(first.end == second.start for first, second in pairwise(REGIONS))


# ----------------------------------------------------------------------------------------------------- calibration


@pytest.mark.req("FW-35")
@given(ohms=st.integers(0, 1_000_000), number=st.integers(0, 10_000))
def test_a_calibrated_meter_reads_every_impedance_to_the_ohm(ohms: int, number: int) -> None:
    serial = f"SCS-{number:06d}"
    meter = Meter(serial, as_built(serial))
    assert meter.measure({1: ohms}) == {1: ohms}


@pytest.mark.hazard("H19")
def test_the_calibration_of_another_implant_makes_a_measurement_wrong() -> None:
    readings = {Meter(SERIAL, as_built(f"SCS-{n:06d}")).measure({1: 10_000})[1] for n in range(1, 40)}
    assert max(readings) - min(readings) > 10_000 * GAIN_SPREAD_PPM // 1_000_000


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22", "FW-35")
def test_an_implant_measures_with_the_calibration_that_its_memory_holds() -> None:
    memory = RamMemory()
    a_device(memory)
    built = as_built(SERIAL)
    odd = Calibration(built.gain_ppm, (built.offset_mohm + 10_000) % 20_000)
    TwoCopies(memory, CALIBRATION, b"CALI").write_both(odd.pack())
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    speaker.device.step(Instant(2_000_000))
    read = {contact: ohms for contact, ohms, _ in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    true = speaker.device.parts.electrodes
    off = {read[contact] - true.ohms(contact) for contact in true.contacts}
    assert off <= {9, 10, 11} or off <= {-9, -10, -11}


def damaged(memory: RamMemory, region: Region, *copies: int) -> RamMemory:
    size = (region.end - region.start) // 2
    for copy in copies:
        memory.data[region.start + copy * size + 17] ^= 3
    return memory


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22", "FW-01")
@pytest.mark.parametrize(("region", "name"), [(CALIBRATION, "calibration"), (IDENTITY, "identity")])
def test_an_implant_that_has_lost_what_the_factory_wrote_is_latched_off_for_good(region: Region, name: str) -> None:
    memory = RamMemory()
    first = Speaker(a_device(memory))
    first.open()
    first.write(a_group())
    damaged(memory, region, 0, 1)
    for _ in range(2):
        speaker = Speaker(a_device(memory))
        speaker.open()
        assert (speaker.status().mode, speaker.status().fault) == (Mode.SAFE, Fault.MEMORY)
        assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.FAULT_LATCHED
        assert speaker.refused(MeasureImpedance(new_op_id())).reason is Reason.FAULT_LATCHED
        refused = speaker.refused(ClearFault(new_op_id()))
        assert refused.reason is Reason.FAULT_LATCHED
        assert f"the {name} in the memory is damaged" in refused.text
        speaker.device.restart(ResetCause.WATCHDOG_LATE)


@pytest.mark.hazard("H19")
@pytest.mark.req("FW-22")
def test_calibration_that_breaks_while_the_implant_runs_is_found_at_the_next_reset() -> None:
    memory = RamMemory()
    device = a_device(memory)
    damaged(memory, CALIBRATION, 0, 1)
    device.restart(ResetCause.WATCHDOG_LATE)
    assert (device.parts.modes.mode, device.parts.interlocks.fault) == (Mode.SAFE, Fault.MEMORY)


@pytest.mark.hazard("H17", "H19")
@pytest.mark.req("FW-22")
@pytest.mark.parametrize("region", [CALIBRATION, IDENTITY])
@pytest.mark.parametrize("copy", [0, 1])
def test_one_damaged_copy_is_written_anew_from_the_other_and_told_once(region: Region, copy: int) -> None:
    memory = RamMemory()
    a_device(memory)
    damaged(memory, region, copy)
    told = [e.detail for e in a_device(memory).parts.event_log.after(0) if e.kind is LogKind.MEMORY_REPAIRED]
    assert told == [f"memory: {region.name} copy {'AB'[copy]} is damaged or was not finished"]
    damaged(memory, region, 1 - copy)
    again = a_device(memory)
    assert again.parts.modes.mode is Mode.UNPROGRAMMED, "the copy that was written anew holds alone"


@pytest.mark.hazard("H14", "H17", "H19")
@pytest.mark.req("FW-22", "FW-23")
@pytest.mark.parametrize("region", [CALIBRATION, IDENTITY])
def test_a_cut_at_any_byte_while_a_copy_is_written_anew_leaves_the_other_one_whole(region: Region) -> None:
    whole = a_made_memory()
    wanted = Made(whole, SERIAL, "reference")
    hurt = CuttableMemory(bytes(damaged(whole, region, 0).data))
    before = bytes(hurt.data)
    assert not Made(hurt, SERIAL, "reference").broken
    assert hurt.written > 20, "the damaged copy was written anew"
    for cut in range(hurt.written):
        torn = CuttableMemory(before)
        torn.bytes_left = cut
        with pytest.raises(PowerCutError):
            Made(torn, SERIAL, "reference")
        again = Made(RamMemory(bytes(torn.data)), SERIAL, "reference")
        assert (again.identity, again.calibration, again.broken) == (wanted.identity, wanted.calibration, "")


def test_a_gain_that_no_meter_can_have_is_not_believed_even_with_its_check() -> None:
    memory = a_made_memory()
    TwoCopies(memory, CALIBRATION, b"CALI").write_both(Calibration(2_000_000, 0).pack())
    made = Made(memory, SERIAL, "reference")
    assert made.broken == "calibration"
    assert "calibrated anew" in made.repairs[-1]


# ---------------------------------------------------------------------------------------------------------- identity


@pytest.mark.req("FW-22")
@pytest.mark.parametrize(("serial", "profile"), [("SCS-000002", "reference"), (SERIAL, "evoke")])
def test_the_memory_of_another_implant_is_refused_with_a_sentence_and_left_as_it_is(serial: str, profile: str) -> None:
    memory = RamMemory()
    a_device(memory)
    before = bytes(memory.data)
    config = dataclasses.replace(a_config(serial), profile=find_profile(profile))
    with pytest.raises(StoreError, match=f"SCS-000001 with profile reference, and this is {serial} with {profile}"):
        Device(config, memory, random.Random(1), Instant(0))
    assert bytes(memory.data) == before


@pytest.mark.req("FW-22")
def test_a_memory_of_a_later_layout_is_refused_and_not_read_as_if_it_were_of_this_one() -> None:
    memory = a_made_memory()
    TwoCopies(memory, IDENTITY, b"IDEN").write_both(cbor2.dumps([2, SERIAL, "reference"], canonical=True))
    with pytest.raises(StoreError, match="layout 2 and this version reads 1"):
        Made(memory, SERIAL, "reference")
    TwoCopies(memory, IDENTITY, b"IDEN").write_both(cbor2.dumps({"layout": 3}, canonical=True))
    with pytest.raises(StoreError, match="later version"):
        Made(memory, SERIAL, "reference")


@pytest.mark.req("FW-22")
def test_a_memory_of_a_former_version_is_read_and_given_what_it_lacks() -> None:
    memory = RamMemory()
    commit(Store(memory), 1_000, 11)
    assert bytes(memory.data[:4]) in (MAGIC, bytes(4))
    device = a_device(memory)
    assert device.parts.store.image.groups.keys() == {0}
    assert device.parts.made.calibration == as_built(SERIAL)
    assert device.parts.modes.mode is Mode.IDLE


@pytest.mark.req("FW-22")
def test_a_file_that_is_no_memory_is_refused_and_not_overwritten() -> None:
    memory = RamMemory(b"root:x:0:0:root:/root:/bin/bash\n")
    before = bytes(memory.data)
    with pytest.raises(StoreError, match="no memory of an implant"):
        a_device(memory)
    assert bytes(memory.data) == before


# -------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.req("FW-22")
def test_keys_are_kept_found_and_taken_away_and_a_number_is_not_given_again() -> None:
    memory = a_made_memory()
    keys = Keys(memory)
    for number in range(PAIRINGS_MAX):
        keys.add(PairRole.CLINICIAN if number else PairRole.SERVICE, secret(number))
    with pytest.raises(StoreError, match=f"{PAIRINGS_MAX} programmers are paired already"):
        keys.add(PairRole.PATIENT, secret(9))
    again = Keys(memory)
    assert again.pairs[:2] == ((1, PairRole.SERVICE), (2, PairRole.CLINICIAN))
    assert again.find(2) == PairingKey(2, PairRole.CLINICIAN, secret(1))
    again.remove(2)
    assert Keys(memory).find(2) is None
    with pytest.raises(StoreError, match="no pair 2"):
        again.remove(2)
    assert secret(1) not in bytes(memory.data), "a key that was taken away lies in neither copy"
    assert again.add(PairRole.PATIENT, secret(8)).pair == PAIRINGS_MAX + 1
    assert Keys(memory).pairs[-1] == (PAIRINGS_MAX + 1, PairRole.PATIENT)


@pytest.mark.req("FW-22")
def test_the_numbers_of_pairs_begin_again_behind_the_last_one() -> None:
    memory = a_made_memory()
    keys = Keys(memory)
    first = keys.add(PairRole.CLINICIAN, secret(1))
    keys._write((first,), PAIR_MAX, is_implanted=False)
    assert Keys(memory).add(PairRole.PATIENT, secret(2)).pair == 2


@pytest.mark.req("FW-22")
def test_an_explanted_implant_has_no_key_and_no_mark_in_either_copy() -> None:
    memory = a_made_memory()
    keys = Keys(memory)
    keys.add(PairRole.CLINICIAN, secret(7))
    keys.mark_implanted()
    damaged(memory, KEYS, 0)
    assert Keys(memory).is_implanted
    Keys(memory).wipe()
    assert not Keys(memory).is_implanted
    assert Keys(memory).pairs == ()
    assert secret(7) not in bytes(memory.data)


@pytest.mark.req("FW-22")
def test_keys_that_cannot_be_read_pair_nobody_seal_the_implant_and_do_not_touch_therapy() -> None:
    memory = RamMemory()
    device = a_device(memory)
    device.parts.keys.add(PairRole.CLINICIAN, secret(1))
    device.parts.keys.add(PairRole.CLINICIAN, secret(2))
    damaged(memory, KEYS, 0, 1)
    again = a_device(memory)
    assert again.parts.keys.is_damaged
    assert again.parts.keys.is_implanted, "who cannot tell whether it is in a person must not talk in the clear"
    assert again.parts.keys.pairs == ()
    assert again.parts.modes.mode is Mode.UNPROGRAMMED


def test_a_secret_is_not_printed_and_a_key_of_another_size_is_refused() -> None:
    key = PairingKey(7, PairRole.CLINICIAN, secret(7))
    assert repr(key.secret) not in repr(key)
    with pytest.raises(ValueError, match="32"):
        PairingKey(7, PairRole.CLINICIAN, bytes(16))
    with pytest.raises(ValueError, match="65535"):
        PairingKey(0, PairRole.CLINICIAN, bytes(32))


def test_a_record_of_one_region_is_not_believed_in_another() -> None:
    memory = a_made_memory()
    record = bytes(memory.data[IDENTITY.start : IDENTITY.start + 64])
    memory.data[KEYS.start : KEYS.start + 64] = record
    assert not Keys(memory).pairs
    assert TwoCopies(memory, KEYS, b"KEY2").body is None


def test_a_record_that_is_longer_than_its_copy_is_refused() -> None:
    memory = a_made_memory()
    before = bytes(memory.data)
    with pytest.raises(StoreError, match="longer than"):
        TwoCopies(memory, CALIBRATION, b"CALI").write(bytes(60))
    assert bytes(memory.data) == before
    assert POWER_AT < RESETS_AT < CALIBRATION.start
