"""What the thread that owns the port tells whoever has the screen. Whoever only listens loads no session by this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scs.clock import Duration, Instant
    from scs.errors import ScsError
    from scs.programmer.reading import DeviceDescription
    from scs.programmer.steps import Progress
    from scs.wire.responses import LogNotice, Status
    from scs.wire.terms import Role


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
