"""Modes that are kept: MRI and storage outlive resets and a damaged image, and an empty battery is left by charging.

docs/protocol.md §10. What harms here is a mode that is lost, and as much a mode that cannot be left.
"""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.status import Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import a_group
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.messages import Request
from scs.wire.requests import EnterMri, EnterStorage, LeaveMri, LeaveStorage, MeasureImpedance, Start
from scs.wire.responses import Done, RefusedReply
from scs.wire.terms import Reason

IMAGES = (0, 65_536)
"""Where the two images of the emulated memory begin."""
STILL_DEPLETED, RECHARGED = 40, 60
"""Permille: DEPLETED is left at 5 %."""


def _ways(bed: Bed) -> dict[Mode, tuple[Request, Request, Reason]]:
    """Per mode: the way in, the way out, and what is refused meanwhile."""
    op_id = bed.speaker.op_id
    return {
        Mode.MRI: (EnterMri(op_id()), LeaveMri(op_id()), Reason.IN_MRI),
        Mode.STORAGE: (EnterStorage(op_id()), LeaveStorage(op_id()), Reason.IN_STORAGE),
    }


@check("MRI mode and storage outlive resets and one damaged image, and nothing is delivered in them", "FW-33 FW-11",
       "H28 H08", Need.POWER, Need.POWER_CUT)  # fmt: skip
def kept_through_resets(context: Context) -> None:
    for mode in (Mode.MRI, Mode.STORAGE):
        bed = context.bed()
        speaker, target = bed.speaker, context.target
        group = a_group(bed)
        speaker.write(group)
        enter, leave, reason = _ways(bed)[mode]
        speaker.ask(enter, Done)
        for damaged in (None, None, *IMAGES):
            context.cases += 1
            if damaged is not None:
                # Two bits of one word, so that no memory puts it right by itself.
                for bit in (0, 1):
                    target.bench("flip-memory", at=damaged, bit=bit)
            target.bench("power-cycle")
            speaker.become_writer()
            where = "after a reset" if damaged is None else "after a reset with one damaged image"
            status = speaker.status()
            expect(status.mode is mode, f"{mode.name} is lost {where}: the implant is in {status.mode.name}", group)
            speaker.refused(Start(speaker.op_id(), 0), reason)
            speaker.refused(MeasureImpedance(speaker.op_id()), reason)
            _quiet(context, bed, mode)
            if damaged is not None:
                for bit in (0, 1):
                    target.bench("flip-memory", at=damaged, bit=bit)
        speaker.ask(leave, Done)
        target.bench("power-cycle")
        speaker.become_writer()
        status = speaker.status()
        expect(status.mode is Mode.IDLE, f"{mode.name} was left and came back: {status.mode.name}", group)


def _quiet(context: Context, bed: Bed, mode: Mode) -> None:
    """A while in which nothing leaves."""
    if not context.can(Need.TAP):
        return
    with listening(context, bed) as ear:
        bed.speaker.keep_alive(Duration.of_s(5))
        expect(not ear.pulses, f"{len(ear.pulses)} pulses left in {mode.name}")


@check("MRI mode and storage are entered from rest only, and left by any programmer that may write; therapy stays off",
       "FW-33 FW-34", "H28 H29")  # fmt: skip
def entered_and_left(context: Context) -> None:
    for mode in (Mode.MRI, Mode.STORAGE):
        bed = context.bed()
        group = a_group(bed)
        bed.speaker.write(group)
        if context.can(Need.STIMULATES):
            bed.speaker.start()
            bed.speaker.keep_alive(Duration.of_s(2))
            bed.speaker.refused(_ways(bed)[mode][0], Reason.WRONG_MODE)
            expect(bed.speaker.status().therapy is TherapyState.ON, f"a refused way into {mode.name} ended therapy")
            bed.speaker.stop()
        bed.speaker.ask(MeasureImpedance(bed.speaker.op_id()), Done)
        bed.speaker.refused(_ways(bed)[mode][0], Reason.BUSY)
        bed.speaker.stop()
        bed.speaker.ask(_ways(bed)[mode][0], Done)
        context.target.let_pass(Duration.of_ms(2_100))
        other = context.speaker()
        other.become_writer()
        answer = other.answer(_ways(bed)[mode][1])
        expect(isinstance(answer, Done), f"another programmer cannot leave {mode.name}: {said(answer)}", group)
        status = other.keep_alive(Duration.of_s(2))
        is_off = status.mode is Mode.IDLE and not any(status.delivered_ua)
        expect(is_off, f"after {mode.name} was left the implant is in {status.mode.name}", group)
        other.stop()
        context.target.let_pass(Duration.of_ms(2_100))
        context.cases += 3


@check("The MRI mode is not entered with a battery that would end in it", "FW-33", "H29", Need.BATTERY)
def entered_with_a_way_out(context: Context) -> None:
    for permille in (1, 600):
        context.cases += 1
        bed = context.bed()
        context.target.bench("set-battery", permille=permille)
        order = EnterMri(bed.speaker.op_id())
        if permille >= RECHARGED:
            bed.speaker.ask(order, Done)
            continue
        bed.speaker.refused(order, Reason.DEPLETED)
        mode = bed.speaker.status().mode
        expect(mode is not Mode.MRI, f"a refused way into MRI at {permille / 10:g} % led into it")


@check("An empty battery is left by charging it to 5 %, not before, and therapy stays off", "FW-26 FW-34", "H20 H08",
       Need.BATTERY, Need.STIMULATES)  # fmt: skip
def left_by_charging(context: Context) -> None:
    bed = context.bed()
    speaker, target = bed.speaker, context.target
    group = a_group(bed)
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    for permille, mode in ((0, Mode.DEPLETED), (STILL_DEPLETED, Mode.DEPLETED), (RECHARGED, Mode.IDLE)):
        context.cases += 1
        target.bench("set-battery", permille=permille)
        status = speaker.keep_alive(Duration.of_s(3))
        expect(status.mode is mode, f"at {permille / 10:g} % the implant is in {status.mode.name}", group)
        expect(not any(status.delivered_ua), f"at {permille / 10:g} % {status.delivered_ua} uA is delivered", group)
        if mode is Mode.DEPLETED:
            answer = speaker.answer(Start(speaker.op_id(), 0))
            is_refused = isinstance(answer, RefusedReply) and answer.reason is Reason.DEPLETED
            expect(is_refused, f"a start at {permille / 10:g} % was answered with {said(answer)}", group)
    speaker.start()
    status = speaker.keep_alive(Duration.of_s(2))
    expect(status.therapy is TherapyState.ON, "therapy cannot be started after the battery was charged", group)


CHECKS: tuple[Check, ...] = (
    kept_through_resets, entered_and_left, entered_with_a_way_out, left_by_charging,
)  # fmt: skip
