"""Frames: what is damaged, foreign, cut or turned round is never acted on, and nothing good is lost behind it.

Whether something was acted on is seen from outside: nothing answers it, and the status that the next good frame brings
is the one from before (docs/protocol.md §2 and §3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from random import Random

from cobs import cobs

from scs.domain.status import TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.groups import a_group
from scs.testing.checks.speaker import Speaker, message_of, said
from scs.testing.target import Need
from scs.wire.codec import encode_message
from scs.wire.crc import crc32c
from scs.wire.framing import ENCODED_MAX, HEADER, Direction, Frame, FrameType, encode
from scs.wire.messages import Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    ClearFault,
    Commit,
    EnterMri,
    EnterStorage,
    GetStatus,
    MeasureImpedance,
    Open,
    SetAmplitude,
    SoftStop,
    Stage,
    Start,
)
from scs.wire.responses import Status
from scs.wire.terms import CHUNK_MAX, Role

BATCH = 250
"""Damaged frames that are sent before the implant is asked how it is."""


@dataclass(frozen=True, slots=True)
class Still:
    """What of a status must not move when nothing is acted on."""

    mode: int
    therapy: int
    generation: int
    targets_ua: tuple[int, ...]
    fault: int
    last_op_id: int

    @classmethod
    def of(cls, status: Status) -> Still:
        return cls(status.mode, status.therapy, status.generation, status.targets_ua, status.fault, status.last_op_id)

    def moved(self, other: Still) -> str:
        """Which of them moved, in words."""
        pairs = zip(self.__slots__, astuple(self), astuple(other), strict=True)
        return ", ".join(f"{name.replace('_', ' ')} {a} -> {b}" for name, a, b in pairs if a != b)


def nothing_happens(context: Context, speaker: Speaker, bad: Sequence[bytes], what: str) -> None:
    """Send bytes of which nothing may be acted on; each piece is a case."""
    before = Still.of(speaker.status())
    for start in range(0, len(bad), BATCH):
        some = bad[start : start + BATCH]
        context.cases += len(some)
        if (moved := _shown(speaker, before, some)) is not None:
            fail(f"{what} was acted on: {moved}")
    # And the link is as it was: whoever speaks next is heard.
    moved = before.moved(Still.of(speaker.status()))
    expect(not moved, f"{what} was acted on: {moved}")


def _shown(speaker: Speaker, before: Still, bad: Sequence[bytes]) -> str | None:
    """What showed that something was acted on; None when nothing did."""
    mine, others = speaker.exchange(speaker.frame(GetStatus()), before=b"".join(bad))
    if others:
        return f"it was answered with {said(message_of(others[0], 'it'))}"
    if not mine:
        return "the good frame behind it was not answered"
    status = message_of(mine[0], "GetStatus")
    if len(mine) > 1 or not isinstance(status, Status):
        return f"GetStatus was answered {len(mine)} times, first with {said(status)}"
    after = Still.of(status)
    return None if after == before else before.moved(after)


# ------------------------------------------------------------------------------------------------------- the frames


def raw(first: int, flags: int, session: int, counter: int, body: bytes, crc: Callable[[bytes], int] = crc32c) -> bytes:
    """A frame whose header says whatever it is told to, with a check that is right for it."""
    plain = HEADER.pack(first, flags, session, counter) + body
    stuffed: bytes = cobs.encode(plain + struct.pack("<I", crc(plain)))
    return b"\0" + stuffed + b"\0"


def acting(bed: Bed) -> list[Request]:
    """One request of each kind that would change something on this implant."""
    data = encode_group(a_group(bed, name="G2"))
    speaker = bed.speaker
    return [
        Start(speaker.op_id(), 0),
        SoftStop(speaker.op_id()),
        SetAmplitude(speaker.op_id(), 0, 0, ()),
        MeasureImpedance(speaker.op_id()),
        Stage(0, 0, len(data), digest(data), data[:CHUNK_MAX]),
        Commit(speaker.op_id(), 0, 1, digest(data), ()),
        ClearFault(speaker.op_id()),
        EnterMri(speaker.op_id()),
        EnterStorage(speaker.op_id()),
    ]


def _at_rest(context: Context) -> tuple[Bed, list[bytes]]:
    """An implant with a group, and good frames that it would act on if they reached it whole."""
    bed = context.bed()
    bed.speaker.write(a_group(bed))
    frames = [encode(_later(bed.speaker, request)) for request in acting(bed)]
    frames.append(encode(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(7, Role.WRITER)))))
    return bed, frames


def _later(speaker: Speaker, request: Request) -> Frame:
    """A request with a counter that the implant has not seen and would accept."""
    return Frame(FrameType.REQUEST, speaker.session, speaker.counter + 1_000_000, encode_message(request))


def one_bit_flips(frame: bytes) -> Iterator[bytes]:
    """The frame with each of the bits between its delimiters turned round."""
    for place in range(1, len(frame) - 1):
        for bit in range(8):
            yield frame[:place] + bytes([frame[place] ^ 1 << bit]) + frame[place + 1 :]


# ------------------------------------------------------------------------------------------------------- the checks


@check("No frame with one wrong bit is acted on, whatever it asks for", "LK-01", "H44", weight=4)
def one_wrong_bit(context: Context) -> None:
    bed, frames = _at_rest(context)
    for frame in frames:
        if context.is_late:
            break
        nothing_happens(context, bed.speaker, list(one_bit_flips(frame)), "a frame with one wrong bit")


@check("No frame with two wrong bits or a wrong burst is acted on", "LK-01", "H44", weight=3)
def several_wrong_bits(context: Context) -> None:
    bed, frames = _at_rest(context)
    for _ in context.repeat(240):
        frame = context.chance.choice(frames)
        bad = [b for b in (_damaged(context.chance, frame) for _ in range(BATCH)) if b != frame]
        nothing_happens(context, bed.speaker, bad, "a damaged frame")


def _damaged(chance: Random, frame: bytes) -> bytes:
    """Two wrong bits, a wrong burst of at most four bytes, or bytes that are missing, doubled or swapped."""
    data = bytearray(frame[1:-1])
    place = chance.randrange(len(data))
    kind = chance.randrange(5)
    if kind == 0:
        for at in (place, chance.randrange(len(data))):
            data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        for at in range(place, min(place + chance.randint(1, 4), len(data))):
            data[at] = chance.randrange(1, 256)
    elif kind == 2:
        del data[place : place + chance.randint(1, 3)]
    elif kind == 3:
        data[place:place] = data[place : place + chance.randint(1, 3)]
    else:
        other = chance.randrange(len(data))
        data[place], data[other] = data[other], data[place]
    return b"\0" + bytes(data).strip(b"\0") + b"\0"


@check("STOP is only heard from a whole frame: a damaged one stops nothing", "LK-01", "H44 H40", Need.STIMULATES)
def damaged_stop(context: Context) -> None:
    bed = context.bed()
    bed.speaker.write(a_group(bed))
    bed.speaker.start()
    flips = list(one_bit_flips(encode(Frame(FrameType.STOP, bed.speaker.session, 1))))
    nothing_happens(context, bed.speaker, flips, "a STOP with one wrong bit")


@check("Noise, cut frames and endless bytes are dropped, and the next good frame is answered", "LK-02", "H45", weight=3)
def noise_is_dropped(context: Context) -> None:
    bed, frames = _at_rest(context)
    chance = context.chance
    for _ in context.repeat(120):
        pieces = [_noise(chance, frames) for _ in range(BATCH)]
        nothing_happens(context, bed.speaker, pieces, "noise")
    endless = bytes(chance.randrange(1, 256) for _ in range(20 * ENCODED_MAX))
    nothing_happens(context, bed.speaker, [endless, b"\0" * 1_000], "bytes without an end")


def _noise(chance: Random, frames: list[bytes]) -> bytes:
    """Random bytes, or a good frame that was cut; ended by a delimiter so that one piece cannot mend another."""
    if chance.random() < 0.5:
        return chance.randbytes(chance.randrange(1, 60)) + b"\0"
    frame = chance.choice(frames)
    return b"\0" + frame[1 : chance.randrange(2, len(frame) - 1)] + b"\0"


@check("A frame of another version, type or with a flag is refused in silence", "LK-02", "H45")
def foreign_header(context: Context) -> None:
    bed, _ = _at_rest(context)
    session, counter = bed.speaker.session, 1_000_000
    body = encode_message(Start(bed.speaker.op_id(), 0))
    bad = [raw(version << 4 | 1, 0, session, counter, body) for version in range(16) if version != 1]
    bad += [raw(0x10 | kind, 0, session, counter, body) for kind in range(16) if kind not in _HEARD]
    bad += [raw(0x11, flags, session, counter, body) for flags in range(1, 256)]
    bad += [raw(0x14, flags, session, counter, b"") for flags in range(1, 256)]
    nothing_happens(context, bed.speaker, bad, "a frame with a foreign header")


_HEARD = tuple(kind.value for kind in FrameType if kind.direction is Direction.TO_IMPLANT)


@check("A frame that travels the other way is not acted on, as when an echo brings it back", "LK-02", "H45")
def wrong_direction(context: Context) -> None:
    bed, _ = _at_rest(context)
    session = bed.speaker.session
    bad = []
    for request in [*acting(bed), GetStatus()]:
        for kind in (FrameType.RESPONSE, FrameType.NOTICE, FrameType.STOPPED):
            bad.append(encode(Frame(kind, session, 1_000_000, encode_message(request))))
    nothing_happens(context, bed.speaker, bad, "a frame that travels towards the programmer")
    if context.can(Need.STIMULATES):
        bed.speaker.start()
        echo = encode(Frame(FrameType.STOPPED, session, 1))
        nothing_happens(context, bed.speaker, [echo], "an answer to STOP that came back")
        expect(bed.speaker.status().therapy is not TherapyState.OFF, "an echo of STOPPED ended therapy")


@check("A frame with another check than CRC-32C is not acted on", "LK-01", "H44")
def wrong_check(context: Context) -> None:
    bed, _ = _at_rest(context)
    bad = []
    for request in acting(bed):
        body = encode_message(request)
        for crc in (lambda _: 0, lambda _: 0xFFFFFFFF, lambda d: crc32c(d) ^ 0xFFFFFFFF, lambda d: crc32c(d[1:])):
            bad.append(raw(0x11, 0, bed.speaker.session, 1_000_000, body, crc))
    bad += [raw(0x14, 0, bed.speaker.session, 1, b"", lambda _: 0)]
    nothing_happens(context, bed.speaker, bad, "a frame with a wrong check")


@check("What a frame means does not depend on the pieces that it arrives in", "LK-02", "H45")
def any_pieces(context: Context) -> None:
    speaker = context.bed().speaker
    for _ in context.repeat(200):
        data = encode(speaker.frame(GetStatus()))
        while len(data) > 1:
            size = context.chance.randint(1, len(data) - 1)
            speaker.target.send(data[:size], speaker.link)
            data = data[size:]
        heard = speaker.say(data, speaker.target.patience[-1])
        expect(len(heard) == 1, f"a request that arrived in pieces was answered {len(heard)} times")


CHECKS: tuple[Check, ...] = (
    one_wrong_bit, several_wrong_bits, damaged_stop, noise_is_dropped, foreign_header, wrong_direction, wrong_check,
    any_pieces,
)  # fmt: skip
