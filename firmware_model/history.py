"""Requests that ask what was: the chain of the log, how long each group was delivered, and the last resets."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from scs.wire.requests import GetLogLinks, GetResets, GetUsage
from scs.wire.responses import LogLinks, ResetReport, UsageReport

LINKS_IN_PAGE = 24
"""Eighteen bytes each, so a page takes 432 of the 528-byte body."""


def get_log_links(context: Context, _session: Session, request: GetLogLinks) -> LogLinks:
    chain = context.parts.event_log.chain_after(request.after)[:LINKS_IN_PAGE]
    return LogLinks(tuple((entry.sequence, link) for entry, link in chain))


def get_usage(context: Context, _session: Session, _request: GetUsage) -> UsageReport:
    rows = enumerate(context.parts.usage.slots)
    return UsageReport(
        context.parts.now_us,
        tuple((slot, row.starts, row.therapy_us, tuple(row.programs_us)) for slot, row in rows if row.starts),
    )


def get_resets(context: Context, _session: Session, _request: GetResets) -> ResetReport:
    parts = context.parts
    resets = parts.resets
    unplanned = resets.unplanned(parts.now_us)
    return ResetReport(resets.at_us, resets.cause, resets.count, unplanned, parts.magnet.is_held)
