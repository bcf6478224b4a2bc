"""Somebody at the other end of an implant's link who speaks in frames and believes nothing.

It steps the device by hand, so that a test says at which instant what arrives; it repeats nothing by itself.
"""

from __future__ import annotations

from itertools import count
from typing import TypeVar

from firmware_model.device import Device
from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, GetStatus, Open, Stage, Start
from scs.wire.responses import Committed, Opened, RefusedReply, Staged, Status
from scs.wire.terms import CHUNK_MAX, Role

M = TypeVar("M")
_NONCES = count(1)
_OPERATIONS = count(1_000)


class Speaker:
    """One programmer's end, on one link."""

    def __init__(self, device: Device, link: int = 0) -> None:
        self.device = device
        self.link = link
        self.session = 0
        self.counter = 0
        self.heard: list[Frame] = []
        self._decoder = Decoder(Direction.TO_PROGRAMMER)

    def send(self, frame: Frame) -> list[Frame]:
        """Deliver one frame, let the device act on it, and give what it answers."""
        self.device.receive(encode(frame), self.link)
        return self.listen()

    def listen(self) -> list[Frame]:
        """Step without letting time pass, and take what was said."""
        self.device.step(self.device.now)
        frames = self._decoder.receive(self.device.take_output(self.link))
        self.heard += frames
        return frames

    def open(self, role: Role = Role.WRITER) -> Opened:
        nonce = next(_NONCES)
        frames = self.send(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(nonce, role))))
        opened = only(frames, Opened)
        assert opened.nonce == nonce
        self.session, self.counter = opened.session, 0
        return opened

    def request(self, request: Request) -> Frame:
        """The next request frame of the session, not yet sent."""
        self.counter += 1
        return Frame(FrameType.REQUEST, self.session, self.counter, encode_message(request))

    def ask(self, request: Request, kind: type[M]) -> M:
        """Send a request and give its answer, which must be of this kind."""
        frame = self.request(request)
        answers = [f for f in self.send(frame) if f.type is FrameType.RESPONSE]
        assert [f.counter for f in answers] == [frame.counter]
        return only(answers, kind)

    def refused(self, request: Request) -> RefusedReply:
        return self.ask(request, RefusedReply)

    def status(self) -> Status:
        return self.ask(GetStatus(), Status)

    def stage(self, group: Group, slot: int = 0) -> Staged:
        """Stage a whole group; the answer to its last chunk."""
        data = encode_group(group)
        whole = digest(data)
        for offset in range(0, len(data), CHUNK_MAX):
            staged = self.ask(Stage(slot, offset, len(data), whole, data[offset : offset + CHUNK_MAX]), Staged)
        assert staged.complete
        assert staged.digest == whole
        return staged

    def commit_of(self, staged: Staged, slot: int = 0, acknowledged: tuple[str, ...] = ()) -> Commit:
        return Commit(new_op_id(), slot, staged.generation, staged.digest, acknowledged)

    def write(self, group: Group, slot: int = 0) -> Committed:
        """Stage and commit, acknowledging whatever must be."""
        staged = self.stage(group, slot)
        return self.ask(self.commit_of(staged, slot, staged.must_acknowledge), Committed)

    def start(self, slot: int = 0) -> None:
        self.ask(Start(new_op_id(), slot), object)

    def stop(self, counter: int = 1) -> list[Frame]:
        return self.send(Frame(FrameType.STOP, self.session, counter))

    def wait(self, duration: Duration) -> None:
        """Let time pass while saying nothing."""
        self.device.step(self.device.now + duration)
        self.listen()

    def keep_alive(self, duration: Duration) -> Status:
        """Let time pass with a heartbeat each second."""
        end = self.device.now + duration
        while self.device.now < end:
            self.device.step(min(end, self.device.now + Duration.of_s(1)))
            status = self.status()
        return status


def message(frame: Frame) -> Message:
    return decode_message(frame.body, Direction.TO_PROGRAMMER)


def only(frames: list[Frame], kind: type[M]) -> M:
    """The one message of this kind among the frames."""
    found = [decoded for decoded in map(message, frames) if isinstance(decoded, kind)]
    assert len(found) == 1, [message(frame) for frame in frames]
    return found[0]


def new_op_id() -> int:
    return next(_OPERATIONS)


def at(us: int) -> Instant:
    return Instant(us)
