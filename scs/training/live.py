"""A session in real time: a programmer works over the ordinary link, and a door is there for the room around it.

Through the door come the patient's answers and postures, the trainee's record, and the instructor: he watches, pauses,
injects, marks, rewinds, annotates and ends. What the programmer does is read from the implant's own log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scs.body.body_map import regions
from scs.clock import Duration, Instant
from scs.domain.status import LogEntry, LogKind
from scs.domain.units import CURRENT, format_quantity
from scs.errors import BadPrescription, ScsError
from scs.training.debrief import briefing, result_fields
from scs.training.feeling import delivered
from scs.training.scenario import Happening, Scenario
from scs.training.scoring import RUBRIC, conclude
from scs.training.steps import Step, validated
from scs.training.trainee import RAISING, Trainee
from scs.training.world import JOLT_UA, Mark, World
from scs.wire.terms import PairRole

Given = Mapping[str, Any]
Data = dict[str, Any]
Keep = Callable[[Data], int | None]
"""Writes a result into the book of sessions; the number that it has there, None where nothing is recorded."""
VERB_OF_ENTRY = {
    LogKind.GROUP_COMMITTED: "write", LogKind.THERAPY_STARTED: "start", LogKind.THERAPY_STOPPED: "soft-stop",
    LogKind.EMERGENCY_STOP: "stop", LogKind.AMPLITUDE_CHANGED: "amplitude", LogKind.IMPEDANCE_MEASURED: "impedance",
    LogKind.FAULT_CLEARED: "clear-fault", LogKind.SESSION_OPENED: "status",
}  # fmt: skip
"""What a programmer did, as the implant's log says it; who opens a session reads the status."""
ROOM = ("ask", "posture", "cough", "record", "find", "charger", "charger-away")
"""Steps that need no programmer."""


