"""A thread that owns the port, for whoever must not block: a screen, a test bench.

Others submit jobs and press STOP; they hear immutable events through one callback, which runs in the worker's thread
and must only hand them on. STOP is a flag beside the queue: it leaves before the next byte of anything else, in the
middle of a job too. Jobs that were queued before it are dropped, because they belong to what was stopped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from secrets import token_bytes
from typing import Any

from scs.clock import Clock, Duration, Instant
from scs.errors import LinkClosed, LinkLost, NotPaired, Overtaken, Refused, ScsError
from scs.programmer.client import Client
from scs.programmer.doorbell import Doorbell
from scs.programmer.events import (
    Event,
    NoticeArrived,
    StatusHeard,
    StopAcknowledged,
    StopPressed,
    StopUnanswered,
)
from scs.programmer.recording import SessionRecord
from scs.programmer.runner import RETRY_PAUSE, Runner
from scs.programmer.sealed_link import FindKey
from scs.programmer.session import HEARTBEAT, Session, State
from scs.programmer.steps import ShowProgress
from scs.programmer.unresolved import Notes
from scs.programmer.worker_events import (
    JobDone,
    JobFailed,
    JobProgress,
    LinkDown,
    LinkUp,
    Logged,
    StatusRead,
    StopConfirmed,
    StopNotConfirmed,
    StopSent,
    WorkerEvent,
)
from scs.transport.base import Transport
from scs.wire.framing import Frame
from scs.wire.responses import LogNotice, Status
from scs.wire.terms import Reason, Role

STATUS_PERIOD = Duration.of_ms(200)
"""Five a second: what a person takes for live, and a tenth of a 115,200 baud line. It also keeps the lease."""
UNWATCHED_PERIOD = HEARTBEAT
"""While nobody looks, the session's own heartbeat is enough for the lease."""

STRANGER_PAUSE = Duration.of_s(60)
"""How long an implant that we have no key for is left in peace: it listens to strangers for an hour a day, and only a
person changes anything meanwhile. `retry`, an errand and STOP end it."""
KNOCK_PAUSE = Duration.of_s(10)
"""How long one that did not answer our key is left in peace: it takes one handshake of a stranger in ten seconds
(docs/protocol.md 12.13), and more would keep a better key from being heard."""
FAREWELL_PATIENCE = Duration.of_s(6)
"""How long `close` waits for the thread: a connection that is being made takes up to five seconds to give up."""


Job = Callable[[Client, ShowProgress], Any]
"""What is to be done with the client, for instance `lambda client, show: client.log(progress=show)`."""


Errand = Callable[[Transport], Any]
"""What is to be done over the bare port, without a session, for instance a pairing. It need not close the port."""


@dataclass(frozen=True, slots=True)
class _Queued:
    number: int
    name: str
    job: Job


@dataclass(frozen=True, slots=True)
class _QueuedErrand:
    number: int
    name: str
    errand: Errand


