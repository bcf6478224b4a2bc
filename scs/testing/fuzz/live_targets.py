"""The two ends of the link: what lives on after it has read something, and must neither fall over nor act wrongly.

An input is a stream of frames. A frame of session 65535 means the session that is open, and counter 4294967295 the one
that is expected, so that a message that was made up gets past the door.
"""

from __future__ import annotations

from functools import cache
from random import Random

from firmware_model.device import Device
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import Mode, TherapyState
from scs.errors import LocalProtocolError
from scs.programmer.session import Session, State
from scs.testing.fuzz.mutation import bytes_mutated, cbor_mutated
from scs.testing.fuzz.target import Feed, Target, promise
from scs.testing.fuzz.wire_targets import examples, real_frames
from scs.testing.states.keeping import Keeper
from scs.testing.states.world import PLAIN, Maker, a_config
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Close, Commit, Open, SetAmplitude, Stage, Start
from scs.wire.responses import Opened
from scs.wire.terms import Role

OPEN_NOW = 0xFFFF
EXPECTED = 0xFFFF_FFFF
FRAMES_AT_ONCE = 120
BEAT = Duration.of_ms(20)
_NONCE = 99


# -------------------------------------------------------------------------------------------------- the programmer


@cache
def _session_seeds() -> tuple[bytes, ...]:
    return tuple(encode(_addressed(frame)) for frame in real_frames(Direction.TO_PROGRAMMER))


def _prepare_session() -> Feed:
    asked = [message for message in examples(Direction.TO_IMPLANT) if isinstance(message, Request)]
    asked = [message for message in asked if not isinstance(message, Open | Close)]

    def feed(data: bytes) -> int:
        session, now, frames = _opened(Instant(0)), Instant(0), 0
        wire = Decoder(Direction.TO_PROGRAMMER)
        for frame in wire.receive(data):
            frames += 1
            now = now + BEAT
            _ask(session, asked[frames % len(asked)], now, is_stop=frames % 31 == 0)
            session.receive(encode(readdressed(frame, *_expected(session))))
            session.poll(now)
            while session.next_event() is not None:
                pass
            _check_output(session.take_output(), Direction.TO_IMPLANT)
            if session.state is State.CLOSED:
                session = _opened(now)
        session.receive(data)
        session.poll(now)
        return frames or 1

    return feed


def _opened(now: Instant) -> Session:
    """A session with an implant that is ready."""
    session = Session(Random(1))
    session.open(now)
    (asked,) = Decoder(Direction.TO_IMPLANT).receive(session.take_output())
    opening = decode_message(asked.body, Direction.TO_IMPLANT)
    assert isinstance(opening, Open), "a session begins with Open"
    session.receive(_said(Opened(opening.nonce, 7, Role.WRITER, 2_000), 0, 0))
    session.poll(now)
    session.take_output()
    session.receive(_said(next(m for m in examples(Direction.TO_PROGRAMMER) if type(m).__name__ == "Identity"), 7, 1))
    session.poll(now)
    assert session.state is State.READY, "the implant has said who it is"
    return session


def _said(message: Message, session: int, counter: int) -> bytes:
    return encode(Frame(FrameType.RESPONSE, session, counter, encode_message(message)))


def _ask(session: Session, request: Request, now: Instant, *, is_stop: bool) -> None:
    if is_stop:
        session.stop(now)
    try:
        session.request(request, now)
    except LocalProtocolError:
        # It is not this programmer's turn.
        return


def _expected(session: Session) -> tuple[int, int]:
    waiting = session._outstanding
    return session._session, waiting.counter if waiting is not None else 1


# ---------------------------------------------------------------------------------------------------- the implant


@cache
def implant_seeds() -> tuple[bytes, ...]:
    data = encode_group(PLAIN)
    whole = digest(data)
    medicine: tuple[Message, ...] = (
        Stage(1, 0, len(data), whole, data), Commit(5, 1, 1, whole, ()), Start(6, 0), SetAmplitude(7, 0, 50, ()),
    )  # fmt: skip
    frames = [Frame(FrameType.REQUEST, 0, 0, encode_message(message)) for message in medicine]
    return tuple(encode(_addressed(frame)) for frame in (*real_frames(Direction.TO_IMPLANT), *frames))


