"""The only file that knows the worker: what the screens may ask of an implant, and the latest that was heard of it.

The worker's thread only hands its events to `post`; they arrive in the screens' thread, which calls `take` for each, so
everything that is shown is changed in one thread.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Clock, Duration
from scs.domain.impedance import Impedances
from scs.domain.program import Group
from scs.programmer.client import Client
from scs.programmer.reading import DeviceDescription, HeldGroup, Measurement
from scs.programmer.worker import (
    Job,
    LinkDown,
    LinkUp,
    StatusRead,
    StopConfirmed,
    StopNotConfirmed,
    StopSent,
    Worker,
    WorkerEvent,
)
from scs.transport.address import open_transport
from scs.transport.base import Transport
from scs.wire.messages import Role, Status

STALE_AFTER = Duration.of_s(2)
"""Values older than this are grey and said to be stale: the length of the therapy lease."""
LOCKED_AFTER = Duration.of_s(10)
"""With values older than this nothing is changed any more; only STOP is left."""


class SessionLink:
    """One implant at a time, or none. `post` hands a worker's event to the screens' thread."""

    def __init__(self, clock: Clock, post: Callable[[WorkerEvent], None]) -> None:
        self._clock = clock
        self._post = post
        self._worker: Worker | None = None
        self.address = ""
        self.description: DeviceDescription | None = None
        self.status: Status | None = None
        self.role = Role.READER
        self.is_up = False
        self.trouble = ""
        self.groups: dict[int, Group] = {}
        """Slot to the group that was read back last."""
        self.impedances = Impedances()
        self.stop_state = ""
        """Empty, or what became of STOP: sent, confirmed, unanswered."""

    # -------------------------------------------------------------------------------------------- asking

    def connect(self, address: str, expect_serial: str | None = None) -> None:
        """Let go of the present implant and talk to the one at `address`; LinkUp or LinkDown follows."""
        self.connect_through(address, lambda: open_transport(address), expect_serial)

    def connect_through(self, address: str, connect: Callable[[], Transport], expect_serial: str | None = None) -> None:
        """The same with a carrier of one's own."""
        self.close()
        self.address = address
        self.description, self.status, self.trouble = None, None, ""
        self.groups, self.impedances = {}, Impedances()
        self._worker = Worker(connect, self._clock, self._post, expect_serial=expect_serial)
        self._worker.start()

    def submit(self, name: str, job: Job) -> bool:
        """Queue a job; False when there is nobody to talk to."""
        if self._worker is None:
            return False
        self._worker.submit(name, job)
        return True

    def stop(self) -> bool:
        """STOP; False when there is nobody to send it to."""
        if self._worker is None:
            return False
        self._worker.stop()
        return True

    def close(self) -> None:
        """Give the session and the port back."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self.is_up = False

    def read_group(self, slot: int) -> bool:
        """Read a slot back; JobDone with a HeldGroup or None follows."""
        return self.submit("read group", lambda client, show: client.find_group(slot))

    def write_group(self, slot: int, group: Group, acknowledged: tuple[str, ...], base_generation: int) -> bool:
        """Write a group as it was decided on at `base_generation`; JobDone with a Written follows."""

        def write(client: Client, show: object) -> object:
            return client.write_group(slot, group, acknowledged, base_generation=base_generation)

        return self.submit("write group", write)

    # --------------------------------------------------------------------------------------------- hearing

    def take(self, event: WorkerEvent) -> None:
        """Remember what an event says; called in the screens' thread, before the screens are told."""
        if isinstance(event, LinkUp):
            self.is_up, self.trouble = True, ""
            self.description, self.role = event.description, event.role
        elif isinstance(event, LinkDown):
            self.is_up, self.trouble = False, str(event.reason)
        elif isinstance(event, StatusRead):
            self.status = event.status
            self.role = event.status.role
        elif isinstance(event, StopSent):
            self.stop_state = "sent"
        elif isinstance(event, StopConfirmed):
            self.stop_state = "confirmed"
        elif isinstance(event, StopNotConfirmed):
            self.stop_state = "unanswered"

    def keep_group(self, held: HeldGroup | None, slot: int) -> None:
        """What was read back from a slot."""
        if held is None:
            self.groups.pop(slot, None)
        else:
            self.groups[held.slot] = held.group

    def keep_measurement(self, measured: Measurement) -> None:
        """The impedances of the last measurement, for the rules that need them."""
        self.impedances = Impedances({contact: ohms for contact, ohms, _ in measured.contacts})

    @property
    def age(self) -> Duration | None:
        """How old what is shown is; None when nothing was ever heard."""
        heard = None if self._worker is None else self._worker.heard_at
        return None if heard is None or self.status is None else heard.until(self._clock.now())

    @property
    def is_stale(self) -> bool:
        age = self.age
        return age is None or age > STALE_AFTER

    @property
    def is_locked(self) -> bool:
        """Whether what is shown is too old to change anything by."""
        age = self.age
        return age is None or age > LOCKED_AFTER