class Worker:
    """Connects with `connect`, keeps the session alive, reads the status, runs jobs in order, and reconnects.

    `submit`, `stop`, `watch` and `close` may be called from any thread. Call `close` in the end: it gives the session
    back and joins the thread. `chance` gives nonces and operation numbers; everything is written into `record`. With
    `find_key` everything travels sealed, and `overhear` is told what was said inside; without it in the clear.
    """

    def __init__(
        self,
        connect: Callable[[], Transport],
        clock: Clock,
        on_event: Callable[[WorkerEvent], None],
        *,
        role: Role = Role.WRITER,
        expect_serial: str | None = None,
        chance: Random | None = None,
        record: SessionRecord | None = None,
        notes: Notes | None = None,
        find_key: FindKey | None = None,
        overhear: Callable[[Frame], None] | None = None,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._tell = on_event
        self._chance = chance if chance is not None else Random()
        # One session for all connections: it remembers the serial number and a STOP that nobody has answered.
        self._session = Session(self._chance, role, expect_serial, find_key, token_bytes, overhear)
        self._record = record
        self._notes = notes
        self._bell = Doorbell()
        self._guard = threading.Lock()
        self._queue: deque[_Queued] = deque()
        self._errands: deque[_QueuedErrand] = deque()
        self._retries = threading.Event()
        self._last_number = 0
        self._is_watching = True
        self._status_at = Instant(0)
        self._thread = threading.Thread(target=self._work, name="scs programmer", daemon=True)

    # ------------------------------------------------------------------------------------------ from any thread

    def start(self) -> None:
        """Begin to connect; LinkUp or LinkDown follows."""
        self._thread.start()

    def submit(self, name: str, job: Job) -> int:
        """Queue a job and return its number; exactly one JobDone or JobFailed with that number follows."""
        with self._guard:
            self._last_number += 1
            queued = _Queued(self._last_number, name, job)
            self._queue.append(queued)
        self._bell.ring()
        return queued.number

    def run_errand(self, name: str, errand: Errand) -> int:
        """Queue what needs the bare port, and return its number; JobDone or JobFailed with that number follows.

        A session is given back before it. Afterwards nothing is asked of the implant until `retry`, for a minute.
        """
        with self._guard:
            self._last_number += 1
            queued = _QueuedErrand(self._last_number, name, errand)
            self._errands.append(queued)
        self._bell.ring()
        return queued.number

    def retry(self) -> None:
        """Connect now and not after a pause: something has changed, for instance there is a key."""
        self._retries.set()
        self._bell.ring()

    def stop(self) -> None:
        """Press STOP. Returns at once; StopSent and then StopConfirmed or StopNotConfirmed follow.

        Without a link it goes out as soon as there is one, before a session is opened.
        """
        self._bell.press_stop()

    def watch(self, *, on: bool) -> None:
        """Read the status five times a second, or only keep the session alive. It begins with on."""
        self._is_watching = on
        self._bell.ring()

    @property
    def heard_at(self) -> Instant | None:
        """When the implant last said anything, on the worker's clock; None before it ever did."""
        return self._session.heard_at

    def close(self) -> None:
        """Finish: queued jobs fail, the session is given back, the thread ends."""
        self._bell.hang_up()
        if self._thread.is_alive():
            self._thread.join(FAREWELL_PATIENCE.seconds)
        if not self._thread.is_alive():
            self._bell.close()

    # -------------------------------------------------------------------------------------- in the worker's thread

    def _work(self) -> None:
        try:
            while not self._bell.is_hung_up:
                self._retries.clear()
                try:
                    if self._errands:
                        self._run_errand(self._errands.popleft())
                        self._pause(STRANGER_PAUSE)
                    else:
                        self._serve()
                except ScsError as error:
                    if not self._bell.is_hung_up:
                        if self._record is not None:
                            self._record.lost(error)
                        self._tell(LinkDown(error, self._clock.now()))
                        self._pause(_pause_after(error))
        finally:
            if not self._bell.is_hung_up:
                # Only a mistake in a job leads here. STOP does not work any more, so somebody has to be told.
                gone = LinkLost("the programmer's link has failed for good; use the magnet to stop, and restart it")
                self._tell(LinkDown(gone, self._clock.now()))
            self._drop_queue(LinkLost("the programmer was closed before this was done"))
            while self._errands:
                self._fail(self._errands.popleft(), LinkLost("the programmer was closed before this was done"))
            if self._record is not None:
                self._record.close()

    def _serve(self) -> None:
        """One connection, from the port to its end."""
        runner = Runner(
            self._connect(),
            self._clock,
            self._session,
            reopen=self._connect,
            on_event=self._on_event,
            doorbell=self._bell,
            record=self._record,
            notes=self._notes,
        )
        client = Client(runner, self._chance)
        try:
            self._open(runner)
            description = client.identify()
            self._tell(LinkUp(description, client.role, self._clock.now()))
            self._on_status(client.status())
            while not self._bell.is_hung_up and not self._errands:
                self._serve_once(client)
        finally:
            runner.hang_up()

    def _open(self, runner: Runner) -> None:
        try:
            runner.open()
        except NotPaired as error:
            if self._session.is_stopping:
                self._tell(LinkDown(error, self._clock.now()))
                # Without a channel an implant obeys STOP while a magnet is near, so it goes on being sent.
                self._session.stop(self._clock.now())
            while self._session.is_stopping and not self._is_called:
                runner.attend(self._clock.now() + RETRY_PAUSE)
            raise

    def _run_errand(self, queued: _QueuedErrand) -> None:
        """Between two sessions. What it raises is told to whoever asked; the port's own trouble is told as ever."""
        try:
            with self._connect() as port:
                result = queued.errand(_Attended(port, self._bell))
        except ScsError as error:
            self._fail(queued, error)
        else:
            self._tell(JobDone(queued.number, queued.name, result))

    def _serve_once(self, client: Client) -> None:
        queued = self._take()
        if queued is not None:
            self._run(client, queued)
            return
        now = self._clock.now()
        if not self._is_watching:
            client.runner.attend(now + UNWATCHED_PERIOD)
        elif self._status_at + STATUS_PERIOD <= now:
            self._on_status(client.status())
        else:
            client.runner.attend(self._status_at + STATUS_PERIOD)

    def _run(self, client: Client, queued: _Queued) -> None:
        client.runner.is_overtaken = False
        try:
            result = queued.job(client, lambda progress: self._tell(JobProgress(queued.number, progress)))
        except ScsError as error:
            self._fail(queued, error)
            if self._session.state is not State.READY:
                # The link went with the job; whoever looks is told both, and the outer loop connects again.
                raise
        else:
            self._tell(JobDone(queued.number, queued.name, result))
        self._on_status(client.status())

    def _take(self) -> _Queued | None:
        with self._guard:
            return self._queue.popleft() if self._queue else None

    def _drop_queue(self, because: ScsError) -> None:
        while (queued := self._take()) is not None:
            self._fail(queued, because)

    def _fail(self, queued: _Queued | _QueuedErrand, error: ScsError) -> None:
        if self._record is not None:
            self._record.failed(queued.name, error)
        self._tell(JobFailed(queued.number, queued.name, error))

    def _pause(self, duration: Duration) -> None:
        """Wait without a link. STOP may be pressed meanwhile, and whoever pressed it must hear that it is not out."""
        until = self._clock.now() + duration
        while (now := self._clock.now()) < until and not self._is_called:
            if self._bell.take_stop():
                # The next attempt begins at once: STOP is the first thing that it says.
                self._session.stop(now)
                until = now
            self._session.poll(now)
            while (event := self._session.next_event()) is not None:
                self._on_event(event)
            self._bell.wait(now.until(until))

    @property
    def _is_called(self) -> bool:
        """Whether there is something better to do than to wait."""
        return self._bell.is_hung_up or bool(self._errands) or self._retries.is_set()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, StatusHeard):
            self._on_status(event.status)
        elif isinstance(event, NoticeArrived):
            if isinstance(event.notice, LogNotice):
                self._tell(Logged(event.notice))
            else:
                self._on_status(event.notice)
        elif isinstance(event, StopPressed):
            self._tell(StopSent(self._clock.now()))
            self._drop_queue(Overtaken("STOP was pressed before this was begun; it was dropped"))
        elif isinstance(event, StopAcknowledged):
            self._tell(StopConfirmed(self._clock.now()))
        elif isinstance(event, StopUnanswered):
            self._tell(StopNotConfirmed(event.waited))

    def _on_status(self, status: Status) -> None:
        self._status_at = self._clock.now()
        self._tell(StatusRead(status, self._status_at))


def _pause_after(error: ScsError) -> Duration:
    """How long after a failed attempt the next one follows."""
    if isinstance(error, NotPaired):
        return KNOCK_PAUSE if error.has_key else STRANGER_PAUSE
    if isinstance(error, Refused) and error.reason == Reason.SEALED_ONLY.word:
        return STRANGER_PAUSE
    return RETRY_PAUSE


class _Attended(Transport):
    """The port while an errand has it: STOP ends the errand, and so does the programmer's end."""

    def __init__(self, inner: Transport, bell: Doorbell) -> None:
        self.name = inner.name
        self._inner = inner
        self._bell = bell

    def read(self, timeout: Duration) -> bytes:
        self._attend()
        data = self._bell.read(self._inner, timeout)
        self._attend()
        return data

    def write(self, data: bytes) -> None:
        self._attend()
        self._inner.write(data)

    def close(self) -> None:
        self._inner.close()

    def fileno(self) -> int | None:
        return self._inner.fileno()

    def _attend(self) -> None:
        if self._bell.is_hung_up:
            raise LinkClosed(f"{self.name}: this end of the link is being closed")
        if self._bell.is_stop_pressed:
            raise Overtaken("STOP was pressed in the middle of this; it was given up, so begin it again")
