"""The implant in real time: one listener, one device, one loop that waits in `select` and for nothing else.

The only file of the implant that touches ports, files and the clock. What arrives is acted on at once: the device is
stepped to the present instant, given the bytes, and its answer is handed to the listener before anything is waited for.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from firmware_model.bench_door import BenchDoor
from firmware_model.device import Device
from firmware_model.faults.campaign import Campaign
from firmware_model.power.cell_record import CELL_AT
from firmware_model.store import MEMORY_SIZE
from scs.clock import Duration, Instant, WallClock
from scs.domain.status import LogEntry
from scs.errors import StoreError
from scs.transport.announcements import RENEW_EVERY
from scs.transport.listener import Connected, Disconnected, Listener, Received

LIVE_EVERY = Duration.of_ms(250)
"""How often a live line is painted: four times a second reads as live."""
WAIT_MAX = Duration.of_s(3_600)
"""How long the loop sleeps when nothing is ever due; what arrives wakes it."""
WAIT_MIN = Duration(200)
"""A sped-up clock may be due every few microseconds; a fifth of a millisecond keeps the loop from spinning."""

KEEP_EVERY = Duration.of_s(1)
"""As much of the cell's discharge may be forgotten when the emulator is killed, and as long it sleeps at most."""


class Report(Protocol):
    """Where the host says what happens."""

    is_live: bool
    """Whether `live` is wanted, four times a second."""

    def event(self, text: str) -> None: ...

    def live(self, text: str) -> None: ...


class FileMemory:
    """Non-volatile memory in a file. One emulator at a time has it open. Raises StoreError."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(self._descriptor, "r+b", buffering=0)
            _lock(self._descriptor)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}; name another file, or end who has it") from error

    def read(self, offset: int, length: int) -> bytes:
        assert offset + length <= MEMORY_SIZE or offset >= CELL_AT, "nothing is read between the memory and the cell"
        try:
            self._file.seek(offset)
            return (self._file.read(length) or b"").ljust(length, b"\0")
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}") from error

    def write(self, offset: int, data: bytes) -> None:
        assert offset + len(data) <= MEMORY_SIZE or offset >= CELL_AT, "nothing is written between memory and cell"
        try:
            self._file.seek(offset)
            written = self._file.write(data)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}") from error
        if written != len(data):
            raise StoreError(f"{self._path}: {written} of {len(data)} bytes were kept; make room on the disk")

    def flush(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}") from error

    def close(self) -> None:
        self._file.close()


class Surroundings(Protocol):
    """What an implant lives in: lets time pass for it, and has a door of its own in the place of the bench's."""

    def step(self, until: Instant) -> None: ...

    def next_us(self) -> int | None:
        """When something comes about by itself next."""

    def serve(self, line: str) -> str:
        """One line of JSON in, one out."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One line for the bench's door, and who is told the answer."""

    line: str
    answer: Callable[[str], None]


