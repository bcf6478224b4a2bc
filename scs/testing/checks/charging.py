"""What wears a cell out or warms the pocket: over-discharge, charging, and a supply that gives way under its load."""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.status import ChargerState, Mode, ResetCause, TherapyState
from scs.testing.checks.check import Bed, Check, Context, NotEvaluated, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import quick_group
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.requests import GetBattery, GetResets, Start
from scs.wire.responses import BatteryReport, RefusedReply, ResetReport

RISE_MK_MAX = 2_000
"""The pocket never gets warmer than this above the body (FW-28)."""
BADLY_PLACED, WELL_PLACED = 300, 1_000
"""Coupling of a charger, in permille."""
EMPTY_DAYS = 20
"""So long an empty implant has to be there still; it is to last for about 30 days (FW-25)."""
OVER_DISCHARGES_MAX = 3
SHORT_UA = 2_000_000
"""A defect that pulls any of these cells below what a processor needs."""


def _rechargeable(context: Context) -> Bed:
    bed = context.bed()
    if bed.profile.battery.kind != "rechargeable":
        raise NotEvaluated(f"{bed.profile.name} has a primary cell, which is not charged")
    return bed


@check("A badly placed charger is stopped before the pocket is two degrees warmer, and nothing starts while it is warm",
       "FW-28", "H22", Need.CHARGER, Need.BATTERY, Need.TIME, weight=2)  # fmt: skip
def pocket_stays_cool(context: Context) -> None:
    bed = _rechargeable(context)
    speaker, target = bed.speaker, context.target
    speaker.write(quick_group(bed))
    target.bench("set-battery", permille=300)
    target.bench("place-charger", coupling_permille=BADLY_PLACED)
    was_stopped = False
    for _ in range(120):
        context.cases += 1
        target.let_pass(Duration.of_s(60))
        speaker.become_writer()
        report = speaker.ask(GetBattery(), BatteryReport)
        expect(report.rise_mk <= RISE_MK_MAX, f"the pocket is {report.rise_mk / 1_000} degrees warmer while charging")
        if report.charger is ChargerState.TOO_WARM and not was_stopped:
            was_stopped = True
            expect(report.charge_ua == 0, f"{report.charge_ua} uA flow into the cell while the pocket is too warm")
            answer = speaker.answer(Start(speaker.op_id(), 0))
            expect(isinstance(answer, RefusedReply), f"a start in a pocket too warm was answered {said(answer)}")
    expect(was_stopped, "a badly placed charger warmed for two hours and was never stopped")


@check("An empty implant lasts for weeks, wakes at a charger with therapy off, and is not charged after the third time",
       "FW-25", "H21", Need.CHARGER, Need.BATTERY, Need.TIME, weight=2)  # fmt: skip
def over_discharge_is_counted(context: Context) -> None:
    bed = _rechargeable(context)
    speaker, target = bed.speaker, context.target
    speaker.write(quick_group(bed))
    target.bench("set-battery", permille=0)
    target.let_pass(Duration.of_s(EMPTY_DAYS * 86_400))
    answers, _ = speaker.exchange(speaker.frame(GetBattery()))
    expect(bool(answers), f"an implant whose battery was empty is silent after {EMPTY_DAYS} days")
    for count in range(1, OVER_DISCHARGES_MAX + 1):
        context.cases += 1
        target.bench("drain")
        target.let_pass(Duration.of_s(3_600))
        target.bench("place-charger", coupling_permille=WELL_PLACED)
        target.let_pass(Duration.of_s(60))
        speaker.become_writer()
        report = speaker.ask(GetBattery(), BatteryReport)
        expect(report.over_discharges == count, f"over-discharge {count} is told as number {report.over_discharges}")
        status = speaker.status()
        expect(status.therapy is TherapyState.OFF, f"therapy is {status.therapy.name} after an over-discharge")
        is_charging = report.charge_ua > 0
        may_charge = count < OVER_DISCHARGES_MAX
        expect(is_charging == may_charge, f"{report.charge_ua} uA flow into the cell after over-discharge {count}")
        target.let_pass(Duration.of_s(4 * 3_600))
        target.bench("place-charger", coupling_permille=0)


@check("A supply that gives way takes the output away before the next pulse, and the implant says why it began anew",
       "FW-25 FW-11", "H21 H27", Need.BATTERY, Need.TIME, Need.STIMULATES, Need.TAP)  # fmt: skip
def supply_gives_way(context: Context) -> None:
    bed = context.bed()
    speaker, target = bed.speaker, context.target
    group = quick_group(bed, rate_mhz=100_000)
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
    with listening(context, bed) as ear:
        target.bench("load-supply", leakage_ua=SHORT_UA)
        began_us = target.now_us
        target.let_pass(Duration.of_s(2))
        late = ear.since(began_us + 1)
        expect(not late, f"{len(late)} pulses left while the supply was below what the processor needs", group)
        target.bench("load-supply", leakage_ua=0)
        target.let_pass(Duration.of_s(2))
        speaker.become_writer()
        report = speaker.ask(GetResets(), ResetReport)
        expect(report.cause is ResetCause.BROWN_OUT, f"after a brown-out the implant tells of {report.cause.name}")
        status = speaker.keep_alive(Duration.of_s(2))
        is_off = status.mode is Mode.IDLE and not ear.since(began_us + 1)
        expect(is_off, f"after a brown-out the implant is in {status.mode.name}, or delivers", group)
    context.cases += 1


CHECKS: tuple[Check, ...] = (pocket_stays_cool, over_discharge_is_counted, supply_gives_way)
