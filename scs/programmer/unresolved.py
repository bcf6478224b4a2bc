"""What was begun and whose end nobody heard: operations, and pairings whose words nobody has compared.

They are noted in files before they are sent, and settled when it is known what became of them.

A programmer that is killed in the middle of a change leaves its note behind. Whoever writes to the same implant next
asks the implant what became of it (every change carries an operation number, and the implant names the last one) and
tells a person in one sentence. A note is taken away only after that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from scs.clock import civil_time
from scs.domain.units import CURRENT, format_quantity
from scs.errors import RemoteProtocolError
from scs.programmer.changing import holds, in_force
from scs.programmer.reading import find_group, status
from scs.programmer.steps import Procedure
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction
from scs.wire.messages import Request
from scs.wire.requests import (
    ClearFault,
    ClearSlot,
    Commit,
    EnterMri,
    EnterStorage,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    SetAmplitude,
    SetClock,
    SetDefaultSlot,
    SoftStop,
    Start,
)
from scs.wire.responses import Status
from scs.wire.terms import NO_SLOT

Operation = (
    Commit | Start | SoftStop | SetAmplitude | MeasureImpedance | ClearFault | EnterMri | LeaveMri | EnterStorage
    | LeaveStorage | SetClock | ClearSlot | SetDefaultSlot
)  # fmt: skip
"""Every request that carries an operation number."""

_PLAIN = {
    SoftStop: "the soft stop",
    MeasureImpedance: "the impedance measurement",
    ClearFault: "taking back the latched fault",
    EnterMri: "entering the MRI mode",
    LeaveMri: "leaving the MRI mode",
    EnterStorage: "putting the implant to sleep",
    LeaveStorage: "waking the implant up",
    SetClock: "setting the clock",
}


@dataclass(frozen=True, slots=True)
class Unresolved:
    """One operation: what was asked of which implant, and when (calendar time in UTC as ISO 8601 text)."""

    serial: str
    request: Operation
    begun_at: str


@dataclass(frozen=True, slots=True)
class UncomparedPair:
    """A pairing with an implant of which nobody has said that the words of both sides are the same."""

    serial: str
    pair: int | None
    """Its number; None while the implant has not said it."""
    begun_at: str
    place: Path
    """Where it is noted."""

    @property
    def sentence(self) -> str:
        """What it means and what is to be done, for a person."""
        if self.pair is None:
            return (
                f"{self.begun_at}: a pairing was begun and its end was not heard: the implant may hold a pair that "
                f"nobody uses. F8, Access or scs device access lists them; take away what nobody knows"
            )
        return (
            f"{self.begun_at}: a pairing made pair {self.pair}, and nobody has compared its words: take it away, on "
            f"F8, Access or with scs device unpair {self.pair}"
        )


class Notes:
    """The notes in `folder`, one small file an operation, so that several programmers do not disturb each other.

    A file is renamed into place and outlives the process that wrote it, not a power cut of this machine: an fsync can
    take longer than a person should wait for STOP. A note that cannot be written is said through `say`, once, and the
    operation goes on.
    """

    def __init__(
        self, folder: Path, say: Callable[[str], None] = lambda _: None, now: Callable[[], str] = civil_time
    ) -> None:
        self._folder = folder
        self._say = say
        self._now = now
        self._has_said = False

    def begin(self, serial: str, request: Operation) -> None:
        """Note what is about to be sent."""
        note = {"serial": serial, "begun_at": self._now(), "request": encode_message(request).hex()}
        self._write(self._place(serial, request.op_id), note)

    def _write(self, place: Path, note: Mapping[str, object]) -> None:
        draft = place.with_suffix(".draft")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(note), encoding="utf-8")
            draft.replace(place)
        except OSError as error:
            if not self._has_said:
                self._has_said = True
                self._say(
                    f"what is begun cannot be noted in {self._folder} ({error.strerror or error}): after a crash, "
                    f"nobody would be told what was under way; make room there"
                )

    def settle(self, serial: str, op_id: int) -> None:
        """It is known, and told, what became of an operation."""
        _remove(self._place(serial, op_id))

    def begin_pair(self, serial: str) -> UncomparedPair:
        """Note that a key is about to be asked of an implant."""
        place = self._folder / f"{_stem(serial)}-pair-{uuid4().hex}.json"
        begun = UncomparedPair(serial, None, self._now(), place)
        self._write(place, _pair_note(begun))
        return begun

    def pair_made(self, begun: UncomparedPair, pair: int) -> None:
        """The implant has given the key, whose words are to be compared."""
        self._write(begun.place, _pair_note(replace(begun, pair=pair)))

    def settle_pairs(self, *pairs: UncomparedPair) -> None:
        """They were compared and kept, refused, taken back, or told."""
        for one in pairs:
            _remove(one.place)

    def settle_pair(self, serial: str, pair: int) -> None:
        """The pair of this number is known, or gone."""
        self.settle_pairs(*(one for one in self.left_pairs(serial) if one.pair == pair))

    def left_pairs(self, serial: str) -> tuple[UncomparedPair, ...]:
        """The pairings with this implant that nobody has settled, oldest first."""
        found = []
        for place in self._folder.glob(f"{_stem(serial)}-pair-*.json"):
            try:
                note = json.loads(place.read_text(encoding="utf-8"))
                pair = None if note["pair"] is None else int(note["pair"])
                found.append(UncomparedPair(serial, pair, str(note["begun_at"]), place))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return tuple(sorted(found, key=lambda it: it.begun_at))

    def left(self, serial: str) -> tuple[Unresolved, ...]:
        """What was begun on this implant and never settled, oldest first. A file that holds no note is left alone."""
        found = []
        for place in sorted(self._folder.glob(f"{_stem(serial)}-*.json")):
            try:
                note = json.loads(place.read_text(encoding="utf-8"))
                request = decode_message(bytes.fromhex(note["request"]), Direction.TO_IMPLANT)
                begun_at = str(note["begun_at"])
            except (OSError, ValueError, KeyError, TypeError, RemoteProtocolError):
                continue
            if isinstance(request, Operation):
                found.append(Unresolved(serial, request, begun_at))
        return tuple(sorted(found, key=lambda it: it.begun_at))

    def _place(self, serial: str, op_id: int) -> Path:
        return self._folder / f"{_stem(serial)}-{op_id:016x}.json"


def _pair_note(one: UncomparedPair) -> dict[str, object]:
    return {"serial": one.serial, "begun_at": one.begun_at, "pair": one.pair}


def _remove(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError:
        # It will be told once more; nothing is lost by that.
        return


def operation(request: Request) -> Operation | None:
    """The request, when it is one that is noted."""
    return request if isinstance(request, Operation) else None


def what_became(left: tuple[Unresolved, ...]) -> Procedure[tuple[str, ...]]:
    """One sentence for each of them, from what the implant itself says now; nothing is sent again."""
    now = yield from status()
    sentences = []
    for one in left:
        sentence = yield from _what_became_of(one, now)
        sentences.append(f"{one.begun_at}: {sentence}")
    return tuple(sentences)


def _what_became_of(one: Unresolved, now: Status) -> Procedure[str]:
    is_last = now.last_op_id == one.request.op_id
    match one.request:
        case Commit(_, slot, _, digest):
            held = yield from find_group(slot)
            if held is not None and held.digest == digest:
                return f"writing slot {slot} was carried out: it {holds(held)}"
            return f"writing slot {slot} is not in force: it {holds(held)}, whole; {in_force(now)}"
        case Start(_, slot):
            doing = f"starting slot {slot}"
        case SetAmplitude(_, program, amplitude_ua):
            doing = f"trying {format_quantity(amplitude_ua, CURRENT)} in program {program + 1}"
        case ClearSlot(_, slot):
            doing = f"emptying slot {slot}"
        case SetDefaultSlot(_, slot):
            doing = "taking the default away" if slot == NO_SLOT else f"making slot {slot} the default"
        case other:
            doing = _PLAIN[type(other)]
    if is_last:
        return f"{doing} was carried out; now {in_force(now)}, mode {now.mode.name}"
    return f"{doing} is not the last thing that the implant did; now {in_force(now)}, mode {now.mode.name}"


def _stem(serial: str) -> str:
    """A serial number may hold any printable character; a file's name may not."""
    return serial.encode().hex()
