"""Implants that believe damaged frames, do a thing twice, or let in whom they must not."""

from __future__ import annotations

from dataclasses import replace

from cobs import cobs

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_row
from firmware_model.device import Device
from firmware_model.links import Links, Session
from scs.wire.crc import crc32c
from scs.wire.framing import CRC, Decoder, Direction, Frame, FrameType, RejectReason
from scs.wire.messages import Message
from scs.wire.requests import Open, SetAmplitude, SoftStop, Stage, Start
from scs.wire.terms import Role


class _AnyCheckSum(Decoder):
    __slots__ = ()

    def _frame(self, encoded: bytes) -> Frame | RejectReason:
        found = super()._frame(encoded)
        if found is not RejectReason.BAD_CRC:
            return found
        plain = cobs.decode(encoded)[: -CRC.size]
        return super()._frame(cobs.encode(plain + CRC.pack(crc32c(plain))))


_SERVED_AS = {FrameType.RESPONSE: FrameType.REQUEST, FrameType.STOPPED: FrameType.STOP}


class _AnyDirection(Decoder):
    """What it has said itself it obeys, when a line echoes it."""

    __slots__ = ()

    def _frame(self, encoded: bytes) -> Frame | RejectReason:
        found = super()._frame(encoded)
        if found is not RejectReason.DIRECTION:
            return found
        own = Decoder(Direction.TO_PROGRAMMER)._frame(encoded)
        return own._replace(type=_SERVED_AS.get(own.type, own.type)) if isinstance(own, Frame) else own


class _LosesNext(Decoder):
    """A piece of noise takes the good frame behind it along."""

    __slots__ = ("_is_out_of_step",)

    def __init__(self, direction: Direction) -> None:
        super().__init__(direction)
        self._is_out_of_step = False

    def _frame(self, encoded: bytes) -> Frame | RejectReason:
        was_out, found = self._is_out_of_step, super()._frame(encoded)
        self._is_out_of_step = not was_out and not isinstance(found, Frame)
        return RejectReason.BAD_COBS if was_out else found


class _ChokesOnLength(Decoder):
    """A piece that is too long is the last thing that this decoder reads."""

    __slots__ = ()

    def receive(self, data: bytes) -> list[Frame]:
        return [] if self.rejects[RejectReason.TOO_LONG] else super().receive(data)


class _CheckSumLinks(Links):
    decoder = _AnyCheckSum


class _DirectionLinks(Links):
    decoder = _AnyDirection


class _NoisyLinks(Links):
    decoder = _LosesNext


class _ChokingLinks(Links):
    decoder = _ChokesOnLength


class _CountersForgotten(Links):
    def respond(self, session: Session, counter: int, *parts: Message) -> None:
        super().respond(session, counter, *parts)
        session.counter = 0


class _OlderCountersServed(Links):
    def take_frames(self) -> list[tuple[int, Frame]]:
        frames = super().take_frames()
        for link, frame in frames:
            session = self.sessions.get(frame.session)
            if session is not None and session.link == link and frame.counter < session.counter:
                session.counter = frame.counter - 1
        return frames


class _TwoWriters(Links):
    def open(self, link: int, opening: Open, now_us: int, seed: int) -> Session:
        session = super().open(link, opening, now_us, seed)
        session.opened = replace(session.opened, role=opening.role)
        return session

    def role(self, session: Session) -> Role:
        return session.opened.role


class _EndlessLease(Links):
    def lease_ends_us(self) -> int | None:
        return None

    def silent(self, now_us: int) -> list[Session]:
        return [session for session in super().silent(now_us) if session is not self.writer]

    def next_due_us(self) -> int | None:
        times = [session.notice_us for session in self.sessions.values() if session.watch_us]
        return min(times, default=None)


class _TrialOutlivesLease(Device):
    """The right to write ends; what was tried goes on."""

    def _on_time(self) -> None:
        lease_us = self.links.lease_ends_us()
        if lease_us is not None and lease_us <= self.now.us:
            self.links.release_writer()
            self._context.staging.clear()
        super()._on_time()


def _links(fault: str, description: str, hazard: str, links: type[Links]) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, links=links))


FAULTS = (
    _links("frame-check-ignored", "a frame is believed though its check sum is wrong", "H44", _CheckSumLinks),
    _links("direction-ignored", "a frame of its own that comes back is served", "H15", _DirectionLinks),
    _links("frame-lost-behind-noise", "a good frame behind a piece of noise is lost with it", "H38", _NoisyLinks),
    _links("deaf-after-long-frame", "after a frame that is too long nothing more is heard on that link", "H45",
           _ChokingLinks),
    _links("repeated-counter-served", "a request that arrives twice is served twice", "H16", _CountersForgotten),
    _links("older-counter-served", "a request that is older than the last one is served", "H15", _OlderCountersServed),
    KnownBad("operation-done-twice", "an amplitude under an operation number that was done is done again", "H16",
             with_row(SetAmplitude, changes_therapy=False)),
    KnownBad("start-done-twice", "a START under an operation number that was done is done again", "H16",
             with_row(Start, changes_therapy=False)),
    _links("two-writers", "a second programmer may write beside the first", "H32", _TwoWriters),
    KnownBad("reader-may-stage", "a session that may only read may stage a group", "H32",
             with_row(Stage, needs_writer=False)),
    KnownBad("reader-may-soft-stop", "a session that may only read may soft-stop", "H32",
             with_row(SoftStop, needs_writer=False)),
    KnownBad("reader-may-try", "a session that may only read may try an amplitude", "H32",
             with_row(SetAmplitude, needs_writer=False)),
    _links("lease-endless", "the right to write, and what is tried, outlive a link that is gone", "H13", _EndlessLease),
    KnownBad("trial-outlives-lease", "what was tried goes on when its lease has ended", "H13",
             device=_TrialOutlivesLease),
)  # fmt: skip
