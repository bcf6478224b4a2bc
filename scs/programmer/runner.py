"""Runs a session and its procedures over a transport, blocking, in the one thread that owns the port.

A round trip is one write and one wait for the answer; nothing is polled on a timer. What goes wrong becomes an error of
scs.errors with a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from scs.clock import Clock, Duration, Instant, wait
from scs.errors import LinkClosed, LinkLost, NoAnswer, Overtaken, Refused, ScsError, TransportError, WrongDevice
from scs.errors import NotPaired as NotPairedError
from scs.programmer.doorbell import Doorbell
from scs.programmer.events import (
    Answered,
    Event,
    KeyUnanswered,
    LinkSilent,
    NotPaired,
    RequestAbandoned,
    RequestRefused,
    SessionForgotten,
    SessionReady,
    StopAcknowledged,
    WrongImplant,
)
from scs.programmer.recording import SessionRecord
from scs.programmer.session import GIVE_UP, HEARTBEAT, Session, State
from scs.programmer.steps import HowLong, Pause, Procedure, Progress, Reconnect, ShowProgress, Told
from scs.programmer.unresolved import Notes, operation
from scs.transport.base import Transport
from scs.wire.access import Discovered
from scs.wire.messages import Request, Response
from scs.wire.requests import Close, GetLogParts, SetAmplitude, Start
from scs.wire.responses import RefusedReply
from scs.wire.terms import LEASE_MS, Role

T = TypeVar("T")

ROLE_PATIENCE = Duration.of_ms(LEASE_MS + 500)
"""How long the writer's role is asked for again: a programmer that vanished keeps it for one lease."""
RECONNECT_PATIENCE = Duration.of_s(10)
"""How long a link that failed is tried again before a procedure gives up; an emulator restarts in about one second."""
RETRY_PAUSE = Duration.of_ms(250)
"""Between two attempts to get the port or the role."""
FAREWELL = Duration.of_ms(500)
"""How long the answer to Close is waited for: it is a courtesy, the lease ends by itself."""


