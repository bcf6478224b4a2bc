"""Who talks to the implant: one decoder a link, the sessions, the right to write, and the answers that were given.

What arrives is only kept; `take_frames` hands it over when the device steps. Requests of a session are numbered; a
repeated number is answered from memory, so nothing is done twice (docs/protocol.md section 5). A link whose number is
below zero is a sealed channel (firmware_model/gatekeeper.py): nothing arrives here for it but whole frames.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_model.arrivals import Arrivals
from scs.wire.codec import encode_message
from scs.wire.framing import Decoder, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.requests import Open
from scs.wire.responses import LogNotice, Opened, Status
from scs.wire.terms import LEASE_MS, Role

SESSIONS_MAX = 16
"""Sessions at a time; the reader that was silent longest makes room. Bounds what a flood of Open can take."""
LEASE_US = LEASE_MS * 1_000
FORGET_US = 60_000_000
"""A session that was silent for this long is forgotten (docs/protocol.md 5.3)."""
SESSION_NUMBERS = 65_535
OUTPUT_MAX = 1_024
"""Frames of one link that wait to be sent; a programmer that listens leaves none of them waiting [project: FW-13]."""
_RESPONSE = FrameType.RESPONSE
"""Asked for at each answer: a name of this module is found sooner than a member of its enum."""


@dataclass(slots=True)
class Session:
    """One programmer's session."""

    number: int
    link: int
    opening: Open
    opened: Opened
    heard_us: int
    was_writer: bool
    counter: int = 0
    answers: tuple[Frame, ...] = ()
    """The stored answer to `counter`: one frame, or the parts of it."""
    watch_us: int = 0
    notice_us: int = 0
    """When the next telemetry notice is due, while it watches."""
    notices: int = 0


class Links:
    """Every link and every session of one implant."""

    decoder: type[Decoder] = Decoder
    """What turns a link's bytes into frames."""

    def __init__(self) -> None:
        self.arrivals = Arrivals(self.decoder)
        self.unsent = 0
        """Frames that found no room among what waits to be sent."""
        self._output: dict[int, list[Frame]] = {}
        self.sessions: dict[int, Session] = {}
        self.writer: Session | None = None

    # ---------------------------------------------------------------------------------------------------- bytes

    def queue(self, data: bytes, link: int) -> None:
        """Keep what arrived until the device steps."""
        self.arrivals.receive(data, link)

    def take_frames(self) -> list[tuple[int, Frame]]:
        """Every frame that has arrived, in the order of arrival."""
        return self.arrivals.take()

    def send(self, link: int, frame: Frame) -> None:
        """Have a frame sent; dropped and counted when nobody fetches what waits already."""
        waiting = self._output.get(link)
        if waiting is None:
            self._output[link] = [frame]
        elif len(waiting) >= OUTPUT_MAX:
            self.unsent += 1
        else:
            waiting.append(frame)

    def take_output(self, link: int) -> bytes:
        frames = self._output.pop(link, None)
        return b"" if frames is None else b"".join([encode(frame) for frame in frames])

    def take_frames_out(self, link: int) -> list[Frame]:
        """What waits to be sent on a link, in order, before it is encoded or sealed."""
        return self._output.pop(link, [])

    @property
    def with_output(self) -> tuple[int, ...]:
        """The links that something waits to be sent on."""
        return tuple(self._output)

    def drop(self, link: int) -> None:
        """The link is gone: half a frame and unsent answers go with it. Its sessions live on until their lease ends."""
        self.arrivals.forget(link)
        self._output.pop(link, None)
        for session in self.sessions.values():
            if session.link == link:
                session.watch_us = 0

    def rejects(self) -> int:
        """Pieces between delimiters that were no frame, over all links that are there."""
        return self.arrivals.rejects()

    # ------------------------------------------------------------------------------------------------- sessions

    def reopened(self, link: int, opening: Open, now_us: int) -> Session | None:
        """The session that this very Open has opened before, now on `link`; None when there is none."""
        for session in self.sessions.values():
            if session.opening.nonce == opening.nonce:
                session.link = link
                self._heard(session, now_us)
                return session
        return None

    def open(self, link: int, opening: Open, now_us: int, seed: int) -> Session:
        """A new session. `seed` is a number that is never used twice, so that neither is a session's number soon."""
        if len(self.sessions) >= SESSIONS_MAX:
            quietest = min((s for s in self.sessions.values() if s is not self.writer), key=lambda s: s.heard_us)
            self.forget(quietest)
        number = 1 + seed % SESSION_NUMBERS
        while number in self.sessions:
            number = 1 + number % SESSION_NUMBERS
        is_writer = opening.role is Role.WRITER and self.writer is None
        role = Role.WRITER if is_writer else Role.READER
        opened = Opened(opening.nonce, number, role, LEASE_MS)
        session = Session(number, link, opening, opened, now_us, is_writer)
        self.sessions[number] = session
        if is_writer:
            self.writer = session
        self._check_invariants()
        return session

    def find(self, number: int, link: int, now_us: int) -> Session | None:
        """The session that a valid frame belongs to, its lease renewed; None when it is not known on this link."""
        session = self.sessions.get(number)
        if session is None or session.link != link:
            return None
        self._heard(session, now_us)
        return session

    def role(self, session: Session) -> Role:
        return Role.WRITER if session is self.writer else Role.READER

    def forget(self, session: Session) -> None:
        """End a session; the right to write goes with it."""
        self.sessions.pop(session.number, None)
        if session is self.writer:
            self.writer = None
        self._check_invariants()

    def release_writer(self) -> None:
        """The writer's lease has ended; its session may still read, and writes again if nobody else does."""
        self.writer = None

    def lease_ends_us(self) -> int | None:
        return self.writer.heard_us + LEASE_US if self.writer is not None else None

    def next_due_us(self) -> int | None:
        """When a lease, a session or a notice is due."""
        due_us = self.lease_ends_us()
        for session in self.sessions.values():
            ends_us = session.heard_us + FORGET_US
            if session.watch_us and session.notice_us < ends_us:
                ends_us = session.notice_us
            if due_us is None or ends_us < due_us:
                due_us = ends_us
        return due_us

    def silent(self, now_us: int) -> list[Session]:
        """The sessions that are to be forgotten."""
        return [session for session in self.sessions.values() if session.heard_us + FORGET_US <= now_us]

    def watching(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.watch_us]

    def respond(self, session: Session, counter: int, *parts: Message) -> None:
        """Answer a request and keep the answer."""
        session.counter = counter
        session.answers = tuple([Frame(_RESPONSE, session.number, counter, encode_message(part)) for part in parts])
        for answer in session.answers:
            self.send(session.link, answer)

    def notify(self, session: Session, message: Status | LogNotice) -> None:
        """Tell a session something that it did not just ask for."""
        session.notices = (session.notices + 1) & 0xFFFF_FFFF
        frame = Frame(FrameType.NOTICE, session.number, session.notices, encode_message(message))
        self.send(session.link, frame)

    def _heard(self, session: Session, now_us: int) -> None:
        session.heard_us = now_us
        if session.was_writer and self.writer is None:
            self.writer = session

    def _check_invariants(self) -> None:
        assert len(self.sessions) <= SESSIONS_MAX, "sessions are bounded"
        if self.writer is not None:
            assert self.writer.number in self.sessions, "who writes has a session"
            assert self.writer.was_writer, "nobody writes who was told to read"
