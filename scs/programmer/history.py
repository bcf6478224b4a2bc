"""Procedures that read what was: the log with the chain that holds it together, and how long each group ran."""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.log_chain import LINK_SIZE, breaks
from scs.domain.status import LogEntry
from scs.errors import RemoteProtocolError
from scs.programmer.reading import read_log
from scs.programmer.steps import Procedure, Progress, ask
from scs.wire.requests import GetLogLinks, GetPostureUsage, GetResets, GetUsage
from scs.wire.responses import LogLinks, PostureUsage, ResetReport, UsageReport


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """Log entries with their links, oldest first, and what is wrong with the chain, in sentences."""

    chain: tuple[tuple[LogEntry, bytes], ...]
    breaks: tuple[str, ...]


def read_checked_log(after: int = 0) -> Procedure[CheckedLog]:
    """Every entry with a sequence number above `after`, with its link, and each link worked out again here."""
    entries = yield from read_log(after)
    if not entries:
        return CheckedLog((), ())
    links = yield from _read_links(max(0, after - 1), entries[-1].sequence)
    without = [entry.sequence for entry in entries if entry.sequence not in links]
    # The ring may have gone on while it was read: the oldest entries are then gone, and are left out.
    kept = [entry for entry in entries if entry.sequence in links]
    if without and kept and max(without) > kept[0].sequence:
        raise RemoteProtocolError(f"the implant sends entry {max(without)} without its link; read the log again")
    chain = tuple((entry, links[entry.sequence]) for entry in kept)
    is_anchored = after > 0 and after in links
    return CheckedLog(chain, tuple(breaks(chain, anchor=(after, links[after]) if is_anchored else None)))


def _read_links(after: int, newest: int) -> Procedure[dict[int, bytes]]:
    links: dict[int, bytes] = {}
    first = after + 1
    while after < newest:
        page = yield from ask(GetLogLinks(after), LogLinks)
        fresh = {number: link for number, link in page.links if after < number <= newest}
        if any(len(link) != LINK_SIZE for link in fresh.values()):
            raise RemoteProtocolError(f"the implant sends a link that has not {LINK_SIZE} bytes; do not trust its log")
        links |= fresh
        after = max(fresh, default=newest)
        yield Progress("checking the log", after + 1 - first, newest + 1 - first)
    return links


def read_usage() -> Procedure[UsageReport]:
    """How often and how long each group was delivered since the implant was made."""
    return (yield from ask(GetUsage(), UsageReport))


def read_posture_usage(slot: int) -> Procedure[PostureUsage]:
    """How long each program of a slot was delivered in each posture since the implant was made."""
    return (yield from ask(GetPostureUsage(slot), PostureUsage))


def read_resets() -> Procedure[ResetReport]:
    """Why the implant last began anew, and how often it did so unasked in the last ten minutes."""
    return (yield from ask(GetResets(), ResetReport))
