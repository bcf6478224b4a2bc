"""Procedures about the slots as a whole: what is held where, which slot is the default, and emptying one.

A change says on which generation it was decided, and the implant's own words say whether it was made: the link may go.
"""

from __future__ import annotations

from scs.errors import LinkLost, RemoteProtocolError
from scs.programmer.changing import LINK_FAILURES
from scs.programmer.reading import status
from scs.programmer.steps import Procedure, Reconnect, Told, ask
from scs.wire.requests import ClearSlot, GetSlots, SetDefaultSlot
from scs.wire.responses import Committed, Slots
from scs.wire.terms import NO_SLOT


def read_slots() -> Procedure[Slots]:
    """Which slots hold a group, and which is the default."""
    return (yield from ask(GetSlots(), Slots))


def clear_slot(op_id: int, slot: int, base_generation: int | None = None) -> Procedure[Slots]:
    """Forget the group in `slot`; Refused while it runs, when it is the only one or when the generation moved on."""
    if base_generation is None:
        base_generation = (yield from status()).generation
    return (yield from _change(ClearSlot(op_id, slot, base_generation), f"emptying slot {slot}"))


def set_default(op_id: int, slot: int | None, base_generation: int | None = None) -> Procedure[Slots]:
    """Make `slot` the default, or none; Refused for an empty slot or when the generation moved on."""
    if base_generation is None:
        base_generation = (yield from status()).generation
    request = SetDefaultSlot(op_id, NO_SLOT if slot is None else slot, base_generation)
    return (yield from _change(request, "changing the default slot"))


def _change(request: ClearSlot | SetDefaultSlot, doing: str) -> Procedure[Slots]:
    """Ask for it and read the slots back; a lost link is asked about afterwards, and never answered by a repeat."""
    try:
        committed = yield from ask(request, Committed)
        if (committed.op_id, committed.slot) != (request.op_id, request.slot):
            raise RemoteProtocolError(f"{doing} was answered as operation {committed.op_id}; read the slots")
        return (yield from read_slots())
    except LINK_FAILURES as failure:
        try:
            yield Reconnect()
            now, slots = (yield from status()), (yield from read_slots())
        except LINK_FAILURES as again:
            raise LinkLost(
                f"the link was lost while {doing} ({failure}); whether it was done is not known: connect and read it"
            ) from again
        yield Told()
        if now.last_op_id == request.op_id:
            return slots
        raise LinkLost(f"the link was lost while {doing} ({failure}); it was not done, so ask again") from failure
