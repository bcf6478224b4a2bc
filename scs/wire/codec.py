"""Messages to frame bodies and back: deterministic CBOR with small integer keys, strict in both directions.

Whatever bytes come in, either a message comes out or RemoteProtocolError. A body that is not the one deterministic
encoding of its message is refused, so that a digest and a golden frame mean one thing only.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import cbor2

from scs.errors import RemoteProtocolError
from scs.wire.framing import Direction
from scs.wire.messages import Message
from scs.wire.schema import DIRECTIONS, FIELDS, LAYOUTS, MESSAGES

DEPTH_MAX = 8
"""No message nests deeper; a deeper one would only cost stack."""
_BUILT_IN_TAGS = (
    0,
    1,
    2,
    3,
    4,
    5,
    25,
    28,
    29,
    30,
    35,
    36,
    37,
    100,
    256,
    258,
    260,
    261,
    1004,
    43000,
    55799,
)


_INTEGERS = {int}
SAME_AGAIN = 256
"""Bodies whose message is remembered: most of a conversation is questions that were asked before, in the same bytes.
A message is never changed, so one can stand for many."""


def _refuse_tag(*_: object) -> object:
    raise RemoteProtocolError("a tagged value; messages hold plain numbers, texts, bytes, lists and maps only")


_NO_TAGS: Any = dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag)
"""The library would build dates, fractions and patterns from tags, some at any cost in time and memory."""


def loads_strict(data: bytes) -> object:
    """One plain CBOR value and nothing behind it; raise RemoteProtocolError for anything else."""
    try:
        value: object = cbor2.loads(
            data,
            max_depth=DEPTH_MAX,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_NO_TAGS,
            tag_hook=_refuse_tag,
        )
        again = cbor2.dumps(value)
    except RemoteProtocolError:
        raise
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        raise RemoteProtocolError(f"the body is no plain CBOR: {error}") from error
    if again != data:
        raise RemoteProtocolError("the body is not in its deterministic encoding")
    return value


def encode_message(message: Message) -> bytes:
    """The body of the frame that carries `message`."""
    layout = LAYOUTS[type(message)]
    if not layout.decoders:
        return _alone(layout.code)
    body = dict(zip(layout.keys, (layout.code, *layout.values(message)), strict=True))
    for key, encode in layout.encoders:
        body[key] = encode(body[key])
    encoded: bytes = cbor2.dumps(body)
    return encoded


@cache
def _alone(code: int) -> bytes:
    """The body of a message that says nothing but its code."""
    encoded: bytes = cbor2.dumps({0: code})
    return encoded


@lru_cache(SAME_AGAIN)
def decode_message(body: bytes, direction: Direction) -> Message:
    """The message in a body that travels in `direction`; raise RemoteProtocolError that says what is wrong."""
    value = loads_strict(body)
    if type(value) is not dict:
        raise RemoteProtocolError("the body is no map")
    cls = MESSAGES.get(value.get(0, -1)) if type(value.get(0)) is int else None
    if cls is None:
        raise RemoteProtocolError(f"code {value.get(0)!r} is no message of this version")
    if DIRECTIONS[cls] is not direction:
        raise RemoteProtocolError(f"{cls.__name__} does not travel this way")
    layout = LAYOUTS[cls]
    # True is equal to 1 in this language and another value on the wire.
    if list(value) != layout.keys or set(map(type, value)) != _INTEGERS:
        raise RemoteProtocolError(f"{cls.__name__} has other keys than it should, or in another order")
    _, *raws = value.values()
    try:
        # The fields are in the order in which the class declares them.
        decoded: Message = cls(
            *[
                raw if type(raw) is int and 0 <= raw < limit else decode(raw)
                for raw, limit, decode in zip(raws, layout.limits, layout.decoders, strict=True)
            ]
        )
    except RemoteProtocolError:
        raise _blamed(cls, raws) from None
    return decoded


def _blamed(cls: type, raws: list[object]) -> RemoteProtocolError:
    """Which field it is that cannot be read, and why."""
    for field, raw in zip(FIELDS[cls], raws, strict=True):
        try:
            field.kind.decode(raw)
        except RemoteProtocolError as error:
            return RemoteProtocolError(f"{cls.__name__}.{field.name}: {error}")
    raise AssertionError("a message that cannot be read has a field that cannot")
