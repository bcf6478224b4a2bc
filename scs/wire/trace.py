"""A trace: what went over a link and when, and what was done to the implant meanwhile, so that it can be run again.

JSON lines, in UTF-8. The first line is the header; each other line is one event, in the order in which it happened:

    {"format": "scs-trace/1", "seed": 7, "target": "sim:", "profile": "reference", "check": "…", "requirement": "…",
     "sentence": "…", "program": "…"}
    {"at_us": 0, "kind": "to-implant", "link": 0, "hex": "0005…00"}
    {"at_us": 310, "kind": "from-implant", "link": 0, "hex": "0009…00"}
    {"at_us": 2000000, "kind": "bench", "text": "power-cycle", "arguments": {}}
    {"at_us": 2000000, "kind": "note", "text": "output should be zero by now"}

`at_us` is the time of the target since the trace began and never goes back. Hex holds the bytes as they were on the
wire, good frames and noise alike. Nothing here touches a file: text goes in and comes out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from scs.errors import BadFile

FORMAT = "scs-trace/1"
EVENTS_MAX = 1_000_000
"""More events than this are no finding that a person could read; a trace that is larger is refused."""
Kind = Literal["to-implant", "from-implant", "bench", "note"]
_FIELDS: dict[Kind, tuple[str, ...]] = {
    "to-implant": ("link", "hex"),
    "from-implant": ("link", "hex"),
    "bench": ("text", "arguments"),
    "note": ("text",),
}
"""What an event of each kind says beside its time."""


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """What the trace is of. `program` is a program file's text, or empty."""

    seed: int = 0
    target: str = "sim:"
    profile: str = "reference"
    check: str = ""
    requirement: str = ""
    sentence: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One thing that happened. `data` is what was on the wire; `text` and `arguments` are for the bench and notes."""

    at_us: int
    kind: Kind
    link: int = 0
    data: bytes = b""
    text: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole trace."""

    header: TraceHeader
    events: tuple[TraceEvent, ...]


def header_line(header: TraceHeader) -> str:
    """The first line of a trace, without its line end."""
    return json.dumps({"format": FORMAT, **asdict(header)}, ensure_ascii=False)


def event_line(event: TraceEvent) -> str:
    """The line of one event, without its line end."""
    row: dict[str, Any] = {"at_us": event.at_us, "kind": event.kind}
    if event.kind in ("to-implant", "from-implant"):
        row |= {"link": event.link, "hex": event.data.hex()}
    else:
        row["text"] = event.text
        if event.kind == "bench":
            row["arguments"] = dict(event.arguments)
    return json.dumps(row, ensure_ascii=False)


def trace_text(trace: Trace) -> str:
    """The text of a trace file."""
    lines = [header_line(trace.header), *(event_line(event) for event in trace.events)]
    return "\n".join(lines) + "\n"


def parse_trace(path: str, text: str) -> Trace:
    """The trace in the text of a file; raise BadFile that names the line and what is wrong with it."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise BadFile(path, ("is empty; a trace begins with its header",))
    if len(lines) > EVENTS_MAX + 1:
        raise BadFile(path, (f"holds {len(lines) - 1} events, more than {EVENTS_MAX}; cut it",))
    header = _header(path, _row(path, 1, lines[0]))
    events: list[TraceEvent] = []
    for number, line in enumerate(lines[1:], start=2):
        event = _event(path, number, _row(path, number, line))
        if events and event.at_us < events[-1].at_us:
            raise BadFile(path, (f"line {number}: {event.at_us} us lies before {events[-1].at_us} us; restore it",))
        events.append(event)
    return Trace(header, tuple(events))


def _row(path: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits is no JSONDecodeError.
        raise BadFile(path, (f"line {number} is no JSON: {error}",)) from error
    if not isinstance(row, dict):
        raise BadFile(path, (f"line {number} is no JSON object",))
    return row


def _header(path: str, row: dict[str, Any]) -> TraceHeader:
    if row.pop("format", None) != FORMAT:
        raise BadFile(path, (f'is no trace: the first line does not say "format": "{FORMAT}"',))
    defaults = asdict(TraceHeader())
    wrong = _wrong(row, defaults) or [
        f"{name} is no {type(defaults[name]).__name__}" for name in row if type(row[name]) is not type(defaults[name])
    ]
    if wrong:
        raise BadFile(path, tuple(f"line 1: {problem}" for problem in wrong))
    return TraceHeader(**row)


def _event(path: str, number: int, row: dict[str, Any]) -> TraceEvent:
    kind, at_us = row.get("kind"), row.get("at_us")
    if kind not in _FIELDS:
        raise BadFile(path, (f"line {number}: {kind!r} is no kind of event; use {', '.join(_FIELDS)}",))
    if type(at_us) is not int or at_us < 0:
        raise BadFile(path, (f"line {number}: at_us is {at_us!r}; it is a whole number of microseconds",))
    on_wire = kind in ("to-implant", "from-implant")
    known = {
        "at_us",
        "kind",
        *(("link", "hex") if on_wire else ("text", "arguments") if kind == "bench" else ("text",)),
    }
    if wrong := _wrong(row, known):
        raise BadFile(path, tuple(f"line {number}: {problem}" for problem in wrong))
    link, said, arguments = row.get("link", 0), row.get("text", ""), row.get("arguments", {})
    if type(link) is not int or link < 0 or not isinstance(said, str) or not isinstance(arguments, dict):
        raise BadFile(path, (f"line {number}: link, text or arguments are not what they should be",))
    try:
        data = bytes.fromhex(row["hex"]) if on_wire else b""
    except (KeyError, TypeError, ValueError) as error:
        raise BadFile(path, (f"line {number}: hex is missing or holds no bytes",)) from error
    return TraceEvent(at_us, kind, link, data, said, arguments)


def _wrong(row: dict[str, Any], known: Iterable[str]) -> list[str]:
    there = set(known)
    return [f"{name} is unknown; remove it" for name in row if name not in there]
