"""Every request as a row: who serves it, which event it is to the mode, whether one must hold the right to write.

One dispatcher does session, repeat, role and mode; what is left for the servers is medicine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firmware_model import access_orders, history, inquiries, orders, sensing_report, slot_orders, timing_report
from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.modes import TABLE, Event
from firmware_model.power.report import get_battery
from firmware_model.refusal import refusal, reply
from scs.domain.status import BatteryLevel, LogKind, Mode
from scs.errors import Refused, RemoteProtocolError
from scs.wire.access import GetAccess, MarkImplanted, Unpair
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction, Frame, FrameType
from scs.wire.messages import Response
from scs.wire.requests import (
    ClearFault,
    ClearSlot,
    Close,
    Commit,
    EnterMri,
    EnterStorage,
    GetBattery,
    GetClock,
    GetDelivery,
    GetImpedance,
    GetImpedanceMatrix,
    GetLog,
    GetLogLinks,
    GetLogParts,
    GetPostureUsage,
    GetResets,
    GetSensing,
    GetSlots,
    GetStatus,
    GetUsage,
    Identify,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    Open,
    Read,
    SetAmplitude,
    SetClock,
    SetDefaultSlot,
    SoftStop,
    Stage,
    Start,
    Watch,
)
from scs.wire.responses import Committed, Done, RefusedReply
from scs.wire.schema import CODES
from scs.wire.terms import PairRole, Reason, Role

Answer = Response | tuple[Response, ...]
"""One message, or the parts of an answer that comes in several frames (docs/protocol.md 9.8)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One request. `serve` takes the context, the session and the request, and answers or raises Refused."""

    serve: Callable[[Context, Session, Any], Answer]
    roles: tuple[PairRole, ...]
    """Whose pairs may ask it; on the bench, in the clear, everything may be asked."""
    events: tuple[Event, ...] = ()
    """What it is to the mode; one of them must be in the table. None at all: allowed in every mode."""
    needs_writer: bool = False
    changes_therapy: bool = False
    """It carries an operation number, and a repeat is answered without doing it again."""
    raises_output: bool = False
    """A STOP that arrived later annuls it."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes in which it is allowed."""
        return tuple(m for m in Mode if not self.events or any((m, event) in TABLE for event in self.events))


CLINICIANS = (PairRole.CLINICIAN,)
WITH_PATIENTS = (PairRole.CLINICIAN, PairRole.PATIENT)
WITH_SERVICE = (PairRole.CLINICIAN, PairRole.SERVICE)
EVERYBODY = tuple(PairRole)


def _order(
    serve: Callable[[Context, Session, Any], Response],
    roles: tuple[PairRole, ...],
    *events: Event,
    raises_output: bool = False,
) -> Row:
    """A row that carries an operation number and needs the right to write."""
    return Row(serve, roles, events, needs_writer=True, changes_therapy=True, raises_output=raises_output)


ROWS: dict[type, Row] = {
    Close: Row(inquiries.close, EVERYBODY),
    Identify: Row(inquiries.identify, EVERYBODY),
    GetStatus: Row(inquiries.status, EVERYBODY),
    Read: Row(inquiries.read, EVERYBODY),
    GetImpedance: Row(inquiries.get_impedance, EVERYBODY),
    GetImpedanceMatrix: Row(inquiries.get_impedance_matrix, EVERYBODY),
    GetLog: Row(inquiries.get_log, EVERYBODY),
    GetLogParts: Row(inquiries.get_log_parts, EVERYBODY),
    GetLogLinks: Row(history.get_log_links, EVERYBODY),
    GetSensing: Row(sensing_report.get_sensing, EVERYBODY),
    GetUsage: Row(history.get_usage, EVERYBODY),
    GetPostureUsage: Row(history.get_posture_usage, EVERYBODY),
    GetResets: Row(history.get_resets, EVERYBODY),
    Watch: Row(inquiries.watch, EVERYBODY),
    GetClock: Row(timing_report.get_clock, EVERYBODY),
    GetDelivery: Row(timing_report.get_delivery, EVERYBODY),
    GetBattery: Row(get_battery, EVERYBODY),
    GetSlots: Row(slot_orders.get_slots, EVERYBODY),
    GetAccess: Row(access_orders.get_access, EVERYBODY),
    Stage: Row(orders.stage, CLINICIANS, (Event.STAGE,), needs_writer=True),
    Commit: _order(orders.commit, CLINICIANS, Event.COMMIT, raises_output=True),
    ClearSlot: _order(slot_orders.clear_slot, CLINICIANS, Event.COMMIT),
    SetDefaultSlot: _order(slot_orders.set_default_slot, CLINICIANS, Event.COMMIT),
    Start: _order(orders.start, WITH_PATIENTS, Event.START, raises_output=True),
    SoftStop: _order(orders.soft_stop, WITH_PATIENTS, Event.SOFT_STOP),
    SetAmplitude: _order(orders.set_amplitude, WITH_PATIENTS, Event.SET_AMPLITUDE, raises_output=True),
    SetClock: _order(orders.set_clock, CLINICIANS, Event.STAGE),
    MeasureImpedance: _order(orders.measure_impedance, WITH_SERVICE, Event.MEASURE, raises_output=True),
    ClearFault: _order(orders.clear_fault, WITH_SERVICE, Event.CLEAR, Event.CLEAR_BLANK),
    EnterMri: _order(orders.enter_mri, EVERYBODY, Event.ENTER_MRI),
    LeaveMri: _order(orders.leave_mri, EVERYBODY, Event.LEAVE_MRI, Event.LEAVE_MRI_BLANK),
    EnterStorage: _order(orders.enter_storage, WITH_SERVICE, Event.ENTER_STORAGE),
    LeaveStorage: _order(orders.leave_storage, WITH_SERVICE, Event.LEAVE_STORAGE, Event.LEAVE_STORAGE_BLANK),
    Unpair: _order(access_orders.unpair, CLINICIANS),
    MarkImplanted: _order(access_orders.mark_implanted, WITH_SERVICE),
}


