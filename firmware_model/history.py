"""Requests that ask what was: the chain of the log, how long each group was delivered, and the last resets."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.refusal import refusal
from scs.domain.status import Posture
from scs.wire.requests import GetLogLinks, GetPostureUsage, GetResets, GetUsage
from scs.wire.responses import LogLinks, PostureUsage, ResetReport, UsageReport
from scs.wire.terms import Reason

LINKS_IN_PAGE = 24
"""Eighteen bytes each, so a page takes 432 of the 504 bytes of a message."""


def get_log_links(context: Context, _session: Session, request: GetLogLinks) -> LogLinks:
    chain = context.parts.event_log.chain_after(request.after)[:LINKS_IN_PAGE]
    return LogLinks(tuple((entry.sequence, link) for entry, link in chain))


def get_usage(context: Context, _session: Session, _request: GetUsage) -> UsageReport:
    rows = enumerate(context.parts.usage.slots)
    return UsageReport(
        context.parts.now_us,
        tuple((slot, row.starts, row.therapy_us, tuple(row.programs_us)) for slot, row in rows if row.starts),
    )


def get_posture_usage(context: Context, _session: Session, request: GetPostureUsage) -> PostureUsage:
    slots = context.parts.usage.slots
    if request.slot >= len(slots):
        raise refusal(Reason.OUT_OF_RANGE, f"slot {request.slot} is none of 0 to {len(slots) - 1}")
    rows = enumerate(slots[request.slot].postures_us)
    times = ((program, Posture(posture), us) for program, row in rows for posture, us in enumerate(row) if us)
    return PostureUsage(context.parts.now_us, request.slot, tuple(times))


def get_resets(context: Context, _session: Session, _request: GetResets) -> ResetReport:
    parts = context.parts
    resets = parts.resets
    unplanned = resets.unplanned(parts.now_us)
    return ResetReport(resets.at_us, resets.cause, resets.count, unplanned, parts.magnet.is_held)
