"""A programmer, a link and an implant in one thread over simulated time, and everything that can be done to them.

Both ends are the real ones: the programmer's session and the implant's firmware. What is varied is the link, the clock,
the supply and the leads. One seed gives one course of events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.electrodes import Damage
from firmware_model.store import Memory, RamMemory
from firmware_model.tap import TEST_CHANNEL, Departure
from scs.clock import Duration, Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group
from scs.domain.status import Mode
from scs.errors import LocalProtocolError
from scs.programmer.events import (
    Answered,
    Event,
    LinkSilent,
    RequestRefused,
    SessionForgotten,
    SessionReady,
    StopAcknowledged,
)
from scs.programmer.session import Session, State
from scs.wire.messages import Request, Response
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, Stage, Start
from scs.wire.responses import Committed, Done, RefusedReply, Staged
from scs.wire.terms import CHUNK_MAX

Build = Callable[[DeviceConfig, Memory, Random, Instant], Device]
TRANSIT = Duration.of_ms(2)
"""How long bytes take one way: a short frame at 115,200 baud."""
PATIENCE = Duration.of_s(6)
"""How long an answer is waited for: longer than the session's own patience, so that the session is who gives up."""


def two_leads() -> Implant:
    """Two percutaneous leads of eight contacts."""
    lead = find_lead("medtronic-977a2")
    return Implant(leads=(PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead)))


@dataclass(slots=True)
class LinkFaults:
    """What the link does to each piece of bytes: probabilities, drawn from the world's own chance."""

    loss: float = 0.0
    twice: float = 0.0
    is_cut: bool = False


@dataclass(slots=True)
class Knowledge:
    """What an observer outside of the implant knows: what was confirmed and what was asked for."""

    confirmed: dict[int, bytes] = field(default_factory=dict)
    """Slot to the digest that the implant confirmed."""
    in_doubt: set[int] = field(default_factory=set)
    """Slots of which a commit was sent and not answered."""
    may_deliver: bool = False
    """A Start was sent since the last moment at which output was surely off."""
    is_stopped: bool = False
    """A STOP was acknowledged and nothing that starts was sent since."""


