"""When the link is lost: what was tried ends with its lease, and what is committed goes on (docs/protocol.md §5.3)."""

from __future__ import annotations

from itertools import pairwise

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import LogKind, Mode, TherapyState
from scs.testing.checks.check import Check, Context, NotEvaluated, check, expect
from scs.testing.checks.ear import Ear, listening
from scs.testing.checks.groups import a_group, on_step, quick_group
from scs.testing.target import Need
from scs.wire.prescription import encode_group
from scs.wire.requests import Close, SetAmplitude
from scs.wire.responses import Done
from scs.wire.terms import LEASE_MS


@check(
    "An amplitude that is tried hangs on the lease of 2 s: then therapy stops softly and what is committed stands",
    "FW-30",
    "H13",
    Need.STIMULATES,
    weight=2,
)
def trial_hangs_on_the_lease(context: Context) -> None:
    for how in ("silence", "unplug", "close"):
        if how == "unplug" and not context.can(Need.UNPLUG):
            continue
        context.cases += 1
        bed = context.bed()
        speaker, row = bed.speaker, bed.profile.amplitude
        group = quick_group(bed, rate_mhz=100_000)
        ramp = group.programs[0].ramp_us
        full = group.programs[0].amplitude_ua
        low = on_step(full // 2, row)
        if low == full:
            raise NotEvaluated("this device has one amplitude only")
        speaker.write(group)
        speaker.start()
        speaker.keep_alive(Duration(ramp + 500_000))
        newest = speaker.status().log_newest
        speaker.ask(SetAmplitude(speaker.op_id(), 0, low, ()), Done)
        status = speaker.status()
        expect(status.trial and status.targets_ua == (low,), f"an amplitude that is tried is called {status}", group)
        if how == "unplug":
            context.target.bench("unplug", link=0)
        if how == "close":
            speaker.ask(Close(), Done)
        if context.can(Need.TAP):
            with listening(context, bed) as ear:
                _fades(context, ear, group, low, how)
        else:
            context.target.let_pass(Duration(LEASE_MS * 1_000 + ramp + 500_000))
        speaker.become_writer()
        status = speaker.status()
        expect(
            status.mode is Mode.IDLE and not status.trial,
            f"after the link was lost under a trial the implant is in {status.mode.name}",
            group,
        )
        expect(speaker.slot(0) == encode_group(group), "a trial changed what is committed", group)
        kinds = [kind for _, _, kind, _ in speaker.log(newest)]
        expect(LogKind.LEASE_EXPIRED in kinds, "the log does not say that a trial ended with its lease", group)


def _fades(context: Context, ear: Ear, group: Group, low: int, how: str) -> None:
    """Nothing changes before the lease ends; from then on it only falls, and it reaches zero."""
    began = context.target.now_us
    lease_us = 0 if how == "close" else LEASE_MS * 1_000
    context.target.let_pass(Duration(LEASE_MS * 1_000 + group.programs[0].ramp_us + 500_000))
    course = ear.course()
    early = [ua for at, ua in course if at < began + lease_us - 20_000]
    expect(set(early) <= {low}, f"a trial of {low} uA gave {sorted(set(early))} uA before its lease had ended", group)
    rises = [b for (_, a), (_, b) in pairwise(course) if b > a]
    expect(not rises, f"the amplitude rose to {max(rises, default=0)} uA when the link was lost", group)
    last = course[-1][0] if course else began
    late_us = last - (began + lease_us)
    expect(
        late_us <= group.programs[0].ramp_us + 50_000,
        f"pulses still left {late_us / 1e6:g} s after the lease of a trial had ended",
        group,
    )


@check("Therapy that is committed goes on when the link is lost", "FW-30", "H20", Need.STIMULATES)
def committed_goes_on(context: Context) -> None:
    bed = context.bed()
    speaker, group = bed.speaker, a_group(bed)
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
    if context.can(Need.UNPLUG):
        context.target.bench("unplug", link=0)
    context.target.let_pass(Duration.of_s(61 if context.can(Need.TIME) else 3))
    other = context.speaker()
    other.become_writer()
    status = other.status()
    amplitude = group.programs[0].amplitude_ua
    expect(
        status.therapy is TherapyState.ON and status.delivered_ua == (amplitude,),
        f"after the link was lost therapy is {status.therapy.name} at {status.delivered_ua} uA",
        group,
    )
    other.stop()
    context.cases += 1


CHECKS: tuple[Check, ...] = (trial_hangs_on_the_lease, committed_goes_on)
