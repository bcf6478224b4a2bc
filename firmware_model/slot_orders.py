"""The slots as a whole: which hold a group, which is the default, and emptying one.

Like a commit, a change names the generation that it was decided on and is one record in memory with its operation
number: it is made once or not at all, whatever the link and the power do. It changes nothing that is delivered.
"""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.refusal import refusal
from firmware_model.store import CommitResult
from scs.domain.status import LogKind
from scs.errors import StoreError
from scs.wire.requests import ClearSlot, GetSlots, SetDefaultSlot
from scs.wire.responses import Committed, Slots
from scs.wire.terms import NO_SLOT, Reason


def get_slots(context: Context, _session: Session, _request: GetSlots) -> Slots:
    image = context.parts.store.image
    return Slots(image.generation, tuple(sorted(image.groups)), NO_SLOT if image.default is None else image.default)


def clear_slot(context: Context, _session: Session, request: ClearSlot) -> Committed:
    parts = context.parts
    parts.check_generation(request.base_generation)
    parts.stored_group(request.slot)
    if parts.therapy.group is not None and parts.therapy.slot == request.slot:
        raise refusal(Reason.WRONG_MODE, f"the group in slot {request.slot} is running; stop it first")
    if len(parts.store.image.groups) == 1:
        # No way leads from IDLE back to UNPROGRAMMED: whoever takes everything away finds an implant that does nothing.
        text = f"slot {request.slot} holds the only group; write another slot first, or write over this one"
        raise refusal(Reason.OUT_OF_RANGE, text)
    try:
        result = parts.store.clear(request.slot, request.op_id)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, nothing was changed: {error}") from error
    parts.log(LogKind.SLOTS, f"slot {request.slot} emptied, generation {result.generation}")
    return _answer(result)


def set_default_slot(context: Context, _session: Session, request: SetDefaultSlot) -> Committed:
    parts = context.parts
    parts.check_generation(request.base_generation)
    slot = None if request.slot == NO_SLOT else request.slot
    if slot is not None:
        parts.stored_group(slot)
    try:
        result = parts.store.set_default(slot, request.op_id)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, nothing was changed: {error}") from error
    word = "no slot" if slot is None else f"slot {slot}"
    parts.log(LogKind.SLOTS, f"{word} is the default, generation {result.generation}")
    return _answer(result)


def _answer(result: CommitResult) -> Committed:
    return Committed(result.op_id, result.slot, result.generation, result.digest)