class LiveSession:
    """One scenario for a host: `step`, `next_us` and `serve` are what it asks of an implant's surroundings."""

    def __init__(
        self,
        scenario: Scenario,
        trainee: str = "trainee",
        seed: int = 1,
        language: str = "en",
        keep: Keep | None = None,
        key: bytes | None = None,
    ) -> None:
        self.world = World(scenario, seed, language)
        self.key = key
        """Of the pair that the clinic has made for the trainee's programmer; None where nobody is paired."""
        if key is not None:
            # Before the first mark: whoever rewinds keeps his key.
            self.world.device.parts.keys.add(PairRole.CLINICIAN, key)
        self._keep = keep
        self.trainee = Trainee(self.world)
        self._ended: Data | None = None
        self.is_paused = False
        self.rewinds = 0
        """How often; whoever follows the timeline then begins it anew."""
        self.hints = list(self.world.scenario.hints)
        """Those that were not asked for yet."""
        self._before_ua: int | None = None
        """What was delivered when the last order that can raise it came."""
        self.name, self.seed = trainee, seed
        self.marks: dict[str, Mark] = {"begin": self.world.mark()}
        self.world.device.parts.on_entry.append(self._hear)

    def step(self, until: Instant) -> None:
        """Let time pass; while it is paused the implant answers, and no time passes for it."""
        now = self.world.device.now
        self.world.step(now if self.is_paused else max(now, until))
        self._mind_jolt()

    def next_us(self) -> int | None:
        return self.world.next_us()

    def serve(self, line: str) -> str:
        """One order as a line of JSON; `ok` with data, or the `error` in a sentence."""
        try:
            return json.dumps({"ok": True, **self.do(_asked(line))})
        except ScsError as error:
            return json.dumps({"ok": False, "error": str(error)})

    def do(self, asked: Given) -> Data:
        """Do one order; raises ScsError with a sentence."""
        word = str(asked.get("do"))
        if word in ROOM:
            said = self.trainee.do(validated("the order", dict(asked), Step))
            return {"said": said, **_state(self)}
        order = ORDERS.get(word)
        if order is None:
            raise BadPrescription(f"no order {word!r}; choose one of {', '.join([*ROOM, *ORDERS])}")
        missing = [name for name in order.needs if name not in asked]
        if missing:
            raise BadPrescription(f"{word} has to be told {', '.join(missing)}; add it")
        return order.act(self, asked)

    def end(self) -> Data:
        """Judge, once: the result, and the number that the book of sessions gave it."""
        if self._ended is None:
            fields = result_fields(conclude(self.trainee), self.name, self.seed)
            self._ended = {"result": fields, "session": self._keep(fields) if self._keep is not None else None}
        return self._ended

    def _hear(self, entry: LogEntry) -> None:
        verb = VERB_OF_ENTRY.get(entry.kind)
        if entry.kind is LogKind.MODE_CHANGED:
            verb = "enter-mri" if "entered" in entry.detail else "leave-mri"
        if verb is not None:
            self.trainee.mind_forbidden(verb)
            self.world.note("did", verb, entry.detail or verb)
            if verb in RAISING:
                self._before_ua = self._delivered_ua()

    def _delivered_ua(self) -> int:
        return sum(amplitude for _, amplitude in delivered(self.world.device))

    def _mind_jolt(self) -> None:
        """A rise that one order began and that ends in pain, told once."""
        if self._before_ua is None or self.world.feeling.grade != "painful":
            return
        rise_ua, self._before_ua = self._delivered_ua() - self._before_ua, None
        if rise_ua > JOLT_UA:
            rise = format_quantity(rise_ua, CURRENT)
            self.world.note("unsafe", "jolt", f"one order raised the output by {rise}, into pain")


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that an instructor can have done."""

    sentence: str
    act: Callable[[LiveSession, Given], Data]
    needs: tuple[str, ...] = ()


def _asked(line: str) -> Given:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadPrescription(f"an order is one line of JSON: {error}") from error
    if not isinstance(asked, dict):
        raise BadPrescription('an order is a table such as {"do": "state"}')
    return asked


def _state(session: LiveSession, _given: Given = {}) -> Data:  # noqa: B006  (nobody changes it)
    world = session.world
    feeling = world.feeling
    return {
        "scenario": world.scenario.id,
        "trainee": session.name,
        "at_us": world.at_us,
        "posture": world.posture.value,
        "grade": feeling.grade,
        "words": world.words,
        "covered": {name: round(part * 100) for name, part in feeling.regions.items()},
        "pain": dict(world.pain.true_score()),
        "regions": list(regions()),
        "is_paused": session.is_paused,
        "moments": len(world.course.moments),
        "rewinds": session.rewinds,
        "unsafe": len(world.course.unsafe),
    }


def _moments(session: LiveSession, given: Given) -> Data:
    after = given["after"]
    if type(after) is not int or after < 0:
        raise BadPrescription("moments: after is how many are known already, 0 or more")
    moments = session.world.course.moments[after:]
    rows = [{"at_us": m.at_us, "kind": m.kind, "verb": m.verb, "words": m.words} for m in moments]
    return {"rows": rows, **_state(session)}


def _pause(session: LiveSession, _given: Given) -> Data:
    session.is_paused = True
    return _state(session)


def _resume(session: LiveSession, _given: Given) -> Data:
    session.is_paused = False
    return _state(session)


def _inject(session: LiveSession, given: Given) -> Data:
    if not isinstance(given["happening"], dict):
        raise BadPrescription("inject: happening is a table such as {what = 'posture', posture = 'supine'}")
    # It comes now; a happening of a file has a time.
    session.world.inject(validated("the happening", {**given["happening"], "at": "1 ms"}, Happening))
    return _state(session)


def _mark(session: LiveSession, given: Given) -> Data:
    session.marks[str(given["name"])] = session.world.mark()
    return _state(session)


def _rewind(session: LiveSession, given: Given) -> Data:
    mark = session.marks.get(str(given["name"]))
    if mark is None:
        known = ", ".join(session.marks)
        raise BadPrescription(f"rewind: no mark {given['name']!r}; choose one of {known}")
    session.world.rewind(mark)
    session.rewinds += 1
    return _state(session)


def _annotate(session: LiveSession, given: Given) -> Data:
    session.world.note("note", "instructor", str(given["words"]))
    return _state(session)


def _jump(session: LiveSession, given: Given) -> Data:
    step = validated("the order", {"do": "live", "time": given["time"]}, Step)
    assert step.time_us is not None, "the step says it"
    session.world.live(Duration(step.time_us))
    session.world.note("did", "live", f"{given['time']} at home")
    return _state(session)


def _briefing(session: LiveSession, _given: Given) -> Data:
    return {"lines": list(briefing(session.world.scenario)), "rubric": RUBRIC}


def _hint(session: LiveSession, _given: Given) -> Data:
    hint = session.hints.pop(0) if session.hints else "There are no more hints."
    session.world.note("note", "hint", hint)
    return {"hint": hint, **_state(session)}


def _end(session: LiveSession, _given: Given) -> Data:
    return session.end()


def _key(session: LiveSession, _given: Given) -> Data:
    if session.key is None:
        raise BadPrescription("key: nobody is paired here; start the programmer with --insecure")
    pair, _ = session.world.device.parts.keys.pairs[0]
    return {"serial": session.world.device.parts.config.serial, "pair": pair, "key": session.key.hex()}


ORDERS: dict[str, Order] = {
    "state": Order("what the patient feels now", _state),
    "key": Order("the pair that the clinic has made for the trainee's programmer", _key),
    "briefing": Order("the task, the patient, and what came before", _briefing),
    "hint": Order("the next hint of the scenario", _hint),
    "moments": Order("what was done and felt since so many moments", _moments, ("after",)),
    "pause": Order("no time passes for implant and patient", _pause),
    "resume": Order("time passes again", _resume),
    "inject": Order("let something come about now", _inject, ("happening",)),
    "mark": Order("remember this moment by a name", _mark, ("name",)),
    "rewind": Order("go back to a mark; `begin` is always there", _rewind, ("name",)),
    "annotate": Order("write a remark into the timeline", _annotate, ("words",)),
    "live": Order("let the patient go home for some time", _jump, ("time",)),
    "end": Order("end the session and judge it", _end),
}
"""Every order of an instructor, by its word."""
