"""Runs a trace again: the same bytes and deeds at the same times, and what is answered differently.

On the emulated implant that the trace is of, every byte comes again. On another target what belongs to one run alone
is told apart from what the implant means: session numbers, nonces, operation numbers and generations are rewritten on
the way, and times, the battery's charge and counters are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import zip_longest
from typing import Any

from scs.clock import Duration
from scs.errors import BadPrescription, RemoteProtocolError
from scs.testing.target import SIMULATED, ImplantFell, Target
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.requests import Close, SetAmplitude, Start
from scs.wire.responses import Opened
from scs.wire.trace import Trace, TraceEvent
from scs.wire.words import value_words

PATIENCE = Duration.of_s(1)
"""How long an answer is waited for on a real link: a long frame at 9,600 baud, twice."""
OF_ONE_RUN = frozenset({"at_us", "battery_permille", "battery_mv", "pulses", "log_newest", "session", "last_op_id"})
"""Fields that say when and how long an implant has lived, not what it means."""
REWRITTEN = ("op_id", "base_generation", "generation", "nonce")
"""Fields whose values are the implant's own, or may be used once: on another target they get other values."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is not the one in the trace. `line` is that of the trace file."""

    line: int
    at_us: int
    sentence: str


@dataclass(slots=True)
class Replayed:
    """What came of it."""

    events: int = 0
    answers: int = 0
    """Frames that were compared."""
    differences: list[Difference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Deeds of the bench that cannot be done to this target."""


def check_replayable(trace: Trace, target: str, *, has_dummy_load: bool) -> None:
    """Raise BadPrescription when the trace would stimulate a target that may be connected to a body."""
    if target == SIMULATED or has_dummy_load:
        return
    for line, event in _lines(trace):
        for message in _messages(event):
            if isinstance(message, Start | SetAmplitude):
                raise BadPrescription(
                    f"line {line} of the trace is {type(message).__name__}, which stimulates: connect a resistor and "
                    "no body, and say so with --dummy-load"
                )


class Replay:
    """One run of a trace against a target. `is_exact` compares every byte."""

    def __init__(self, trace: Trace, target: Target, *, is_exact: bool) -> None:
        self._trace = trace
        self._target = target
        self._is_exact = is_exact
        self._sessions: dict[int, int] = {}
        self._values: dict[tuple[str, int], int] = {}
        """(kind of number, recorded) -> the number of this run."""
        self._decoders: dict[int, Decoder] = {}
        self._counters: dict[int, int] = {}
        """Session of this run -> the last counter sent in it."""
        # Operation numbers and nonces are used once: this run's are others, unless it is to be the same run.
        self._shift = 0 if is_exact else target.now_us + 1
        self.found = Replayed()

    def run(self) -> Replayed:
        """Do everything in the trace; ends early where the implant falls silent for good."""
        events = self._trace.events
        offset_us = self._target.now_us - (events[0].at_us if events else 0)
        for line, event in _lines(self._trace):
            self.found.events += 1
            wait_us = event.at_us + offset_us - self._target.now_us
            try:
                if wait_us > 0:
                    self._target.let_pass(Duration(wait_us))
                self._do(line, event)
            except ImplantFell as fell:
                self._differ(line, event, str(fell))
                break
        if self._target.name != SIMULATED:
            self._leave()
        return self.found

    def _leave(self) -> None:
        """A real implant is left with its output off and with nobody's right to write."""
        self._target.send(encode(Frame(FrameType.STOP, 0, 1)))
        for session, counter in self._counters.items():
            self._target.send(encode(Frame(FrameType.REQUEST, session, counter + 1, encode_message(Close()))))
            self._target.frames(PATIENCE)

    def _do(self, line: int, event: TraceEvent) -> None:
        if event.kind == "to-implant":
            self._target.send(self._rewritten(event.data), event.link)
        elif event.kind == "from-implant":
            self._compare(line, event)
        elif event.kind == "bench":
            self._bench(event)

    def _bench(self, event: TraceEvent) -> None:
        if self._target.name == SIMULATED:
            self._target.bench(event.text, **event.arguments)
        elif event.text != "new":
            self.found.left_out.append(event.text)

    # ---------------------------------------------------------------------------------------------- what is sent

    def _rewritten(self, data: bytes) -> bytes:
        """The bytes with the numbers of this run; noise and damaged frames as they were."""
        if self._is_exact:
            return data
        frames = Decoder(Direction.TO_IMPLANT).receive(data)
        if b"".join(map(encode, frames)) != data:
            return data
        return b"".join(encode(self._frame_of_this_run(frame)) for frame in frames)

    def _frame_of_this_run(self, frame: Frame) -> Frame:
        session = self._sessions.get(frame.session, frame.session)
        if session and frame.type is FrameType.REQUEST:
            self._counters[session] = max(self._counters.get(session, 0), frame.counter)
        message = _message(frame, Direction.TO_IMPLANT)
        if message is None:
            return frame._replace(session=session)
        return frame._replace(session=session, body=encode_message(self._of_this_run(message)))

    def _of_this_run(self, message: Any) -> Any:
        """The message with the numbers of this run in place of the recorded ones."""
        changes = {}
        for name in REWRITTEN:
            recorded = getattr(message, name, None)
            if recorded is None:
                continue
            kind = name.removeprefix("base_")
            if kind != "generation" and recorded and not self._is_exact:
                self._values.setdefault((kind, recorded), (recorded + self._shift) % (1 << 63) or 1)
            changes[name] = self._values.get((kind, recorded), recorded)
        return replace(message, **changes) if changes else message

    # -------------------------------------------------------------------------------------------- what is answered

    def _compare(self, line: int, event: TraceEvent) -> None:
        decoder = self._decoders.setdefault(event.link, Decoder(Direction.TO_PROGRAMMER))
        recorded = self._comparable(decoder.receive(event.data))
        heard: list[Frame] = []
        while said := self._target.frames(self._patience, event.link):
            heard += self._comparable(said)
            if len(heard) >= len(recorded):
                break
        for then, now in zip_longest(recorded, heard):
            self.found.answers += 1
            for sentence in self._differences(then, now):
                self._differ(line, event, sentence)

    @property
    def _patience(self) -> Duration:
        return Duration(0) if self._target.name == SIMULATED else PATIENCE

    def _comparable(self, frames: Sequence[Frame]) -> list[Frame]:
        """All frames; on another target without what comes unasked, for it comes when it comes."""
        return [frame for frame in frames if self._is_exact or frame.type is not FrameType.NOTICE]

    def _differences(self, then: Frame | None, now: Frame | None) -> Iterator[str]:
        if then is None or now is None:
            which, missing = (now, "in the trace") if then is None else (then, "now")
            assert which is not None, "one of the two is there"
            yield f"{_words(which)} is not {missing}"
            return
        before, after = _message(then, Direction.TO_PROGRAMMER), _message(now, Direction.TO_PROGRAMMER)
        self._learn(then, now, before, after)
        if (then.type, then.counter) != (now.type, now.counter) or type(before) is not type(after):
            yield f"{_words(then)} in the trace is {_words(now)} now"
        elif before is not None:
            expected = self._of_this_run(before)
            names = [one.name for one in fields(after) if self._is_exact or one.name not in OF_ONE_RUN]  # type: ignore[arg-type]
            values = [(name, getattr(after, name), getattr(expected, name)) for name in names]
            changed = [f"{name} is {value_words(is_now)} and was {value_words(was)}" for name, is_now, was in values
                       if is_now != was]  # fmt: skip
            if changed:
                yield f"{type(after).__name__} #{now.counter}: {', '.join(changed)}"

    def _learn(self, then: Frame, now: Frame, before: Message | None, after: Message | None) -> None:
        """The numbers that this implant gives in place of those of the trace."""
        if isinstance(before, Opened) and isinstance(after, Opened):
            self._sessions[before.session] = after.session
        elif then.session in self._sessions or not then.session:
            pass
        else:
            self._sessions[then.session] = now.session
        if not self._is_exact and hasattr(before, "generation") and type(before) is type(after):
            self._values[("generation", before.generation)] = after.generation  # type: ignore[union-attr]

    def _differ(self, line: int, event: TraceEvent, sentence: str) -> None:
        self.found.differences.append(Difference(line, event.at_us, sentence))


def _lines(trace: Trace) -> Iterator[tuple[int, TraceEvent]]:
    """Each event with its line in the file, where the header is the first."""
    return enumerate(trace.events, start=2)


def _messages(event: TraceEvent) -> Iterator[Message]:
    """What an event says to the implant."""
    if event.kind == "to-implant":
        for frame in Decoder(Direction.TO_IMPLANT).receive(event.data):
            message = _message(frame, Direction.TO_IMPLANT)
            if message is not None:
                yield message


def _message(frame: Frame, direction: Direction) -> Message | None:
    """What the frame carries; None when it carries nothing that can be read."""
    try:
        return decode_message(frame.body, direction) if frame.body else None
    except RemoteProtocolError:
        return None


def _words(frame: Frame) -> str:
    message = _message(frame, Direction.TO_PROGRAMMER)
    named = "" if message is None else f" {type(message).__name__}"
    text = getattr(message, "text", "")
    return f"{frame.type.name}{named} #{frame.counter}" + (f" ({text})" if text else "")
