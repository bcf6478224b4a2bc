"""Therapy in time: softly on, softly off, never above its target, only when it is asked for, and gone with the link.

Where the target shows its electrodes the pulses decide; where it does not, the status has to do.
"""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.program import Cycling, Group
from scs.domain.status import Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, NotEvaluated, check, expect
from scs.testing.checks.ear import Ear, listening
from scs.testing.checks.groups import a_group, on_step, on_time, quick_group, with_program
from scs.testing.target import Need
from scs.wire.requests import Read, SetAmplitude
from scs.wire.responses import Chunk, Done
from scs.wire.terms import Object

TICK_US_MIN = 1_000
"""No ramp tick is shorter (docs/SAFETY.md): a ramp of 0 s climbs step by step too."""


def never_too_fast(group: Group, ear: Ear, step_ua: int, most_ua: int, tick_us: int, before_ua: int = 0) -> None:
    """Fail when an amplitude was above `most_ua`, rose by more than a step at once, or by two steps within a tick."""
    course = ear.course()
    before, rose_us = before_ua, -tick_us
    for at_us, amplitude in course:
        expect(amplitude <= most_ua, f"{amplitude} uA left where {most_ua} uA is the target", group)
        rise = amplitude - before
        expect(rise <= step_ua, f"the amplitude rose by {rise} uA at once, a step is {step_ua} uA", group)
        if rise > 0:
            period = course[1][0] - course[0][0] if len(course) > 1 else 0
            expect(
                at_us - rose_us >= tick_us - period,
                f"the amplitude rose twice within {at_us - rose_us} us, the ramp takes {tick_us} us a step",
                group,
            )
            rose_us = at_us
        before = amplitude


