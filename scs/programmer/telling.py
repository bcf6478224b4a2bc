"""A line of a session's record in words, and what was known after a number of lines. Pure: lines in, texts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from scs.domain.lead import Implant
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.units import CURRENT, format_quantity
from scs.errors import RemoteProtocolError, ScsError
from scs.programmer.changing import in_force
from scs.programmer.reading import Measurement
from scs.records.entry import Entry, Kind
from scs.wire.codec import decode_message
from scs.wire.framing import Direction
from scs.wire.messages import Message
from scs.wire.prescription import decode_group, decode_implant, decode_profile
from scs.wire.responses import BatteryReport, Identity, ImpedanceResult, LogNotice, RefusedReply, Status
from scs.wire.terms import ImpedanceState, Reason
from scs.wire.words import value_words

M = TypeVar("M")


@dataclass
class Retold:
    """What whoever had read the record so far would know."""

    identity: Identity | None = None
    implant: Implant | None = None
    profile: DeviceProfile | None = None
    policy: Policy | None = None
    status: Status | None = None
    battery: BatteryReport | None = None
    first_groups: dict[int, Group] = field(default_factory=dict)
    """Slot to what it held when it was first read in this session."""
    groups: dict[int, Group] = field(default_factory=dict)
    """Slot to what it held at the end."""
    generations: dict[int, int] = field(default_factory=dict)
    measurement: Measurement | None = None
    written: list[tuple[Entry, Group]] = field(default_factory=list)
    verdicts: list[Entry] = field(default_factory=list)
    outcomes: list[Entry] = field(default_factory=list)


def retell(lines: Iterable[Entry], known: Retold | None = None) -> Retold:
    """Go on through the lines from what is `known`; what cannot be read is left out, and its line says so."""
    known = Retold() if known is None else known
    for line in lines:
        try:
            _learn(known, line)
        except (ScsError, KeyError, TypeError, ValueError):
            continue
    return known


QUIET = frozenset({Kind.STATUS, Kind.DESCRIBED})
"""What is only looked at."""
QUIET_EXCHANGES = frozenset({
    "Read", "Identify", "GetImpedance", "GetImpedanceMatrix", "GetLog", "GetLogParts", "GetBattery", "GetUsage",
    "GetPostureUsage", "GetResets", "GetSensing", "GetSlots", "GetDelivery", "GetClock", "Close",
})  # fmt: skip
"""Requests that change nothing."""


def is_quiet(line: Entry) -> bool:
    """Whether a line only tells that something was looked at, an empty slot too; the list of deeds leaves it out."""
    if line.kind is Kind.GROUP:
        return line.body.get("acknowledged") is None
    if line.kind is Kind.REFUSED and line.name == "Read":
        try:
            return _answer(line, RefusedReply).reason is Reason.EMPTY_SLOT
        except (ScsError, KeyError, TypeError):
            return False
    return line.kind in QUIET or (line.kind is Kind.EXCHANGE and line.name in QUIET_EXCHANGES)


def message_in(line: Entry, part: str, direction: Direction) -> Message:
    """The message that a line keeps as `request` or `answer`; RemoteProtocolError when it cannot be read."""
    try:
        return decode_message(bytes.fromhex(line.body[part]), direction)
    except (KeyError, ValueError, TypeError) as error:
        if isinstance(error, RemoteProtocolError):
            raise
        raise RemoteProtocolError(f"this line has no readable {part}") from error


def line_words(line: Entry) -> str:
    """One sentence for one line."""
    body = line.body
    try:
        match line.kind:
            case Kind.OPENED:
                return f"session opened with implant {line.name} as {body['role']}"
            case Kind.EXCHANGE:
                return f"{line.name}{_asked(line)} -> {_short(message_in(line, 'answer', Direction.TO_PROGRAMMER))}"
            case Kind.REFUSED:
                reply = _answer(line, RefusedReply)
                return f"{line.name} REFUSED as {reply.reason.word}: {reply.text}"
            case Kind.STATUS:
                return _status_words(_answer(line, Status))
            case Kind.LOG:
                notice = _answer(line, LogNotice)
                return f"implant's log: {notice.kind.name.lower().replace('_', ' ')}, detail {notice.detail}"
            case Kind.GROUP if body["acknowledged"] is not None:
                named = ", ".join(body["acknowledged"]) or "nothing"
                return (
                    f"slot {body['slot']} now holds '{line.name}' (generation {body['generation']}), read back; "
                    f"acknowledged: {named}"
                )
            case Kind.GROUP:
                return f"slot {body['slot']} holds '{line.name}' (generation {body['generation']})"
            case Kind.VERDICT:
                rules = ", ".join(sorted({found["rule"] for found in body["findings"]})) or "no rule objects"
                return f"verdict on '{line.name}': {body['outcome'].upper()} ({rules})"
    except (ScsError, KeyError, TypeError):
        return f"{line.kind} {line.name}: this version cannot read what was written"
    return _plain_words(line)


def _plain_words(line: Entry) -> str:
    """Lines whose body holds no message."""
    body = line.body
    match line.kind:
        case Kind.STOP:
            return "STOP pressed"
        case Kind.STOPPED:
            return "STOP acknowledged: output zero"
        case Kind.STOP_UNANSWERED:
            return f"STOP NOT ACKNOWLEDGED after {body.get('waited_us', 0) // 1_000} ms: stimulation may be on"
        case Kind.LOST:
            return f"LINK LOST at {line.name}: {body.get('why', '')}"
        case Kind.FAILED:
            return f"not done{f' ({line.name})' if line.name else ''}: {body.get('why', '')}"
        case Kind.ROLE:
            return f"a {line.name} sits at the programmer"
        case Kind.LOCK:
            return f"the programmer was {line.name}"
        case Kind.PAIRING:
            return f"pair {body.get('pair', '')} with {line.name} for a {body.get('role', '')}: {body.get('what', '')}"
        case Kind.FELT:
            amplitude = format_quantity(body.get("amplitude_ua", 0), CURRENT)
            return f"felt as {body.get('felt', '')}: '{line.name}' of slot {body.get('slot', '')} at {amplitude}"
        case Kind.UNRESOLVED:
            return f"left open by an earlier session: {body.get('text', '')}"
        case Kind.ABANDONED:
            return f"{line.name} overtaken by STOP; not sent again"
        case Kind.WRONG_IMPLANT:
            return f"WRONG IMPLANT {line.name} answered, not {body.get('expected', '')}; nothing was sent to it"
        case Kind.DESCRIBED:
            return f"leads and limits of {line.name} read"
        case Kind.OUTCOME:
            scores = "".join(f", {name} {body[name]}" for name in ("pain", "relief") if name in body)
            return f"outcome: {body.get('text', '')}{scores}"
        case Kind.TRAINED:
            passed = "passed" if body.get("is_passed") else "not passed"
            return f"{line.name} in training: {body.get('score', 0)} of 100, {passed}: {body.get('title', '')}"
        case _:
            return "session closed" if line.kind is Kind.CLOSED else f"{line.kind} {line.name}"


def line_details(line: Entry) -> list[str]:
    """Everything that a line keeps, a phrase a line."""
    said = [line_words(line)]
    for part, direction in (("request", Direction.TO_IMPLANT), ("answer", Direction.TO_PROGRAMMER)):
        if part in line.body:
            try:
                message = message_in(line, part, direction)
            except RemoteProtocolError as error:
                said.append(f"{part}: {error}")
            else:
                named = ", ".join(f"{it.name}={value_words(getattr(message, it.name))}" for it in fields(message))
                said.append(f"{part}: {type(message).__name__} {named}")
    for found in line.body.get("findings", ()):
        said.append(f"{found['tier']} {found['rule']}: {found['message']} -> {found['remedy']}")
    for unknown in line.body.get("not_evaluated", ()):
        said.append(f"not evaluated {unknown['rule']}: {unknown['reason']}")
    return said


def _learn(known: Retold, line: Entry) -> None:
    body: Mapping[str, Any] = line.body
    match line.kind:
        case Kind.OPENED:
            known.identity = _decoded(body["identity"], Identity)
        case Kind.DESCRIBED:
            known.identity = _decoded(body["identity"], Identity)
            known.implant = decode_implant(bytes.fromhex(body["implant"]))
            known.profile = decode_profile(bytes.fromhex(body["profile"]))
            known.policy = find_policy(known.identity.policy)
        case Kind.STATUS:
            known.status = _answer(line, Status)
        case Kind.GROUP:
            group, slot = decode_group(bytes.fromhex(body["group"])), body["slot"]
            if body["acknowledged"] is not None:
                known.written.append((line, group))
            elif slot not in known.groups:
                known.first_groups[slot] = group
            known.groups[slot] = group
            known.generations[slot] = body["generation"]
        case Kind.VERDICT:
            known.verdicts.append(line)
        case Kind.OUTCOME:
            known.outcomes.append(line)
        case Kind.EXCHANGE:
            answer = message_in(line, "answer", Direction.TO_PROGRAMMER)
            if isinstance(answer, BatteryReport):
                known.battery = answer
            elif isinstance(answer, ImpedanceResult) and answer.state is ImpedanceState.READY:
                known.measurement = Measurement(answer.at_us, answer.contacts)
        case _:
            pass


def _answer(line: Entry, kind: type[M]) -> M:
    answer = message_in(line, "answer", Direction.TO_PROGRAMMER)
    if not isinstance(answer, kind):
        raise RemoteProtocolError(f"{type(answer).__name__} stands where {kind.__name__} belongs")
    return answer


def _decoded(text: str, kind: type[M]) -> M:
    message = decode_message(bytes.fromhex(text), Direction.TO_PROGRAMMER)
    if not isinstance(message, kind):
        raise RemoteProtocolError(f"{type(message).__name__} stands where {kind.__name__} belongs")
    return message


def _status_words(status: Status) -> str:
    fault = f", fault {status.fault.name.lower().replace('_', ' ')}" if status.fault else ""
    battery = f"battery {status.battery_permille / 10:g} %"
    return f"{in_force(status)}; mode {status.mode.name.lower()}, generation {status.generation}, {battery}{fault}"


def _asked(line: Entry) -> str:
    """The few fields of a request that a person looks for."""
    message = message_in(line, "request", Direction.TO_IMPLANT)
    shown = ("slot", "program", "amplitude_ua", "object", "index", "acknowledged")
    named = [f"{it.name}={value_words(getattr(message, it.name))}" for it in fields(message) if it.name in shown]
    return f" ({', '.join(named)})" if named else ""


def _short(message: Message) -> str:
    if isinstance(message, ImpedanceResult):
        return f"{message.state.name.lower()}, {len(message.contacts)} contacts"
    return type(message).__name__
