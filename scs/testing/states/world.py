"""One implant, the person with the programmer who orders, and what leaves the electrodes: a state that can be kept.

The person remembers which amplitude was asked for last and accepted; that, and not what the implant says of itself, is
the ceiling of what may be delivered.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.parts import DeviceConfig
from firmware_model.store import CHECKS_AT, LOG_AT, Memory
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import ActiveRecharge, Cycling, ElectrodeConfig, Group, Program, Tonic
from scs.errors import StoreError
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.requests import Open
from scs.wire.responses import Opened, RefusedReply
from scs.wire.terms import Reason, Role

Build = Callable[[DeviceConfig, Memory, random.Random, Instant], Device]

STEP_UA = 50
"""The grid of the reference device: amplitudes here are a few steps, so that every height of a ramp is a state."""
LOW_UA, COMMITTED_UA, HIGH_UA = STEP_UA, 2 * STEP_UA, 3 * STEP_UA
RATE_MHZ = 4_000
RAMP_US = 1_000_000
"""Two ticks of half a second from nothing to the committed amplitude, with two pulses in each."""
WRITER, READER = 0, 1
"""The links of the clinician and of somebody who may only read."""


def a_group(name: str, amplitude_ua: int, cycling: Cycling | None = None) -> Group:
    """One program that no rule objects to."""
    program = Program(
        name="P1",
        contacts=ElectrodeConfig.of({3: -1_000, 7: 1_000}),
        amplitude_ua=amplitude_ua,
        pulse_width_us=200,
        interphase_gap_us=0,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=RATE_MHZ),
        ramp_us=RAMP_US,
        cycling=cycling,
        patient=None,
    )
    return Group(name=name, programs=(program,))


def a_config() -> DeviceConfig:
    lead = find_lead("medtronic-977a2")
    leads = (PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead))
    return DeviceConfig("SCS-STATES", find_profile("reference"), find_policy("default"), Implant(leads=leads))


@dataclass(frozen=True, slots=True)
class Maker:
    """How an implant is made at power-on; the known-bad ones have another `build`."""

    build: Build = Device
    config: DeviceConfig | None = None

    def make(self, memory: Memory, start: Instant) -> Device:
        assert self.config is not None, "an implant is made for certain leads"
        return self.build(self.config, memory, random.Random(1), start)


class ImageMemory:
    """Non-volatile memory that keeps what is written, record by record, except for the log: that would only grow."""

    def __init__(self) -> None:
        self._records: dict[int, bytes] = {}

    def read(self, offset: int, length: int) -> bytes:
        found = bytearray(length)
        for start, record in self._records.items():
            shift = start - offset
            if -len(record) < shift < length:
                piece = record[max(0, -shift) : length - shift]
                found[max(0, shift) : max(0, shift) + len(piece)] = piece
        return bytes(found)

    def write(self, offset: int, data: bytes) -> None:
        if offset >= CHECKS_AT:
            # Check bits would double the states that are looked at; an implant that gets none corrects nothing.
            raise StoreError("there is no room for check bits here")
        if offset < LOG_AT:
            # The latest write lies on top of whatever else covers the same bytes.
            before = self._records.pop(offset, b"")
            self._records[offset] = data + before[len(data) :]

    def flush(self) -> None:
        """What was written is kept already."""


class World:
    """See above. `link` counts from WRITER; every request is answered before time goes on."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.memory = ImageMemory()
        self.departures: list[Departure] = []
        """What has left since the list was emptied."""
        self.ceiling_ua = 0
        """The amplitude that the person has asked for last; nothing larger may leave."""
        self.latest_ua = 0
        """The amplitude of the latest pulse; the next one may be one step larger."""
        self.running_slot: int | None = None
        """The slot whose start was accepted, until a STOP or the end of therapy came after it."""
        self.ending_us: int | None = None
        """Since when nothing may rise any more: a soft stop was asked for, or follows from what was asked for."""
        self.stored: dict[int, Group] = {}
        self.trouble: list[str] = []
        """What was wrong with an answer."""
        self._op_id = 0
        self._nonce = 0
        self._power_on(Instant(0))

    def _power_on(self, start: Instant) -> None:
        self.device = self.maker.make(self.memory, start)
        self.bench = Bench(self.device)
        self.bench.tap(self.departures.append)
        self._sessions = {WRITER: 0, READER: 0}
        self._counters = {WRITER: 0, READER: 0}
        self._decoders = {link: Decoder(Direction.TO_PROGRAMMER) for link in (WRITER, READER)}

    def reset(self) -> None:
        """The power goes and comes back: only the non-volatile memory is what it was."""
        self._power_on(self.device.now)
        self.note_off()

    # ------------------------------------------------------------------------------- what the person remembers

    @property
    def is_ending(self) -> bool:
        return self.ending_us is not None

    @property
    def is_trial(self) -> bool:
        """Whether an amplitude is tried that is not committed."""
        slot = self.running_slot
        return slot is not None and not self.is_ending and self.ceiling_ua != _amplitude_ua(self.stored[slot])

    def note_commit(self, slot: int, group: Group) -> None:
        """A group is in force. Where it is being delivered: at once if only the amplitude differs, else it ends."""
        before = self.stored.get(slot)
        self.stored[slot] = group
        if slot != self.running_slot or self.is_ending:
            return
        if before is not None and group == before.with_amplitudes({"P1": _amplitude_ua(group)}):
            self.ceiling_ua = _amplitude_ua(group)
        else:
            self.note_end()

    def note_start(self, slot: int) -> None:
        """A start was accepted: what is committed is asked for, unless that group runs already."""
        if self.running_slot is None or self.is_ending:
            self.ceiling_ua = _amplitude_ua(self.stored[slot])
        self.running_slot, self.ending_us = slot, None

    def note_trial(self, amplitude_ua: int) -> None:
        self.ceiling_ua = amplitude_ua

    def note_end(self) -> None:
        """From now on it only goes down."""
        if self.ending_us is None:
            self.ending_us = self.device.now.us

    def note_off(self) -> None:
        """Nothing is to be delivered any more."""
        self.ceiling_ua = self.latest_ua = 0
        self.running_slot = self.ending_us = None

    def settle(self) -> None:
        """A soft stop that was asked for and has ended is over; a trip has ended whatever was asked for."""
        if self.device.parts.therapy.group is None:
            self.note_off()

    # ------------------------------------------------------------------------------------------------ the link

    @property
    def holds_lease(self) -> bool:
        return self.device.links.writer is not None

    @property
    def channels(self) -> tuple[Any, ...]:
        """The programs that run, as the implant keeps them inside: heights and timers that nobody is told."""
        return tuple(self.device.parts.therapy._channels)

    def op_id(self) -> int:
        self._op_id += 1
        return self._op_id

    def pass_time(self, duration: Duration) -> None:
        """Nobody says anything meanwhile."""
        self.device.step(self.device.now + duration)
        self._hear(WRITER)

    def ask(self, request: Request, link: int = WRITER) -> Message:
        """The answer to a request; a session is opened first where there is none."""
        if not self._sessions[link]:
            self._open(link)
        answer = self._exchange(request, link)
        if isinstance(answer, RefusedReply) and answer.reason is Reason.NO_SESSION:
            self._open(link)
            answer = self._exchange(request, link)
        return answer

    def stop(self) -> list[Frame]:
        """STOP, and what is answered to it."""
        return self._send(Frame(FrameType.STOP, self._sessions[WRITER], 1), WRITER)

    def _open(self, link: int) -> None:
        self._nonce += 1
        role = Role.WRITER if link == WRITER else Role.READER
        frames = self._send(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(self._nonce, role))), link)
        opened = decode_message(frames[-1].body, Direction.TO_PROGRAMMER)
        assert isinstance(opened, Opened), "an implant on a quiet link opens a session"
        self._sessions[link], self._counters[link] = opened.session, 0

    def _exchange(self, request: Request, link: int) -> Message:
        self._counters[link] += 1
        frame = Frame(FrameType.REQUEST, self._sessions[link], self._counters[link], encode_message(request))
        frames = self._send(frame, link)
        assert len(frames) == 1, "one request has one answer"
        return decode_message(frames[0].body, Direction.TO_PROGRAMMER)

    def _send(self, frame: Frame, link: int) -> list[Frame]:
        self.device.receive(encode(frame), link)
        self.device.step(self.device.now)
        return self._hear(link)

    def _hear(self, link: int) -> list[Frame]:
        return self._decoders[link].receive(self.device.take_output(link))


def _amplitude_ua(group: Group) -> int:
    return group.programs[0].amplitude_ua


PLAIN = a_group("plain", COMMITTED_UA)
LOUDER = a_group("plain", HIGH_UA)
"""Differs from PLAIN in amplitudes only."""
OTHER = a_group("other", LOW_UA)
"""Differs from PLAIN in more than that, so that a commit of it ends what runs."""
CYCLING = a_group("cycling", COMMITTED_UA, Cycling(on_us=2_000_000, off_us=1_000_000))
