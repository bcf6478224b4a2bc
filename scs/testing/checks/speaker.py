"""A programmer that believes nothing: speaks frames to a target, and fails with a sentence when the answer is wrong.

It is not the programmer's session: it can say what no programmer says, at any instant, in any order.
"""

from __future__ import annotations

from random import Random
from typing import TypeVar

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import Mode
from scs.errors import RemoteProtocolError
from scs.testing.target import AT_ONCE, Target
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    Commit,
    GetLog,
    GetStatus,
    MeasureImpedance,
    Open,
    Read,
    SetAmplitude,
    SetClock,
    SoftStop,
    Stage,
    Start,
)
from scs.wire.responses import Chunk, Committed, Done, LogPage, Opened, RefusedReply, Staged, Status, Stopped
from scs.wire.terms import CHUNK_MAX, LEASE_MS, Object, Reason, Role

M = TypeVar("M")
HEARTBEAT = Duration.of_ms(500)
"""A quarter of the lease, as a programmer keeps it."""
MEASURING_US_MAX = 25_000_000
"""400 test pulses, as 16 contacts need them, at the slowest rate of any shipped profile, and some more [project]."""


class Failed(Exception):
    """The implant does not keep a promise. `group` is the smallest one that shows it, where one does."""

    def __init__(self, sentence: str, group: Group | None = None) -> None:
        self.sentence = sentence
        self.group = group
        super().__init__(sentence)


