"""What a session tells whoever drives it: facts, each once, in the order in which they became known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scs.clock import Duration

if TYPE_CHECKING:
    from scs.wire.access import Discovered
    from scs.wire.messages import Request, Response
    from scs.wire.responses import Identity, LogNotice, RefusedReply, Status
    from scs.wire.terms import Role

STOP_WARNING = Duration.of_ms(1_000)
"""docs/protocol.md 4.4: after this long without an answer to STOP a person is told to use the magnet."""


@dataclass(frozen=True, slots=True)
class SessionReady:
    """The implant is the one that was asked for, and it granted `role`, which may be less than was asked."""

    session: int
    role: Role
    lease: Duration
    identity: Identity


@dataclass(frozen=True, slots=True)
class WrongImplant:
    """An implant answered, but not the expected one. The session is closed and nothing else was said to it."""

    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class NotPaired:
    """An implant answered that this programmer has no key for. The session is closed and nothing else was said."""

    said: Discovered


@dataclass(frozen=True, slots=True)
class KeyUnanswered:
    """An implant has said who it is and answers no handshake with the key that this programmer has for it."""

    serial: str
    waited: Duration


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was answered. For what changes therapy this is the confirmation."""

    request: Request
    response: Response
    before: tuple[Response, ...] = ()
    """The other parts of an answer that came in several frames; `response` is the last one."""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """The implant said no and changed nothing."""

    request: Request
    reply: RefusedReply


@dataclass(frozen=True, slots=True)
class StatusHeard:
    """A heartbeat came back with the implant's status."""

    status: Status


@dataclass(frozen=True, slots=True)
class NoticeArrived:
    """Telemetry or a log entry that nobody asked for just now."""

    notice: Status | LogNotice


@dataclass(frozen=True, slots=True)
class StopPressed:
    """STOP is the next thing that leaves; until StopAcknowledged stimulation may be on."""


@dataclass(frozen=True, slots=True)
class StopAcknowledged:
    """STOP was answered: output is zero. `at_us` is the implant's time."""

    at_us: int


@dataclass(frozen=True, slots=True)
class StopUnanswered:
    """STOP has not been answered for a second: stimulation may be on. It goes on being sent."""

    waited: Duration


@dataclass(frozen=True, slots=True)
class RequestAbandoned:
    """STOP overtook a request that could raise the output; it is not sent again, and may or may not have arrived."""

    request: Request


@dataclass(frozen=True, slots=True)
class SessionForgotten:
    """The implant does not know this session any more: it was restarted, or the session was silent for too long.

    Whether `request` was carried out is not known.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class LinkSilent:
    """Nobody answered. The session is closed; whether `request` was carried out is not known."""

    request: Request
    waited: Duration


Event = (
    SessionReady | WrongImplant | Answered | RequestRefused | StatusHeard | NoticeArrived | StopPressed
    | StopAcknowledged | StopUnanswered | RequestAbandoned | SessionForgotten | LinkSilent
    | NotPaired | KeyUnanswered
)  # fmt: skip
