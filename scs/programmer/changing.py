"""Procedures that change therapy. Each ends with what was read back; one that fails half-way says what is in force.

Every change carries an operation number, so after a lost link the implant itself tells whether the change happened.
Nothing that could raise the output is ever said twice by itself: a person decides again.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import Mode, TherapyState
from scs.domain.units import CURRENT, format_quantity
from scs.errors import LinkLost, NoAnswer, Refused, RemoteProtocolError, TransportError
from scs.programmer.reading import HeldGroup, find_group, read_group, status
from scs.programmer.steps import Pause, Procedure, Progress, Reconnect, Told, ask
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    ClearFault,
    Commit,
    EnterMri,
    EnterStorage,
    LeaveMri,
    LeaveStorage,
    SetAmplitude,
    SetClock,
    SoftStop,
    Stage,
    Start,
)
from scs.wire.responses import Committed, Done, Staged, Status
from scs.wire.terms import CHUNK_MAX, Reason

LINK_FAILURES = (NoAnswer, LinkLost, TransportError)
"""What a runner throws into a procedure when the link fails; Refused and protocol errors are answers."""
Change = Start | SoftStop | SetAmplitude | ClearFault | EnterMri | LeaveMri | EnterStorage | LeaveStorage | SetClock


@dataclass(frozen=True, slots=True)
class Written:
    """A group that is in force, as it was read back."""

    held: HeldGroup
    acknowledged: tuple[str, ...]
    resumed: bool
    """Whether the link was lost on the way and the implant afterwards named the operation as done."""


def write_group(
    op_id: int, slot: int, group: Group, acknowledged: tuple[str, ...] = (), base_generation: int | None = None
) -> Procedure[Written]:
    """Stage, compare, commit, read back. Refused when the implant objects: nothing has changed then.

    `base_generation` is what the person saw when deciding; another programmer's change since then is refused as
    stale-generation. Without it, the generation at the beginning of the writing is used. LinkLost says what is in
    force now.
    """
    data = encode_group(group)
    has_committed = False
    try:
        if base_generation is None:
            base_generation = (yield from status()).generation
        staged = yield from _stage(slot, data)
        if missing := sorted(set(staged.must_acknowledge) - set(acknowledged)):
            raise Refused(
                f"the implant wants {', '.join(missing)} to be acknowledged first; nothing was changed",
                reason=Reason.MUST_ACKNOWLEDGE.word,
                rules=tuple(missing),
            )
        yield Progress("committing", 0, 1)
        has_committed = True
        commit = Commit(op_id, slot, base_generation, digest(data), tuple(sorted(acknowledged)))
        yield from ask(commit, Committed)
        yield Progress("committing", 1, 1)
        return Written((yield from _read_back(slot, data)), acknowledged, resumed=False)
    except LINK_FAILURES as failure:
        return (yield from _settle_write(op_id, slot, data, acknowledged, has_committed, failure))


def _stage(slot: int, data: bytes) -> Procedure[Staged]:
    whole = digest(data)
    for offset in range(0, len(data), CHUNK_MAX):
        yield Progress("staging", offset, len(data))
        chunk = data[offset : offset + CHUNK_MAX]
        staged = yield from ask(Stage(slot, offset, len(data), whole, chunk), Staged)
    yield Progress("staging", len(data), len(data))
    if not staged.complete or staged.digest != whole:
        raise RemoteProtocolError(
            "the implant understood something else than was written; nothing was changed, so do not use it"
        )
    return staged


def _read_back(slot: int, data: bytes) -> Procedure[HeldGroup]:
    held = yield from read_group(slot)
    if held.digest != digest(data):
        raise RemoteProtocolError(
            f"slot {slot} reads back as {held.group.name!r} with other contents than were committed; "
            f"another programmer may have written since, so read it and judge it again"
        )
    return held


def _settle_write(
    op_id: int, slot: int, data: bytes, acknowledged: tuple[str, ...], has_committed: bool, failure: Exception
) -> Procedure[Written]:
    """Find out, once the link is back, whether the commit happened."""
    try:
        yield Reconnect()
        now = yield from status()
        held = yield from find_group(slot)
    except LINK_FAILURES as again:
        known = (
            f"whether slot {slot} was changed is not known; it holds either the old group or the new one, whole"
            if has_committed
            else f"nothing was committed, so slot {slot} holds what it held before"
        )
        raise LinkLost(f"the link was lost while writing ({failure}); {known}; connect and read it") from again
    yield Told()
    if has_committed and held is not None and held.digest == digest(data) and now.last_op_id == op_id:
        return Written(held, acknowledged, resumed=True)
    raise LinkLost(
        f"the link was lost while writing ({failure}); this change was not made: slot {slot} "
        f"{holds(held)}; {in_force(now)}; write again"
    ) from failure


def start(op_id: int, slot: int) -> Procedure[Status]:
    """Soft-start the group in `slot`; the status read afterwards is returned."""
    return (yield from change(Start(op_id, slot), op_id))


def soft_stop(op_id: int) -> Procedure[Status]:
    """Ramp down and stop; the status read afterwards is returned, and the ramp may still be running in it."""
    return (yield from change(SoftStop(op_id), op_id))


def set_amplitude(op_id: int, program: int, amplitude_ua: int, acknowledged: tuple[str, ...] = ()) -> Procedure[Status]:
    """Try an amplitude in µA of one program (0 is the first); it lives as long as the session is kept alive."""
    return (yield from change(SetAmplitude(op_id, program, amplitude_ua, acknowledged), op_id))


def clear_fault(op_id: int) -> Procedure[Status]:
    """Take back a latched fault; therapy stays off."""
    return (yield from change(ClearFault(op_id), op_id))


def enter_mri(op_id: int) -> Procedure[Status]:
    """Make stimulation impossible, also over a reset; RemoteProtocolError unless the implant then says MRI itself."""
    return (yield from _enter(EnterMri(op_id), Mode.MRI))


def leave_mri(op_id: int) -> Procedure[Status]:
    """End the MRI mode; therapy stays off."""
    return (yield from change(LeaveMri(op_id), op_id))


def enter_storage(op_id: int) -> Procedure[Status]:
    """Put the implant to sleep on the shelf; RemoteProtocolError unless it then says STORAGE itself."""
    return (yield from _enter(EnterStorage(op_id), Mode.STORAGE))


def leave_storage(op_id: int) -> Procedure[Status]:
    """Wake the implant up; therapy stays off."""
    return (yield from change(LeaveStorage(op_id), op_id))


def _enter(request: EnterMri | EnterStorage, mode: Mode) -> Procedure[Status]:
    # A person is brought into the scanner on the strength of this answer: only the mode that was read back counts.
    now = yield from change(request, request.op_id)
    if now.mode is not mode:
        raise RemoteProtocolError(f"the implant is in {now.mode.name} and not in {mode.name}; do not rely on it")
    return now


def titrate(
    op_ids: tuple[int, ...], program: int, amplitudes_ua: tuple[int, ...], dwell: Duration
) -> Procedure[tuple[Status, ...]]:
    """Try one amplitude after another for `dwell` each; the status at the end of each is returned.

    Stops where the implant refuses, with Refused; what was tried last is then still delivered as a trial.
    """
    assert len(op_ids) == len(amplitudes_ua), "every change has an operation number of its own"
    seen: list[Status] = []
    for op_id, amplitude_ua in zip(op_ids, amplitudes_ua, strict=True):
        yield Progress("titrating", len(seen), len(amplitudes_ua))
        yield from set_amplitude(op_id, program, amplitude_ua)
        yield Pause(dwell)
        seen.append((yield from status()))
    yield Progress("titrating", len(seen), len(amplitudes_ua))
    return tuple(seen)


def change(request: Change, op_id: int) -> Procedure[Status]:
    """Ask for a change and read the status; after a lost link, say from the implant's own words what is so."""
    try:
        done = yield from ask(request, Done)
        if done.op_id != op_id:
            raise RemoteProtocolError(f"operation {op_id} was answered as {done.op_id}; read the status")
        return (yield from status())
    except LINK_FAILURES as failure:
        try:
            yield Reconnect()
            now = yield from status()
        except LINK_FAILURES as again:
            raise LinkLost(
                f"the link was lost ({failure}); whether it was done is not known: a trial amplitude ends with the "
                f"lease within two seconds, and committed therapy goes on; connect and read the status"
            ) from again
        yield Told()
        word = "was" if now.last_op_id == op_id else "was not"
        raise LinkLost(
            f"the link was lost ({failure}) and is back: the request {word} carried out; {in_force(now)}"
        ) from failure


def holds(held: HeldGroup | None) -> str:
    """Half a sentence about a slot."""
    return "is empty" if held is None else f"holds {held.group.name!r} (generation {held.generation})"


def in_force(now: Status) -> str:
    """Half a sentence about what the implant does at this instant, from its own status."""
    if now.therapy is TherapyState.OFF:
        return "therapy is off"
    amounts = ", ".join(format_quantity(amount, CURRENT) for amount in now.targets_ua)
    kind = "a trial change that hangs on the link" if now.trial else "as committed"
    return f"therapy of slot {now.slot} is {now.therapy.name.lower().replace('_', ' ')} towards {amounts} ({kind})"
