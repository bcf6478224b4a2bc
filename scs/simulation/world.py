"""One implant, the cables to it, whoever sits at them, and virtual time: one thread and one order of events.

The implant is stepped from event to event. Where nobody is connected it takes months in one step; while somebody is,
it is stepped to each byte that arrives and to each instant at which it may have something to say.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import FaultKind
from firmware_model.faults.memory import FallibleMemory
from firmware_model.pace import Pace
from firmware_model.paged_memory import PagedMemory
from firmware_model.tap import Run
from scs.clock import Duration, Instant
from scs.domain.status import LogEntry, LogKind
from scs.programmer.events import Answered, Event, StatusHeard
from scs.simulation.intruder import Attempt, Heard
from scs.simulation.observations import Arrived, Intrusion, Ledgers, Scene, Truth
from scs.simulation.plan import DAY_US
from scs.simulation.port import Port, ReadSent
from scs.simulation.sealed import Doorstep, key_of
from scs.simulation.tasks import Task
from scs.simulation.witnesses import Trace, Witnesses
from scs.transport.bad_wire import BadWire
from scs.transport.link_faults import WireFaults
from scs.wire.requests import GetStatus
from scs.wire.terms import PairRole

Build = Callable[[DeviceConfig, FallibleMemory, Random, Instant], Device]
DESKS = 2
"""Places from which an implant is treated."""
GOOD_LINE = WireFaults(baud=115_200)
TRANSIT_US = 1_000
"""From the end of a frame on the line to its being read: a driver's wake-up [project]."""
TURNS_MAX = 50_000
TURNS_PER_DAY_MAX = 5_000
"""Turns of the implant, and of the world: in a seed, and for each of its days. Of 620 seeds of 37 days with up to fifty
faults and eight visits none took more than 26,000 of the implant (and 15,000 with one visit) and 1,600 of the world; a
ramp at each switch of a cycle is what takes most of them. Nine times as many are a mistake [project: measured]."""


