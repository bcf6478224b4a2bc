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
from typing import Any

from scs.clock import Clock, Duration, Instant
from scs.errors import LinkLost, Overtaken, ScsError
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
from scs.programmer.reading import DeviceDescription
from scs.programmer.recording import SessionRecord
from scs.programmer.runner import RETRY_PAUSE, Runner
from scs.programmer.session import HEARTBEAT, Session, State
from scs.programmer.steps import Progress, ShowProgress
from scs.programmer.unresolved import Notes
from scs.transport.base import Transport
from scs.wire.responses import LogNotice, Status
from scs.wire.terms import Role

STATUS_PERIOD = Duration.of_ms(200)
"""Five a second: what a person takes for live, and a tenth of a 115,200 baud line. It also keeps the lease."""
UNWATCHED_PERIOD = HEARTBEAT
"""While nobody looks, the session's own heartbeat is enough for the lease."""

FAREWELL_PATIENCE = Duration.of_s(6)
"""How long `close` waits for the thread: a connection that is being made takes up to five seconds to give up."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """There is a session; `description` was read anew from the implant."""

    description: DeviceDescription
    role: Role
    at: Instant


@dataclass(frozen=True, slots=True)
class LinkDown:
    """There is no session: the first attempt failed or the link was lost. The worker goes on trying."""

    reason: ScsError
    at: Instant


@dataclass(frozen=True, slots=True)
class StatusRead:
    """The implant's own word; a newer one replaces it."""

    status: Status
    at: Instant
    """When it arrived, on the worker's clock: the age of what is shown counts from here."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The implant just wrote this entry to its log."""

    notice: LogNotice


@dataclass(frozen=True, slots=True)
class JobProgress:
    job: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class JobDone:
    """A job returned `result`."""

    job: int
    name: str
    result: Any


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job raised; `error` has the sentence for people."""

    job: int
    name: str
    error: ScsError


@dataclass(frozen=True, slots=True)
class StopSent:
    """STOP was pressed and goes out now; until StopConfirmed stimulation may be on."""

    at: Instant


@dataclass(frozen=True, slots=True)
class StopConfirmed:
    """The implant answered STOP: output is zero."""

    at: Instant


@dataclass(frozen=True, slots=True)
class StopNotConfirmed:
    """STOP has no answer for a second or more: say that stimulation may be on and that the magnet is to be used."""

    waited: Duration


WorkerEvent = (
    LinkUp | LinkDown | StatusRead | Logged | JobProgress | JobDone | JobFailed | StopSent
    | StopConfirmed | StopNotConfirmed
)  # fmt: skip

Job = Callable[[Client, ShowProgress], Any]
"""What is to be done with the client, for instance `lambda client, show: client.log(progress=show)`."""


@dataclass(frozen=True, slots=True)
class _Queued:
    number: int
    name: str
    job: Job


class Worker:
    """Connects with `connect`, keeps the session alive, reads the status, runs jobs in order, and reconnects.

    `submit`, `stop`, `watch` and `close` may be called from any thread. Call `close` in the end: it gives the session
    back and joins the thread. `chance` gives nonces and operation numbers; everything is written into `record`.
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
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._tell = on_event
        self._chance = chance if chance is not None else Random()
        # One session for all connections: it remembers the serial number and a STOP that nobody has answered.
        self._session = Session(self._chance, role, expect_serial)
        self._record = record
        self._notes = notes
        self._bell = Doorbell()
        self._guard = threading.Lock()
        self._queue: deque[_Queued] = deque()
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
                try:
                    self._serve()
                except ScsError as error:
                    if not self._bell.is_hung_up:
                        if self._record is not None:
                            self._record.lost(error)
                        self._tell(LinkDown(error, self._clock.now()))
                        self._pause(RETRY_PAUSE)
        finally:
            if not self._bell.is_hung_up:
                # Only a mistake in a job leads here. STOP does not work any more, so somebody has to be told.
                gone = LinkLost("the programmer's link has failed for good; use the magnet to stop, and restart it")
                self._tell(LinkDown(gone, self._clock.now()))
            self._drop_queue(LinkLost("the programmer was closed before this was done"))
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
            runner.open()
            description = client.identify()
            self._tell(LinkUp(description, client.role, self._clock.now()))
            self._on_status(client.status())
            while not self._bell.is_hung_up:
                self._serve_once(client)
        finally:
            runner.hang_up()

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

    def _fail(self, queued: _Queued, error: ScsError) -> None:
        if self._record is not None:
            self._record.failed(queued.name, error)
        self._tell(JobFailed(queued.number, queued.name, error))

    def _pause(self, duration: Duration) -> None:
        """Wait without a link. STOP may be pressed meanwhile, and whoever pressed it must hear that it is not out."""
        until = self._clock.now() + duration
        while (now := self._clock.now()) < until and not self._bell.is_hung_up:
            if self._bell.take_stop():
                self._session.stop(now)
            self._session.poll(now)
            while (event := self._session.next_event()) is not None:
                self._on_event(event)
            self._bell.wait(now.until(until))

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
