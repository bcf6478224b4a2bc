"""Requests that only look: who, how, what is in force, what was measured, what is in the log."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.refusal import refusal
from firmware_model.status_report import status_of
from scs.clock import Instant
from scs.domain.status import LogEntry, LogKind
from scs.wire.codec import encode_message
from scs.wire.framing import MESSAGE_MAX
from scs.wire.prescription import digest, encode_document
from scs.wire.requests import (
    Close,
    GetImpedance,
    GetImpedanceMatrix,
    GetLog,
    GetLogParts,
    GetStatus,
    Identify,
    Read,
    Watch,
)
from scs.wire.responses import Chunk, Done, Identity, ImpedanceMatrix, ImpedanceResult, LogPage, LogPart, Status
from scs.wire.terms import CHUNK_MAX, LOG_PARTS_MAX, Object, Reason

FIRMWARE_VERSION = "0.1.0"
LOG_PAGE_ENTRIES = 32
"""Of one page (docs/protocol.md 9.1). Entries are short, and a page that is not full wastes the line: each one costs a
request and the way there and back."""
EMPTY_PAGE_BYTES = len(encode_message(LogPage(2**32 - 1, 2**32 - 1, ()))) + 1
"""What a page takes beside its entries, at most; the byte more is the head of a list of more than 23."""
EMPTY_PART_BYTES = len(encode_message(LogPart(0, LOG_PARTS_MAX, 2**32 - 1, 2**32 - 1, ()))) + 1
"""The same of a part."""
Entries = tuple[tuple[int, int, LogKind, str], ...]
WATCH_MS_MIN = 20
"""Fifty notices a second fill half of a 115,200 baud line; more would crowd out the answers."""


def identify(context: Context, _session: Session, _request: Identify) -> Identity:
    config = context.parts.config
    return Identity(
        serial=config.serial,
        model=config.model,
        firmware=FIRMWARE_VERSION,
        profile=config.profile.id,
        policy=config.policy.id,
        contacts=len(config.implant.contacts),
        groups=config.profile.counts.groups,
        occupied=tuple(sorted(context.parts.store.image.groups)),
    )


def status(context: Context, session: Session, _request: GetStatus | None = None) -> Status:
    return status_of(context.parts, context.links.role(session))


def read(context: Context, _session: Session, request: Read) -> Chunk:
    data = _object(context, request)
    if request.offset >= len(data):
        raise refusal(Reason.OUT_OF_RANGE, f"offset {request.offset} lies beyond the {len(data)} bytes; begin at 0")
    part = data[request.offset : request.offset + CHUNK_MAX]
    generation = context.parts.store.image.generation
    return Chunk(request.object, request.index, request.offset, len(data), generation, digest(data), part)


def _object(context: Context, request: Read) -> bytes:
    parts = context.parts
    if request.object is Object.GROUP:
        stored = parts.store.image.groups.get(request.index)
        if stored is None:
            raise refusal(Reason.EMPTY_SLOT, f"slot {request.index} holds no group")
        return stored.data
    if request.index:
        raise refusal(Reason.OUT_OF_RANGE, f"there is one {request.object.name.lower()} only; ask with index 0")
    if request.object is Object.STAGED:
        if context.staging.group is None:
            raise refusal(Reason.NOTHING_STAGED, "no complete group is staged")
        return context.staging.encoded
    return encode_document(parts.config.implant if request.object is Object.IMPLANT else parts.config.profile)


def get_impedance(context: Context, _session: Session, _request: GetImpedance) -> ImpedanceResult:
    return context.parts.impedance.result()


def get_impedance_matrix(context: Context, _session: Session, request: GetImpedanceMatrix) -> ImpedanceMatrix:
    matrix = context.parts.impedance.matrix(request.first)
    if request.first and request.first >= matrix.total:
        raise refusal(
            Reason.OUT_OF_RANGE, f"pair {request.first} lies beyond the {matrix.total} that there are; begin at 0"
        )
    return matrix


def get_log(context: Context, _session: Session, request: GetLog) -> LogPage:
    log = context.parts.event_log
    return LogPage(log.oldest, log.newest, _page(log.after(request.after), MESSAGE_MAX - EMPTY_PAGE_BYTES))


def get_log_parts(context: Context, _session: Session, request: GetLogParts) -> tuple[LogPart, ...]:
    """As many pages as were asked for, or as there are; at least one, which may be empty."""
    if not 1 <= request.parts <= LOG_PARTS_MAX:
        raise refusal(Reason.OUT_OF_RANGE, f"{request.parts} parts; ask for 1 to {LOG_PARTS_MAX} at once")
    log = context.parts.event_log
    left = log.after(request.after)
    pages: list[Entries] = []
    while not pages or (left and len(pages) < request.parts):
        pages.append(_page(left, MESSAGE_MAX - EMPTY_PART_BYTES))
        left = left[len(pages[-1]) :]
    return tuple(LogPart(number, len(pages), log.oldest, log.newest, page) for number, page in enumerate(pages))


def _page(left: Sequence[LogEntry], room: int) -> Entries:
    """The first of these entries, as many as fit."""
    entries: list[tuple[int, int, LogKind, str]] = []
    for entry in left[:LOG_PAGE_ENTRIES]:
        # A list of four has a head of one byte; what is in it, one of its own each.
        room -= 1 + sum(map(_number_bytes, (entry.sequence, entry.at_us, entry.kind, len(entry.detail))))
        room -= len(entry.detail)
        if room < 0:
            break
        entries.append((entry.sequence, entry.at_us, entry.kind, entry.detail))
    return tuple(entries)


def _number_bytes(number: int) -> int:
    """What CBOR takes for a number, or for the head of a text that is so long."""
    if number < 24:
        return 1
    return next(size for size in (2, 3, 5, 9) if number < 1 << 8 * (size - 1))


def watch(context: Context, session: Session, request: Watch) -> Done:
    if 0 < request.period_ms < WATCH_MS_MIN:
        raise refusal(Reason.OUT_OF_RANGE, f"{request.period_ms} ms is below {WATCH_MS_MIN} ms, the shortest period")
    session.watch_us = request.period_ms * 1_000
    session.notice_us = context.parts.now_us + session.watch_us
    return Done(0)


def close(context: Context, session: Session, _request: Close) -> Done:
    """Give the session back; the answer is the last thing that it hears."""
    if session is context.links.writer and end_write(context):
        context.parts.log(LogKind.LEASE_EXPIRED, "trial undone")
    context.links.forget(session)
    context.parts.log(LogKind.SESSION_CLOSED, f"session {session.number}")
    return Done(0)


def end_write(context: Context) -> bool:
    """The right to write ends: what is staged is forgotten and a trial change is undone by a soft stop.

    True when a trial was cut.
    """
    therapy = context.parts.therapy
    context.links.release_writer()
    context.staging.clear()
    if not therapy.is_trial or therapy.is_stopping:
        return False
    therapy.soft_stop(Instant(context.parts.now_us))
    return True