class Speaker:
    """One programmer's end of a link, with a session of its own once it has opened one."""

    def __init__(self, target: Target, chance: Random, link: int = 0) -> None:
        self.target = target
        self.link = link
        self.session = 0
        self.counter = 0
        self.role = Role.READER
        self.notices: list[Frame] = []
        self._repeated: set[tuple[int, int]] = set()
        """(session, counter) of what was sent more than once, so that a second answer to it is no surprise."""
        self._chance = chance

    def op_id(self) -> int:
        """A number for one change of therapy."""
        return (self._chance.getrandbits(63) ^ self.target.salt) | 1

    # ------------------------------------------------------------------------------------------------ frames

    def frame(self, request: Request) -> Frame:
        """The next request of the session, not yet sent."""
        self.counter += 1
        return Frame(FrameType.REQUEST, self.session, self.counter, encode_message(request))

    def say(self, data: bytes, wait: Duration = AT_ONCE) -> list[Frame]:
        """Send bytes as they are and give what was said meanwhile."""
        self.target.send(data, self.link)
        return self.target.frames(wait, self.link)

    def exchange(self, frame: Frame, before: bytes = b"") -> tuple[list[Frame], list[Frame]]:
        """Send a frame, perhaps behind other bytes: (its answers, everything else that was heard).

        Identical bytes are sent again while nothing answers; what goes before them is sent once.
        """
        data, others = encode(frame), list[Frame]()
        answer = FrameType.STOPPED if frame.type is FrameType.STOP else FrameType.RESPONSE
        for attempt, patience in enumerate(self.target.patience):
            self.target.send(data if attempt else before + data, self.link)
            if attempt:
                self._repeated.add((frame.session, frame.counter))
            until = self.target.now_us + patience.us
            while True:
                heard = self.target.frames(Duration(max(0, until - self.target.now_us)), self.link)
                mine = [f for f in heard if (f.type, f.session, f.counter) == (answer, frame.session, frame.counter)]
                others += [f for f in heard if f not in mine and (f.session, f.counter) not in self._repeated]
                if mine:
                    self.notices += [f for f in others if f.type is FrameType.NOTICE]
                    return mine, others
                if self.target.now_us >= until:
                    break
        return [], others

    def answer(self, request: Request) -> Message:
        """What a request is answered with; a failure when nothing answers, or twice, or what cannot be read."""
        mine, _ = self.exchange(self.frame(request))
        name = type(request).__name__
        if not mine:
            raise Failed(f"the implant did not answer {name}")
        if len(mine) > 1:
            raise Failed(f"the implant answered {name} {len(mine)} times")
        return message_of(mine[0], name)

    def ask(self, request: Request, kind: type[M]) -> M:
        """The answer to a request, which must be of this kind."""
        answer = self.answer(request)
        if not isinstance(answer, kind):
            raise Failed(f"{said(request)} was answered with {said(answer)} instead of {kind.__name__}")
        return answer

    def refused(self, request: Request, *reasons: Reason) -> RefusedReply:
        """The refusal of a request that must be refused, for one of these reasons if any are named."""
        answer = self.answer(request)
        if not isinstance(answer, RefusedReply):
            raise Failed(f"{said(request)} was carried out ({said(answer)}); it must be refused")
        if reasons and answer.reason not in reasons:
            wanted = " or ".join(reason.word for reason in reasons)
            raise Failed(f"{said(request)} was refused as {answer.reason.word} instead of {wanted}: {answer.text}")
        return answer

    # ------------------------------------------------------------------------------------------------ sessions

    def open(self, role: Role = Role.WRITER) -> Opened:
        """A session of one's own."""
        nonce = self._chance.getrandbits(64) ^ self.target.salt
        frame = Frame(FrameType.REQUEST, 0, 0, encode_message(Open(nonce, role)))
        mine, _ = self.exchange(frame)
        opened = [m for m in (message_of(f, "Open") for f in mine) if isinstance(m, Opened) and m.nonce == nonce]
        if not opened:
            raise Failed("the implant did not open a session")
        self.session, self.counter, self.role = opened[0].session, 0, opened[0].role
        return opened[0]

    def become_writer(self) -> Opened:
        """A writer's session; waits for the lease of whoever wrote before."""
        opened = self.open()
        if opened.role is not Role.WRITER:
            self.target.let_pass(Duration.of_ms(LEASE_MS + 100))
            opened = self.open()
        if opened.role is not Role.WRITER:
            raise Failed("the right to write was not free after the lease of the last writer had ended")
        return opened

    def keep_alive(self, duration: Duration) -> Status:
        """Let time pass as a programmer does, with a heartbeat; the last status."""
        end = self.target.now_us + duration.us
        while (left := end - self.target.now_us) > 0:
            self.target.let_pass(Duration(min(left, HEARTBEAT.us)))
            self.status()
        return self.status()

    def measure(self) -> None:
        """Order a measurement of every contact and let it end."""
        self.ask(MeasureImpedance(self.op_id()), Done)
        self.let_measure()

    def let_measure(self) -> None:
        """Let a measurement that is under way end; a failure when it takes longer than any may."""
        end = self.target.now_us + MEASURING_US_MAX
        while self.status().mode is Mode.MEASURING:
            if self.target.now_us > end:
                raise Failed(f"a measurement of every contact did not end in {MEASURING_US_MAX // 1_000_000} seconds")
            self.target.let_pass(Duration.of_ms(100))

    # ------------------------------------------------------------------------------------------------ requests

    def status(self) -> Status:
        return self.ask(GetStatus(), Status)

    def read(self, what: Object, index: int = 0) -> bytes:
        """A whole object; a failure when a chunk does not fit the others or the digest does not fit the whole."""
        chunk = self.ask(Read(what, index, 0), Chunk)
        data = chunk.data
        while len(data) < chunk.total:
            part = self.ask(Read(what, index, len(data)), Chunk)
            if (part.total, part.digest, part.offset) != (chunk.total, chunk.digest, len(data)) or not part.data:
                raise Failed(f"the chunks of {what.name.lower()} do not fit each other")
            data += part.data
        if digest(data) != chunk.digest or len(data) != chunk.total:
            raise Failed(f"the {what.name.lower()} that was read is not what its digest says")
        return data

    def slot(self, index: int) -> bytes | None:
        """The bytes of the group in a slot; None when it is empty."""
        answer = self.answer(Read(Object.GROUP, index, 0))
        if isinstance(answer, RefusedReply):
            if answer.reason is not Reason.EMPTY_SLOT:
                raise Failed(f"reading slot {index} was refused as {answer.reason.word}: {answer.text}")
            return None
        return self.read(Object.GROUP, index)

    def stage_bytes(self, data: bytes, slot: int = 0) -> Staged | RefusedReply:
        """Stage these bytes as a group: the answer to the last chunk, or the first refusal."""
        whole, offset = digest(data), 0
        while True:
            answer = self.answer(Stage(slot, offset, len(data), whole, data[offset : offset + CHUNK_MAX]))
            offset += CHUNK_MAX
            if isinstance(answer, RefusedReply):
                return answer
            if not isinstance(answer, Staged):
                raise Failed(f"Stage was answered with {said(answer)}")
            if offset >= len(data):
                return answer

    def stage(self, group: Group, slot: int = 0) -> Staged:
        """Stage a group that must be accepted and understood as it was meant."""
        data = encode_group(group)
        staged = self.stage_bytes(data, slot)
        if isinstance(staged, RefusedReply):
            raise Failed(f"a group that every rule lets pass was refused: {staged.text}", group)
        if not staged.complete or staged.digest != digest(data):
            raise Failed("the implant understood another group than the one that was staged", group)
        return staged

    def write(self, group: Group, slot: int = 0) -> Committed:
        """Stage and commit a group, acknowledging whatever must be."""
        staged = self.stage(group, slot)
        order = Commit(self.op_id(), slot, staged.generation, staged.digest, staged.must_acknowledge)
        committed = self.ask(order, Committed)
        if (committed.op_id, committed.slot, committed.digest) != (order.op_id, slot, staged.digest):
            raise Failed(f"the commit was answered as {said(committed)}, which is another one", group)
        if group.schedule is not None:
            # What is delivered is looked at while the longest window is open.
            self.set_clock(max(group.schedule, key=lambda window: window.minutes).from_minute * 60)
        return committed

    def set_clock(self, second_of_day: int) -> None:
        self.ask(SetClock(self.op_id(), second_of_day), Done)

    def start(self, slot: int = 0) -> int:
        """Soft-start a group; the operation number."""
        order = Start(self.op_id(), slot)
        self.ask(order, Done)
        return order.op_id

    def soft_stop(self) -> None:
        self.ask(SoftStop(self.op_id()), Done)

    def amplitude(self, program: int, amplitude_ua: int, acknowledged: tuple[str, ...] = ()) -> Message:
        """Try an amplitude; the answer, whatever it is."""
        return self.answer(SetAmplitude(self.op_id(), program, amplitude_ua, acknowledged))

    def stop(self, session: int | None = None, counter: int = 1) -> Stopped:
        """STOP; a failure when it is not answered as docs/protocol.md 4.3 says."""
        frame = Frame(FrameType.STOP, self.session if session is None else session, counter)
        mine, _ = self.exchange(frame)
        if not mine:
            raise Failed(f"STOP in session {frame.session} with counter {counter} was not answered")
        answer = message_of(mine[0], "STOP")
        if not isinstance(answer, Stopped):
            raise Failed(f"STOP was answered with {said(answer)}")
        return answer

    def log(self, after: int = 0) -> list[tuple[int, int, int, str]]:
        """Every log entry behind `after`: (sequence, time, kind, text)."""
        entries: list[tuple[int, int, int, str]] = []
        while True:
            page = self.ask(GetLog(after), LogPage)
            if not page.entries:
                return entries
            entries += [(entry[0], entry[1], entry[2], entry[3]) for entry in page.entries]
            if page.entries[-1][0] <= after:
                raise Failed(f"the log gave entry {page.entries[-1][0]} when what follows {after} was asked for")
            after = page.entries[-1][0]


def message_of(frame: Frame, what: str) -> Message:
    """The message in an answer; a failure when it cannot be read."""
    try:
        return decode_message(frame.body, Direction.TO_PROGRAMMER)
    except RemoteProtocolError as error:
        raise Failed(f"the answer to {what} cannot be read: {error}") from error


def said(message: object) -> str:
    """A message in a few words."""
    if isinstance(message, RefusedReply):
        return f"a refusal ({message.reason.word}: {message.text})"
    shown = {Start: "slot", SetAmplitude: "amplitude_ua", Commit: "base_generation"}.get(type(message))
    detail = f" ({shown} {getattr(message, shown)})" if shown else ""
    return f"{type(message).__name__}{detail}"
