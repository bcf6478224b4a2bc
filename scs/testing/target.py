"""What a check speaks to: an implant behind frames, and whatever else can be done to it.

A target takes bytes and gives bytes. The emulated one lives in virtual time and stands on a test bench, so that time
is jumped, power is cut and leads are broken; real hardware lives in real time and can do none of that, and a check
that needs it is then not evaluated. Everything that is said and done is recorded, so that a failure can be run again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any

from scs.clock import Duration, Instant
from scs.wire.framing import Decoder, Direction, Frame
from scs.wire.trace import TraceEvent

if TYPE_CHECKING:
    from firmware_model.tap import Departure

SIMULATED = "sim:"
"""The address of the implant that is emulated in this process."""
EVENTS_KEPT = 50_000
"""Of a recording: more than a check sends between two new beginnings, and small enough to be kept in memory."""


AT_ONCE = Duration(0)


class Need(StrEnum):
    """What a check needs of the target beside the link."""

    STIMULATES = "stimulates"
    TAP = "tap"
    TIME = "time"
    POWER = "power"
    POWER_CUT = "power-cut"
    LEADS = "leads"
    BATTERY = "battery"
    CHARGER = "charger"
    BYPASS = "bypass"
    UNPLUG = "unplug"
    NEW = "new"


WHY_NOT = {
    Need.STIMULATES: "needs --scs-dummy-load: it starts stimulation, so a resistor and not a body must be connected",
    Need.TAP: "the target does not show what leaves its electrodes",
    Need.TIME: "the target cannot jump in time",
    Need.POWER: "the target's power cannot be switched from here",
    Need.POWER_CUT: "the target's power cannot be cut in the middle of a write",
    Need.LEADS: "the target's leads cannot be broken from here",
    Need.BATTERY: "the target's battery cannot be emptied from here",
    Need.CHARGER: "no charger can be laid over the target from here",
    Need.BYPASS: "the target's own judgement cannot be switched off",
    Need.UNPLUG: "the link cannot be unplugged from here",
    Need.NEW: "the target cannot be made anew, with other leads or another policy",
}
"""Why a check that needs it is not evaluated where the target has it not."""


class ImplantFell(Exception):
    """The implant ended with an error of its own: seen from outside, it fell silent."""


class OutOfTime(Exception):
    """What is left of the budget is too short for what a check has to wait for."""


class Target(ABC):
    """One implant. Times are whole microseconds since the target was opened."""

    name: str
    abilities: frozenset[Need] = frozenset()
    patience: tuple[Duration, ...] = (AT_ONCE,)
    """How long an answer is waited for after each sending of the same bytes."""
    salt = 0
    """Mixed into numbers that may be used once, so that a second run with the same seed is not taken for the first."""
    ends_us: int | None = None
    """When the budget is over, in the target's own time; None where time costs nothing."""

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []
        self._decoders: dict[int, Decoder] = {}

    # ------------------------------------------------------------------------------------------------ the link

    def send(self, data: bytes, link: int = 0) -> None:
        """Bytes to the implant; it acts on them at once, as far as it can."""
        self.record(TraceEvent(self.now_us, "to-implant", link, data))
        self._send(data, link)

    def frames(self, wait: Duration = AT_ONCE, link: int = 0) -> list[Frame]:
        """What the implant has said on a link; at most `wait` is waited for the first byte."""
        data = self._receive(wait, link)
        if not data:
            return []
        self.record(TraceEvent(self.now_us, "from-implant", link, data))
        decoder = self._decoders.setdefault(link, Decoder(Direction.TO_PROGRAMMER))
        return decoder.receive(data)

    @property
    @abstractmethod
    def now_us(self) -> int: ...

    @abstractmethod
    def let_pass(self, duration: Duration) -> None:
        """Let this much of the implant's time pass."""

    @abstractmethod
    def _send(self, data: bytes, link: int) -> None: ...

    @abstractmethod
    def _receive(self, wait: Duration, link: int) -> bytes: ...

    @abstractmethod
    def close(self) -> None: ...

    # ------------------------------------------------------------------------------------------------ the bench

    def bench(self, action: str, **arguments: Any) -> None:
        """Do something to the implant that cannot be said on the link; each action is a row of the target's table."""
        raise NotImplementedError(f"{self.name} has no bench for {action}")

    def tap(self, on_departure: Callable[[Departure], None]) -> None:
        """Show every pulse that leaves the electrodes from now on."""
        raise NotImplementedError(f"{self.name} has no tap")

    def untap(self, on_departure: Callable[[Departure], None]) -> None:
        raise NotImplementedError(f"{self.name} has no tap")

    # ------------------------------------------------------------------------------------------------ the recording

    def record(self, event: TraceEvent) -> None:
        """Keep one event; the oldest give way when there are too many."""
        if len(self.events) >= EVENTS_KEPT:
            del self.events[: EVENTS_KEPT // 2]
        self.events.append(event)

    def note(self, text: str) -> None:
        """A remark in the recording."""
        self.record(TraceEvent(self.now_us, "note", text=text))

    def begin_recording(self) -> None:
        """Forget what was recorded: what follows begins from a known state."""
        self.events = []


class LinkTarget(Target):
    """An implant at the other end of a real carrier, in real time."""

    patience = tuple(map(Duration.of_ms, (250, 500, 1_000, 1_000, 1_000)))
    """As a programmer waits (docs/protocol.md 5.2)."""

    def __init__(self, address: str, *, has_dummy_load: bool) -> None:
        """Open `address`; raises TransportError as `open_transport` does."""
        from scs.clock import WallClock
        from scs.transport.address import open_transport

        super().__init__()
        # An emulator prints `pty:PATH` as its own address and `PATH` as where to connect: both are meant.
        self._transport = open_transport(address.removeprefix("pty:"))
        self._clock = WallClock()
        self._waiting = b""
        self.salt = Random().getrandbits(63)
        self.name = address
        self.abilities = frozenset({Need.STIMULATES}) if has_dummy_load else frozenset()

    @property
    def now_us(self) -> int:
        return self._clock.now().us

    def let_pass(self, duration: Duration) -> None:
        """Wait in real time; raises OutOfTime rather than outlive the budget."""
        if self.ends_us is not None and self.now_us + duration.us > self.ends_us:
            there = max(0, self.ends_us - self.now_us) // 1_000_000
            raise OutOfTime(
                f"has to wait {duration.us / 1e6:g} s and {there} s of the budget are left; give a larger --scs-budget"
            )
        end = self._clock.now() + duration
        while (left := self._clock.now().until(end)).us > 0:
            self._waiting += self._transport.read(left)

    def _send(self, data: bytes, link: int) -> None:
        assert link == 0, "there is one link to hardware"
        self._transport.write(data)

    def _receive(self, wait: Duration, link: int) -> bytes:
        data, self._waiting = self._waiting, b""
        return data or self._transport.read(wait)

    def close(self) -> None:
        self._transport.close()


def instant(target: Target) -> Instant:
    """The target's time as an instant."""
    return Instant(target.now_us)


def open_target(text: str, *, has_dummy_load: bool = False, **simulated: Any) -> Target:
    """The target that `text` names: `sim:` or any address of scs.transport.address.

    `simulated` goes to the emulated one (scs/testing/target_simulated.py). Raises BadAddress, PortNotFound, PortBusy,
    TransportError.
    """
    if text == SIMULATED:
        from scs.testing.target_simulated import SimulatedTarget

        return SimulatedTarget(**simulated)
    return LinkTarget(text, has_dummy_load=has_dummy_load)