class Host:
    """Runs `device` behind `listener` until `close` or a signal. `clock` says how fast time passes.

    `campaign` breaks and mends it on the way; `keep_cell` writes down how full the cell is; `announce` tells
    programmers on this machine that it runs, every two seconds of real time. `surroundings` take the place of a
    campaign and of the bench's door.
    """

    def __init__(
        self,
        device: Device,
        listener: Listener,
        clock: WallClock,
        report: Report,
        *,
        campaign: Campaign | None = None,
        keep_cell: Callable[[], None] | None = None,
        announce: Callable[[Device], None] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._device = device
        campaign = campaign or Campaign(device)
        self._campaign: Campaign | Surroundings = surroundings or campaign
        self._door: BenchDoor | Surroundings = surroundings or BenchDoor(device, campaign)
        self._errands: deque[Errand] = deque()
        self._ahead = 0
        """By how many microseconds the implant's time is ahead of the clock: the bench can jump, and rewind."""
        self._keep_cell = keep_cell
        self._cell_kept = device.now
        self._announce = announce
        self._announced = clock.now()
        self._listener = listener
        self._clock = clock
        self._report = report
        self._links: set[int] = set()
        self._is_closing = self._is_over = False
        # A signal may come while its own thread is inside.
        self._waking = threading.RLock()
        self._wakeup_read, self._wakeup_write = os.pipe()
        device.parts.on_entry.append(self._tell)

    def run(self) -> None:
        """Serve until `close`. The listener is closed on the way out."""
        try:
            if self._announce is not None:
                self._announce(self._device)
            while not self._is_closing:
                self._turn()
        finally:
            self._is_closing = True
            if self._keep_cell is not None:
                self._keep_cell()
            self._listener.close()
            with self._waking:
                self._is_over = True
                os.close(self._wakeup_read)
                os.close(self._wakeup_write)

    def close(self) -> None:
        """End `run` soon; may be called from a signal handler or another thread."""
        self._is_closing = True
        self._wake()

    def ask_bench(self, errand: Errand) -> None:
        """Have an order done between two turns; may be called from another thread."""
        self._errands.append(errand)
        self._wake()

    def _wake(self) -> None:
        """Let the turn that waits begin; the number of a pipe that was closed may be another file's by now."""
        with self._waking:
            if not self._is_over:
                os.write(self._wakeup_write, b"\0")

    def _now(self) -> Instant:
        return Instant(max(0, self._clock.now().us + self._ahead))

    def _turn(self) -> None:
        wait = self._wait()
        events = self._listener.poll(wait, self._wakeup_read)
        now = self._now()
        self._campaign.step(now)
        while self._errands:
            os.read(self._wakeup_read, 1)
            errand = self._errands.popleft()
            errand.answer(self._door.serve(errand.line))
            self._ahead = self._device.now.us - self._clock.now().us
            now = self._device.now
        for event in events:
            if isinstance(event, Received):
                self._device.receive(event.data, event.link_id)
            elif isinstance(event, Connected):
                self._links.add(event.link_id)
                self._report.event(f"link {event.link_id} connected")
            elif isinstance(event, Disconnected):
                self._links.discard(event.link_id)
                self._device.drop_link(event.link_id)
                self._report.event(f"link {event.link_id} gone: {event.reason}")
        if events:
            self._campaign.step(now)
        for link in self._device.with_output:
            output = self._device.take_output(link)
            if link in self._links:
                self._listener.send(link, output)
        if self._keep_cell is not None and (now < self._cell_kept or self._cell_kept.until(now) >= KEEP_EVERY):
            self._keep_cell()
            self._cell_kept = now
        if self._announce is not None and self._since_announced() >= RENEW_EVERY:
            self._announce(self._device)
            self._announced = self._clock.now()
        if self._report.is_live:
            self._report.live(live_line(self._device))

    def _since_announced(self) -> Duration:
        return self._clock.real(self._announced.until(self._clock.now()))

    def _wait(self) -> Duration:
        """In real time: until something is due, and not longer than a live line may be old."""
        longest = LIVE_EVERY if self._report.is_live else WAIT_MAX
        if self._keep_cell is not None:
            longest = min(longest, KEEP_EVERY)
        if self._announce is not None:
            longest = min(longest, RENEW_EVERY)
        due_us = [at.us for at in (self._device.next_due(),) if at is not None]
        fault_us = self._campaign.next_us()
        if fault_us is not None:
            due_us.append(fault_us)
        if not due_us:
            return longest
        real = self._clock.real(self._now().until(Instant(min(due_us))))
        return max(WAIT_MIN, min(longest, real))

    def _tell(self, entry: LogEntry) -> None:
        kind = entry.kind.name.lower().replace("_", " ")
        self._report.event(f"{entry.at_us / 1e6:.3f} s  {kind}  {entry.detail}")


def live_line(device: Device) -> str:
    """What the implant is doing, in one line."""
    parts = device.parts
    stimulator = parts.stimulator
    currents = " + ".join(f"{ua / 1_000:.2f}" for ua in stimulator.delivered_ua) or "0.00"
    return (
        f"{parts.config.serial}  {parts.modes.mode.name}  {parts.therapy.state.name.lower().replace('_', ' ')}  "
        f"{currents} mA  {stimulator.ledger.pulses} pulses  battery {parts.battery.permille / 10:.1f} %  "
        f"{len(device.links.sessions)} sessions"
    )


@contextmanager
def ending_on_signals(host: Host) -> Iterator[None]:
    """SIGINT and SIGTERM close the host instead of ending the process in the middle of something."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        host.close()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _lock(descriptor: int) -> None:
    """Two emulators on one memory would each believe half of what the other wrote."""
    try:
        import fcntl
    except ImportError:  # Windows: the file stays shared; there is one emulator at a time by agreement.
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
