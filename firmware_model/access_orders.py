"""Requests about who may talk to the implant. The keys themselves are said to nobody but whom they were made for."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.refusal import refusal
from firmware_model.store import Operation
from scs.domain.status import LogKind
from scs.errors import StoreError
from scs.wire.access import AccessReport, GetAccess, MarkImplanted, Unpair
from scs.wire.responses import Done
from scs.wire.schema import CODES
from scs.wire.terms import Reason

_U32_MAX = 2**32 - 1


def get_access(context: Context, session: Session, _request: GetAccess) -> AccessReport:
    gate, keys = context.gate, context.parts.keys
    counts = gate.counts
    refused = counts.refused + counts.unknown_channel + gate.refused_in_channels
    return AccessReport(
        own_pair=gate.pair_on(session.link),
        pairs=keys.pairs,
        is_implanted=keys.is_implanted,
        channels=len(gate.guests),
        handshakes=min(counts.handshakes, _U32_MAX),
        forged=min(counts.forged, _U32_MAX),
        throttled=min(counts.throttled, _U32_MAX),
        in_the_clear=min(counts.in_the_clear, _U32_MAX),
        refused=min(refused, _U32_MAX),
        awake_left_ms=gate.patience.awake_left_us(context.parts.now_us) // 1_000,
    )


def unpair(context: Context, session: Session, request: Unpair) -> Done:
    parts = context.parts
    if parts.keys.find(request.pair) is None:
        raise refusal(Reason.OUT_OF_RANGE, f"there is no pair {request.pair}; ask who is paired")
    try:
        parts.store.remember(Operation(request.op_id, CODES[Unpair]))
        parts.keys.remove(request.pair)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, the pair may still be there: {error}") from error
    context.gate.close_pair(context.links, request.pair, parts.now_us, but=session.link)
    parts.log(LogKind.ACCESS, f"pair {request.pair} taken away")
    return Done(request.op_id)


def mark_implanted(context: Context, session: Session, request: MarkImplanted) -> Done:
    parts = context.parts
    if context.gate.role_on(session.link) is None:
        # Said in the clear it would lock out whoever said it.
        raise refusal(Reason.SEALED_ONLY, "an implant is marked as implanted in a sealed channel only; pair with it")
    try:
        parts.store.remember(Operation(request.op_id, CODES[MarkImplanted]))
        parts.keys.mark_implanted()
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, the mark may be missing: {error}") from error
    parts.log(LogKind.ACCESS, "marked as implanted")
    return Done(request.op_id)