class Runner:
    """Drives one Session. `reopen` makes a new transport when the old one failed; without it the old one is tried
    again. `on_event` is told what no request waits for: notices, heartbeats, STOP."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        session: Session,
        *,
        reopen: Callable[[], Transport] | None = None,
        on_event: Callable[[Event], None] | None = None,
        doorbell: Doorbell | None = None,
        record: SessionRecord | None = None,
        notes: Notes | None = None,
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.session = session
        self.on_event: Callable[[Event], None] = on_event or (lambda _: None)
        self._reopen = reopen
        self._doorbell = doorbell
        self.record = record
        """What is said and heard is written down here, if anywhere."""
        self.notes = notes
        """What is begun is noted here before it is sent, if anywhere."""
        self._begun: list[int] = []
        """The numbers of the operations that are noted and not settled."""
        self.pass_time: Callable[[Duration], None] = wait
        """How to let time pass without a port; a virtual clock is advanced instead."""
        self.is_overtaken = False
        """Whether STOP was pressed from another thread since somebody last set this to False: until then nothing that
        raises the output is sent, or a job that was under way would start again what a person has just stopped."""
        session.heartbeat = HEARTBEAT
        session.witness = None if record is None else record.saw

    # ----------------------------------------------------------------------------------------------------- opening

    def open(self, *, patience: Duration = ROLE_PATIENCE) -> SessionReady:
        """Open a session; when another programmer writes, ask again for `patience`, then take what was granted.

        Raises NoAnswer, WrongDevice, Refused or TransportError.
        """
        until = self.clock.now() + patience
        while True:
            ready = self._open_once()
            wanted = self.session.wanted_role
            if wanted is not Role.WRITER or ready.role is Role.WRITER or self.clock.now() >= until:
                return ready
            self.close_session()
            self.idle(RETRY_PAUSE)

    def _open_once(self) -> SessionReady:
        self.session.open(self.clock.now())
        while True:
            match self._next(None):
                case SessionReady() as ready:
                    return ready
                case WrongImplant(expected, found):
                    self._flush()
                    raise WrongDevice(
                        f"{self.transport.name}: implant {found} answered, not {expected}; nothing was sent to it, "
                        f"so check which device is connected"
                    )
                case RequestRefused(request, reply):
                    raise _refused(request, reply)
                case NotPaired(said):
                    raise _not_paired(self.transport.name, said)
                case KeyUnanswered(serial, waited):
                    raise NotPairedError(
                        f"{self.transport.name}: implant {serial} is there and did not answer our key within "
                        f"{waited.seconds:.3g} s; if the link is good it knows this pair no more, so pair again with a "
                        f"magnet over it",
                        serial=serial,
                        has_key=True,
                    )
                case LinkSilent(_, waited):
                    raise NoAnswer(
                        f"{self.transport.name}: nobody answered within {waited.seconds:.3g} s; check that the implant "
                        f"is in range and on, and that this is its port"
                    )
                case SessionForgotten():
                    self.session.open(self.clock.now())
                case event if event is not None:
                    self.on_event(event)

    def reconnect(self, *, patience: Duration = RECONNECT_PATIENCE) -> SessionReady:
        """Get the link and a session back, with a new transport if one can be made; raises what stood in the way."""
        until = self.clock.now() + patience
        while True:
            try:
                if self._reopen is not None:
                    self.transport.close()
                    self.transport = self._reopen()
                return self.open()
            except TransportError:
                if self._reopen is None or self.clock.now() >= until:
                    raise
            except NoAnswer:
                if self.clock.now() >= until:
                    raise
            self._sleep(RETRY_PAUSE)

    def close_session(self) -> None:
        """Give the session back, as far as somebody listens."""
        if self.session.state is not State.READY:
            return
        try:
            self._exchange(Close(), FAREWELL)
        except (TransportError, NoAnswer, LinkLost, Refused):
            self.session.forget()

    def hang_up(self) -> None:
        """Give the session and the port back, even when the doorbell says that time is short."""
        self._doorbell = None
        try:
            self.close_session()
        finally:
            self.transport.close()

    # ------------------------------------------------------------------------------------------------- exchanging

    def run(self, procedure: Procedure[T], show: ShowProgress | None = None) -> T:
        """Run a procedure to its end; what it raises is raised."""
        answer: Response | tuple[Response, ...] | Duration | None = None
        failure: Exception | None = None
        while True:
            try:
                step = procedure.send(answer) if failure is None else procedure.throw(failure)
            except StopIteration as end:
                self._settle()
                result: T = end.value
                return result
            except (NoAnswer, LinkLost, TransportError):
                # What became of it is known only if the procedure has said so, with Told; if not, the note stays.
                self._begun.clear()
                raise
            except ScsError:
                self._settle()
                raise
            answer = failure = None
            if isinstance(step, Progress):
                if show is not None:
                    show(step)
                continue
            if isinstance(step, Told):
                self._settle()
                continue
            try:
                if isinstance(step, Pause):
                    self.idle(step.duration)
                elif isinstance(step, Reconnect):
                    self.reconnect()
                elif isinstance(step, HowLong):
                    answer = self.session.took
                elif isinstance(step, GetLogParts):
                    answer = self._exchange(step, None)
                else:
                    answer = self.exchange(step)
            except (Refused, NoAnswer, LinkLost, TransportError, Overtaken, WrongDevice) as error:
                failure = error

    def exchange(self, request: Request) -> Response:
        """Send one request and return its answer.

        Raises Refused, NoAnswer (nobody answered), LinkLost (the implant forgot the session), Overtaken (STOP) or
        TransportError. After any of these but Refused and Overtaken the session is closed.
        """
        return self._exchange(request, None)[-1]

    def _exchange(self, request: Request, limit: Duration | None) -> tuple[Response, ...]:
        now = self.clock.now()
        if self.session.state is not State.READY:
            raise LinkLost(f"{self.transport.name}: there is no session any more; connect again")
        if (self.is_overtaken or self.session.is_stopping) and isinstance(request, Start | SetAmplitude):
            raise Overtaken(f"STOP overtook {type(request).__name__}; it is not sent")
        self._note(request)
        self.session.request(request, now)
        until = None if limit is None else now + limit
        while True:
            match self._next(until):
                case Answered(_, response, before):
                    return (*before, response)
                case RequestRefused(_, reply):
                    raise _refused(request, reply)
                case LinkSilent(_, waited):
                    raise NoAnswer(
                        f"{self.transport.name}: {type(request).__name__} was not answered within "
                        f"{waited.seconds:.3g} s; bring the implant into range and connect again"
                    )
                case SessionForgotten():
                    raise LinkLost(
                        f"{self.transport.name}: the implant does not know this session any more; "
                        f"it was restarted, or nobody spoke for a minute"
                    )
                case RequestAbandoned():
                    raise Overtaken(f"STOP overtook {type(request).__name__}; it is not sent again")
                case None:
                    raise NoAnswer(f"{self.transport.name}: {type(request).__name__} was not answered in time")
                case event:
                    self.on_event(event)

    def _note(self, request: Request) -> None:
        """Note an operation before it is sent."""
        begun = operation(request)
        if self.notes is not None and begun is not None and self.session.identity is not None:
            self._begun.append(begun.op_id)
            self.notes.begin(self.session.identity.serial, begun)

    def _settle(self) -> None:
        """Whoever asked is told what became of everything that was begun."""
        if self.notes is not None and self.session.identity is not None:
            for op_id in self._begun:
                self.notes.settle(self.session.identity.serial, op_id)
        self._begun.clear()

    def idle(self, duration: Duration) -> None:
        """Let time pass: notices are passed on and heartbeats keep the lease."""
        until = self.clock.now() + duration
        while (event := self._next(until)) is not None:
            self._on_idle_event(event)

    def attend(self, until: Instant) -> None:
        """Like `idle` until an instant, but return early when the doorbell rings."""
        is_quiet = False
        while not is_quiet and self.clock.now() < until:
            is_quiet = self._turn(until)
            while (event := self.session.next_event()) is not None:
                self._on_idle_event(event)

    def stop(self, patience: Duration = GIVE_UP) -> StopAcknowledged:
        """Send STOP, with or without a session, until it is answered; raises NoAnswer after `patience`."""
        now = self.clock.now()
        self.session.stop(now)
        while True:
            match self._next(now + patience):
                case StopAcknowledged() as stopped:
                    return stopped
                case None:
                    raise NoAnswer(
                        f"{self.transport.name}: STOP was not answered within {patience.seconds:g} s; stimulation may "
                        f"be on, so use the magnet"
                    )
                case event:
                    self.on_event(event)

    # -------------------------------------------------------------------------------------------------- one turn

    def _on_idle_event(self, event: Event) -> None:
        self.on_event(event)
        if isinstance(event, LinkSilent | SessionForgotten):
            raise LinkLost(f"{self.transport.name}: the implant does not answer any more; connect again")

    def _next(self, until: Instant | None) -> Event | None:
        """The next event, or None once `until` has passed."""
        while (event := self.session.next_event()) is None:
            if until is not None and self.clock.now() >= until:
                return None
            self._turn(until)
        return event

    def _turn(self, until: Instant | None) -> bool:
        """Write what is to be written, wait for bytes until something is due, and let the session act on them.

        Returns True when nothing arrived before its time, which with a doorbell means that it may have rung.
        """
        session, bell = self.session, self._doorbell
        now = self.clock.now()
        if bell is not None:
            if bell.is_hung_up:
                raise LinkClosed(f"{self.transport.name}: this end of the link is being closed")
            if bell.take_stop():
                self.is_overtaken = True
                session.stop(now)
        try:
            output = session.take_output()
            if output:
                self.transport.write(output)
            due = session.next_due()
            if until is not None and (due is None or until < due):
                due = until
            timeout = now.until(due) if due is not None else HEARTBEAT
            data = self.transport.read(timeout) if bell is None else bell.read(self.transport, timeout)
        except TransportError as error:
            session.forget()
            if self.record is not None:
                self.record.lost(error)
            raise
        if data:
            session.receive(data)
        session.poll(self.clock.now())
        return not data

    def _flush(self) -> None:
        output = self.session.take_output()
        if output:
            self.transport.write(output)

    def _sleep(self, duration: Duration) -> None:
        if self._doorbell is not None:
            if self._doorbell.is_hung_up:
                raise LinkClosed(f"{self.transport.name}: this end of the link is being closed")
            self._doorbell.wait(duration)
        else:
            self.pass_time(duration)


def _not_paired(where: str, said: Discovered) -> NotPairedError:
    how = (
        "hold a magnet over it for two seconds and pair"
        if said.is_sealed
        else "it is on the bench and talks in the clear: use --insecure, or pair with a magnet over it"
    )
    return NotPairedError(
        f"{where}: implant {said.serial} ({said.model}) answers, and we have no key for it; {how}", serial=said.serial
    )


def _refused(request: Request, reply: RefusedReply) -> Refused:
    rules = f" ({', '.join(reply.rules)})" if reply.rules else ""
    said = reply.text or "it gave no sentence"
    return Refused(
        f"the implant refused {type(request).__name__} as {reply.reason.word}{rules}: {said}",
        reason=reply.reason.word,
        rules=reply.rules,
    )