Rows = Mapping[type, Row]


def serve_frame(context: Context, rows: Rows, link: int, frame: Frame, *, is_overtaken: bool) -> None:
    """Answer one request frame by its row; `is_overtaken`: a STOP arrived after it and was served before it."""
    if frame.session == 0:
        _serve_open(context, link, frame)
        return
    now_us = context.parts.now_us
    session = context.links.find(frame.session, link, now_us)
    if session is None:
        code = _code(frame.body)
        answer = reply(code, refusal(Reason.NO_SESSION, f"session {frame.session} is not known; open one"))
        _answer_once(context, link, frame, answer)
        return
    if frame.counter == session.counter:
        for kept in session.answers:
            context.links.send(link, kept)
    elif frame.counter > session.counter:
        answered = _answer(context, rows, session, frame.body, is_overtaken)
        parts = answered if isinstance(answered, tuple) else (answered,)
        context.links.respond(session, frame.counter, *parts)


def _serve_open(context: Context, link: int, frame: Frame) -> None:
    """Open travels without a session and is answered without one."""
    try:
        opening = decode_message(frame.body, Direction.TO_IMPLANT)
    except RemoteProtocolError as error:
        _answer_once(context, link, frame, reply(0, refusal(Reason.MALFORMED, str(error))))
        return
    if not isinstance(opening, Open):
        refused = refusal(Reason.NO_SESSION, "only Open travels without a session; open one")
        _answer_once(context, link, frame, reply(CODES[type(opening)], refused))
        return
    parts, links = context.parts, context.links
    session = links.reopened(link, opening, parts.now_us)
    if session is None:
        session = links.open(link, opening, parts.now_us, parts.event_log.newest + 1)
        role = session.opened.role.name.lower()
        parts.log(LogKind.SESSION_OPENED, f"session {session.number} {role}")
    _answer_once(context, link, frame, session.opened)


def _answer_once(context: Context, link: int, frame: Frame, message: Response) -> None:
    """An answer outside of any session: it is not kept."""
    context.links.send(link, Frame(FrameType.RESPONSE, frame.session, frame.counter, encode_message(message)))


def _answer(context: Context, rows: Rows, session: Session, body: bytes, is_overtaken: bool) -> Answer:
    try:
        request = decode_message(body, Direction.TO_IMPLANT)
    except RemoteProtocolError as error:
        return reply(_code(body), refusal(Reason.MALFORMED, str(error)))
    row = rows.get(type(request))
    code = CODES[type(request)]
    if row is None:
        return reply(code, refusal(Reason.UNSUPPORTED, "Open travels without a session"))
    try:
        repeated = _repeated(context, request) if row.changes_therapy else None
        if repeated is not None:
            return repeated
        _check(context, session, row, is_overtaken)
        return row.serve(context, session, request)
    except Refused as refused:
        if row.changes_therapy:
            context.parts.log(LogKind.REQUEST_REFUSED, f"{type(request).__name__} {refused.reason}")
        return reply(code, refused)


def _check(context: Context, session: Session, row: Row, is_overtaken: bool) -> None:
    """The pair, the right to write, the mode and STOP, in this order; raises Refused."""
    role = context.gate.role_on(session.link)
    if role is not None and role not in row.roles:
        raise refusal(Reason.NOT_FOR_ROLE, f"a pair made for a {role.word} does not have this; another pair may")
    if row.needs_writer and context.links.role(session) is not Role.WRITER:
        text = "this session may only read; another one writes, or its lease has ended"
        raise refusal(Reason.NOT_WRITER, text)
    modes = context.parts.modes
    if row.events and not any((modes.mode, event) in TABLE for event in row.events):
        if modes.mode is Mode.DEPLETED and context.parts.battery.level is BatteryLevel.ENDED:
            # Whoever were told to recharge it would try to, and wait.
            raise refusal(Reason.DEPLETED, "the battery has come to its end and takes no charge; replace the implant")
        modes.check(row.events[0])
    if row.raises_output and context.parts.magnet.is_held:
        raise refusal(Reason.WRONG_MODE, "a magnet is held over the implant and keeps the output off; take it away")
    if row.raises_output and is_overtaken:
        raise refusal(Reason.WRONG_MODE, "a STOP arrived after this request and annulled it; ask again")


def _repeated(context: Context, request: Any) -> Committed | Done | RefusedReply | None:
    """The answer to an operation that was carried out before, in whatever session; None when it is a new one."""
    if request.op_id == 0:
        raise refusal(Reason.OUT_OF_RANGE, "an operation number is not 0; choose it at random")
    store = context.parts.store
    commit = store.image.last_commit
    if commit is not None and commit.op_id == request.op_id:
        return Committed(commit.op_id, commit.slot, commit.generation, commit.digest)
    if store.last_operation is not None and store.last_operation.op_id == request.op_id:
        return Done(request.op_id)
    return None


def _code(body: bytes) -> int:
    """The code of a request that is not served, as far as it can be read."""
    try:
        return CODES[type(decode_message(body, Direction.TO_IMPLANT))]
    except RemoteProtocolError:
        return 0
