"""Slots that are emptied and a slot that is the default: once or not at all, and never what runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware_model.store import RamMemory
from scs.domain.status import LogKind
from scs.errors import LinkLost, Refused
from scs.programmer.client import Client
from scs.programmer.unresolved import Unresolved, what_became
from scs.wire.requests import ClearSlot, GetSlots, SetDefaultSlot, Start
from scs.wire.responses import Committed, Done, Slots
from scs.wire.terms import NO_SLOT, Reason, Role
from tests.conversation.test_lost_links import client_at
from tests.support.implants import a_device, a_group, a_program
from tests.support.reference_implant import plain_group, power_on_with
from tests.support.speaker import Speaker, new_op_id
from tests.support.wires import Bedside, Quiet, Unplugged


def an_implant(memory: RamMemory | None = None) -> Speaker:
    """Two groups, in slots 0 and 3; generation 2."""
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.write(a_group(), 0)
    speaker.write(a_group(a_program(amplitude_ua=1_000)), 3)
    return speaker


@pytest.mark.req("FW-23", "LK-05")
@pytest.mark.hazard("H14")
def test_a_slot_is_emptied_once_and_a_repeat_is_answered_also_after_a_restart() -> None:
    memory = RamMemory()
    speaker = an_implant(memory)
    default = SetDefaultSlot(new_op_id(), 3, 2)
    assert speaker.ask(default, Committed).generation == 3
    assert speaker.ask(GetSlots(), Slots) == Slots(3, (0, 3), 3)
    clear = ClearSlot(new_op_id(), 3, 3)
    answer = speaker.ask(clear, Committed)
    assert (answer.slot, answer.generation, answer.digest) == (3, 4, bytes(32))
    again = Speaker(a_device(memory))
    again.open()
    assert again.ask(clear, Committed) == answer
    assert again.ask(GetSlots(), Slots) == Slots(4, (0,), NO_SLOT), "the default went with its slot"
    assert again.status().last_op_id == clear.op_id
    logged = [entry for entry in again.device.parts.event_log.after(0) if entry.kind is LogKind.SLOTS]
    assert [entry.detail for entry in logged] == ["slot 3 is the default, generation 3", "slot 3 emptied, generation 4"]


@pytest.mark.req("LK-05")
def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    speaker = an_implant()
    speaker.ask(Start(new_op_id(), 3), Done)
    wrong = (
        (ClearSlot(new_op_id(), 3, 2), Reason.WRONG_MODE, "is running"),
        (ClearSlot(new_op_id(), 0, 1), Reason.STALE_GENERATION, "generation 1 is not in force"),
        (ClearSlot(new_op_id(), 5, 2), Reason.EMPTY_SLOT, "slot 5 holds no group"),
        (SetDefaultSlot(new_op_id(), 5, 2), Reason.EMPTY_SLOT, "slot 5 holds no group"),
        (SetDefaultSlot(new_op_id(), 0, 7), Reason.STALE_GENERATION, "read back"),
    )
    for request, reason, words in wrong:
        refused = speaker.refused(request)
        assert refused.reason is reason
        assert words in refused.text
    speaker.ask(ClearSlot(new_op_id(), 0, 2), Committed)
    speaker.stop()
    only = speaker.refused(ClearSlot(new_op_id(), 3, 3))
    assert only.reason is Reason.OUT_OF_RANGE
    assert "the only group" in only.text
    assert speaker.ask(GetSlots(), Slots) == Slots(3, (3,), NO_SLOT)


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10")
@pytest.mark.parametrize("answers", range(3, 6))
def test_a_link_that_goes_while_a_slot_is_emptied_leaves_no_doubt(answers: int) -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    with client_at(bedside) as first:
        first.write_group(0, plain_group(1_000))
        first.write_group(1, plain_group(500))
    client: Client = client_at(bedside, Quiet(), Unplugged(answers))
    said = cleared(client)
    with client_at(bedside, role=Role.READER) as reader:
        held = reader.slots().occupied
        assert held == ((0, 1) if "was not done" in said else (0,)), said
        assert sum(entry.kind is LogKind.SLOTS for entry in reader.log()) == (held == (0,))


def cleared(client: Client) -> str:
    """What is said when slot 1 is emptied; empty when it was done."""
    try:
        client.clear_slot(1)
    except LinkLost as lost:
        return str(lost)
    return ""


def test_what_became_of_an_open_change_of_slots_is_said_in_words() -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    client = client_at(bedside)
    client.write_group(0, plain_group(1_000))
    default = client.set_default(0)
    assert (default.default, client.set_default(None).default) == (0, NO_SLOT)
    with pytest.raises(Refused, match="the only group"):
        client.clear_slot(0)
    left = Unresolved("SCS-000001", SetDefaultSlot(client.status().last_op_id, NO_SLOT, 2), "then")
    other = replace(left, request=ClearSlot(5, 3, 2))
    said = client.runner.run(what_became((left, other)))
    assert "taking the default away was carried out" in said[0]
    assert "emptying slot 3 is not the last thing" in said[1]
