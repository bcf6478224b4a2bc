"""How a message is declared: a frozen dataclass whose fields carry a small integer key and a kind.

The declaration drives encoding, decoding and docs/protocol.cddl. A kind accepts exactly what it says and raises
RemoteProtocolError for anything else, with bounds on every text, byte string, list and number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import Any, TypeVar

from scs.errors import RemoteProtocolError
from scs.wire.framing import Direction

M = TypeVar("M", bound=type)


def _as_is(value: Any) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of value: how it goes onto the wire, how it is read back, and how the docs write it."""

    cddl: str
    decode: Callable[[object], Any]
    encode: Callable[[Any], object] = _as_is
    members: type[IntEnum] | None = None
    """The enumeration whose numbers it takes."""
    items: tuple[Kind, ...] = ()
    """What a list holds: one kind for any number of values, or the kinds of a record in their order."""
    is_record: bool = False
    limit: int = 0
    """Any whole number from 0 up to this, and not this, is taken as it is; 0 where `decode` decides over each value."""


def uint(bits: int) -> Kind:
    """A whole number from 0 to 2^bits - 1."""
    limit = 1 << bits

    def decode(raw: object) -> int:
        if type(raw) is not int or not 0 <= raw < limit:
            raise RemoteProtocolError(f"{raw!r} is no whole number below 2^{bits}")
        return raw

    return Kind(f"uint .lt {limit}", decode, limit=limit)


def text(longest: int) -> Kind:
    """A text of at most `longest` characters."""

    def decode(raw: object) -> str:
        if type(raw) is not str or len(raw) > longest:
            raise RemoteProtocolError(f"a text of at most {longest} characters was expected")
        return raw

    return Kind(f"tstr .size (0..{4 * longest})", decode)


def octets(longest: int) -> Kind:
    """A byte string of at most `longest` bytes."""

    def decode(raw: object) -> bytes:
        if type(raw) is not bytes or len(raw) > longest:
            raise RemoteProtocolError(f"a byte string of at most {longest} bytes was expected")
        return raw

    return Kind(f"bstr .size (0..{longest})", decode)


def _decode_flag(raw: object) -> bool:
    if type(raw) is not bool:
        raise RemoteProtocolError(f"{raw!r} is neither true nor false")
    return raw


FLAG = Kind("bool", _decode_flag)


def choice(members: type[IntEnum]) -> Kind:
    """One of the numbers of an enumeration; an unknown number is refused, never defaulted."""
    by_number = {int(member): member for member in members}

    def decode(raw: object) -> IntEnum:
        if type(raw) is not int:
            raise RemoteProtocolError(f"{raw!r} is no number of {members.__name__}")
        member = by_number.get(raw)
        if member is None:
            raise RemoteProtocolError(f"{raw} is no {members.__name__}")
        return member

    return Kind(" / ".join(str(member.value) for member in members), decode, int, members=members)


def many(item: Kind, most: int) -> Kind:
    """A list of at most `most` values of one kind, read as a tuple."""
    decode_item, encode_item = item.decode, item.encode

    def decode(raw: object) -> tuple[Any, ...]:
        if type(raw) is not list or len(raw) > most:
            raise RemoteProtocolError(f"a list of at most {most} items was expected")
        return tuple([decode_item(element) for element in raw])

    def encode(values: Any) -> list[object]:
        return [encode_item(value) for value in values]

    # A tuple of what goes onto the wire as it is goes there as it is.
    encode_all = _as_is if encode_item is _as_is else encode
    return Kind(f"[0*{most} ({item.cddl})]", decode, encode_all, items=(item,))


def record(*items: Kind) -> Kind:
    """A fixed list of values of different kinds, read as a tuple."""

    def decode(raw: object) -> tuple[Any, ...]:
        if type(raw) is not list or len(raw) != len(items):
            raise RemoteProtocolError(f"a list of exactly {len(items)} items was expected")
        return tuple(item.decode(element) for item, element in zip(items, raw, strict=True))

    def encode(values: Any) -> list[object]:
        return [item.encode(value) for item, value in zip(items, values, strict=True)]

    return Kind("[" + ", ".join(f"({item.cddl})" for item in items) + "]", decode, encode, items=items, is_record=True)


@dataclass(frozen=True, slots=True)
class WireField:
    name: str
    key: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """How the messages of one class lie in their map: what encoding and decoding ask at each one, worked out once."""

    code: int
    keys: list[int]
    """In their order: 0, that of the code, is the first."""
    values: Callable[[Any], tuple[object, ...]]
    """What a message has in its fields, in the order of the keys behind the first."""
    encoders: tuple[tuple[int, Callable[[Any], object]], ...]
    """By key, how a value is turned into what goes onto the wire; the others go as they are."""
    decoders: tuple[Callable[[object], Any], ...]
    """Of each field in the same order."""
    limits: tuple[int, ...]
    """Of each kind in the same order."""


def _layout(code: int, fields: tuple[WireField, ...]) -> Layout:
    names = [one.name for one in fields]
    # The one that gets several gives a tuple, and the one that gets one gives the bare value.
    values: Callable[[Any], tuple[object, ...]] = (
        attrgetter(*names) if len(names) > 1 else lambda message: tuple(getattr(message, name) for name in names)
    )
    encoders = tuple((one.key, one.kind.encode) for one in fields if one.kind.encode is not _as_is)
    decoders = tuple(one.kind.decode for one in fields)
    return Layout(
        code, [0, *(one.key for one in fields)], values, encoders, decoders, tuple(one.kind.limit for one in fields)
    )


def wire(key: int, kind: Kind) -> Any:
    """Declare a field of a message: its key in the CBOR map (1 and up; 0 is the message's code) and its kind."""
    return dataclasses.field(metadata={"key": key, "kind": kind})


MESSAGES: dict[int, type] = {}
"""Code to message class; filled by the declarations."""
FIELDS: dict[type, tuple[WireField, ...]] = {}
LAYOUTS: dict[type, Layout] = {}
CODES: dict[type, int] = {}
DIRECTIONS: dict[type, Direction] = {}


def message(code: int, direction: Direction) -> Callable[[M], M]:
    """Declare a message: its code and which way it travels."""

    def declare(cls: M) -> M:
        fields = tuple(
            WireField(one.name, one.metadata["key"], one.metadata["kind"]) for one in dataclasses.fields(cls)
        )
        keys = [one.key for one in fields]
        assert keys == sorted(set(keys)), f"{cls.__name__}: keys ascend, so that the encoding is deterministic"
        assert all(1 <= key < 24 for key in keys), f"{cls.__name__}: keys fit one byte"
        assert code not in MESSAGES, f"code {code} is taken by {MESSAGES.get(code)}"
        MESSAGES[code] = cls
        FIELDS[cls], LAYOUTS[cls] = fields, _layout(code, fields)
        CODES[cls] = code
        DIRECTIONS[cls] = direction
        return cls

    return declare
