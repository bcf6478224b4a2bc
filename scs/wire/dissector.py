"""The Wireshark dissector, made from the declarations of the messages: docs/scs.lua is this text and nothing else.

What it does with bytes stands in data/dissector.lua; what messages there are is written in front of it as tables.
`scs wire dissector` prints it; a test compares it with the file.
"""

from __future__ import annotations

import re
from importlib import resources

import scs.wire.messages  # noqa: F401  (what is declared there enters the tables of scs.wire.schema)
from scs.wire.describe import rule_name
from scs.wire.framing import ENCODED_MAX, FRAME_MAX, FRAME_MIN, VERSION, Direction, FrameType
from scs.wire.pcapng import WAY_FLAGS
from scs.wire.schema import FIELDS, FLAG, MESSAGES, Kind
from scs.wire.words import member_word

READABLE = (FrameType.REQUEST, FrameType.RESPONSE, FrameType.NOTICE, FrameType.STOPPED)
"""The types whose body is a message as it stands; that of any other is shown as bytes."""
_MARK = "-- TABLES\n"


def dissector() -> str:
    """The whole script as text."""
    script = resources.files("scs.wire").joinpath("data/dissector.lua").read_text(encoding="utf-8")
    assert script.count(_MARK) == 1, "the script has one place for the tables"
    return script.replace(_MARK, tables())


def tables() -> str:
    """Frames and messages as Lua tables."""
    types = ", ".join(f'[{it.value}] = "{it.name}"' for it in FrameType)
    ways = ", ".join(f"[{it.value}] = {WAY_FLAGS[it.direction]}" for it in FrameType)
    readable = ", ".join(f"[{it.value}] = true" for it in READABLE)
    lines = [
        f"local VERSION, FRAME_MIN, FRAME_MAX, ENCODED_MAX = {VERSION}, {FRAME_MIN}, {FRAME_MAX}, {ENCODED_MAX}",
        f"local TYPES = {{ {types} }}",
        f"-- epb_flags: {WAY_FLAGS[Direction.TO_PROGRAMMER]} is inbound, {WAY_FLAGS[Direction.TO_IMPLANT]} outbound.",
        f"local DIRECTIONS = {{ {ways} }}",
        f"local READABLE = {{ {readable} }}",
        "local MESSAGES = {",
        *(_message(code, cls) for code, cls in sorted(MESSAGES.items())),
        "}",
    ]
    return "\n".join(lines) + "\n"


def filter_name(cls: type) -> str:
    """`SetAmplitude` is filtered as scs.set_amplitude."""
    return rule_name(cls).replace("-", "_")


def _message(code: int, cls: type) -> str:
    head = f'  [{code}] = {{ name = "{cls.__name__}", filter = "{filter_name(cls)}", fields = {{'
    rows = [f'    {{ key = {it.key}, name = "{it.name}", kind = {_kind(it.kind)} }},' for it in FIELDS[cls]]
    return "\n".join([head, *rows, "  } },"]) if rows else head + "} },"


def _kind(kind: Kind) -> str:
    if kind.is_record:
        return "{ parts = { " + ", ".join(map(_kind, kind.items)) + " } }"
    if kind.items:
        return "{ each = " + _kind(kind.items[0]) + " }"
    if kind.members is not None:
        words = ", ".join(f'[{member.value}] = "{member_word(member)}"' for member in kind.members)
        return f'{{ is = "choice", words = {{ {words} }} }}'
    if kind is FLAG:
        return '{ is = "flag" }'
    sort = re.match(r"uint|tstr|bstr", kind.cddl)
    assert sort is not None, f"{kind.cddl} is a kind that the dissector does not know; teach it"
    return '{ is = "' + {"uint": "uint", "tstr": "text", "bstr": "bytes"}[sort[0]] + '" }'
