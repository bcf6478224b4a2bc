"""With the implant's judgement switched off: what the interlocks beneath it hold, and what stays latched."""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.program import ActiveRecharge, Group, Tonic
from scs.domain.status import Fault, LogKind, Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import a_group, a_program, on_band
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.messages import ClearFault, Done, Reason, RefusedReply, SoftStop, Start

HELD = frozenset({"phase-charge", "contact-current", "total-current", "sum-zero", "width"})
"""What the interlocks hold by themselves; density and Shannon are the rules' to judge."""
LOG_ENTRIES = 1_100
"""More than the log has to keep (FW-38), so that what stood in it before is gone."""


def beyond(bed: Bed) -> Group:
    """A group that the device must not deliver: a phase of half as much charge again as it is limited to."""
    limit_pc = bed.profile.phase_charge.max_pc
    width_us = bed.profile.pulse_width.max_us
    amplitude_ua = min(bed.profile.contact_current.max_ua, bed.profile.total_current.max_ua)
    if amplitude_ua * width_us <= limit_pc:
        amplitude_ua = limit_pc * 3 // (2 * width_us) + 1
    slow = Tonic(kind="tonic", rate_mhz=on_band(20_000, bed.profile.tonic_rate))
    program = a_program(
        bed,
        amplitude_ua=amplitude_ua,
        pulse_width_us=width_us,
        waveform=slow,
        recharge=ActiveRecharge(kind="active", ratio=1),
        ramp_us=bed.profile.ramp.min_us,
    )
    return Group(name="Beyond", programs=(program,))


def trip(context: Context, bed: Bed) -> Group:
    """Bring the implant into SAFE: its judgement is off, and it is told to deliver what it must not."""
    group = beyond(bed)
    for contact in group.programs[0].contacts.contacts:
        # The rail must be able to drive it, or less leaves than was asked and nothing is tripped.
        context.target.bench("set-impedance", contact=contact, ohms=120)
    context.target.bench("bypass-gate")
    speaker = bed.speaker
    speaker.write(group)
    speaker.answer(Start(speaker.op_id(), 0))
    for _ in range(12):
        speaker.keep_alive(Duration.of_ms(500))
        if speaker.status().mode is Mode.SAFE:
            return group
    status = speaker.status()
    expect(
        status.mode is Mode.SAFE,
        f"with its judgement off the implant delivers {status.delivered_ua} uA for "
        f"{group.programs[0].pulse_width_us} us, above what it is limited to, and no interlock opens",
        group,
    )
    return group


@check(
    "With the judgement switched off the interlocks still hold the device's limits, within one pulse",
    "FW-07 FW-03 FW-01",
    "H36 H01 H26",
    Need.BYPASS,
    Need.TAP,
)
def interlocks_hold(context: Context) -> None:
    bed = context.bed()
    with listening(context, bed) as ear:
        newest = bed.speaker.status().log_newest
        group = trip(context, bed)
        wrong = {
            v.id: v for v in ear.delivered.violations if v.id in ("phase-charge", "contact-current", "total-current")
        }
        for violation in wrong.values():
            expect(False, f"with the judgement off: {violation.sentence}", group)
        last = ear.pulses[-1].start_us if ear.pulses else 0
        bed.speaker.keep_alive(Duration.of_s(3))
        expect(not ear.since(last + 1), "pulses leave after the interlocks have opened the switches", group)
        left = {contact: charge for contact, charge in ear.delivered.net_pc().items() if charge}
        expect(not left, f"after a trip {left} pC is left on the contacts", group)
    status = bed.speaker.status()
    expect(status.fault is not Fault.NONE and status.therapy is TherapyState.OFF, "a trip names no fault", group)
    kinds = [kind for _, _, kind, _ in bed.speaker.log(newest)]
    expect(LogKind.INTERLOCK_TRIPPED in kinds, "the log does not know of a trip", group)
    context.cases += 1


@check(
    "A fault stays latched through power cycles and a full log, until it is cleared; therapy stays off then too",
    "FW-01 FW-11 FW-34",
    "H09 H08",
    Need.BYPASS,
    Need.POWER,
    Need.STIMULATES,
)
def fault_stays_latched(context: Context) -> None:
    bed = context.bed()
    speaker, target = bed.speaker, context.target
    trip(context, bed)
    fault = speaker.status().fault
    for number in range(LOG_ENTRIES):
        speaker.refused(Start(speaker.op_id(), number % 2), Reason.FAULT_LATCHED)
    for _ in range(3):
        context.cases += 1
        target.bench("power-cycle")
        speaker.become_writer()
        status = speaker.status()
        expect(
            status.mode is Mode.SAFE and status.fault is fault,
            f"after a power cycle the fault {fault.name} is {status.fault.name} and the mode {status.mode.name}",
        )
        for slot in (0, 1):
            answer = speaker.answer(Start(speaker.op_id(), slot))
            expect(isinstance(answer, RefusedReply), f"a start with a latched fault was answered with {said(answer)}")
        speaker.ask(SoftStop(speaker.op_id()), Done)
        speaker.stop()
        expect(speaker.status().mode is Mode.SAFE, "a stop took a latched fault back")
    newest = speaker.status().log_newest
    speaker.ask(ClearFault(speaker.op_id()), Done)
    status = speaker.keep_alive(Duration.of_s(2))
    expect(status.mode is Mode.IDLE and status.fault is Fault.NONE, f"a cleared fault leads to {status.mode.name}")
    expect(not any(status.delivered_ua), "therapy began when a fault was cleared")
    kinds = [kind for _, _, kind, _ in speaker.log(newest)]
    expect(LogKind.FAULT_CLEARED in kinds, "the log does not know that a fault was cleared")
    target.bench("power-cycle")
    speaker.become_writer()
    expect(speaker.status().fault is Fault.NONE, "a fault that was cleared is back after a power cycle")
    speaker.write(a_group(bed))
    speaker.start()
    status = speaker.keep_alive(Duration.of_s(2))
    expect(status.therapy is TherapyState.ON, "therapy cannot be started after a fault was cleared")


CHECKS: tuple[Check, ...] = (interlocks_hold, fault_stays_latched)