class World:
    """One programmer, one implant. `build` may put another firmware in the implant's place."""

    def __init__(
        self, seed: int = 1, profile_id: str = "reference", policy_id: str = "default", build: Build = Device
    ) -> None:
        self.chance = Random(seed)
        self.faults = LinkFaults()
        self.knows = Knowledge()
        self.events: list[Event] = []
        self.config = DeviceConfig("SCS-000001", find_profile(profile_id), find_policy(policy_id), two_leads())
        self._build = build
        self._memory = RamMemory()
        self.now = Instant(0)
        self.departures: list[Departure] = []
        """What has left the electrodes since the list was emptied; whoever looks at it empties it."""
        self.strays: list[tuple[Departure, Mode]] = []
        """Those of them that left in another mode than THERAPY."""
        self._power_on(seed)
        self.session = Session(Random(seed + 1))
        self.session.heartbeat = None
        self.boots = 1
        self.power_on_us = 0
        self._operation = 1_000

    # ------------------------------------------------------------------------------------------------ time and link

    def pump(self) -> None:
        """Carry bytes to and fro, each way in TRANSIT, until both ends are silent."""
        while True:
            self.session.poll(self.now)
            sent = self._carried(self.session.take_output())
            for data in sent:
                self.now = self.now + TRANSIT
                self.device.receive(data)
            self.device.step(self.now)
            heard = self._carried(self.device.take_output())
            for data in heard:
                self.now = self.now + TRANSIT
                self.session.receive(data)
            if heard:
                self.session.poll(self.now)
            self._note_events()
            if not sent and not heard:
                return

    def pass_time(self, duration: Duration) -> None:
        """Let time pass; the session's retries happen in between."""
        end = self.now + duration
        while True:
            due = self.session.next_due()
            step = end if due is None or due >= end else max(due, self.now)
            self.now = step
            self.device.step(step)
            self.pump()
            if self.now >= end:
                return

    def _carried(self, data: bytes) -> list[bytes]:
        if not data or self.faults.is_cut or self.chance.random() < self.faults.loss:
            return []
        return [data, data] if self.chance.random() < self.faults.twice else [data]

    def _note_events(self) -> None:
        while (event := self.session.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, StopAcknowledged):
                self.knows.is_stopped, self.knows.may_deliver = True, False

    # ------------------------------------------------------------------------------------------------ what is done

    def ask(self, request: Request) -> Response | None:
        """Send a request and wait for its answer; None when none came, or the session could not send it."""
        self.events.clear()
        if isinstance(request, Start):
            self.knows.may_deliver, self.knows.is_stopped = True, False
        try:
            self.session.request(request, self.now)
        except LocalProtocolError:
            return None
        give_up = self.now + PATIENCE
        self.pump()
        while self.now < give_up:
            for event in self.events:
                if isinstance(event, Answered) and event.request == request:
                    return event.response
                if isinstance(event, RequestRefused) and event.request == request:
                    return event.reply
                if isinstance(event, LinkSilent | SessionForgotten):
                    return None
            due = self.session.next_due()
            if due is None:
                return None
            self.pass_time(max(Duration(1), self.now.until(due)))
        return None

    def open(self) -> bool:
        """Open a session; whether it is ready."""
        self.session.open(self.now)
        self.events.clear()
        self.pump()
        give_up = self.now + PATIENCE
        while self.session.state is not State.READY and self.session.state is not State.CLOSED and self.now < give_up:
            due = self.session.next_due()
            if due is None:
                break
            self.pass_time(max(Duration(1), self.now.until(due)))
        return self.session.state is State.READY and any(isinstance(e, SessionReady) for e in self.events)

    def op_id(self) -> int:
        """An operation number that was not used before."""
        self._operation += 1
        return self._operation

    def write(self, group: Group, slot: int = 0, *, acknowledge: bool = True) -> Response | None:
        """Stage and commit; the last answer, which is Committed when the group is in force."""
        data = encode_group(group)
        whole = digest(data)
        staged: Response | None = None
        for offset in range(0, len(data), CHUNK_MAX):
            staged = self.ask(Stage(slot, offset, len(data), whole, data[offset : offset + CHUNK_MAX]))
            if not isinstance(staged, Staged):
                return staged
        assert isinstance(staged, Staged), "a group has bytes"
        rules = staged.must_acknowledge if acknowledge else ()
        self.knows.in_doubt.add(slot)
        answer = self.ask(Commit(self.op_id(), slot, staged.generation, staged.digest, rules))
        if isinstance(answer, Committed):
            self.knows.confirmed[slot] = answer.digest
        if isinstance(answer, Committed | RefusedReply):
            self.knows.in_doubt.discard(slot)
        return answer

    def start(self, slot: int = 0) -> bool:
        """Ask for therapy; whether the implant said that it began."""
        return isinstance(self.ask(Start(self.op_id(), slot)), Done)

    def stop(self) -> bool:
        """Press STOP; whether it was acknowledged."""
        self.session.stop(self.now)
        self.pump()
        return not self.session.is_stopping

    def power_cycle(self) -> None:
        """The supply goes and comes back; the programmer notices by itself."""
        self.boots += 1
        self.power_on_us = self.now.us
        self.knows.may_deliver = False
        self._power_on(self.boots)

    def _power_on(self, seed: int) -> None:
        self.device = self._build(self.config, self._memory, Random(seed), self.now)
        self.bench = Bench(self.device)
        self.bench.tap(self._note_departure)

    def _note_departure(self, departure: Departure) -> None:
        mode = self.device.parts.modes.mode
        if departure.program == TEST_CHANNEL and mode is Mode.MEASURING:
            return
        self.departures.append(departure)
        if mode is not Mode.THERAPY:
            self.strays.append((departure, mode))

    def break_lead(self, contact: int, damage: Damage = Damage.OPEN) -> None:
        self.bench.break_lead(contact, damage)
