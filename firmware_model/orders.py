"""Requests that change something. Who may, in which mode, and whether it is a repeat was decided by the dispatcher."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.modes import Event
from firmware_model.refusal import refusal
from firmware_model.staging import commit as commit_staged
from firmware_model.store import Operation
from firmware_model.way_out import check_way_out
from scs.clock import Instant
from scs.domain.program import Group, Program
from scs.domain.schedule import DAY_US, clock_text
from scs.domain.status import ChargerState, Fault, LogKind, Mode
from scs.errors import StoreError
from scs.wire.requests import (
    ClearFault,
    Commit,
    EnterMri,
    EnterStorage,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    SetAmplitude,
    SetClock,
    SoftStop,
    Stage,
    Start,
)
from scs.wire.responses import Committed, Done, Staged
from scs.wire.schema import CODES
from scs.wire.terms import PairRole, Reason

DAY_SECONDS = DAY_US // 1_000_000
_AMPLITUDE_FREE_RULES = ("patient-range",)
"""Rules whose question does not depend on the amplitude that is tried: acknowledging them at commit is enough."""

Order = (
    Start
    | SoftStop
    | SetAmplitude
    | MeasureImpedance
    | ClearFault
    | EnterMri
    | LeaveMri
    | EnterStorage
    | LeaveStorage
    | SetClock
)


def stage(context: Context, _session: Session, request: Stage) -> Staged:
    area = context.staging
    area.receive(request, context.parts)
    generation = context.parts.store.image.generation
    is_complete = area.group is not None
    return Staged(len(area.data), is_complete, area.digest, area.must_acknowledge, generation)


def commit(context: Context, _session: Session, request: Commit) -> Committed:
    parts = context.parts
    result, group = commit_staged(context.staging, request, parts)
    parts.modes.take(Event.COMMIT)
    parts.log(LogKind.GROUP_COMMITTED, f"slot {result.slot} generation {result.generation}")
    acknowledged = parts.store.image.groups[result.slot].acknowledged
    if acknowledged:
        parts.log(LogKind.RULES_ACKNOWLEDGED, ", ".join(acknowledged))
    therapy = parts.therapy
    if therapy.group is not None and therapy.slot == result.slot:
        if _differ_in_amplitudes_only(therapy.group, group):
            therapy.adopt(group, Instant(parts.now_us))
        else:
            therapy.soft_stop(Instant(parts.now_us))
    return Committed(result.op_id, result.slot, result.generation, result.digest)


def start(context: Context, _session: Session, request: Start) -> Done:
    parts = context.parts
    therapy = parts.therapy
    group = parts.stored_group(request.slot)
    if therapy.group is not None and therapy.slot != request.slot:
        raise refusal(Reason.WRONG_MODE, f"the group in slot {therapy.slot} is running; stop it first")
    if therapy.group is not None and therapy.group != group:
        # Turning this ramp back up would deliver what the slot no longer holds, at its own amplitude.
        text = f"the former group of slot {request.slot} is ramping down; start again when it is off"
        raise refusal(Reason.WRONG_MODE, text)
    if parts.battery.is_empty:
        raise refusal(Reason.DEPLETED, "the battery is empty; recharge or replace it")
    if parts.battery.charger is ChargerState.TOO_WARM:
        raise refusal(Reason.BUSY, "the pocket is too warm from charging; take the charger off and wait")
    if group.schedule is not None and not parts.day.clock.is_set:
        # Without the time of the day nobody knows whether a window is open, so nothing is delivered; say so now.
        text = f"slot {request.slot} is delivered in windows of the day, and the clock is not set; set it, then start"
        raise refusal(Reason.CLOCK_UNSET, text)
    parts.admit(group, parts.store.image.groups[request.slot].acknowledged)
    _remember(context, request)
    was_off = therapy.group is None or therapy.is_stopping
    therapy.start(request.slot, group, Instant(parts.now_us))
    parts.modes.take(Event.START)
    if was_off:
        parts.usage.started(request.slot)
        parts.log(LogKind.THERAPY_STARTED, f"slot {request.slot}")
    return Done(request.op_id)


def soft_stop(context: Context, _session: Session, request: SoftStop) -> Done:
    _remember(context, request)
    context.parts.therapy.soft_stop(Instant(context.parts.now_us))
    context.parts.modes.take(Event.SOFT_STOP)
    return Done(request.op_id)


def set_amplitude(context: Context, session: Session, request: SetAmplitude) -> Done:
    parts = context.parts
    therapy = parts.therapy
    tried = therapy.tried
    assert tried is not None, "the mode says that therapy runs"
    assert therapy.group is not None, "the mode says that therapy runs"
    if therapy.is_stopping:
        raise refusal(Reason.WRONG_MODE, "therapy is ramping down; start it again first")
    if request.program >= len(tried.programs):
        last = len(tried.programs) - 1
        raise refusal(Reason.OUT_OF_RANGE, f"program {request.program} is none of 0 to {last}")
    if context.gate.role_on(session.link) is PairRole.PATIENT:
        _check_range(therapy.group.programs[request.program], request)
    name = tried.programs[request.program].name
    committed = parts.store.image.groups[therapy.slot].acknowledged
    is_lower = request.amplitude_ua <= therapy.group.programs[request.program].amplitude_ua
    kept = committed if is_lower else tuple(rule for rule in committed if rule in _AMPLITUDE_FREE_RULES)
    parts.admit(tried.with_amplitudes({name: request.amplitude_ua}), (*kept, *request.acknowledged))
    _remember(context, request)
    therapy.set_target(request.program, request.amplitude_ua, Instant(parts.now_us))
    parts.modes.take(Event.SET_AMPLITUDE)
    parts.log(LogKind.AMPLITUDE_CHANGED, f"program {request.program} to {request.amplitude_ua} uA")
    if request.acknowledged:
        parts.log(LogKind.RULES_ACKNOWLEDGED, ", ".join(request.acknowledged))
    return Done(request.op_id)


def _check_range(program: Program, request: SetAmplitude) -> None:
    """What a patient may try; raises Refused."""
    limits = program.patient
    if limits is None or not limits.lowest_ua <= request.amplitude_ua <= limits.highest_ua:
        given = "none" if limits is None else f"{limits.lowest_ua} to {limits.highest_ua} uA"
        text = f"{request.amplitude_ua} uA is outside of the patient's range of program {program.name}, {given}"
        raise refusal(Reason.NOT_FOR_ROLE, text)
    if request.acknowledged:
        raise refusal(Reason.NOT_FOR_ROLE, "a patient acknowledges no rule; ask the clinician")


def set_clock(context: Context, _session: Session, request: SetClock) -> Done:
    parts = context.parts
    if request.second_of_day >= DAY_SECONDS:
        text = f"second {request.second_of_day} is none of a day; use 0 to {DAY_SECONDS - 1}"
        raise refusal(Reason.OUT_OF_RANGE, text)
    _remember(context, request)
    parts.day.clock.set(request.second_of_day, parts.now_us)
    parts.log(LogKind.CLOCK, f"set to {clock_text(request.second_of_day)}")
    return Done(request.op_id)


def measure_impedance(context: Context, _session: Session, request: MeasureImpedance) -> Done:
    context.parts.impedance.check()
    _remember(context, request)
    context.parts.impedance.begin(Instant(context.parts.now_us))
    context.parts.modes.take(Event.MEASURE)
    return Done(request.op_id)


def clear_fault(context: Context, _session: Session, request: ClearFault) -> Done:
    parts = context.parts
    if parts.made.broken:
        text = f"the {parts.made.broken} in the memory is damaged; this cannot be taken back, replace the implant"
        raise refusal(Reason.FAULT_LATCHED, text)
    _remember(context, request)
    try:
        parts.store.save_fault(Fault.NONE)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, the fault stays latched: {error}") from error
    cleared = parts.interlocks.fault
    if cleared is Fault.RESETS:
        parts.resets.forget()
    parts.interlocks.clear()
    parts.stimulator.rearm()
    parts.modes.take(parts.blank_or(Event.CLEAR_BLANK, Event.CLEAR))
    parts.settle()
    parts.log(LogKind.FAULT_CLEARED, cleared.name.lower().replace("_", "-"))
    return Done(request.op_id)


def enter_mri(context: Context, _session: Session, request: EnterMri) -> Done:
    check_way_out(context.parts)
    return _keep(context, request, Mode.MRI, Event.ENTER_MRI, "MRI entered")


def leave_mri(context: Context, _session: Session, request: LeaveMri) -> Done:
    event = context.parts.blank_or(Event.LEAVE_MRI_BLANK, Event.LEAVE_MRI)
    return _keep(context, request, None, event, "MRI left")


def enter_storage(context: Context, _session: Session, request: EnterStorage) -> Done:
    return _keep(context, request, Mode.STORAGE, Event.ENTER_STORAGE, "storage entered")


def leave_storage(context: Context, _session: Session, request: LeaveStorage) -> Done:
    event = context.parts.blank_or(Event.LEAVE_STORAGE_BLANK, Event.LEAVE_STORAGE)
    return _keep(context, request, None, event, "storage left")


def _keep(context: Context, request: Order, kept: Mode | None, event: Event, said: str) -> Done:
    """Into memory first, then the mode, then the operation number.

    The number comes last here, because an implant that is told to have entered MRI must be in it: after a loss of
    power in between, the order is simply given again, and entering twice is entering once.
    """
    parts = context.parts
    try:
        is_doubled = parts.store.keep(kept)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, the mode stays as it is: {error}") from error
    parts.modes.take(event)
    context.staging.clear()
    parts.log(LogKind.MODE_CHANGED, said)
    try:
        parts.store.remember(Operation(request.op_id, CODES[type(request)]))
    except StoreError:
        is_doubled = False
    if not is_doubled:
        parts.log(LogKind.MEMORY_REPAIRED, "memory: the change of mode is kept once only")
    return Done(request.op_id)


def _remember(context: Context, order: Order) -> None:
    """Keep the operation number before acting: after a loss of power the order is carried out at most once."""
    try:
        context.parts.store.remember(Operation(order.op_id, CODES[type(order)]))
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, nothing was changed: {error}") from error


def _differ_in_amplitudes_only(running: Group, committed: Group) -> bool:
    amplitudes = {program.name: program.amplitude_ua for program in running.programs}
    return committed.with_amplitudes(amplitudes) == running
