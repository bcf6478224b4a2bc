"""Damage to real input: to bytes, to lines of text, and to trees, which stay well formed and hold the wrong things."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import cbor2

BYTES = (
    0x00,
    0x01,
    0x02,
    0x0A,
    0x1F,
    0x20,
    0x22,
    0x5B,
    0x5F,
    0x7B,
    0x7F,
    0x80,
    0x9F,
    0xC0,
    0xD9,
    0xF6,
    0xFB,
    0xFE,
    0xFF,
)
"""Delimiters, signs of CBOR, quotation marks, and the ends of ranges."""
NUMBERS = (
    0,
    1,
    2,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2**31,
    2**32 - 1,
    2**32,
    2**63,
    2**64 - 1,
    2**64,
    -1,
    -(2**63),
    10**30,
)
WORDS = (
    "",
    "A",
    "µA",
    "\x00",
    "\x1b[2J",
    "\ud7ff",
    "a" * 300,
    "1e999",
    "NaN",
    "-0",
    "null",
    "../..",
    "𝟙",
    "\u202e",
    "%s%n",
)
VALUES: tuple[Any, ...] = (*NUMBERS, *WORDS, b"", b"\0" * 32, b"\xff" * 40, True, False, None, [], {}, [[]], 0.5, 1e308)
TOKENS = (b"[", b"]", b"{", b"}", b"[[", b"]]", b'"', b"'''", b'"""', b"=", b",", b"#", b"\\u0000", b"\\ud800", b"inf",
          b"nan", b"1e999999", b"-", b"0x", b"1979-05-27", b"\r", b"\n", b"\xef\xbb\xbf", b"\xff",
          b"9" * 5000, b"[" * 2000)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(\.\d+)?")


def bytes_mutated(data: bytes, chance: Random) -> bytes:
    """One to four pieces of damage anywhere."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), at + 1 + int(chance.expovariate(0.2)))
        match chance.randrange(7):
            case 0 if at < len(damaged):
                damaged[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(damaged):
                damaged[at] = chance.choice(BYTES)
            case 2:
                del damaged[at:end]
            case 3:
                damaged[at:at] = damaged[at:end]
            case 4:
                damaged[at:at] = bytes(chance.choices(BYTES, k=chance.randint(1, 4)))
            case 5:
                damaged[at:end] = chance.randbytes(end - at)
            case _:
                del damaged[at:]
    return bytes(damaged)


def text_mutated(data: bytes, chance: Random) -> bytes:
    """One to three pieces of damage to lines, numbers and words; now and then to a byte of a letter."""
    lines = data.split(b"\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        line = lines[at]
        match chance.randrange(8):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(chance.randrange(len(lines) + 1), line)
            case 2:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], line
            case 3:
                number = str(chance.choice(NUMBERS)).encode()
                lines[at] = _NUMBER.sub(number, line, count=1)
            case 4:
                word = chance.choice(WORDS).encode("utf-8")
                lines[at] = re.sub(rb'"[^"]*"', lambda _, word=word: b'"' + word + b'"', line, count=1)  # type: ignore[misc]
            case 5:
                place = chance.randrange(len(line) + 1)
                lines[at] = line[:place] + chance.choice(TOKENS) + line[place:]
            case 6:
                lines[at] = bytes_mutated(line, chance)
            case _:
                key, sign, value = line.partition(b"=")
                lines[at] = (
                    key + sign + json.dumps(chance.choice(VALUES[: -len(VALUES) // 2]), default=str).encode()
                    if sign
                    else value
                )
    return b"\n".join(lines)


def tree_mutated(value: Any, chance: Random) -> Any:
    """The same tree with one node replaced, taken away, doubled or wrapped."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        match chance.randrange(6):
            case 0:
                return {one: held for one, held in value.items() if one != key}
            case 1:
                return {**value, chance.choice((*NUMBERS, *WORDS)): chance.choice(VALUES)}
            case 2:
                return {_twin(one) if one == key else one: held for one, held in value.items()}
            case _:
                return {**value, key: tree_mutated(value[key], chance)}
    if isinstance(value, list | tuple) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        match chance.randrange(6):
            case 0:
                return [*value[:at], *value[at + 1 :]]
            case 1:
                return [*value[: at + 1], *value[at:]]
            case _:
                return [*value[:at], tree_mutated(value[at], chance), *value[at + 1 :]]
    if isinstance(value, bytes) and value and chance.random() < 0.5:
        return bytes_mutated(value, chance)
    return [value] if chance.random() < 0.1 else chance.choice(VALUES)


def _twin(key: object) -> object:
    """A key that is equal in Python and another one in a file."""
    if not isinstance(key, int):
        return str(key)
    return bool(key) if key in (0, 1) else float(key)


def json_mutated(data: bytes, chance: Random) -> bytes:
    """A JSON text that stays one, mostly."""
    if chance.random() < 0.2:
        return bytes_mutated(data, chance)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return bytes_mutated(data, chance)
    return json.dumps(tree_mutated(tree, chance), default=repr).encode()


def cbor_mutated(data: bytes, chance: Random) -> bytes:
    """A CBOR value that stays one and in its deterministic encoding, mostly."""
    if chance.random() < 0.2:
        return bytes_mutated(data, chance)
    try:
        tree = tree_mutated(cbor2.loads(data, max_depth=50), chance)
        encoded: bytes = cbor2.dumps(tree, canonical=chance.random() < 0.5)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        return bytes_mutated(data, chance)
    return encoded
