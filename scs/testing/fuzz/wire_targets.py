"""The bare wire: frames, messages, and the prescriptions inside of them."""

from __future__ import annotations

from functools import cache
from random import Random

from cobs import cobs

from scs.domain.profile import find_profile
from scs.errors import RemoteProtocolError
from scs.testing.fuzz.mutation import VALUES, bytes_mutated, cbor_mutated
from scs.testing.fuzz.target import Feed, Target, promise
from scs.testing.simulated import two_leads
from scs.testing.states.world import CYCLING, PLAIN
from scs.wire.codec import decode_message, encode_message
from scs.wire.crc import crc32c
from scs.wire.framing import BODY_MAX, BUFFER_MAX, CRC, HEADER, VERSION, Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.prescription import decode_group, decode_implant, decode_profile, encode_document, encode_group
from scs.wire.schema import DIRECTIONS, FIELDS

FRAMES_AT_ONCE = 400
"""Frames of one input of the decoder: handing over a few hundred at a time costs a tenth of one by one."""


@cache
def examples(direction: Direction) -> tuple[Message, ...]:
    """Every message that travels this way, each field the first plain value that it takes, and once the last."""
    made: list[Message] = []
    for cls, way in DIRECTIONS.items():
        if way is direction:
            for values in (VALUES, VALUES[::-1]):
                fields = {field.name: _accepted(field.kind.decode, values) for field in FIELDS[cls]}
                made.append(cls(**fields))
    return tuple(made)


def _accepted(decode: object, values: tuple[object, ...]) -> object:
    for value in (*values, *range(1, 80)):
        try:
            return decode(value)  # type: ignore[operator]
        except RemoteProtocolError:
            continue
    return decode([[0, 0], [0, 0]])  # type: ignore[operator]


def real_frames(direction: Direction) -> tuple[Frame, ...]:
    """A frame of every message that travels this way, and STOP or its answer."""
    kind = FrameType.REQUEST if direction is Direction.TO_IMPLANT else FrameType.RESPONSE
    frames = [Frame(kind, 7, number, encode_message(message)) for number, message in enumerate(examples(direction), 1)]
    if direction is Direction.TO_IMPLANT:
        return (*frames, Frame(FrameType.STOP, 0, 1))
    return (*frames, Frame(FrameType.STOPPED, 7, 3, b""), Frame(FrameType.NOTICE, 7, 9, frames[0].body))


# ---------------------------------------------------------------------------------------------------------- decoder


def _decoder_seeds() -> tuple[bytes, ...]:
    frames = [encode(frame) for direction in Direction for frame in real_frames(direction)]
    longest = encode(Frame(FrameType.REQUEST, 1, 2, bytes(range(256)) * 2 + bytes(BODY_MAX - 512)))
    return (*frames, longest, b"".join(frames), b"\0" * 40, b"\x01" * (BUFFER_MAX + 9))


def _prepare_decoder() -> Feed:
    def feed(data: bytes) -> int:
        direction = Direction.TO_IMPLANT if len(data) % 2 else Direction.TO_PROGRAMMER
        decoder = Decoder(direction)
        pieces = [piece for piece in data.split(b"\0")[:-1] if piece]
        frames = decoder.receive(data)
        promise(decoder.pending <= BUFFER_MAX, "the decoder keeps more than it may")
        promise(len(frames) + decoder.rejects.total() == len(pieces), "a piece is neither a frame nor rejected")
        promise({encode(frame)[1:-1] for frame in frames} <= set(pieces), "a frame was not sent like that")
        if len(data) % 8 == 0:
            again = Decoder(direction)
            cut = sum(data) % (len(data) + 1)
            promise(again.receive(data[:cut]) + again.receive(data[cut:]) == frames, "it matters where bytes are cut")
        return len(pieces) or 1

    return feed


@cache
def _pieces() -> tuple[bytes, ...]:
    return tuple(seed for seed in _decoder_seeds() if len(seed) < BUFFER_MAX)


def _mutate_stream(data: bytes, chance: Random) -> bytes:
    """Some hundred frames with damage strewn over them, a quarter of it beneath a check sum that fits."""
    if chance.random() < 0.01:
        return bytes_mutated(data, chance)
    pieces = chance.choices(_pieces(), k=FRAMES_AT_ONCE)
    for at in range(0, FRAMES_AT_ONCE, 4):
        pieces[at] = _sealed(_plain(chance.getrandbits(200)))
    stream = bytearray(b"".join(pieces))
    for at in chance.choices(range(len(stream)), k=FRAMES_AT_ONCE // 2):
        stream[at] ^= 1 << (at * 7 + len(stream)) % 8
    for at in chance.choices(range(len(stream)), k=FRAMES_AT_ONCE // 20):
        del stream[at : at + at % 5]
    return bytes(stream)


def _plain(number: int) -> bytes:
    """A header of which one part may be anything, and up to 15 bytes of a body, or less than a header."""
    kind, flags, drawn = number >> 192, number >> 184 & 0xFF, number.to_bytes(25, "little")
    first = kind if kind & 1 else VERSION << 4 | kind >> 4
    header = HEADER.pack(first, 0 if flags & 0xF0 else flags, number & 0xFFFF, number >> 16 & 0xFFFF_FFFF)
    return (header + drawn[:15])[: (flags & 0x0F) + 8 + kind % 2 * 7 - 3]


def _sealed(plain: bytes) -> bytes:
    """As a frame is sealed, whatever it holds."""
    stuffed: bytes = cobs.encode(plain + CRC.pack(crc32c(plain)))
    return b"\0" + stuffed + b"\0"


# ------------------------------------------------------------------------------------------------------------ codec


def _codec_seeds() -> tuple[bytes, ...]:
    return tuple(encode_message(message) for direction in Direction for message in examples(direction))


def _prepare_codec() -> Feed:
    def feed(data: bytes) -> int:
        for direction in Direction:
            try:
                message = decode_message(data, direction)
            except RemoteProtocolError:
                continue
            promise(encode_message(message) == data, "a body is taken that is not the encoding of its message")
        return 1

    return feed


# ---------------------------------------------------------------------------------------------------- prescriptions


def _prescription_seeds() -> tuple[bytes, ...]:
    documents = (two_leads(), find_profile("reference"))
    return (encode_group(PLAIN), encode_group(CYCLING), *map(encode_document, documents))


def _prepare_prescription() -> Feed:
    def feed(data: bytes) -> int:
        for read in (decode_group, decode_implant, decode_profile):
            try:
                read(data)
            except RemoteProtocolError:
                continue
        return 1

    return feed


TARGETS = (
    Target("decoder", "frames between delimiters, in streams", "frames", _decoder_seeds, _prepare_decoder,
           _mutate_stream),
    Target("codec", "bodies of messages, both ways", "messages", _codec_seeds, _prepare_codec, cbor_mutated),
    Target("prescription", "groups, leads and profiles as they travel", "objects", _prescription_seeds,
           _prepare_prescription, cbor_mutated),
)  # fmt: skip
