"""Every request in every mode: carried out or refused as docs/modes.md says, and never anything in between.

The table here is written from the document, not taken from the firmware.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Duration
from scs.domain.status import Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import a_group
from scs.testing.checks.speaker import said
from scs.testing.checks.tripping import trip
from scs.testing.target import Need
from scs.wire.messages import Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    ClearFault,
    Commit,
    EnterMri,
    EnterStorage,
    GetImpedance,
    GetLog,
    GetStatus,
    Identify,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    Read,
    SetAmplitude,
    SoftStop,
    Stage,
    Start,
    Watch,
)
from scs.wire.responses import Done, RefusedReply
from scs.wire.terms import CHUNK_MAX, LEASE_MS, Object, Reason


def _idle(context: Context, bed: Bed) -> None:
    bed.speaker.write(a_group(bed))


def _therapy(context: Context, bed: Bed) -> None:
    _idle(context, bed)
    bed.speaker.start()
    bed.speaker.keep_alive(Duration.of_s(2))


def _measuring(context: Context, bed: Bed) -> None:
    _idle(context, bed)
    bed.speaker.ask(MeasureImpedance(bed.speaker.op_id()), Done)


def _safe(context: Context, bed: Bed) -> None:
    trip(context, bed)


def _mri(context: Context, bed: Bed) -> None:
    _idle(context, bed)
    bed.speaker.ask(EnterMri(bed.speaker.op_id()), Done)


def _storage(context: Context, bed: Bed) -> None:
    _idle(context, bed)
    bed.speaker.ask(EnterStorage(bed.speaker.op_id()), Done)


def _depleted(context: Context, bed: Bed) -> None:
    _idle(context, bed)
    context.target.bench("set-battery", permille=0)
    bed.speaker.keep_alive(Duration.of_s(2))


def _unprogrammed(context: Context, bed: Bed) -> None:
    """As it was found, if it was found so."""


REACH: dict[Mode, tuple[Callable[[Context, Bed], None], tuple[Need, ...]]] = {
    Mode.UNPROGRAMMED: (_unprogrammed, (Need.NEW,)),
    Mode.IDLE: (_idle, ()),
    Mode.THERAPY: (_therapy, (Need.STIMULATES,)),
    Mode.MEASURING: (_measuring, ()),
    Mode.SAFE: (_safe, (Need.BYPASS,)),
    Mode.MRI: (_mri, ()),
    Mode.STORAGE: (_storage, ()),
    Mode.DEPLETED: (_depleted, (Need.BATTERY,)),
}
"""How each mode is reached from rest, and what that needs of the target."""

ALLOWED: dict[str, frozenset[Mode]] = {
    "Stage": frozenset({Mode.UNPROGRAMMED, Mode.IDLE, Mode.THERAPY, Mode.MEASURING}),
    "Commit": frozenset({Mode.UNPROGRAMMED, Mode.IDLE, Mode.THERAPY}),
    "Start": frozenset({Mode.IDLE, Mode.THERAPY}),
    "SetAmplitude": frozenset({Mode.THERAPY}),
    "SoftStop": frozenset(Mode),
    "MeasureImpedance": frozenset({Mode.UNPROGRAMMED, Mode.IDLE}),
    "ClearFault": frozenset({Mode.SAFE}),
    "EnterMri": frozenset({Mode.UNPROGRAMMED, Mode.IDLE, Mode.MRI}),
    "LeaveMri": frozenset({Mode.MRI}),
    "EnterStorage": frozenset({Mode.UNPROGRAMMED, Mode.IDLE, Mode.STORAGE}),
    "LeaveStorage": frozenset({Mode.STORAGE}),
}
"""The modes in which a request that changes something is carried out; those that only look are answered in all."""
REFUSED_AS: dict[Mode, frozenset[Reason]] = {
    Mode.UNPROGRAMMED: frozenset({Reason.EMPTY_SLOT, Reason.WRONG_MODE}),
    Mode.IDLE: frozenset({Reason.WRONG_MODE}),
    Mode.THERAPY: frozenset({Reason.WRONG_MODE}),
    Mode.MEASURING: frozenset({Reason.BUSY}),
    Mode.SAFE: frozenset({Reason.FAULT_LATCHED}),
    Mode.MRI: frozenset({Reason.IN_MRI, Reason.WRONG_MODE}),
    Mode.STORAGE: frozenset({Reason.IN_STORAGE, Reason.WRONG_MODE}),
    Mode.DEPLETED: frozenset({Reason.DEPLETED, Reason.WRONG_MODE}),
}
OUTPUT_OFF = frozenset(Mode) - {Mode.THERAPY}
"""Nothing leaves the electrodes in any of these."""


def requests(bed: Bed) -> list[Request]:
    """One of each kind that changes something, as it would be carried out if the mode allowed it."""
    data = encode_group(a_group(bed))
    speaker = bed.speaker
    return [
        Stage(0, 0, len(data), digest(data), data[:CHUNK_MAX]),
        Commit(speaker.op_id(), 0, speaker.status().generation, digest(data), ()),
        Start(speaker.op_id(), 0),
        SetAmplitude(speaker.op_id(), 0, a_group(bed).programs[0].amplitude_ua, ()),
        SoftStop(speaker.op_id()),
        MeasureImpedance(speaker.op_id()),
        ClearFault(speaker.op_id()),
        EnterMri(speaker.op_id()),
        LeaveMri(speaker.op_id()),
        EnterStorage(speaker.op_id()),
        LeaveStorage(speaker.op_id()),
    ]


@check(
    "Every request in every mode is carried out or refused as the table of modes says",
    "FW-34 FW-01 FW-33",
    "H09 H28",
    weight=3,
)
def modes_are_kept(context: Context) -> None:
    for mode, (reach, needs) in REACH.items():
        if not context.can(*needs):
            continue
        for place in range(len(ALLOWED)):
            if context.is_late:
                return
            context.cases += 1
            bed = context.bed()
            reach(context, bed)
            before = bed.speaker.status()
            expect(before.mode is mode, f"the implant is in {before.mode.name} where {mode.name} was to be reached")
            _one(bed, mode, place)
        context.cases += _looking(context, reach, mode)


def _one(bed: Bed, mode: Mode, place: int) -> None:
    """One request in one mode. A commit needs something staged first, as far as the mode allows."""
    speaker = bed.speaker
    request = requests(bed)[place]
    name = type(request).__name__
    if isinstance(request, Commit) and mode in ALLOWED["Stage"]:
        speaker.stage(a_group(bed))
    answer = speaker.answer(request)
    if mode in ALLOWED[name]:
        if isinstance(answer, RefusedReply):
            fail(f"{name} in {mode.name} was refused as {answer.reason.word}; it must be carried out: {answer.text}")
        return
    if not isinstance(answer, RefusedReply):
        fail(f"{name} in {mode.name} was carried out ({said(answer)}); it must be refused")
    expect(
        answer.reason in REFUSED_AS[mode], f"{name} in {mode.name} was refused as {answer.reason.word}: {answer.text}"
    )
    expect(bool(answer.text), f"{name} in {mode.name} was refused without a sentence")
    after = speaker.status()
    expect(after.mode is mode, f"{name}, which was refused in {mode.name}, led to {after.mode.name}")


def _looking(context: Context, reach: Callable[[Context, Bed], None], mode: Mode) -> int:
    """What only looks is answered in every mode, and the implant stays in it."""
    bed = context.bed()
    reach(context, bed)
    questions = (Identify(), GetStatus(), GetImpedance(), GetLog(0), Watch(0), Read(Object.IMPLANT, 0, 0))
    for question in questions:
        answer = bed.speaker.answer(question)
        expect(not isinstance(answer, RefusedReply), f"{type(question).__name__} in {mode.name} was refused")
    expect(bed.speaker.status().mode is mode, f"questions led the implant out of {mode.name}")
    return len(questions)


@check(
    "In no mode but THERAPY anything but a test pulse leaves the electrodes, whatever is asked",
    "FW-34 FW-33",
    "H09 H28",
    Need.STIMULATES,
    Need.TAP,
)
def output_only_in_therapy(context: Context) -> None:
    for mode, (reach, needs) in REACH.items():
        if mode not in OUTPUT_OFF or not context.can(*needs):
            continue
        for place in range(len(ALLOWED)):
            bed = context.bed()
            reach(context, bed)
            name = type(requests(bed)[place]).__name__
            if name == "Start" and mode is Mode.IDLE:
                continue
            may_measure = mode is Mode.MEASURING or (name == "MeasureImpedance" and mode in ALLOWED[name])
            context.cases += 1
            with listening(context, bed) as ear:
                bed.speaker.answer(requests(bed)[place])
                bed.speaker.keep_alive(Duration.of_s(2))
                stray = ear.felt if may_measure else ear.pulses
                expect(not stray, f"{len(stray)} pulses left in {mode.name}")


@check("From every mode a clinician gets back to therapy", "FW-34 FW-33", "H29 H20", Need.STIMULATES)
def always_back_to_therapy(context: Context) -> None:
    for mode, (reach, needs) in REACH.items():
        if not context.can(*needs):
            continue
        context.cases += 1
        bed = context.bed()
        reach(context, bed)
        speaker = bed.speaker
        speaker.stop()
        leave_every_mode(context, bed)
        group = a_group(bed)
        speaker.write(group)
        speaker.start()
        status = speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
        expect(status.therapy is TherapyState.ON, f"there is no way from {mode.name} back to therapy", group)
        speaker.stop()


def leave_every_mode(context: Context, bed: Bed) -> None:
    """Do whatever ends the present mode, by another programmer than the one that entered it."""
    context.target.let_pass(Duration.of_ms(LEASE_MS + 100))
    bed.speaker.become_writer()
    speaker, mode = bed.speaker, bed.speaker.status().mode
    ways_out: dict[Mode, Request] = {
        Mode.SAFE: ClearFault(speaker.op_id()),
        Mode.MRI: LeaveMri(speaker.op_id()),
        Mode.STORAGE: LeaveStorage(speaker.op_id()),
    }
    if mode in ways_out:
        answer = speaker.answer(ways_out[mode])
        expect(isinstance(answer, Done), f"another programmer cannot end {mode.name}: {said(answer)}")
    if mode is Mode.DEPLETED:
        context.target.bench("set-battery", permille=600)
        speaker.keep_alive(Duration.of_s(2))


CHECKS: tuple[Check, ...] = (modes_are_kept, output_only_in_therapy, always_back_to_therapy)