def _prepare_implant() -> Feed:
    keeper: Keeper[Device] = Keeper(Maker)
    kept, session = _programmed(keeper)

    def feed(data: bytes) -> int:
        device, counter = keeper.take_out(kept), 10
        wire, frames = Decoder(Direction.TO_IMPLANT), 0
        for frame in wire.receive(data):
            frames, counter = frames + 1, counter + 1
            device.receive(encode(readdressed(frame, session, counter)))
            if frames % 4 == 0:
                device.step(device.now + BEAT)
                _check_output(device.take_output(), Direction.TO_PROGRAMMER)
        device.receive(data)
        device.step(device.now + BEAT)
        _check_stop(device)
        return frames or 1

    return feed


def _programmed(keeper: Keeper[Device]) -> tuple[bytes, int]:
    """An implant with a group in slot 0 and one writer, as it is put aside; and the number of the session."""
    device = Device(a_config(), RamMemory(), Random(1), Instant(0))
    data = encode_group(PLAIN)
    whole = digest(data)
    opening = Frame(FrameType.REQUEST, 0, 0, encode_message(Open(_NONCE, Role.WRITER)))
    (answer,) = _exchange(device, opening)
    opened = decode_message(answer.body, Direction.TO_PROGRAMMER)
    assert isinstance(opened, Opened), "an implant on a quiet link opens a session"
    orders: tuple[Message, ...] = (Stage(0, 0, len(data), whole, data), Commit(1, 0, 0, whole, ()))
    for counter, order in enumerate(orders, 1):
        _exchange(device, Frame(FrameType.REQUEST, opened.session, counter, encode_message(order)))
    assert device.parts.modes.mode is Mode.IDLE, "an implant with a group is idle"
    return keeper.put_aside(device), opened.session


def _exchange(device: Device, frame: Frame) -> list[Frame]:
    device.receive(encode(frame))
    device.step(device.now)
    return Decoder(Direction.TO_PROGRAMMER).receive(device.take_output())


def _check_stop(device: Device) -> None:
    """Whatever was said to it: STOP is answered, and nothing is delivered any more."""
    device.take_output()
    answers = _exchange(device, Frame(FrameType.STOP, 0, 1))
    promise(any(frame.type is FrameType.STOPPED for frame in answers), "STOP is not answered any more")
    promise(device.parts.therapy.state is TherapyState.OFF, "STOP did not end therapy")


# --------------------------------------------------------------------------------------------------------- in common


def _addressed(frame: Frame) -> Frame:
    return frame if frame.type is FrameType.STOP else frame._replace(session=OPEN_NOW, counter=EXPECTED)


def readdressed(frame: Frame, session: int, counter: int) -> Frame:
    return frame._replace(
        session=session if frame.session == OPEN_NOW else frame.session,
        counter=counter if frame.counter == EXPECTED else frame.counter,
    )


def _check_output(said: bytes, direction: Direction) -> None:
    """Neither end ever says what the other one could not read."""
    decoder = Decoder(direction)
    for frame in decoder.receive(said):
        if frame.type is not FrameType.STOP:
            decode_message(frame.body, direction)
    promise(not decoder.rejects and not decoder.pending, "it says what is no frame")


def _mutate_frames(data: bytes, chance: Random, direction: Direction, seeds: tuple[bytes, ...]) -> bytes:
    """Some hundred real frames, half of them with a body that says something else, a few with another header."""
    if chance.random() < 0.02:
        return bytes_mutated(data, chance)
    pieces = []
    for piece in chance.choices(seeds, k=FRAMES_AT_ONCE):
        (frame,) = Decoder(direction).receive(piece)
        choice = chance.random()
        if choice < 0.5:
            frame = frame._replace(body=cbor_mutated(frame.body, chance)[:528])
        elif choice < 0.55:
            frame = frame._replace(session=chance.randrange(0x1_0000))
        elif choice < 0.6:
            frame = frame._replace(counter=chance.randrange(300))
        elif choice < 0.65:
            # The body is then that of another kind of frame: a handshake, or a message that nobody has sealed.
            kinds = [kind for kind in FrameType if kind.direction is direction]
            frame = frame._replace(type=chance.choice(kinds))
        pieces.append(encode(frame))
    return b"".join(pieces)


def _mutate_answers(data: bytes, chance: Random) -> bytes:
    return _mutate_frames(data, chance, Direction.TO_PROGRAMMER, _session_seeds())


def mutate_requests(data: bytes, chance: Random) -> bytes:
    return _mutate_frames(data, chance, Direction.TO_IMPLANT, implant_seeds())


TARGETS = (
    Target("session", "answers to a programmer's session", "messages", _session_seeds, _prepare_session,
           _mutate_answers),
    Target("implant", "requests to an implant with a group", "messages", implant_seeds, _prepare_implant,
           mutate_requests),
)  # fmt: skip
