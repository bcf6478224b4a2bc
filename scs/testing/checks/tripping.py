"""With the implant's judgement switched off: what the interlocks beneath it hold, and what stays latched."""

from __future__ import annotations

from typing import Any

from scs.clock import Duration
from scs.domain.program import ActiveRecharge, Group, PassiveRecharge, Tonic
from scs.domain.status import Fault, LogKind, Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import Ear, listening
from scs.testing.checks.groups import a_group, a_program, on_band, on_time
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.requests import ClearFault, GetImpedance, SoftStop, Start
from scs.wire.responses import Done, ImpedanceResult, RefusedReply
from scs.wire.terms import Reason

HELD = frozenset({"phase-charge", "contact-current", "total-current", "sum-zero", "width"})
"""What the interlocks hold by themselves, to the pulse; what is counted over time has a bound of its own."""
WELL_OHM = 120
"""So low that the rail can drive anything: else less leaves than was asked, and nothing is tripped."""
LOG_ENTRIES = 1_100
"""More than the log has to keep (FW-38), so that what stood in it before is gone."""


def beyond(bed: Bed) -> dict[str, Group]:
    """Groups that the device must not deliver, each beyond another limit of its profile, by what is too much."""
    profile = bed.profile
    widest = profile.pulse_width.max_us
    charge_ua = profile.phase_charge.max_pc * 3 // (2 * widest) + 1
    current_ua = min(profile.contact_current.max_ua, profile.total_current.max_ua)
    short = profile.pulse_width.min_us
    groups = {
        "current": _group(bed, amplitude_ua=current_ua * 5 // 4, pulse_width_us=short),
        "width": _group(bed, amplitude_ua=profile.amplitude.step_ua * 4, pulse_width_us=2 * widest),
        "rate": _group(bed, rate_mhz=50_000_000, amplitude_ua=profile.amplitude.step_ua * 2, pulse_width_us=5),
        "charge that is left": _group(
            bed,
            rate_mhz=profile.tonic_rate.max_mhz,
            amplitude_ua=profile.phase_charge.max_pc // (6 * 200),
            pulse_width_us=200,
            recharge=PassiveRecharge(kind="passive"),
        ),
    }
    # Where the largest current for the longest time is no more than a phase may carry, there is no more charge to ask.
    if charge_ua <= current_ua:
        groups["charge"] = _group(bed, amplitude_ua=charge_ua, pulse_width_us=widest)
    return groups


def _group(bed: Bed, *, rate_mhz: int = 0, **changes: Any) -> Group:
    """Slow enough for its pulses, and with a ramp that shows every step."""
    rate = rate_mhz or on_band(20_000, bed.profile.tonic_rate)
    fields: dict[str, Any] = {
        "waveform": Tonic(kind="tonic", rate_mhz=rate),
        "recharge": ActiveRecharge(kind="active", ratio=1),
        "ramp_us": on_time(4_000_000, bed.profile.ramp),
    }
    return Group(name="Beyond", programs=(a_program(bed, **{**fields, **changes}),))


def trip(context: Context, bed: Bed, what: str = "current") -> Group:
    """Bring the implant into SAFE: its judgement is off, and it is told to deliver what it must not."""
    group = beyond(bed)[what]
    for contact in group.programs[0].contacts.contacts:
        context.target.bench("set-impedance", contact=contact, ohms=WELL_OHM)
    context.target.bench("bypass-gate")
    speaker = bed.speaker
    speaker.write(group)
    speaker.answer(Start(speaker.op_id(), 0))
    for _ in range(14):
        if speaker.keep_alive(Duration.of_ms(500)).mode is Mode.SAFE:
            return group
    status = speaker.status()
    expect(
        status.mode is Mode.SAFE,
        f"with its judgement off the implant delivers too much {what} ({status.delivered_ua} uA), and no interlock "
        "opens",
        group,
    )
    return group


@check("With the judgement switched off the interlocks still hold the device's limits, within one pulse",
       "FW-07 FW-03 FW-01", "H36 H01 H26 H05", Need.BYPASS, Need.TAP, weight=2)  # fmt: skip
def interlocks_hold(context: Context) -> None:
    for what in beyond(context.bed()):
        for has_measured in (False, True):
            context.cases += 1
            bed = context.bed()
            if has_measured:
                _measured(bed)
            newest = bed.speaker.status().log_newest
            with listening(context, bed) as ear:
                group = trip(context, bed, what)
                _held(bed, ear, group)
            status = bed.speaker.status()
            is_off = status.fault is not Fault.NONE and status.therapy is TherapyState.OFF
            expect(is_off, f"a trip for too much {what} names no fault", group)
            kinds = [kind for _, _, kind, _ in bed.speaker.log(newest)]
            expect(LogKind.INTERLOCK_TRIPPED in kinds, "the log does not know of a trip", group)


def _measured(bed: Bed) -> None:
    """A self-test must not raise what the interlocks hold."""
    bed.speaker.measure()
    bed.speaker.ask(GetImpedance(), ImpedanceResult)


def _held(bed: Bed, ear: Ear, group: Group) -> None:
    for violation in ear.delivered.violations:
        expect(violation.id not in HELD, f"with the judgement off: {violation.sentence}", group)
    last = ear.pulses[-1].start_us if ear.pulses else 0
    bed.speaker.keep_alive(Duration.of_s(3))
    expect(not ear.since(last + 1), "pulses leave after the interlocks have opened the switches", group)
    left = {contact: charge for contact, charge in ear.delivered.net_pc().items() if charge}
    expect(not left, f"after a trip {left} pC is left on the contacts", group)


@check("A fault stays latched through power cycles and a full log, until it is cleared; therapy stays off then too",
       "FW-01 FW-11 FW-34", "H09 H08", Need.BYPASS, Need.POWER, Need.STIMULATES)  # fmt: skip
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
        is_kept = status.mode is Mode.SAFE and status.fault is fault
        expect(is_kept, f"after a power cycle the fault {fault.name} is {status.fault.name} in {status.mode.name}")
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
