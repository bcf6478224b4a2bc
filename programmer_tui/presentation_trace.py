"""A trace in words: what it is of, a line an event, and one event in full. No screen is imported here."""

from __future__ import annotations

import textwrap

from scs.wire.framing import Direction
from scs.wire.trace import Trace, TraceEvent
from scs.wire.words import wire_parts

ARROWS = {"to-implant": "->", "from-implant": "<-", "bench": "**", "note": "--"}
"""The direction beside each line, so that colour alone says nothing."""
_DIRECTIONS = {"to-implant": Direction.TO_IMPLANT, "from-implant": Direction.TO_PROGRAMMER}
HEX_COLUMNS = 32
"""Bytes a line; 64 letters fit beside a margin on 80 columns."""


def header_text(trace: Trace) -> str:
    """What failed, in its sentence, and where the trace comes from."""
    header = trace.header
    asked = ", ".join(part for part in (header.check, header.requirement) if part)
    lines = [f"{asked}: {header.sentence}" if asked else header.sentence or "A trace without a finding."]
    last_s = trace.events[-1].at_us / 1e6 if trace.events else 0
    lines.append(
        f"{len(trace.events)} events in {last_s:.6f} s, {header.profile} on {header.target}, seed {header.seed}"
    )
    return "\n".join(lines)


def event_line(event: TraceEvent) -> str:
    """Time in seconds, direction, link, and what it says."""
    said = "; ".join(" ".join(parts) for parts in _said(event))
    link = f"{event.link} " if event.link else ""
    return f"{event.at_us / 1e6:12.6f} {ARROWS[event.kind]} {link}{said}"


def event_details(event: TraceEvent) -> str:
    """Everything about one event, a phrase a line, and its bytes."""
    lines = [f"{event.at_us} us  {event.kind}  link {event.link}"]
    for parts in _said(event):
        lines += parts
    lines += [f"{name} = {value}" for name, value in event.arguments.items()]
    lines += textwrap.wrap(event.data.hex(), 2 * HEX_COLUMNS)
    return "\n".join(lines)


def _said(event: TraceEvent) -> list[list[str]]:
    direction = _DIRECTIONS.get(event.kind)
    if direction is None:
        return [[event.text]]
    return wire_parts(event.data, direction) or [["nothing"]]