def tick_of(group: Group, target_ua: int, step_ua: int) -> int:
    """How long the ramp of the first program takes for each step of its way from zero to a target."""
    return max(TICK_US_MIN, -(-group.programs[0].ramp_us // max(1, -(-target_ua // step_ua))))


@check(
    "Therapy starts softly: at most a step a tick, over the whole ramp, and never above its target",
    "FW-09",
    "H03 H08",
    Need.STIMULATES,
    weight=3,
)
def soft_start(context: Context) -> None:
    for _ in context.repeat(25):
        bed = context.bed()
        row = bed.profile.amplitude
        group = quick_group(bed)
        amplitude = on_step(context.chance.randint(1, group.programs[0].amplitude_ua), row) or row.step_ua
        ramp = on_time(context.chance.choice((0, 500_000, 1_000_000, 2_000_000, 4_000_000)), bed.profile.ramp)
        group = with_program(group, amplitude_ua=amplitude, ramp_us=ramp)
        bed.speaker.write(group)
        tick = tick_of(group, amplitude, row.step_ua)
        if not context.can(Need.TAP):
            _soft_start_by_status(bed, group)
            continue
        with listening(context, bed) as ear:
            began_us = context.target.now_us
            bed.speaker.start()
            bed.speaker.keep_alive(Duration(ramp + 1_500_000))
            never_too_fast(group, ear, row.step_ua, amplitude, tick)
            reached = next((at for at, ua in ear.course() if ua == amplitude), None)
            expect(reached is not None, f"the target of {amplitude} uA was never reached", group)
            expect(
                (reached or 0) - began_us >= ramp - tick,
                f"the target was reached after {((reached or 0) - began_us) / 1e6:g} s, the ramp takes "
                f"{ramp / 1e6:g} s",
                group,
            )
            ear.object_to(group)
        status = bed.speaker.status()
        expect(
            status.therapy is TherapyState.ON and status.delivered_ua == (amplitude,),
            f"after its ramp therapy is {status.therapy.name} at {status.delivered_ua} uA",
            group,
        )


def _soft_start_by_status(bed: Bed, group: Group) -> None:
    """The same by what the implant says of itself: never above the target, never falling, ON in the end."""
    speaker, amplitude = bed.speaker, group.programs[0].amplitude_ua
    speaker.start()
    end_us = speaker.target.now_us + group.programs[0].ramp_us + 1_500_000
    before = 0
    while speaker.target.now_us < end_us:
        status = speaker.status()
        delivered = status.delivered_ua[0] if status.delivered_ua else 0
        expect(before <= delivered <= amplitude, f"{delivered} uA is delivered on the way to {amplitude} uA", group)
        before = delivered
        speaker.target.let_pass(Duration.of_ms(50))
    expect(before == amplitude, f"the ramp ended at {before} uA instead of {amplitude} uA", group)
    speaker.stop()


@check(
    "Start, stop and amplitudes pressed in any order never give a jump, nor more than was asked for",
    "FW-09",
    "H03 H01",
    Need.STIMULATES,
    Need.TAP,
    weight=4,
)
def buttons_in_any_order(context: Context) -> None:
    for _ in context.repeat(40):
        bed = context.bed()
        speaker, row = bed.speaker, bed.profile.amplitude
        group = quick_group(bed)
        full = group.programs[0].amplitude_ua
        group = with_program(group, amplitude_ua=on_step(full // 2, row), ramp_us=on_time(1_000_000, bed.profile.ramp))
        speaker.write(group)
        most = group.programs[0].amplitude_ua
        with listening(context, bed) as ear:
            speaker.start()
            for _ in range(context.chance.randint(3, 12)):
                speaker.keep_alive(Duration(context.chance.choice((0, 700, 5_000, 60_000, 333_333, 1_200_000))))
                press = context.chance.random()
                if press < 0.45:
                    speaker.start()
                elif press < 0.65:
                    speaker.soft_stop()
                else:
                    tried = on_step(context.chance.randint(0, full), row)
                    if isinstance(speaker.amplitude(0, tried), Done):
                        most = max(most, tried)
                        _lowered_at_once(ear, group, tried, context)
            speaker.keep_alive(Duration.of_s(2))
            never_too_fast(group, ear, row.step_ua, most, tick_of(group, most, row.step_ua))
            ear.object_to(group)


def _lowered_at_once(ear: Ear, group: Group, tried: int, context: Context) -> None:
    """A target that is lowered takes the amplitude down with the next pulse."""
    now = context.target.now_us
    context.target.let_pass(Duration.of_ms(20))
    over = [pulse for pulse in ear.course() if pulse[0] > now and pulse[1] > tried]
    expect(not over, f"{over[0][1] if over else 0} uA still left after {tried} uA was set", group)


@check("Start while the group runs changes nothing", "FW-09", "H03", Need.STIMULATES)
def start_while_on(context: Context) -> None:
    bed = context.bed()
    speaker, group = bed.speaker, a_group(bed)
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
    before = speaker.status()
    for _ in context.repeat(20):
        speaker.start()
        speaker.target.let_pass(Duration.of_ms(context.chance.choice((1, 25, 130))))
        after = speaker.status()
        same = (after.mode, after.therapy, after.targets_ua, after.delivered_ua, after.log_newest)
        expect(
            same == (before.mode, before.therapy, before.targets_ua, before.delivered_ua, before.log_newest),
            f"start while on made {after.delivered_ua} uA of {before.delivered_ua} uA",
            group,
        )


@check(
    "A soft stop steps down over the ramp, ends at zero, and nothing leaves afterwards",
    "FW-10 FW-09",
    "H07",
    Need.STIMULATES,
)
def soft_stop(context: Context) -> None:
    for _ in context.repeat(12):
        bed = context.bed()
        speaker, row = bed.speaker, bed.profile.amplitude
        group = quick_group(bed, ramp_us=on_time(context.chance.choice((0, 500_000, 1_000_000)), bed.profile.ramp))
        speaker.write(group)
        speaker.start()
        speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
        if not context.can(Need.TAP):
            speaker.soft_stop()
            speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
        else:
            with listening(context, bed) as ear:
                speaker.soft_stop()
                speaker.keep_alive(Duration(group.programs[0].ramp_us + 1_000_000))
                _steps_down(group, ear, row.step_ua)
                quiet = context.target.now_us
                speaker.keep_alive(Duration.of_s(3))
                expect(not ear.since(quiet), "pulses leave after a soft stop has ended", group)
        status = speaker.status()
        expect(
            status.mode is Mode.IDLE and not any(status.delivered_ua), f"a soft stop ended in {status.mode.name}", group
        )


def _steps_down(group: Group, ear: Ear, step_ua: int) -> None:
    before = group.programs[0].amplitude_ua
    for _, amplitude in ear.course():
        expect(
            before - step_ua <= amplitude <= before,
            f"a soft stop went from {before} uA to {amplitude} uA, a step is {step_ua} uA",
            group,
        )
        before = amplitude


@check(
    "A commit to the running group takes its amplitudes over by ramp, and anything else stops it softly",
    "LK-05 FW-09",
    "H03 H01",
    Need.STIMULATES,
)
def commit_while_running(context: Context) -> None:
    bed = context.bed()
    speaker, row = bed.speaker, bed.profile.amplitude
    group = quick_group(bed, rate_mhz=300_000)
    full, ramp = group.programs[0].amplitude_ua, Duration(group.programs[0].ramp_us + 500_000)
    low = on_step(full // 2, row)
    speaker.write(with_program(group, amplitude_ua=low))
    speaker.start()
    speaker.keep_alive(ramp)
    if context.can(Need.TAP):
        with listening(context, bed) as ear:
            speaker.write(group)
            speaker.keep_alive(ramp)
            never_too_fast(group, ear, row.step_ua, full, tick_of(group, full, row.step_ua), before_ua=low)
    else:
        speaker.write(group)
        speaker.keep_alive(ramp)
    status = speaker.status()
    is_there = status.targets_ua == (full,) and status.delivered_ua == (full,)
    expect(is_there, f"{full} uA was committed while on, and {status.delivered_ua} uA is delivered", group)
    width, step = group.programs[0].pulse_width_us, bed.profile.pulse_width.step_us
    wider = with_program(group, pulse_width_us=width - step if width > step else width + step)
    committed = speaker.write(wider)
    status = speaker.status()
    is_ending = status.therapy in (TherapyState.RAMPING_DOWN, TherapyState.OFF)
    expect(is_ending, f"after another width was committed while on therapy is {status.therapy.name}", wider)
    status = speaker.keep_alive(ramp)
    expect(status.mode is Mode.IDLE, f"a soft stop ended in {status.mode.name}", wider)
    chunk = speaker.ask(Read(Object.GROUP, 0, 0), Chunk)
    expect(chunk.digest == committed.digest, "what is in force is not what was committed", wider)
    context.cases += 2


@check("Nothing is delivered unless a start asked for it", "FW-11 FW-34", "H08 H09", Need.TAP)
def only_when_asked(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    with listening(context, bed) as ear:
        speaker.keep_alive(Duration.of_s(2))
        speaker.write(a_group(bed))
        speaker.keep_alive(Duration.of_s(5))
        speaker.stop()
        speaker.soft_stop()
        speaker.refused(SetAmplitude(speaker.op_id(), 0, bed.profile.amplitude.min_ua, ()))
        context.target.let_pass(Duration.of_s(60))
        expect(not ear.pulses, f"{len(ear.pulses)} pulses left before any start", a_group(bed))
    context.cases += 1


@check(
    "In the off part of a cycle nothing leaves, and each on part begins softly",
    "FW-09",
    "H03 H08",
    Need.STIMULATES,
    Need.TAP,
    Need.TIME,
)
def cycles_are_kept(context: Context) -> None:
    bed = context.bed()
    on_row, off_row = bed.profile.cycle_on, bed.profile.cycle_off
    if on_row is None or off_row is None:
        raise NotEvaluated("this device has no cycling")
    on_us, off_us = on_time(3_000_000, on_row), max(off_row.step_us, on_time(2_000_000, off_row))
    cycling = Cycling(on_us=on_us, off_us=off_us)
    group = quick_group(bed, rate_mhz=100_000, cycling=cycling, ramp_us=on_time(1_000_000, bed.profile.ramp))
    speaker, step = bed.speaker, bed.profile.amplitude.step_ua
    speaker.write(group)
    with listening(context, bed) as ear:
        began = context.target.now_us
        speaker.start()
        speaker.keep_alive(Duration((on_us + off_us) * 5))
        seen: set[int] = set()
        before = 0
        for at_us, amplitude in ear.course():
            cycle, into_us = divmod(at_us - began, on_us + off_us)
            expect(into_us < on_us, f"a pulse left {(into_us - on_us) / 1e6:g} s into the off part of a cycle", group)
            before = 0 if cycle not in seen else before
            expect(amplitude - before <= step, f"a cycle's on part jumped from {before} uA to {amplitude} uA", group)
            seen.add(cycle)
            before = amplitude
        expect(len(seen) >= 5, f"therapy came on in {len(seen)} of 5 cycles", group)
        context.cases += len(seen)


CHECKS: tuple[Check, ...] = (
    soft_start, buttons_in_any_order, start_while_on, soft_stop, commit_while_running, only_when_asked, cycles_are_kept,
)  # fmt: skip
