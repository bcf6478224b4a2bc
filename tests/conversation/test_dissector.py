"""Wireshark's dissector, made from the table of messages, says of every packet what our own decoder says."""

from __future__ import annotations

import json
import shutil
import subprocess
from enum import IntEnum
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scs.wire.capture import Packet
from scs.wire.capture_view import look
from scs.wire.dissector import dissector, filter_name
from scs.wire.framing import BODY_MAX, Direction, Frame, FrameType, encode
from scs.wire.schema import FIELDS, Kind
from tests.support.captures import a_conversation, a_frame, capture_of, every_message, packets

with_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
TO_IMPLANT, TO_PROGRAMMER = Direction.TO_IMPLANT, Direction.TO_PROGRAMMER


def seen_by_tshark(folder: Path, those: list[Packet]) -> list[dict[str, Any]]:
    """The fields of our protocol of each packet, lists in the order in which they stand."""
    capture, script = folder / "link.pcapng", folder / "scs.lua"
    capture.write_bytes(capture_of(those))
    script.write_text(dissector(), encoding="utf-8")
    command = ["tshark", "-X", f"lua_script:{script}", "-r", str(capture), "-T", "json", "--no-duplicate-keys"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert b"Lua" not in done.stderr, done.stderr.decode()
    return [packet["_source"]["layers"]["scs"] for packet in json.loads(done.stdout)]


def flattened(row: dict[str, Any]) -> dict[str, list[str]]:
    """Every field with its values in order, wherever it stands in the tree."""
    found: dict[str, list[str]] = {}

    def walk(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for inner, part in value.items():
                walk(inner, part)
        elif isinstance(value, list):
            for part in value:
                walk(name, part)
        elif value is not None:
            found.setdefault(name, []).append(value)

    walk("", row)
    return found


def expected(message: Any) -> dict[str, list[str]]:
    """The same, from the message itself."""
    found: dict[str, list[str]] = {}

    def walk(name: str, kind: Kind, value: Any) -> None:
        if kind.is_record:
            for index, (item, part) in enumerate(zip(kind.items, value, strict=True)):
                walk(f"{name}.{index}", item, part)
        elif kind.items:
            for part in value:
                walk(name, kind.items[0], part)
        else:
            found.setdefault(name, []).append(in_words(value))

    for field in FIELDS[type(message)]:
        walk(f"scs.{filter_name(type(message))}.{field.name}", field.kind, getattr(message, field.name))
    return found


def in_words(value: Any) -> str:
    if isinstance(value, bool | IntEnum):
        return str(int(value))
    return value.hex(":") if isinstance(value, bytes) else str(value)


@with_tshark
def test_every_message_has_its_fields_with_their_names_and_values(tmp_path: Path) -> None:
    messages = every_message(Random(4))
    rows = seen_by_tshark(tmp_path, a_conversation(Random(4)))
    for number, (message, row) in enumerate(zip(messages, rows, strict=True)):
        found = flattened(row)
        assert found["scs.message"] == [type(message).__name__]
        assert (found["scs.session"], found["scs.counter"]) == (["5"], [str(number)])
        assert "scs.unreadable" not in found
        ours = {name: values for name, values in found.items() if name.startswith(f"scs.{filter_name(type(message))}.")}
        assert {name: values for name, values in ours.items() if any(values)} == {
            name: values for name, values in expected(message).items() if any(values)
        }


@with_tshark
def test_what_is_no_frame_has_the_reason_that_our_decoder_gives(tmp_path: Path) -> None:
    chance = Random(5)
    frames = [(TO_IMPLANT, a_frame(it)) for it in every_message(chance)[:20]]
    zeros = [
        encode(Frame(FrameType.REQUEST, 1, 1, bytes([fill]) * size)) for fill in (0, 7) for size in range(240, 256)
    ]
    frames += [(TO_IMPLANT, frame) for frame in zeros]
    frames += [(TO_PROGRAMMER, encode(Frame(FrameType.NOTICE, 1, 1, b"\x09" * BODY_MAX)))]
    runs = list(frames)
    for way, frame in frames * 4:
        data = bytearray(frame)
        for _ in range(chance.choice((1, 1, 2, 9))):
            place = chance.randrange(1, len(data) - 1)
            data[place] = data[place] ^ (1 << chance.randrange(8)) or 1
        runs.append((way, bytes(data)))
    runs += [(TO_PROGRAMMER, frames[0][1]), (TO_IMPLANT, b"\x01\0"), (TO_IMPLANT, b"\x05abc"), (TO_IMPLANT, b"\0\0")]
    runs += [(TO_IMPLANT, b"\x05" * 600 + b"\0"), (TO_IMPLANT, b"\x0b" + b"a" * 10 + b"\x01\0")]
    runs += [(TO_IMPLANT, b"\xff" + b"a" * 254 + b"\x01\0"), (TO_IMPLANT, odd(0x21, 0)), (TO_IMPLANT, odd(0x1F, 0))]
    runs += [(TO_IMPLANT, odd(0x11, 1)), (TO_PROGRAMMER, odd(0x12, 0))]
    those = packets(*runs)
    ours = [look(0, packet) for packet in those]
    theirs = [flattened(row).get("scs.reject", [""])[0] for row in seen_by_tshark(tmp_path, those)]
    assert theirs == ["unfinished" if it.problem == "empty" else "" if it.frame else it.problem for it in ours]
    wanted = {"too-long", "bad-cobs", "too-short", "non-canonical", "bad-crc", "version", "type", "flags", "direction"}
    assert wanted <= set(theirs)


def odd(first: int, flags: int) -> bytes:
    """A frame with a right check and another first byte or flags than we would ever send."""
    from cobs import cobs

    from scs.wire.crc import crc32c

    plain = bytes([first, flags]) + bytes(6)
    return b"\0" + bytes(cobs.encode(plain + crc32c(plain).to_bytes(4, "little"))) + b"\0"


@with_tshark
def test_a_body_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    unreadable = {
        b"\xa1\x00\x18\xfa": "code 250 is no message of this version",
        b"\xa1\x00\x08": "Start has other keys than it should",
        b"\xa3\x00\x08\x01\x07\x02\x61a": "no whole number at byte",
        b"\xa3\x00\x08\x01\x07\x02\x19\x01": "no plain CBOR at byte",
        b"\xa2\x00\x0d\x01\x07\x07": "bytes behind the message",
        b"\x80": "no message",
    }
    those = packets(*((TO_IMPLANT, encode(Frame(FrameType.REQUEST, 1, 1, body))) for body in unreadable))
    for packet, problem, row in zip(those, unreadable.values(), seen_by_tshark(tmp_path, those), strict=True):
        assert problem in flattened(row)["scs.unreadable"][0]
        assert look(0, packet).problem, "our own decoder refuses it too"
