"""What a procedure may ask of whoever runs it. A procedure is a generator: it yields one of these and is sent the
answer; nothing in it reads a clock or a port, so the same conversation runs blocking, threaded or in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from scs.clock import Duration
from scs.errors import RemoteProtocolError
from scs.wire.messages import Request, Response

T = TypeVar("T")
R = TypeVar("R", bound=Response)


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass while the link is kept alive."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Make the link usable again after it failed; NoAnswer or a TransportError is thrown when that fails."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `done` of `total` of what `doing` says, for people."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class HowLong:
    """How long did the latest answer take? It is sent the Duration."""


@dataclass(frozen=True, slots=True)
class Told:
    """It is known what became of the operation, and whoever asked for it is told next."""


Step = Request | Pause | Reconnect | Progress | HowLong | Told
Procedure = Generator[Step, Any, T]
"""Yield a request and be sent its Response; yield anything else and be sent None. What goes wrong is thrown in."""
ShowProgress = Callable[[Progress], None]


def ask(request: Request, expected: type[R]) -> Procedure[R]:
    """Ask, and insist on the kind of answer that the protocol promises; RemoteProtocolError otherwise."""
    answer = yield request
    if not isinstance(answer, expected):
        raise RemoteProtocolError(
            f"{type(request).__name__} was answered with {type(answer).__name__}, not {expected.__name__}; "
            f"the implant speaks another version of the protocol"
        )
    return answer
