"""What the supply can give: an empty battery, and a current that the rail cannot drive."""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.status import LogKind, TherapyState
from scs.testing.checks.check import Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import on_step, quick_group
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.requests import Start
from scs.wire.responses import RefusedReply


@check(
    "An empty battery ends therapy within a second and refuses a start, and the implant still answers",
    "FW-26",
    "H20",
    Need.STIMULATES,
    Need.BATTERY,
    Need.TAP,
)
def empty_battery(context: Context) -> None:
    bed = context.bed()
    speaker, group = bed.speaker, quick_group(bed, rate_mhz=100_000)
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
    before = speaker.status().battery_permille
    expect(before > 900, f"a new battery is at {before / 10} %")
    with listening(context, bed) as ear:
        context.target.bench("set-battery", permille=0)
        emptied = context.target.now_us
        speaker.keep_alive(Duration.of_s(4))
        late = ear.since(emptied + 1_000_000)
        expect(not late, f"{len(late)} pulses left later than a second after the battery was empty", group)
        status = speaker.status()
        expect(
            status.battery_permille == 0 and status.therapy is TherapyState.OFF,
            f"with an empty battery therapy is {status.therapy.name} at {status.battery_permille} permille",
            group,
        )
        answer = speaker.answer(Start(speaker.op_id(), 0))
        expect(
            isinstance(answer, RefusedReply), f"a start with an empty battery was answered with {said(answer)}", group
        )
        speaker.keep_alive(Duration.of_s(3))
        expect(not ear.since(emptied + 1_000_000), "pulses left with an empty battery after a start", group)
    context.cases += 2


@check(
    "A current that the rail cannot drive is delivered smaller, never larger, and the log and the status say so",
    "FW-35 FW-07",
    "H25 H13",
    Need.STIMULATES,
    Need.LEADS,
    Need.TAP,
)
def rail_limits_are_told(context: Context) -> None:
    for ohms in (9_000, 7_000):
        context.cases += 1
        bed = context.bed()
        speaker = bed.speaker
        group = quick_group(bed, rate_mhz=100_000, amplitude_ua=on_step(4_000, bed.profile.amplitude))
        amplitude = group.programs[0].amplitude_ua
        if amplitude * ohms < 2 * 1_000 * bed.profile.compliance.max_mv:
            context.left_out.append("the rail of this device drives any current that its rules let pass")
        speaker.write(group)
        newest = speaker.status().log_newest
        context.target.bench("set-impedance", contact=1, ohms=ohms)
        context.target.bench("set-impedance", contact=2, ohms=ohms)
        with listening(context, bed) as ear:
            speaker.start()
            speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
            got = ear.course()[-1][1] if ear.course() else 0
        most = (bed.profile.compliance.max_mv * 1_000) // (2 * ohms)
        expect(got <= most, f"{got} uA left through {2 * ohms} ohm, the rail drives {most} uA at most", group)
        status = speaker.status()
        expect(status.delivered_ua == (got,), f"the status says {status.delivered_ua} uA of {got} uA", group)
        told = [text for _, _, kind, text in speaker.log(newest) if kind == LogKind.LEAD_FAULT]
        is_told = got == amplitude or bool(told)
        expect(is_told, f"{got} uA left instead of {amplitude} uA and the log says nothing of it", group)


LOST_FOR = Duration.of_s(10)
"""Longer than an implant may go on with less than half of its current, with the way down after it."""


@check(
    "A current of which the rail drives less than half ends therapy before long, and only an order starts it again",
    "FW-35",
    "H25",
    Need.STIMULATES,
    Need.LEADS,
    Need.TAP,
)
def lost_current_ends_therapy(context: Context) -> None:
    context.cases += 1
    bed = context.bed()
    speaker = bed.speaker
    group = quick_group(bed, rate_mhz=100_000, amplitude_ua=on_step(4_000, bed.profile.amplitude))
    amplitude = group.programs[0].amplitude_ua
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
    newest = speaker.status().log_newest
    with listening(context, bed) as ear:
        context.target.bench("set-impedance", contact=1, ohms=4 * 1_000 * bed.profile.compliance.max_mv // amplitude)
        speaker.keep_alive(LOST_FOR)
        mended_us = context.target.now_us
        context.target.bench("set-impedance", contact=1, ohms=500)
        speaker.keep_alive(Duration.of_s(3))
        late = ear.since(mended_us)
        expect(not late, f"{len(late)} pulses left after the conductor closed again", group)
        therapy = speaker.status().therapy
        expect(therapy is TherapyState.OFF, f"with a quarter of its current therapy is {therapy.name}", group)
        told = [text for _, _, kind, text in speaker.log(newest) if kind == LogKind.LEAD_FAULT]
        expect(len(told) > 1, f"of a current that is lost the log says only {told}", group)
        speaker.start()
        speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
        expect(bool(ear.since(mended_us)), "an order did not start what had ended", group)


CHECKS: tuple[Check, ...] = (empty_battery, rail_limits_are_told, lost_current_ends_therapy)
