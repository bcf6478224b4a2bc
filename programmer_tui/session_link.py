"""The only file that knows the worker: what the screens may ask of an implant, and the latest that was heard of it.

The worker and all that it needs of sessions are loaded by the first connection, or before it in the background: the
first picture does not wait for them.

The worker's thread only hands its events to `post`; they arrive in the screens' thread, which calls `take` for each, so
everything that is shown is changed in one thread. What an implant holds is read back when the link comes up and
whenever its generation moves, whoever moved it; no screen has to be open for that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from programmer_tui.thresholds import Noted
from programmer_tui.wire_log import WireLog
from scs.clock import Clock, Duration, Instant
from scs.errors import NotPaired, ScsError
from scs.programmer.worker_events import (
    JobDone,
    JobFailed,
    LinkDown,
    LinkUp,
    StatusRead,
    StopConfirmed,
    StopNotConfirmed,
    StopSent,
    WorkerEvent,
)
from scs.transport.address import open_transport
from scs.transport.base import Transport
from scs.transport.tap import TapTransport
from scs.wire.terms import NO_SLOT, PairRole, Role

if TYPE_CHECKING:
    from scs.domain.impedance import Impedances
    from scs.domain.program import Group
    from scs.domain.status import LogEntry
    from scs.domain.verdict import Verdict
    from scs.programmer.client import Client
    from scs.programmer.pairing import NewPair
    from scs.programmer.reading import DeviceDescription, HeldGroup, Measurement
    from scs.programmer.recording import SessionRecord
    from scs.programmer.sealed_link import FindKey
    from scs.programmer.steps import ShowProgress
    from scs.programmer.unresolved import Notes
    from scs.programmer.worker import Errand, Job, Worker
    from scs.wire.responses import Slots, Status

STALE_AFTER = Duration.of_s(2)
"""Values older than this are grey and said to be stale: the length of the therapy lease."""
LOCKED_AFTER = Duration.of_s(10)
"""With values older than this nothing is changed any more; only STOP is left."""
READ_BACK, WRITE, LOG, MEASURE, UNRESOLVED = "read back", "write", "log", "impedance", "unresolved"
SLOTS = "slots"
PAIR, TAKE_BACK = "pair", "take a pair back"
"""Names of jobs that more than one screen listens for."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything an implant holds, as it was read back in one job."""

    generation: int
    groups: tuple[HeldGroup, ...]
    default: int | None
    """The slot that is meant when a start names none."""
    measurement: Measurement | None


