"""One programmer's conversation with one implant: bytes in, events and bytes out, and the time is an argument.

One request is outstanding at a time and is sent again as the same frame until it is answered (docs/protocol.md
section 5). STOP has a path of its own (section 4): it leaves before anything queued and is sent until it is answered.
With keys, frames travel sealed (section 12): they wait until the channel is open, and are sealed as they leave. Nothing
here reads a clock, opens a port or waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from random import Random

from scs.clock import Duration, Instant
from scs.errors import LocalProtocolError, RemoteProtocolError
from scs.programmer.events import (
    STOP_WARNING,
    Answered,
    Event,
    KeyUnanswered,
    LinkSilent,
    NoticeArrived,
    NotPaired,
    RequestAbandoned,
    RequestRefused,
    SessionForgotten,
    SessionReady,
    StatusHeard,
    StopAcknowledged,
    StopPressed,
    StopUnanswered,
    WrongImplant,
)
from scs.programmer.outstanding import Outstanding, OutstandingStop
from scs.programmer.sealed_link import Change, FindKey, SealedLink, Stage
from scs.programmer.sealed_link import Opened as ChannelOpened
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.requests import Close, GetStatus, Identify, Open, SetAmplitude, Start
from scs.wire.responses import Identity, LogNotice, LogPart, Opened, RefusedReply, Status, Stopped
from scs.wire.terms import Reason, Role

FIRST_RETRY = Duration.of_ms(250)
"""A 600-byte frame takes 52 ms at 115,200 baud each way; a quarter of a second leaves the implant time to think."""
LONGEST_RETRY = Duration.of_ms(1_000)
OPENING_RETRY = Duration.of_ms(400)
"""At most, until a session is open: what is said is short, and of ten times in GIVE_UP nine may be lost [project]."""
GIVE_UP = Duration.of_ms(4_000)
"""Twice the lease: whoever was silent for that long holds nothing any more."""
STOP_RETRY = Duration.of_ms(50)
"""docs/protocol.md 4.4. Short, because every repeat that is lost is time under stimulation."""
STOP_REGREET = Duration.of_ms(300)
"""When a STOP in a channel was not answered for so long, the implant may have lost the channel: another handshake is
made, and meanwhile STOP goes out in the clear, which an implant obeys while a magnet is near."""
REGREETINGS_MAX = 9
"""So many more handshakes are made for one opening when the implant says that it does not know the channel [project]: a
supply that gives way at each vibration of the can may do so several times. Each takes a genuine answer of the implant
to the one before and an answer that is overdue; whoever says so in its place ends with the tenth channel."""
HEARTBEAT = Duration.of_ms(500)
"""A quarter of the lease, so that three heartbeats in a row may be lost before a trial change ends."""

_RAISING = (Start, SetAmplitude)
"""Requests that may raise the output; none of them may reach the implant after a STOP that was pressed later."""


class State(Enum):
    """How far the conversation is."""

    CLOSED = "closed"
    OPENING = "opening"
    IDENTIFYING = "identifying"
    READY = "ready"


_OPENING, _READY = State.OPENING, State.READY
_REQUEST, _RESPONSE, _TO_PROGRAMMER = FrameType.REQUEST, FrameType.RESPONSE, Direction.TO_PROGRAMMER
_SEALED = FrameType.SEALED_TO_PROGRAMMER
"""Asked for in each exchange: a name of this module is found sooner than a member of its enum."""


class Session:
    """The programmer's end of the link.

    `chance` gives the nonces that tell this programmer from another one. With `expect_serial` any other implant is
    turned away before anything but its identity was asked for; without it, the first implant that answers is the
    expected one for as long as this object lives, so that a change of cables cannot redirect a prescription.

    With `find_key` the session is sealed, and never falls back to the clear; without it, it is in the clear, which only
    an implant on the bench accepts. `draw` gives the bytes of ephemeral keys; without it they come from `chance`.
    `overhear` is told of every frame that is sealed or opened.
    """

    def __init__(
        self,
        chance: Random,
        role: Role = Role.WRITER,
        expect_serial: str | None = None,
        find_key: FindKey | None = None,
        draw: Callable[[int], bytes] | None = None,
        overhear: Callable[[Frame], None] | None = None,
    ) -> None:
        self._chance = chance
        self.wanted_role = role
        self.expect_serial = expect_serial
        self.state = State.CLOSED
        self.role = Role.READER
        self.identity: Identity | None = None
        self.heard_at: Instant | None = None
        """When the latest valid frame of the implant was processed."""
        self.took = Duration(0)
        """How long the latest answer took, from the first time that it was asked for."""
        self.heartbeat: Duration | None = None
        """While set, a GetStatus goes out whenever the session said nothing for this long."""
        self.witness: Callable[[Event], None] | None = None
        """Told of every event as it is taken, whoever takes it."""
        self._decoder = Decoder(Direction.TO_PROGRAMMER)
        self._frames: deque[Frame] = deque()
        self._events: deque[Event] = deque()
        self._output: list[Frame] = []
        self._urgent: Frame | None = None
        self._link = SealedLink(find_key, chance, draw or chance.randbytes) if find_key is not None else None
        if self._link is not None:
            self._link.overhear = overhear
        self._session = 0
        self._lease = Duration(0)
        self._counter = 0
        self._stop_counter = 0
        self._nonce = 0
        self._outstanding: Outstanding | None = None
        self._pending: Request | None = None
        self._stop: OutstandingStop | None = None
        self._spoke_at = Instant(0)

    # ------------------------------------------------------------------------------------------ what a driver calls

    def open(self, now: Instant) -> None:
        """Ask for a session, anew if there was one; SessionReady, WrongImplant or LinkSilent follows."""
        self.forget()
        self._nonce = self._chance.getrandbits(64)
        self.state = State.OPENING
        if self._link is not None:
            self._link.begin(now, self.expect_serial)
        self._send(Open(nonce=self._nonce, role=self.wanted_role), now, is_own=True)

    def request(self, request: Request, now: Instant) -> None:
        """Send `request`; Answered, RequestRefused, LinkSilent, SessionForgotten or RequestAbandoned follows.

        Raises LocalProtocolError when the session is not ready, a request is outstanding already, or STOP is and
        this request could raise the output.
        """
        if self.state is not State.READY:
            raise LocalProtocolError(f"{type(request).__name__} needs an open session; open it first")
        if self._pending is not None or (self._outstanding is not None and not self._outstanding.is_own):
            raise LocalProtocolError("one request is outstanding at a time; wait for its answer")
        if self._stop is not None and isinstance(request, _RAISING):
            raise LocalProtocolError("STOP is not answered yet; nothing that raises the output is sent before it is")
        if self._outstanding is None:
            self._send(request, now, is_own=False)
        else:
            self._pending = request

    def stop(self, now: Instant) -> None:
        """Send STOP before anything else, in any state; pressed again, it goes out again at once."""
        self._abandon_what_raises()
        if self._stop is None:
            self._stop_counter = (self._stop_counter + 1) & 0xFFFF_FFFF
            frame = Frame(FrameType.STOP, self._session, self._stop_counter)
            self._stop = OutstandingStop(frame, self._stop_counter, now, now)
            self._events.append(StopPressed())
        if self._link is not None and self._link.stage is Stage.CLOSED:
            self._link.begin(now, self.expect_serial)
        self._stop.retry_at = now + STOP_RETRY
        self._urgent = self._stop.frame

    def forget(self) -> None:
        """Drop the session without a word, for instance because the port is gone. A STOP stays outstanding."""
        self.state = State.CLOSED
        self.role = Role.READER
        self._decoder = Decoder(Direction.TO_PROGRAMMER)
        self._frames.clear()
        self._output.clear()
        self._session = 0
        self._counter = 0
        self._outstanding = None
        self._pending = None
        if self._link is not None:
            self._link.reset()

    def receive(self, data: bytes) -> None:
        """Take bytes as they come; they are acted on in `poll`."""
        self._frames.extend(self._decoder.receive(data))

    def poll(self, now: Instant) -> None:
        """Do everything that is due: read what arrived, send again, give up, keep the lease."""
        while self._frames:
            self._on_arrival(self._frames.popleft(), now)
        if self._stop is not None:
            self._poll_stop(self._stop, now)
        if self._link is not None and self._link.due is not None:
            self._link.poll(now)
        if self._outstanding is not None:
            self._poll_outstanding(self._outstanding, now)
        beat = self.heartbeat
        idle = self._outstanding is None and self.state is _READY
        if beat is not None and idle and now.us - self._spoke_at.us >= beat.us:
            self._send(GetStatus(), now, is_own=True)

    def next_event(self) -> Event | None:
        """The oldest event that was not taken yet."""
        if not self._events:
            return None
        event = self._events.popleft()
        if self.witness is not None:
            self.witness(event)
        return event

    def take_output(self) -> bytes:
        """What has to be written now; STOP is at its beginning."""
        link = self._link
        output = b"" if link is None else link.take_output()
        urgent, self._urgent = self._urgent, None
        channel = link.channel if link is not None else None
        if link is None or channel is not None:
            send = encode if channel is None else channel.wrap
            frames, self._output = self._output, []
            return output + b"".join(map(send, frames if urgent is None else [urgent, *frames]))
        # Without a channel a STOP goes out in the clear, and again in the channel as soon as that is open.
        return output if urgent is None else encode(urgent) + output

    def next_due(self) -> Instant | None:
        """When `poll` has something to do even if nothing arrives."""
        due: list[Instant] = []
        if self._stop is not None:
            due.append(self._stop.retry_at)
        if self._outstanding is not None:
            due.append(self._outstanding.retry_at)
        elif self.heartbeat is not None and self.state is _READY:
            due.append(self._spoke_at + self.heartbeat)
        if self._link is not None and self._link.due is not None:
            due.append(self._link.due)
        return min(due) if due else None

    @property
    def is_stopping(self) -> bool:
        """Whether a STOP waits for its answer."""
        return self._stop is not None

    @property
    def is_sealed(self) -> bool:
        """Whether what is said travels in a sealed channel."""
        return self._link is not None

    @property
    def rejected(self) -> int:
        """Pieces of what arrived on this connection that were no valid frame, or were not genuine."""
        return self._decoder.rejects.total() + (self._link.refused if self._link is not None else 0)

    # ---------------------------------------------------------------------------------------------------- sending

    def _send(self, request: Request, now: Instant, *, is_own: bool) -> None:
        if not isinstance(request, Open):
            self._counter += 1
        frame = Frame(_REQUEST, self._session, self._counter, encode_message(request))
        self._outstanding = Outstanding(request, frame, self._counter, now, now + FIRST_RETRY, FIRST_RETRY, is_own)
        self._output.append(frame)
        self._spoke_at = now

    def _poll_outstanding(self, waiting: Outstanding, now: Instant) -> None:
        if now < waiting.retry_at:
            return
        waited = now.since(waiting.sent_first)
        if waited >= GIVE_UP:
            self._give_up(waiting, waited)
            return
        longest = LONGEST_RETRY if self.state is _READY else OPENING_RETRY
        waiting.interval = min(waiting.interval * 2, longest)
        waiting.retry_at = min(now + waiting.interval, waiting.sent_first + GIVE_UP)
        if waited < GIVE_UP and waiting.frame not in self._output:
            self._output.append(waiting.frame)
            self._spoke_at = now

    def _give_up(self, waiting: Outstanding, waited: Duration) -> None:
        link = self._link
        # Once a channel was opened, the key is known, and whoever is silent now is not there.
        has_key = waiting.regreetings > 0
        greeted = link.said if link is not None and link.stage is Stage.GREETING and not has_key else None
        self.forget()
        if greeted is not None:
            self._events.append(KeyUnanswered(greeted.serial, waited))
        else:
            self._events.append(LinkSilent(waiting.request, waited))

    def _poll_stop(self, stop: OutstandingStop, now: Instant) -> None:
        if now < stop.retry_at:
            return
        stop.retry_at = now + STOP_RETRY
        self._urgent = stop.frame
        waited = now.since(stop.pressed_at)
        link = self._link
        if link is not None and link.is_open and waited >= STOP_REGREET and not stop.has_regreeted:
            stop.has_regreeted = True
            link.begin(now, self.expect_serial)
        if waited >= STOP_WARNING and not stop.warned:
            stop.warned = True
            self._events.append(StopUnanswered(waited))

    def _abandon_what_raises(self) -> None:
        if isinstance(self._pending, _RAISING):
            self._events.append(RequestAbandoned(self._pending))
            self._pending = None
        waiting = self._outstanding
        if waiting is not None and isinstance(waiting.request, _RAISING):
            # A copy that was not written yet is dropped, and one that was lost is not repeated: after STOP it would
            # start what the person has just stopped. The next request's counter makes any late copy an old one.
            self._output = [frame for frame in self._output if frame != waiting.frame]
            self._outstanding = None
            self._events.append(RequestAbandoned(waiting.request))

    # -------------------------------------------------------------------------------------------------- receiving

    def _on_arrival(self, frame: Frame, now: Instant) -> None:
        """A frame as it came from the wire: what was sealed in it, or what the link itself makes of it."""
        link = self._link
        inner: Frame | None = frame
        if link is not None and frame.type is _SEALED:
            inner = link.unwrap(frame)
        elif link is not None:
            if link.is_hint(frame):
                self._on_hint(now)
                return
            inner = link.take(frame, now)
            self._mind_greeting(link, now)
            while (change := link.next_change()) is not None:
                self._on_change(change, now)
        if inner is not None:
            self._on_frame(inner, now)

    def _mind_greeting(self, link: SealedLink, now: Instant) -> None:
        """The implant is there: patience begins anew for the handshake, once for each that is made."""
        waiting = self._outstanding
        if waiting is not None and link.stage is Stage.GREETING and waiting.found <= waiting.regreetings:
            waiting.found += 1
            waiting.sent_first = now

    def _on_hint(self, now: Instant) -> None:
        """In the clear it was said that the channel is gone: believed when an answer is overdue, and not before."""
        waiting, link = self._outstanding, self._link
        if waiting is None or waiting.interval == FIRST_RETRY:
            return
        if self.state is not State.OPENING:
            request = self._pending or waiting.request
            self.forget()
            self._events.append(SessionForgotten(request))
        elif link is not None and waiting.regreetings < REGREETINGS_MAX:
            # The implant began anew behind the handshake, and nothing was said in that channel. Patience begins anew
            # too: what was lost before must not be missing to this handshake.
            waiting.regreetings += 1
            waiting.sent_first = now
            link.begin(now, self.expect_serial)
            self._output.append(waiting.frame)

    def _on_change(self, change: Change, now: Instant) -> None:
        if isinstance(change, ChannelOpened):
            # What was said before, nobody could have heard: patience begins now.
            if self._outstanding is not None:
                self._outstanding.sent_first = now
                self._outstanding.interval = FIRST_RETRY
                self._outstanding.retry_at = now + FIRST_RETRY
            if self._stop is not None:
                self._urgent, self._stop.retry_at = self._stop.frame, now + STOP_RETRY
            return
        if self.state is State.CLOSED:
            # Only a STOP is under way; it goes on in the clear.
            return
        self.forget()
        if change.is_expected:
            self._events.append(NotPaired(change.said))
        else:
            assert self.expect_serial is not None, "without an expected one everybody is expected"
            self._events.append(WrongImplant(self.expect_serial, change.said.serial))

    def _on_frame(self, frame: Frame, now: Instant) -> None:
        try:
            message = decode_message(frame.body, _TO_PROGRAMMER)
        except RemoteProtocolError:
            # A body that cannot be read is as good as a frame that was lost: the request is sent again.
            return
        if frame.type is _RESPONSE:
            self._on_response(frame, message, now)
        elif frame.type is FrameType.NOTICE:
            self._on_notice(frame, message, now)
        elif frame.type is FrameType.STOPPED:
            self._on_stopped(frame, message, now)

    def _on_stopped(self, frame: Frame, message: Message, now: Instant) -> None:
        if self._stop is None or not isinstance(message, Stopped) or frame.counter != self._stop.counter:
            return
        self._stop = None
        self._urgent = None
        self.heard_at = now
        self._events.append(StopAcknowledged(message.at_us))

    def _on_notice(self, frame: Frame, message: Message, now: Instant) -> None:
        if self.state is State.READY and frame.session == self._session and isinstance(message, Status | LogNotice):
            self.heard_at = now
            self._events.append(NoticeArrived(message))

    def _on_response(self, frame: Frame, message: Message, now: Instant) -> None:
        waiting = self._outstanding
        if waiting is None or isinstance(message, LogNotice | Stopped):
            # Neither answers a request: whoever says so in a response does not speak our protocol.
            return
        if self.state is _OPENING:
            # What was asked in a former session may be refused this late; only what has no session answers Open.
            if frame.session == 0:
                self._on_opening(message, waiting, now)
            return
        if frame.session != self._session or frame.counter != waiting.counter:
            return
        self.heard_at = now
        if isinstance(message, LogPart) and not waiting.is_whole_with(message, now):
            return
        self._outstanding = None
        self.took = now.since(waiting.sent_first)
        if isinstance(message, RefusedReply):
            self._on_refused(message, waiting)
        elif self.state is _READY:
            self._on_answer(message, waiting)
        else:
            self._on_identity(message)
        if self._pending is not None and self.state is _READY:
            pending, self._pending = self._pending, None
            self._send(pending, now, is_own=False)

    def _on_opening(self, message: Message, waiting: Outstanding, now: Instant) -> None:
        if isinstance(message, RefusedReply):
            self.forget()
            self._events.append(RequestRefused(waiting.request, message))
        elif isinstance(message, Opened) and message.nonce == self._nonce:
            self.heard_at = now
            self._session = message.session
            self.role = message.role
            self._lease = Duration.of_ms(message.lease_ms)
            self.state = State.IDENTIFYING
            self._send(Identify(), now, is_own=True)

    def _on_identity(self, message: Message) -> None:
        if not isinstance(message, Identity):
            return
        if self.expect_serial is not None and message.serial != self.expect_serial:
            farewell = Frame(FrameType.REQUEST, self._session, self._counter + 1, encode_message(Close()))
            is_sealed = self._link is not None
            self.forget()
            # The stranger's own programmer should not wait for our lease to run out; nobody waits for the answer.
            # In a sealed channel there is no stranger: the handshake has proved who is there.
            if not is_sealed:
                self._output.append(farewell)
            self._events.append(WrongImplant(self.expect_serial, message.serial))
            return
        self.expect_serial = message.serial
        self.identity = message
        self.state = State.READY
        self._events.append(SessionReady(self._session, self.role, self._lease, message))

    def _on_refused(self, reply: RefusedReply, waiting: Outstanding) -> None:
        if reply.reason is Reason.NO_SESSION:
            request = self._pending or waiting.request
            self.forget()
            self._events.append(SessionForgotten(request))
        elif self.state is State.IDENTIFYING or not waiting.is_own:
            self._events.append(RequestRefused(waiting.request, reply))

    def _on_answer(self, message: Message, waiting: Outstanding) -> None:
        if waiting.is_own:
            if isinstance(message, Status):
                self.role = message.role
                self._events.append(StatusHeard(message))
            return
        if isinstance(waiting.request, Close):
            self.forget()
        if isinstance(message, Status):
            self.role = message.role
        assert not isinstance(message, Request | LogNotice | Stopped), "decoding gives answers only in this direction"
        self._events.append(Answered(waiting.request, *waiting.answered_with(message)))