class World:
    """An implant that is made sealed is paired with both desks; `doorstep` and `heard` are there for its sake."""

    def __init__(
        self,
        config: DeviceConfig,
        seed: int,
        *,
        build: Build = Device,
        is_traced: bool = False,
    ) -> None:
        self.config, self.seed = config, seed
        self.now_us = 0
        self.device = build(config, FallibleMemory(PagedMemory()), Random(f"{seed} implant"), Instant(0))
        self.bench = Bench(self.device)
        self.campaign = Campaign(self.device)
        self.scene = Scene(config.profile, config.implant, config.policy)
        self.witnesses = Witnesses(self.scene, lambda: self.device.parts.modes.mode)
        self.trace = Trace(is_kept=is_traced)
        self.messages = 0
        self.line = GOOD_LINE
        """What the cables are like now."""
        self.doorstep = Doorstep() if config.is_sealed else None
        self.heard = Heard()
        """What somebody with a radio has heard of a sealed implant."""
        self._chance = Random(f"{seed} link")
        self._sent: dict[bytes, Any] = {}
        self._asked_us: dict[tuple[int, type | None], int] = {}
        self._tails: dict[int, bytes] = {}
        self._ports: list[Port] = []
        self._links = 0
        self._pace = Pace("the world")
        self._tasks: list[Task] = []
        self._current: Task | None = None
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._image: object = None
        self._held: Mapping[int, bytes] = {}
        self._entries: list[LogEntry] = []
        self._tell = self.witnesses.tell
        if config.is_sealed:
            for who in range(DESKS):
                self.device.parts.keys.add(PairRole.CLINICIAN, key_of(seed, who))
        for entry in self.device.parts.event_log.after(0):
            self._on_entry(entry)
        self.device.parts.on_entry.append(self._on_entry)
        self.device.parts.stimulator.taps.count(self)

    # ----------------------------------------------------------------------------------------------- time and tasks

    def at(self, at_us: int, act: Callable[[], None]) -> None:
        """Do something at a time, or now if that has passed."""
        self._order += 1
        heapq.heappush(self._timers, (max(at_us, self.now_us), self._order, act))

    def begin(self, name: str, body: Callable[[], None]) -> Task:
        """Let a program begin; it runs as soon as the world goes on."""
        task = Task(name, body, self.now_us)
        self._tasks.append(task)
        return task

    def wait(self, duration: Duration) -> None:
        """Called by a program: let time pass for it."""
        assert self._current is not None, "only a program waits"
        self._current.wait(self.now_us + duration.us)

    def run(self, until_us: int) -> None:
        """Let the world live until then. Raises NoTimePasses when it goes in circles, or is too busy to get there."""
        turns_max = TURNS_MAX + TURNS_PER_DAY_MAX * until_us // DAY_US
        self._pace.turns_max = self.device.pace.turns_max = turns_max
        while True:
            self.turn()
            self._resume()
            at_us = self._next_us(until_us)
            self._pass(at_us)
            while self._timers and self._timers[0][0] <= self.now_us:
                self.turn()
                heapq.heappop(self._timers)[2]()
            if self.now_us >= until_us:
                self._resume()
                return

    def turn(self) -> None:
        """Somebody does something now: counted, so that whoever never lets time pass is found out."""
        self._pace.turn(self.now_us)

    @property
    def turns(self) -> int:
        """How often the implant and the world around it have turned to something so far."""
        return self._pace.turns + self.device.pace.turns

    @property
    def has_lost_its_keys(self) -> bool:
        """Whether the implant can read neither copy of its pairing keys, as the test bench sees it."""
        return self.device.parts.keys.is_damaged

    @property
    def is_quiet(self) -> bool:
        """Whether no program runs."""
        return not self._tasks

    def _resume(self) -> None:
        for task in list(self._tasks):
            if not task.is_over and (task.is_woken or task.until_us <= self.now_us):
                self._current = task
                task.resume()
                self._current = None
            if task.failure is not None:
                failure, task.failure = task.failure, None
                raise failure
        self._tasks = [task for task in self._tasks if not task.is_over]

    def _next_us(self, until_us: int) -> int:
        times = [until_us]
        if self._timers:
            times.append(self._timers[0][0])
        times += [task.until_us for task in self._tasks]
        if self._ports:
            for port in self._ports:
                times += [due.us for due in (port.to_implant.due, port.to_programmer.due) if due is not None]
            due = self.device.next_word()
            mended_us = self.campaign.next_us()
            times += [due.us] if due is not None else []
            times += [mended_us] if mended_us is not None else []
        return max(self.now_us, min(times))

    def _pass(self, at_us: int) -> None:
        self._step(at_us)
        has_arrived = False
        for port in self._ports:
            data = port.to_implant.take(Instant(self.now_us))
            if data:
                self._arrive(port, data)
                has_arrived = True
        if has_arrived:
            self._step(self.now_us)
        for port in self._ports:
            data = port.to_programmer.take(Instant(self.now_us))
            if data:
                port.arrived += data
                for task in self._tasks:
                    task.is_woken |= task.name == port.name

    def _step(self, at_us: int) -> None:
        self.campaign.step(Instant(at_us))
        self._catch_up()

    def _catch_up(self) -> None:
        """The implant's time is the world's: a supply that bounces takes a little of it."""
        self.now_us = self.device.now.us
        self._tell("on_truth", self.truth())
        for port in self._ports:
            said = self.device.take_output(port.link)
            if said:
                self.trace.note(self.now_us, f"<{port.link}", said)
                self._overhear(said)
                port.to_programmer.put(said, Instant(self.now_us + TRANSIT_US))

    def truth(self) -> Truth:
        """What the bench reads now."""
        parts = self.device.parts
        image = parts.store.image
        if image is not self._image:
            held = {slot: hashlib.sha256(group.data).digest() for slot, group in sorted(image.groups.items())}
            self._image = image
            if held != self._held:
                self._held = held
        therapy = parts.therapy
        return Truth(
            self.now_us, parts.modes.mode, therapy.state, therapy.slot, parts.interlocks.fault, image.generation,
            self._held, self.is_running,
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        """Whether the implant has a processor that does anything."""
        parts = self.device.parts
        return not (parts.watchdog.is_hung or parts.supervisor.is_holding or parts.power.is_dark)

    # ------------------------------------------------------------------------------------------------------ the link

    def plug(self, who: int, read_sent: ReadSent) -> Port:
        """A new cable for a programmer."""
        self._links += 1
        to_implant, to_programmer = (BadWire(self._chance, self.line) for _ in range(2))
        port = Port(self, self._links, who, to_implant, to_programmer, read_sent)
        self._ports.append(port)
        return port

    def unplug(self, port: Port) -> None:
        """The cable is pulled, at either end."""
        if port in self._ports:
            self._ports.remove(port)
            self._tails.pop(port.link, None)
            self.device.drop_link(port.link)
        port.is_open = False
        for task in self._tasks:
            task.is_woken |= task.name == port.name

    def cables(self, who: int | None = None) -> list[Port]:
        """Those that are plugged in, of one programmer or of all."""
        return [port for port in self._ports if who in (None, port.who)]

    def set_line(self, line: WireFaults) -> None:
        """From now on every cable is like this."""
        self.line = line
        for port in self._ports:
            port.to_implant.faults = port.to_programmer.faults = line

    def send(self, port: Port, data: bytes) -> None:
        """A programmer writes."""
        self.turn()
        for piece in data.split(b"\0"):
            if piece and piece not in self._sent:
                is_asking, request, is_new = port.read_sent(piece)
                if is_asking:
                    self._sent[piece] = request
                if is_asking and is_new:
                    self._asked_us[port.who, type(request) if request is not None else None] = self.now_us
                    self._tell("on_sent", self.now_us, port.who, request)
        self.trace.note(self.now_us, f">{port.link}", data)
        port.to_implant.put(data, Instant(self.now_us + TRANSIT_US))

    def told(self, who: int, event: Event) -> None:
        """A programmer's session has heard something."""
        asked = type(event.request) if isinstance(event, Answered) else GetStatus
        asked_us = self._asked_us.get((who, asked), 0) if isinstance(event, Answered | StatusHeard) else 0
        self._tell("on_told", self.now_us, who, event, asked_us)

    def _arrive(self, port: Port, data: bytes) -> None:
        self.device.receive(data, port.link)
        *pieces, self._tails[port.link] = (self._tails.get(port.link, b"") + data).split(b"\0")
        for piece in pieces:
            if self.doorstep is not None and piece:
                # Only what has come can come again: what is sent on before it arrives is quick, and not old.
                self.heard.to_implant.append(piece)
            if piece in self._sent and self._is_let_in(piece):
                self.messages += 1
                self._tell("on_arrived", Arrived(self.now_us, port.link, self._sent[piece], self.is_running))
        self.trace.note(self.now_us, f"*{port.link}", data)

    def _is_let_in(self, piece: bytes) -> bool:
        """Whether what a programmer wrote may act when it arrives now: everything may that is not sealed."""
        near = self.device.parts.magnet.is_near
        return self.doorstep is None or self.doorstep.lets_in(piece, is_magnet_near=near)

    def _overhear(self, said: bytes) -> None:
        if self.doorstep is not None:
            self.heard.to_programmer.extend(pieces_of(said))
            for piece in pieces_of(said):
                self.doorstep.on_said(piece)

    def intrude(self, kind: str, tried: Attempt) -> None:
        """Somebody without a key sends this from a place of his own, while nobody else does."""
        self._step(self.now_us)
        self._links += 1
        link, before, newest = self._links, self.truth(), len(self._entries)
        self.trace.note(self.now_us, f"*{link} {kind}", b"".join(tried.to_implant))
        self.device.receive(b"".join(tried.to_implant), link)
        self.campaign.step(Instant(self.now_us))
        said = self.device.take_output(link)
        self.device.drop_link(link)
        frames = len(tried.to_implant) + len(tried.to_programmer)
        entries, is_near = tuple(self._entries[newest:]), self.device.parts.magnet.is_near
        self._tell("on_intrusion", Intrusion(kind, frames, before, self.truth(), entries, said, is_near))
        self._catch_up()
        for port in self._ports:
            port.arrived += b"".join(tried.to_programmer)
            for task in self._tasks:
                task.is_woken |= task.name == port.name

    # --------------------------------------------------------------------------------------------------- the implant

    def break_it(self, kind: FaultKind, values: Mapping[str, Any], lasts_us: int | None) -> None:
        """Something of the implant breaks now."""
        self._tell("on_damage", self.now_us, kind.family, kind.id, lasts_us)
        self.trace.note(self.now_us, f"! {kind.id} {kind.show(values)}")
        self.campaign.begin(kind, values, lasts_us)
        # What a bit of working memory that turned over means is for the implant to say, not for whoever looks on.
        self._step(self.device.now.us)

    def on_run(self, run: Run) -> None:
        """What the tap counts."""
        self._tell("on_run", run)

    def on_again(self, since_us: int, period_us: int, times: int) -> None:
        self._tell("on_again", since_us, period_us, times)

    def compare_ledgers(self) -> None:
        """Let the implant's own accounts be held against those of the checkers."""
        bench, ledger = self.bench, self.device.parts.stimulator.ledger
        ledgers = Ledgers(bench.leading_pc(), bench.net_pc(), ledger.pulses, ledger.test_pulses)
        self.trace.note(self.now_us, f"= {ledgers.pulses} {sorted(ledgers.leading_pc.items())}")
        self._tell("on_ledgers", self.now_us, ledgers)

    def _on_entry(self, entry: LogEntry) -> None:
        if entry.kind is LogKind.POWER_ON:
            # Half a frame that had arrived is forgotten with everything else.
            self._tails.clear()
            if self.doorstep is not None:
                self.doorstep.close_all()
        self._entries.append(entry)
        self.trace.note(entry.at_us, f"# {entry.sequence} {entry.kind.name} {entry.detail}")
        self._tell("on_entry", entry)


def pieces_of(data: bytes) -> list[bytes]:
    """What stands between delimiters."""
    return [piece for piece in data.split(b"\0") if piece]
