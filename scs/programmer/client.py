"""The verbs that a script wants, blocking, one method each. One thread at a time uses a client.

    with Client.connect("tcp:127.0.0.1:4000") as client:
        print(client.identify().identity.serial, client.status().mode)

Slots and programs are counted from 0, as on the link. Every change returns what was read back after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from secrets import token_bytes
from types import TracebackType
from typing import Self

from scs.clock import Clock, Duration, WallClock
from scs.domain.program import Group
from scs.domain.status import LogEntry
from scs.errors import ScsError
from scs.programmer import changing, evoked, history, reading, slots, timing
from scs.programmer.changing import Written
from scs.programmer.doorbell import Doorbell
from scs.programmer.events import Event, NoticeArrived, StopAcknowledged
from scs.programmer.evoked import POINTS, Growth, LoopComparison
from scs.programmer.history import CheckedLog
from scs.programmer.reading import DeviceDescription, HeldGroup, Matrix, Measurement
from scs.programmer.recording import SessionRecord
from scs.programmer.runner import ROLE_PATIENCE, Runner
from scs.programmer.sealed_link import FindKey
from scs.programmer.session import GIVE_UP, Session
from scs.programmer.steps import ShowProgress
from scs.programmer.unresolved import Notes, what_became
from scs.transport.address import open_transport
from scs.transport.base import Transport
from scs.wire.access import AccessReport, GetAccess, MarkImplanted, Unpair
from scs.wire.framing import Frame
from scs.wire.requests import GetBattery, GetStatus, Watch
from scs.wire.responses import (
    BatteryReport,
    ClockReport,
    Delivery,
    Done,
    Identity,
    LogNotice,
    PostureUsage,
    ResetReport,
    Sensing,
    Slots,
    Status,
    UsageReport,
)
from scs.wire.terms import Role


class Client:
    """A conversation with one implant. Make one with `connect`, `open`, or, for STOP alone, `unopened`."""

    def __init__(self, runner: Runner, chance: Random) -> None:
        self.runner = runner
        self._chance = chance

    # ------------------------------------------------------------------------------------------ opening and closing

    @classmethod
    def unopened(
        cls,
        transport: Transport,
        clock: Clock | None = None,
        *,
        role: Role = Role.WRITER,
        expect_serial: str | None = None,
        chance: Random | None = None,
        reopen: Callable[[], Transport] | None = None,
        on_event: Callable[[Event], None] | None = None,
        doorbell: Doorbell | None = None,
        record: SessionRecord | None = None,
        notes: Notes | None = None,
        find_key: FindKey | None = None,
        draw: Callable[[int], bytes] = token_bytes,
        overhear: Callable[[Frame], None] | None = None,
    ) -> Client:
        """A client that has said nothing yet; only `stop` works before `runner.open`.

        `chance` gives nonces and operation numbers; without it, the operating system seeds one. With a `record`,
        everything said and heard is written there, and `close` closes it; `notes` say what was begun and not settled.
        With `find_key` everything travels sealed; without it in the clear, which only an implant on the bench accepts.
        `draw` gives fresh secret bytes; only who has to repeat a run names another source than the operating system.
        `overhear` is told of every frame that is sealed or opened.
        """
        chance = chance if chance is not None else Random()
        session = Session(chance, role, expect_serial, find_key, draw, overhear)
        runner = Runner(
            transport, clock or WallClock(), session,
            reopen=reopen, on_event=on_event, doorbell=doorbell, record=record,
            notes=notes,
        )  # fmt: skip
        return cls(runner, chance)

    @classmethod
    def open(
        cls,
        transport: Transport,
        clock: Clock | None = None,
        *,
        role: Role = Role.WRITER,
        expect_serial: str | None = None,
        chance: Random | None = None,
        reopen: Callable[[], Transport] | None = None,
        on_event: Callable[[Event], None] | None = None,
        patience: Duration = ROLE_PATIENCE,
        record: SessionRecord | None = None,
        notes: Notes | None = None,
        find_key: FindKey | None = None,
    ) -> Client:
        """Open a session over `transport`, which the client owns from now on.

        Raises NoAnswer, NotPaired, WrongDevice (another serial number than `expect_serial`), Refused or
        TransportError. When another programmer writes, the role is asked for during `patience`; `role` tells what was
        granted.
        """
        client = cls.unopened(
            transport, clock, role=role, expect_serial=expect_serial, chance=chance, reopen=reopen, on_event=on_event,
            record=record, notes=notes, find_key=find_key,
        )  # fmt: skip
        try:
            client.runner.open(patience=patience)
        except BaseException:
            client.runner.transport.close()
            if record is not None:
                record.close()
            raise
        return client

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        role: Role = Role.WRITER,
        expect_serial: str | None = None,
        find_key: FindKey | None = None,
    ) -> Client:
        """Open the carrier that `address` names and a session over it; a link that fails later is opened again."""
        return cls.open(
            open_transport(address), role=role, expect_serial=expect_serial, find_key=find_key,
            reopen=lambda: open_transport(address),
        )  # fmt: skip

    def close(self) -> None:
        """Give the session and the port back. A trial change is undone by the implant."""
        self.runner.close_session()
        self.runner.transport.close()
        if self.record is not None:
            self.record.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.record is not None and isinstance(error, ScsError):
            self.record.failed("", error)
        self.close()

    # ----------------------------------------------------------------------------------------------------- looking

    def unresolved(self) -> tuple[str, ...]:
        """A sentence for each operation on this implant that was begun and never settled; empty for a reader.

        So for each pairing with it whose words nobody has compared.

        They stay noted until `settle_unresolved` says that a person was told.
        """
        sentences: tuple[str, ...] = ()
        if (notes := self._own_notes) is not None:
            serial = self.identity.serial
            if left := notes.left(serial):
                sentences = self.runner.run(what_became(left))
            sentences += tuple(one.sentence for one in notes.left_pairs(serial))
        if self.record is not None:
            self.record.unresolved(sentences)
        return sentences

    def settle_unresolved(self) -> None:
        """A person was told what `unresolved` says."""
        if (notes := self._own_notes) is None:
            return
        serial = self.identity.serial
        for one in notes.left(serial):
            notes.settle(one.serial, one.request.op_id)
        notes.settle_pairs(*notes.left_pairs(serial))

    @property
    def _own_notes(self) -> Notes | None:
        # What a reader finds may be under way at this moment, by whoever writes.
        return self.runner.notes if self.role is Role.WRITER else None

    @property
    def record(self) -> SessionRecord | None:
        """Where what is said and heard is written down, if anywhere."""
        return self.runner.record

    @property
    def role(self) -> Role:
        """What the implant granted this session."""
        return self.runner.session.role

    @property
    def identity(self) -> Identity:
        """Who answered when the session was opened."""
        identity = self.runner.session.identity
        assert identity is not None, "a session is open, so the implant has said who it is"
        return identity

    def identify(self, progress: ShowProgress | None = None) -> DeviceDescription:
        """Identity, leads, limit table and policy, read from the implant and checked against each other."""
        description = self.runner.run(reading.identify(), progress)
        if self.record is not None:
            self.record.described(description)
        return description

    def status(self) -> Status:
        """What is so now: targets in µA, battery in permille and mV."""
        answer = self.runner.exchange(GetStatus())
        assert isinstance(answer, Status), "GetStatus is answered with Status"
        return answer

    def battery(self) -> BatteryReport:
        """Charge, warnings, charging, and what each consumer has drawn since power-on."""
        answer = self.runner.exchange(GetBattery())
        assert isinstance(answer, BatteryReport), "GetBattery is answered with BatteryReport"
        return answer

    def read_group(self, slot: int) -> HeldGroup:
        """The group in `slot`; Refused with reason empty-slot when there is none."""
        held = self.runner.run(reading.read_group(slot))
        if self.record is not None:
            self.record.held(held)
        return held

    def find_group(self, slot: int) -> HeldGroup | None:
        """The group in `slot`, or None when the slot is empty."""
        held = self.runner.run(reading.find_group(slot))
        if self.record is not None and held is not None:
            self.record.held(held)
        return held

    def log(self, after: int = 0, progress: ShowProgress | None = None) -> tuple[LogEntry, ...]:
        """Log entries with a sequence number above `after`, oldest first."""
        return self.runner.run(reading.read_log(after), progress)

    def checked_log(self, after: int = 0, progress: ShowProgress | None = None) -> CheckedLog:
        """As `log`, with every link of the chain worked out again: what was changed or removed is named."""
        return self.runner.run(history.read_checked_log(after), progress)

    def usage(self) -> UsageReport:
        """How often each group was started and how long it was delivered, in µs, since the implant was made."""
        return self.runner.run(history.read_usage())

    def posture_usage(self, slot: int) -> PostureUsage:
        """How long each program of a slot was delivered in each posture, in µs, since the implant was made."""
        return self.runner.run(history.read_posture_usage(slot))

    def resets(self) -> ResetReport:
        """Why the implant last began anew, and how often it did so unasked in the last ten minutes."""
        return self.runner.run(history.read_resets())

    def sensing(self) -> Sensing:
        """How the body lies and moves, and what each closed loop reads, wants and delivers, in nV and µA."""
        return self.runner.run(reading.read_sensing())

    def clock(self) -> ClockReport:
        """The implant's clock, in µs after local midnight, and whether anybody has set it since power-on."""
        return self.runner.run(timing.read_clock())

    def set_clock(self, second_of_day: int) -> ClockReport:
        """Tell the implant the time, in seconds after local midnight; what it says afterwards."""
        return self.runner.run(timing.set_clock(self._op_id(), second_of_day))

    def delivery(self) -> Delivery:
        """The rates of the running group on the implant's tick of 1 µs, and what holds the group back."""
        return self.runner.run(timing.read_delivery())

    def watch(self, period: Duration, duration: Duration, on_notice: Callable[[Status | LogNotice], None]) -> None:
        """Pass on telemetry every `period` and each new log entry, for `duration`."""
        runner = self.runner
        before = runner.on_event

        def hear(event: Event) -> None:
            if isinstance(event, NoticeArrived):
                on_notice(event.notice)
            before(event)

        runner.on_event = hear
        try:
            self._watch_every(period.us // 1_000)
            runner.idle(duration)
            self._watch_every(0)
        finally:
            runner.on_event = before

    def _watch_every(self, period_ms: int) -> None:
        answer = self.runner.exchange(Watch(period_ms))
        assert isinstance(answer, Done), "Watch is answered with Done"

    def hold(self, duration: Duration) -> None:
        """Let time pass while heartbeats keep the lease, and with it a trial change."""
        self.runner.idle(duration)

    # ---------------------------------------------------------------------------------------------------- changing

    def write_group(
        self,
        slot: int,
        group: Group,
        acknowledged: Sequence[str] = (),
        *,
        base_generation: int | None = None,
        progress: ShowProgress | None = None,
    ) -> Written:
        """Stage, compare, commit and read back; Refused and nothing changed, or LinkLost that says what is in force."""
        procedure = changing.write_group(self._op_id(), slot, group, tuple(acknowledged), base_generation)
        written = self.runner.run(procedure, progress)
        if self.record is not None:
            self.record.held(written.held, tuple(acknowledged))
        return written

    def slots(self) -> Slots:
        """Which slots hold a group, and which is meant when a start names none."""
        return self.runner.run(slots.read_slots())

    def clear_slot(self, slot: int, *, base_generation: int | None = None) -> Slots:
        """Forget the group in `slot`; Refused while it runs or when it is the only one."""
        return self.runner.run(slots.clear_slot(self._op_id(), slot, base_generation))

    def set_default(self, slot: int | None, *, base_generation: int | None = None) -> Slots:
        """Make `slot` the one that is meant when a start names none; None takes the default away."""
        return self.runner.run(slots.set_default(self._op_id(), slot, base_generation))

    def start(self, slot: int) -> Status:
        """Soft-start the group in `slot` at its committed amplitudes."""
        return self.runner.run(changing.start(self._op_id(), slot))

    def soft_stop(self) -> Status:
        """Ramp down and stop. For an emergency there is `stop`."""
        return self.runner.run(changing.soft_stop(self._op_id()))

    def stop(self, patience: Duration = GIVE_UP) -> StopAcknowledged:
        """STOP: output zero at once, never refused; NoAnswer after `patience` says that the magnet is to be used."""
        return self.runner.stop(patience)

    def set_amplitude(self, program: int, amplitude_ua: int, acknowledged: Sequence[str] = ()) -> Status:
        """Try an absolute amplitude in µA while therapy runs; `hold` keeps it, a commit makes it permanent."""
        return self.runner.run(changing.set_amplitude(self._op_id(), program, amplitude_ua, tuple(acknowledged)))

    def titrate(
        self, program: int, amplitudes_ua: Sequence[int], dwell: Duration, progress: ShowProgress | None = None
    ) -> tuple[Status, ...]:
        """Try one amplitude after another, in µA, for `dwell` each; the status at the end of each."""
        op_ids = tuple(self._op_id() for _ in amplitudes_ua)
        return self.runner.run(changing.titrate(op_ids, program, tuple(amplitudes_ua), dwell), progress)

    def measure_growth(
        self, program: int, step_ua: int, highest_ua: int | None = None, progress: ShowProgress | None = None
    ) -> Growth:
        """Try amplitudes of a running program, in µA on the grid of `step_ua`, and read what each evokes, in nV.

        From the patient's lowest to the highest, or to `highest_ua` if that is less; then the committed one again.
        """
        op_ids = tuple(self._op_id() for _ in range(POINTS + 1))
        return self.runner.run(evoked.measure_growth(op_ids, program, step_ua, highest_ua), progress)

    def compare_loops(
        self, program: int, step_ua: int, duration: Duration, progress: ShowProgress | None = None
    ) -> LoopComparison:
        """Read what a running program evokes for `duration` in open loop, then as long in closed loop."""
        op_ids = self._op_id(), self._op_id(), self._op_id()
        return self.runner.run(evoked.compare_loops(op_ids, program, step_ua, duration), progress)

    def measure_impedance(self, progress: ShowProgress | None = None) -> Measurement:
        """Measure every contact against the case; therapy must be off."""
        return self.runner.run(reading.measure_impedance(self._op_id(), self.identity.contacts), progress)

    def impedance_matrix(self) -> Matrix | None:
        """Between every two contacts, of the last finished measurement; None when there is none."""
        return self.runner.run(reading.impedance_matrix())

    def last_impedance(self) -> Measurement | None:
        """The last measurement that the implant has, or None."""
        return self.runner.run(reading.last_impedance())

    def clear_fault(self) -> Status:
        """Take back a latched fault whose cause is gone; therapy stays off."""
        return self.runner.run(changing.clear_fault(self._op_id()))

    def enter_mri(self) -> Status:
        """Make stimulation impossible until `leave_mri`, also over a reset; therapy must be off."""
        return self.runner.run(changing.enter_mri(self._op_id()))

    def leave_mri(self) -> Status:
        """End the MRI mode, whoever entered it; therapy stays off."""
        return self.runner.run(changing.leave_mri(self._op_id()))

    def enter_storage(self) -> Status:
        """Put the implant to sleep on the shelf until `leave_storage`; therapy must be off."""
        return self.runner.run(changing.enter_storage(self._op_id()))

    def leave_storage(self) -> Status:
        """Wake the implant up; therapy stays off."""
        return self.runner.run(changing.leave_storage(self._op_id()))

    def access(self) -> AccessReport:
        """Who is paired, and what the implant's door has counted since power-on."""
        answer = self.runner.exchange(GetAccess())
        assert isinstance(answer, AccessReport), "GetAccess is answered with AccessReport"
        return answer

    def unpair(self, pair: int) -> AccessReport:
        """Take a pair's key away, and its channels with it; who is paired afterwards."""
        self.runner.exchange(Unpair(self._op_id(), pair))
        if self.runner.notes is not None:
            self.runner.notes.settle_pair(self.identity.serial, pair)
        return self.access()

    def mark_implanted(self) -> AccessReport:
        """From now on the implant is in a person: it never talks in the clear again. Only the bench takes it back."""
        self.runner.exchange(MarkImplanted(self._op_id()))
        return self.access()

    def _op_id(self) -> int:
        """An operation number that nobody used; 0 means none on the link."""
        return self._chance.getrandbits(64) or 1
