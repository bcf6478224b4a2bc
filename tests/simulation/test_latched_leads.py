"""A contact found broken stays refused over resets, until a measurement finds it whole again."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.electrodes import Damage
from firmware_model.store import _CRC, _HEADER, MAGIC, MEMORY_SIZE, SLOT_SIZE, RamMemory, Store
from scs.clock import Duration
from scs.domain.status import LogKind
from scs.errors import StoreError
from scs.wire.crc import crc32c
from scs.wire.prescription import encode_group
from scs.wire.requests import GetImpedance, MeasureImpedance, Start
from scs.wire.responses import Done, ImpedanceResult
from scs.wire.terms import ContactState, ImpedanceState, Reason
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker, new_op_id

USED = 3
"""A contact that the group of these tests drives."""
pytestmark = [pytest.mark.req("FW-35"), pytest.mark.hazard("H25", "H26")]


def a_speaker(memory: RamMemory) -> Speaker:
    speaker = Speaker(a_device(memory))
    speaker.open()
    return speaker


def measured(speaker: Speaker) -> ImpedanceResult:
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    Bench(speaker.device).jump(Duration.of_s(1))
    return speaker.ask(GetImpedance(), ImpedanceResult)


def told(speaker: Speaker) -> list[str]:
    return [entry.detail for entry in speaker.device.parts.event_log.after(0) if entry.kind is LogKind.LEAD_FAULT]


@pytest.mark.parametrize(("damage", "state"), [(Damage.OPEN, ContactState.OPEN), (Damage.SHORT, ContactState.SHORT)])
def test_a_reset_does_not_make_a_broken_contact_usable(damage: Damage, state: ContactState) -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).break_lead(USED, damage)
    found = {contact: row for contact, *row in measured(speaker).contacts}

    again = a_speaker(memory)
    Bench(again.device).break_lead(USED, damage)
    known = again.ask(GetImpedance(), ImpedanceResult)
    assert known.state is ImpedanceState.NEVER
    assert known.contacts == ((USED, found[USED][0], state),)
    refused = again.refused(Start(new_op_id(), 0))
    assert (refused.reason, refused.rules) == (Reason.BLOCKED, ("lead-fault",))


def test_a_measurement_that_finds_the_contact_whole_lifts_the_latch_for_good() -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).break_lead(USED)
    measured(speaker)

    mended = a_speaker(memory)
    assert mended.refused(Start(new_op_id(), 0)).reason is Reason.BLOCKED
    measured(mended)
    mended.ask(Start(new_op_id(), 0), Done)
    mended.stop()

    later = a_speaker(memory)
    assert later.ask(GetImpedance(), ImpedanceResult).contacts == ()
    later.ask(Start(new_op_id(), 0), Done)


def test_a_measurement_that_was_stopped_lifts_nothing() -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    Bench(speaker.device).break_lead(USED)
    measured(speaker)

    again = a_speaker(memory)
    again.ask(MeasureImpedance(new_op_id()), Done)
    again.stop()
    Bench(again.device).jump(Duration.of_s(1))
    assert again.device.parts.store.image.lead_faults.keys() == {USED}
    assert [contact for contact, _, _ in again.ask(GetImpedance(), ImpedanceResult).contacts] == [USED]


@pytest.mark.parametrize("slot", [0, 1])
def test_damage_to_either_image_keeps_the_latch(slot: int) -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    Bench(speaker.device).break_lead(USED)
    measured(speaker)
    memory.data[slot * SLOT_SIZE + _HEADER.size] ^= 0xFF
    assert Store(memory).image.lead_faults.keys() == {USED}


class FullMemory(RamMemory):
    """Takes no image once it is told to; the log is another place and still written."""

    is_full = False

    def write(self, offset: int, data: bytes) -> None:
        if self.is_full and offset < 2 * SLOT_SIZE:
            raise StoreError("the memory takes no more")
        super().write(offset, data)


def test_a_latch_that_cannot_be_kept_is_in_force_and_the_log_says_so() -> None:
    memory = FullMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).break_lead(USED)
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    memory.is_full = True
    Bench(speaker.device).jump(Duration.of_s(1))
    assert told(speaker) == [f"E{USED} open"]
    details = [entry.detail for entry in speaker.device.parts.event_log.after(0)]
    assert "memory: the lead faults could not be kept" in details
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.BLOCKED


@pytest.mark.parametrize("fields", [5, 6])
def test_an_image_from_before_the_latch_is_read_and_holds_none(fields: int) -> None:
    body = cbor2.dumps([0, [], None, 0, 0, None, [[1, 2]]][:fields], canonical=True)
    record = _HEADER.pack(MAGIC, len(body), 1) + body
    store = Store(RamMemory(record + _CRC.pack(crc32c(record)) + bytes(MEMORY_SIZE)))
    assert store.repairs == []
    assert store.image.lead_faults == {}
    store.latch_leads({3: 1_000_000})
    assert store.image.lead_faults == {3: 1_000_000}


@settings(max_examples=25)
@given(broken=st.dictionaries(st.integers(1, 16), st.sampled_from(list(Damage)), max_size=4))
def test_no_measurement_and_no_reset_permits_what_was_refused_before(broken: dict[int, Damage]) -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    group = a_group()
    before = speaker.device.parts.judge(group)
    limits = speaker.device.parts.interlocks._limits
    for contact, damage in broken.items():
        Bench(speaker.device).break_lead(contact, damage)
    measured(speaker)
    after = speaker.device.parts.judge(group)
    reborn = Speaker(a_device(memory)).device.parts
    assert set(before.blocking_rules) <= set(after.blocking_rules)
    assert ("lead-fault" in reborn.judge(group).blocking_rules) == ("lead-fault" in after.blocking_rules)
    assert speaker.device.parts.interlocks._limits == reborn.interlocks._limits == limits
    assert encode_group(group) == encode_group(a_group())
