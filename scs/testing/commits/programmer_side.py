"""The programmer of the search: the real client, runner, session and procedures, led through a visit from outside.

A procedure that waits cannot be copied, so where a visit stands is the list of what it was given: whoever goes on from
there plays that list again, from the start, and then one thing more. Nothing in the client knows of it; it writes to
a port, waits at the port, and the port is a script.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from types import FrameType

from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.errors import LinkLost, Refused, RemoteProtocolError, ScsError
from scs.programmer.client import Client
from scs.programmer.runner import Runner
from scs.programmer.session import Session, State
from scs.testing.commits.seals import PAIRED
from scs.testing.commits.shape import Shape, Shaper
from scs.transport.base import Transport
from scs.wire.prescription import encode_group

_LEFT_OUT = frozenset({"rejects", "_chance", "chance", "given", "told", "written"})
"""Counts of noise, of which there is none here, and the script itself."""
_MAYBE = "is not known"
"""What the programmer says, and nothing else, when it does not know what became of a change."""


class Said(Enum):
    """What a person was told of one change."""

    MADE = "made"
    NOT_MADE = "not made"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that happens to a programmer that waits: bytes arrive, or the time that it waits for passes."""

    data: bytes = b""


TIME = Given()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a visit stands after all that it was given."""

    shape: Shape
    written: tuple[bytes, ...]
    """What it wrote since the last thing that it was given."""
    told: tuple[tuple[int, Said], ...]
    """(change, what was said of it) since then."""
    waits_us: int
    """How long it waits before it does something by itself."""
    hears: bool
    """Whether it waits at the port; if not, only time goes by."""
    is_over: bool = False
    trouble: str = ""
    """The visit ended for a reason that does not concern it, or because nobody answered; the implant was there."""


class _Waits(BaseException):
    """The script is at its end; no part of a client may take this for a failure of its own."""


@dataclass(slots=True)
class _Script(Transport):
    """A port at which what was given is read, and the clock that goes with it."""

    given: tuple[Given, ...]
    name: str = "searched"
    now_us: int = 0
    place: int = 0
    written: list[bytes] = field(default_factory=list)
    told: list[tuple[int, Said]] = field(default_factory=list)
    waits_us: int = 0
    hears: bool = False
    shape: Shape = None
    trouble: str = ""

    def now(self) -> Instant:
        return Instant(self.now_us)

    def read(self, timeout: Duration) -> bytes:
        return self._take(timeout, hears=True).data

    def pass_time(self, duration: Duration) -> None:
        taken = self._take(duration, hears=False)
        assert taken is TIME, "nobody reads at the port meanwhile"

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        """The port stays."""

    def fileno(self) -> int | None:
        return None

    def _take(self, wait: Duration, *, hears: bool) -> Given:
        if self.place == len(self.given):
            self.waits_us, self.hears = wait.us, hears
            self.shape = _shape_of_stack(sys._getframe(2), self.now_us)
            raise _Waits
        taken = self.given[self.place]
        self.place += 1
        self.written.clear()
        self.told.clear()
        if taken is TIME:
            self.now_us += wait.us
        return taken


def _shape_of_stack(frame: FrameType | None, now_us: int) -> Shape:
    """Everything between the port and the visit: which calls wait there, and what they hold."""
    shaper, frames = Shaper(now_us, _LEFT_OUT), []
    while frame is not None:
        frames.append(shaper.of(frame))
        if frame.f_code is _visit.__code__:
            break
        frame = frame.f_back
    return tuple(frames)


def op_ids(count: int, seed: int = 1) -> tuple[int, ...]:
    """The operation numbers of a visit."""
    chance = Random(seed)
    return tuple(chance.getrandbits(64) for _ in range(count))


class Visits:
    """Plays the visit in which `groups` are written into slot 0, one after the other."""

    def __init__(self, groups: tuple[Group, ...], *, is_sealed: bool = False) -> None:
        self.groups, self.is_sealed = groups, is_sealed
        self.encoded = tuple(map(encode_group, groups))
        self.runs = 0
        """How often the client was played."""

    def stand(self, given: tuple[Given, ...]) -> Standing:
        """Where the visit stands when all this was given to it."""
        self.runs += 1
        script = _Script(given)
        keys = {"find_key": lambda _: PAIRED, "draw": Random(8).randbytes} if self.is_sealed else {}
        session = Session(Random(7), **keys)  # type: ignore[arg-type]
        runner = Runner(script, script, session)
        runner.pass_time = script.pass_time
        try:
            _visit(Client(runner, Random(1)), self.groups, lambda change, said: script.told.append((change, said)))
        except _Waits:
            return Standing(script.shape, tuple(script.written), tuple(script.told), script.waits_us, script.hears)
        except ScsError as error:
            script.trouble = f"{type(error).__name__}: {error}"
        shape = ("over", script.trouble)
        written, told = tuple(script.written), tuple(script.told)
        return Standing(shape, written, told, 0, hears=False, is_over=True, trouble=script.trouble)


def _visit(client: Client, groups: tuple[Group, ...], tell: Callable[[int, Said], None]) -> None:
    """Open, write each group, and after a failure connect again: what a person does with the programmer."""
    client.runner.open()
    for change, group in enumerate(groups):
        tell(change, _write(client, group))
        if client.runner.session.state is not State.READY:
            client.runner.reconnect()


def _write(client: Client, group: Group) -> Said:
    """What a person is told of one change."""
    try:
        client.write_group(0, group)
    except LinkLost as lost:
        return Said.UNKNOWN if _MAYBE in str(lost) else Said.NOT_MADE
    except Refused:
        return Said.NOT_MADE
    except RemoteProtocolError:
        return Said.UNKNOWN
    return Said.MADE