class SessionLink:
    """One implant at a time, or none. `post` hands an event and the number of its connection to the screens' thread."""

    def __init__(
        self,
        clock: Clock,
        post: Callable[[int, WorkerEvent], None],
        record: Callable[[str], SessionRecord | None] = lambda _: None,
        notes: Callable[[], Notes] | None = None,
        find_key: FindKey | None = None,
    ) -> None:
        self._clock = clock
        self._record_of = record
        self._notes_of = notes
        self._find_key = find_key
        self.record: SessionRecord | None = None
        """Where this connection is written down, if anywhere."""
        self._post = post
        self._worker: Worker | None = None
        self._number = 0
        self._farewells: list[threading.Thread] = []
        self._connect: Callable[[], Transport]
        """Another carrier to the present implant."""
        self._uncompared: NewPair | None = None
        """A pair that was made and is neither kept nor taken back."""
        self._forget()
        self._seated = ""
        self.stop_state = ""
        """Empty, or what became of the last STOP: pressed, sent, unanswered, confirmed."""

    def _forget(self) -> None:
        """Nothing is known of any implant."""
        self.address = ""
        self.wire = WireLog()
        """The last frames of this connection."""
        self.description: DeviceDescription | None = None
        self.status: Status | None = None
        self._status_at: Instant | None = None
        self.role = Role.READER
        self.is_up = False
        self.trouble = ""
        self.unpaired: NotPaired | None = None
        """Set while an implant answers that we have no key for, or that does not answer to ours."""
        self.groups: dict[int, Group] = {}
        """Slot to the group that was read back last."""
        self.default: int | None = None
        """The slot that is meant when a start names none."""
        self.generation: int | None = None
        """Of what `groups` holds; None while that is not known."""
        self.measurement: Measurement | None = None
        self.log: tuple[LogEntry, ...] = ()
        self.noted = Noted()
        """What the patient felt of each program while this connection lasts; the record keeps it for good."""
        self._under_way: dict[int, str] = {}

    # -------------------------------------------------------------------------------------------- asking

    def connect(self, address: str, expect_serial: str | None = None) -> None:
        """Let go of the present implant and talk to the one at `address`; LinkUp or LinkDown follows."""
        self.connect_through(address, lambda: open_transport(address), expect_serial)

    def connect_through(self, address: str, connect: Callable[[], Transport], expect_serial: str | None = None) -> None:
        """The same with a carrier of one's own."""
        from scs.programmer.worker import Worker

        self.let_go()
        self.address, self._connect = address, connect
        self._number += 1
        number, wire = self._number, self.wire
        self.record = self._record_of(address)
        if self.record is not None and self._seated:
            self.record.seated(self._seated)
        self._worker = Worker(
            lambda: TapTransport(connect(), self._clock, wire.hear), self._clock,
            lambda event: self._post(number, event), expect_serial=expect_serial, record=self.record,
            notes=self._notes, find_key=self._find_key, overhear=wire.overhear,
        )  # fmt: skip
        self._worker.start()
        if self.stop_state not in ("", "confirmed"):
            # STOP was pressed and nobody heard it yet: it leaves before anything else is said on the new link.
            self._worker.stop()

    @cached_property
    def _notes(self) -> Notes | None:
        """Where what is begun is noted, if anywhere."""
        return None if self._notes_of is None else self._notes_of()

    def submit(self, name: str, job: Job) -> bool:
        """Queue a job; False when there is nobody to talk to."""
        if self._worker is None:
            return False
        self._under_way[self._worker.submit(name, job)] = name
        return True

    def pair(self, secret: bytes, role: PairRole, expect_serial: str | None) -> bool:
        """Pair over this link; JobDone with a NewPair follows, and nothing more is said until `retry`.

        Raises BadQuantity for a secret of another size.
        """
        from scs.programmer.pairing import Pairing, pair

        pairing = Pairing.of_people(secret, role, expect_serial)

        def errand(port: Transport) -> NewPair:
            # Known at once: a programmer that ends before anybody has compared the words takes the pair back.
            self._uncompared = made = pair(port, self._clock, pairing, notes=self._notes)
            return made

        return self._run_errand(PAIR, errand)

    def take_back(self, made: NewPair) -> bool:
        """Let the implant forget a pair that was just made; JobDone or JobFailed follows."""
        from scs.programmer.pairing import take_back

        return self._run_errand(TAKE_BACK, lambda port: take_back(port, self._clock, made, self._notes))

    def pair_is_kept(self) -> None:
        """Somebody has compared the words, and the key is in the store."""
        self._tell_pair("kept after the words were compared")
        if self._notes is not None and self._uncompared is not None:
            self._notes.settle_pair(self._uncompared.serial, self._uncompared.shared.pair)
        self._uncompared = None

    def _tell_pair(self, what: str) -> None:
        if self.record is not None and self._uncompared is not None:
            self.record.paired(what, self._uncompared.serial, self._uncompared.shared)

    def _run_errand(self, name: str, errand: Errand) -> bool:
        if self._worker is None:
            return False
        self._under_way[self._worker.run_errand(name, errand)] = name
        return True

    def retry(self) -> None:
        """Connect now: there is another key than before."""
        if self._worker is not None:
            self._worker.retry()

    def stop(self) -> bool:
        """STOP; False when there is no link to send it over. It is then sent first of all on the next one."""
        self.stop_state = "pressed"
        if self._worker is None:
            return False
        self._worker.stop()
        return True

    def let_go(self) -> None:
        """Give the session and the port back, without waiting for it: a port that does not answer takes seconds."""
        if self._worker is not None:
            self._tell_pair("taken back, for the programmer ends and nobody has compared the words")
            farewell = threading.Thread(
                target=self._part, args=(self._worker, self._connect), name="scs programmer farewell", daemon=True
            )
            farewell.start()
            self._farewells.append(farewell)
            self._worker = None
        self.record = None
        self._number += 1
        self._forget()

    def _part(self, worker: Worker, connect: Callable[[], Transport]) -> None:
        """In a thread of its own: close the worker, and let nobody have a key that nobody has compared."""
        worker.close()
        made, self._uncompared = self._uncompared, None
        if made is not None:
            from scs.programmer.pairing import take_back

            # An implant that is out of reach keeps the pair, and the note of it is told at the next connection.
            with suppress(ScsError):
                take_back(connect(), self._clock, made, self._notes)

    def close(self) -> None:
        """Give everything back, and wait until that is done."""
        self.let_go()
        for farewell in self._farewells:
            farewell.join()
        self._farewells.clear()

    def judged(self, name: str, verdict: Verdict) -> None:
        """A person is shown this verdict and decides."""
        if self.record is not None:
            self.record.judged(name, verdict)

    def felt(self, slot: int, program: str, felt: str, amplitude_ua: int) -> None:
        """A person notes what was felt."""
        if self.record is not None:
            self.record.felt(slot, program, felt, amplitude_ua)

    def told_lock(self, what: str) -> None:
        """The programmer was locked, or opened again."""
        if self.record is not None:
            self.record.lock(what)

    def seat(self, role: str) -> None:
        """Who sits before the programmer now: every record says so from here on."""
        self._seated = role
        if self.record is not None:
            self.record.seated(role)

    def read_back(self) -> bool:
        """Read every slot and the last measurement; JobDone with Holdings follows."""
        return self.submit(READ_BACK, _read_back)

    def write_group(self, slot: int, group: Group, acknowledged: tuple[str, ...], base_generation: int) -> bool:
        """Write a group as it was decided on at `base_generation`; JobDone with a Written follows."""

        def write(client: Client, show: ShowProgress) -> object:
            return client.write_group(slot, group, acknowledged, base_generation=base_generation, progress=show)

        return self.submit(WRITE, write)

    def clear_slot(self, slot: int, base_generation: int) -> bool:
        """Empty a slot as it was decided on at `base_generation`; JobDone with Slots follows."""
        return self.submit(SLOTS, lambda client, _: client.clear_slot(slot, base_generation=base_generation))

    def set_default(self, slot: int | None, base_generation: int) -> bool:
        """Make a slot the default, or none; JobDone with Slots follows."""
        return self.submit(SLOTS, lambda client, _: client.set_default(slot, base_generation=base_generation))

    def measure(self) -> bool:
        """Measure the impedance of every contact; JobDone with a Measurement follows."""
        return self.submit(MEASURE, lambda client, show: client.measure_impedance(show))

    def settle_unresolved(self) -> bool:
        """A person has read what became of operations that were left open."""
        return self.submit("settle", lambda client, _: client.settle_unresolved())

    def read_log(self) -> bool:
        """Download what is new in the log; JobDone with the new entries follows."""
        after = self.log[-1].sequence if self.log else 0
        return self.submit(LOG, lambda client, show: client.log(after, show))

    # --------------------------------------------------------------------------------------------- hearing

    def take(self, number: int, event: WorkerEvent) -> bool:
        """Remember what an event says; False when it comes from a connection that was let go.

        Called in the screens' thread, before the screens are told.
        """
        if number != self._number:
            return False
        if isinstance(event, LinkUp):
            self.is_up, self.trouble, self.unpaired = True, "", None
            self.description, self.role = event.description, event.role
            self.generation = None
            self.read_back()
            if self._notes_of is not None:
                self.submit(UNRESOLVED, lambda client, _: client.unresolved())
        elif isinstance(event, LinkDown):
            self.is_up, self.trouble = False, str(event.reason)
            self.unpaired = event.reason if isinstance(event.reason, NotPaired) else None
        elif isinstance(event, StatusRead):
            self.status, self._status_at = event.status, event.at
            self.role = event.status.role
            if event.status.generation != self.generation and not self.is_doing(READ_BACK, WRITE, SLOTS):
                self.read_back()
        elif isinstance(event, JobDone | JobFailed):
            self._under_way.pop(event.job, None)
            if event.name == PAIR and isinstance(event, JobDone):
                self._tell_pair("made; the words are to be compared")
            elif event.name == TAKE_BACK:
                failed = f"NOT taken back: {event.error}" if isinstance(event, JobFailed) else "taken back"
                self._tell_pair(failed)
                self._uncompared = None
            if isinstance(event, JobDone):
                self._keep(event)
        else:
            self._take_stop(event)
        return True

    def _take_stop(self, event: WorkerEvent) -> None:
        if isinstance(event, StopSent) and self.stop_state != "unanswered":
            self.stop_state = "sent"
        elif isinstance(event, StopConfirmed):
            self.stop_state = "confirmed"
        elif isinstance(event, StopNotConfirmed):
            self.stop_state = "unanswered"

    def _keep(self, done: JobDone) -> None:
        """What a job brought; the names of the jobs are kept for what each of them brings."""
        if done.name == READ_BACK:
            held: Holdings = done.result
            self.groups = {one.slot: one.group for one in held.groups}
            self.generation, self.default, self.measurement = held.generation, held.default, held.measurement
        elif done.name == SLOTS:
            slots: Slots = done.result
            self.generation, self.default = slots.generation, default_of(slots)
            self.groups = {slot: group for slot, group in self.groups.items() if slot in slots.occupied}
        elif done.name == MEASURE:
            self.measurement = done.result
        elif done.name == LOG:
            newest = self.log[-1].sequence if self.log else 0
            self.log += tuple(entry for entry in done.result if entry.sequence > newest)

    # ------------------------------------------------------------------------------------------------ what is so

    def is_doing(self, *names: str) -> bool:
        """Whether a job with one of these names is queued or running."""
        return any(name in names for name in self._under_way.values())

    @property
    def impedances(self) -> Impedances:
        """For the rules that need them; empty while nothing was measured."""
        from scs.domain.impedance import Impedances

        return Impedances() if self.measurement is None else self.measurement.impedances

    @property
    def age(self) -> Duration | None:
        """How old the status that is shown is; None when there is none."""
        if self._status_at is None:
            return None
        return self._status_at.until(self._clock.now())

    @property
    def is_stale(self) -> bool:
        age = self.age
        return age is None or age > STALE_AFTER

    @property
    def is_locked(self) -> bool:
        """Whether what is shown is too old to change anything by."""
        age = self.age
        return age is None or age > LOCKED_AFTER


def _read_back(client: Client, show: ShowProgress) -> Holdings:
    """The generation is read first: a change in the middle is noticed by the next status."""
    generation = client.status().generation
    found = [client.find_group(slot) for slot in range(client.identity.groups)]
    held = tuple(one for one in found if one is not None)
    return Holdings(generation, held, default_of(client.slots()), client.last_impedance())


def default_of(slots: Slots) -> int | None:
    """The default slot; None where there is none."""
    return None if slots.default == NO_SLOT else slots.default
