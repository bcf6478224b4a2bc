"""`scs wire decode`: a capture or a trace in words, as JSON lines or in hexadecimal, and only what was asked for."""

from __future__ import annotations

import json
from argparse import Namespace
from difflib import get_close_matches

from scs.cli.exit_codes import ExitCode
from scs.cli.given_files import read_text
from scs.cli.wire_file import packets_in
from scs.errors import BadPrescription
from scs.wire.capture_view import NOISE, Seen, hex_lines, json_fields, line, look
from scs.wire.framing import FrameType
from scs.wire.keylog import parse_key_log
from scs.wire.schema import MESSAGES
from scs.wire.words import member_word


def decode(arguments: Namespace) -> int:
    """Print what was asked for; 0, also when that is nothing."""
    types = _chosen("type", arguments.type, [*(member_word(it) for it in FrameType), NOISE])
    messages = _chosen("message", arguments.message, [it.__name__ for it in MESSAGES.values()])
    keys = parse_key_log(arguments.keys, read_text(arguments.keys)) if arguments.keys else None
    first_us = None
    with packets_in(arguments.file) as packets:
        for number, packet in enumerate(packets, start=1):
            first_us = packet.at_us if first_us is None else first_us
            seen = look(number, packet, keys)
            if _is_chosen(seen, types, messages, arguments.direction):
                print(_text(seen, first_us, arguments.format))
    return ExitCode.OK


def _text(seen: Seen, first_us: int, form: str) -> str:
    if form == "json":
        return json.dumps(json_fields(seen), ensure_ascii=False)
    return "\n".join(hex_lines(seen, first_us)) if form == "hex" else line(seen, first_us)


def _is_chosen(seen: Seen, types: set[str], messages: set[str], direction: str | None) -> bool:
    return (
        (not types or seen.type_word in types)
        and (not messages or seen.message_word.lower() in messages)
        and direction in (None, seen.packet.direction.value)
    )


def _chosen(what: str, asked: list[str], known: list[str]) -> set[str]:
    """What was asked for in lower case; raises BadPrescription for a word that chooses nothing ever."""
    lower = {name.lower(): name for name in known}
    for word in asked:
        if word.lower() not in lower:
            near = [lower[name] for name in get_close_matches(word.lower(), lower, n=3)]
            raise BadPrescription(f"{word} is no {what}; use {', '.join(near or known)}")
    return {word.lower() for word in asked}
