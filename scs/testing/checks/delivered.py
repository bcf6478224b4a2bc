"""What leaves the electrodes is what was prescribed: no more, not longer, not more often, and nothing is left behind.

Needs a target that shows its electrodes. The monitors are those of scs.testing.waveform and scs.testing.prescribed,
which share no code with the rules nor with the firmware.
"""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.program import (
    WHOLE,
    ActiveRecharge,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    Tonic,
)
from scs.domain.status import LogKind
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.drawn import random_group
from scs.testing.checks.ear import Ear, amplitude_of, as_often, as_prescribed, listening
from scs.testing.checks.groups import a_group, a_program, on_band, on_step, with_program
from scs.testing.checks.smallest import smallest
from scs.testing.checks.speaker import Failed
from scs.testing.target import Need
from scs.wire.requests import SetAmplitude
from scs.wire.responses import Done

SECONDS = 1


def run_and_compare(context: Context, bed: Bed, group: Group) -> None:
    """Write, start, wait for the ramp, and compare a second of pulses with the prescription."""
    speaker = bed.speaker
    speaker.stop()
    newest = speaker.status().log_newest
    speaker.write(group)
    with listening(context, bed) as ear:
        speaker.start()
        speaker.keep_alive(Duration(max(p.ramp_us for p in group.programs) + 1_500_000))
        began = context.target.now_us
        speaker.keep_alive(Duration.of_s(SECONDS))
        until = context.target.now_us
        ear.object_to(group)
        as_prescribed(group, ear.pulses)
        if all(program.cycling is None for program in group.programs):
            as_often(group, ear.pulses, began, until)
            _reaches(bed, group, ear, began, newest)
        pulses = speaker.status().pulses
        speaker.stop()
        stopped = context.target.now_us
        context.target.let_pass(Duration.of_ms(500))
        expect(not ear.since(stopped), "a pulse left after STOP", group)
        expect(bed.speaker.status().pulses - pulses <= 1, "the implant counts pulses after STOP", group)


def _reaches(bed: Bed, group: Group, ear: Ear, since: int, newest: int) -> None:
    """Each program reaches its amplitude, or the log says that the output could not."""
    limited = any(kind == LogKind.LEAD_FAULT for _, _, kind, _ in bed.speaker.log(newest))
    for index, program in enumerate(group.programs):
        got = {amplitude_of(pulse) for pulse in ear.since(since) if pulse.program == index}
        if got and got != {program.amplitude_ua} and not limited:
            raise Failed(
                f"program {index + 1} gives {sorted(got)} uA, {program.amplitude_ua} uA are committed, and the log "
                "says nothing of it",
                group,
            )


def _wrong(context: Context, bed: Bed, group: Group) -> Failed | None:
    """What is wrong with how a group is delivered; None when nothing is, or when it may not be delivered at all."""
    if bed.judge(group).blocking_rules:
        return None
    try:
        run_and_compare(context, bed, group)
    except Failed as failure:
        return failure
    return None


def compare(context: Context, bed: Bed, group: Group) -> None:
    """Compare, and fail with the smallest group that is delivered otherwise."""
    failure = _wrong(context, bed, group)
    if failure is None:
        return
    again = context.bed()
    found = smallest(again, group, lambda g: _wrong(context, again, g) is not None, tries=60)
    worst = _wrong(context, again, found) or failure
    raise Failed(worst.sentence, found)


@check(
    "What leaves the electrodes is what was prescribed, for every kind of program",
    "FW-06 FW-05 FW-07",
    "H06 H33 H04",
    Need.STIMULATES,
    Need.TAP,
    weight=2,
)
def delivered_as_prescribed(context: Context) -> None:
    bed = context.bed()
    for group in _catalogue(bed):
        if not bed.judge(group).blocking_rules:
            context.cases += 1
            compare(context, context.bed(), group)


def _catalogue(bed: Bed) -> list[Group]:
    """A group of each kind: shares, recharges, rates whose period is no whole microsecond, interleaved programs."""
    profile = bed.profile
    contacts = [contact.number for contact in bed.implant.contacts]
    last = contacts[-1]
    three = ElectrodeConfig.of({1: -334, 2: -333, last: -333, 3: WHOLE})
    four = ElectrodeConfig.of({1: -WHOLE, 2: 251, 3: 251, last: 498})
    amplitude = on_step(1_000, profile.amplitude)
    odd = amplitude + profile.amplitude.step_ua
    least = profile.ramp.min_us
    programs = [
        a_program(bed),
        a_program(bed, contacts=three, amplitude_ua=odd),
        a_program(bed, contacts=four, amplitude_ua=odd),
        a_program(bed, pair=(last, 1), recharge=PassiveRecharge(kind="passive")),
        a_program(bed, interphase_gap_us=profile.interphase_gap.step_us),
    ]
    programs += [
        a_program(
            bed, recharge=ActiveRecharge(kind="active", ratio=ratio), amplitude_ua=on_step(720, profile.amplitude)
        )
        for ratio in range(2, profile.recharge.active_ratio_max + 1)
    ]
    programs += [
        a_program(bed, waveform=Tonic(kind="tonic", rate_mhz=on_band(rate, profile.tonic_rate)), amplitude_ua=amplitude)
        for rate in (2_000, 7_000, 33_000, 70_000, 130_000, 300_000, 999_000, 1_200_000)
    ]
    if profile.high_rate is not None:
        fast = HighRate(kind="high-rate", rate_mhz=on_band(10_000_000, profile.high_rate))
        programs.append(a_program(bed, waveform=fast, pulse_width_us=30, amplitude_ua=amplitude, ramp_us=least))
    singles = [Group(name="G", programs=(program,)) for program in programs]
    return [*singles, *_together(bed)]


def _together(bed: Bed) -> list[Group]:
    """As many programs as fit, with amplitudes, widths and rates of their own."""
    profile = bed.profile
    step, width = profile.amplitude.step_ua, profile.pulse_width.step_us
    groups = []
    for count in range(2, profile.counts.programs_per_group + 1):
        programs = tuple(
            a_program(
                bed,
                f"P{place + 1}",
                pair=(1 + place, 2 + place),
                amplitude_ua=on_step(600, profile.amplitude) + place * step,
                pulse_width_us=a_program(bed).pulse_width_us + place * width,
                waveform=Tonic(kind="tonic", rate_mhz=on_band((40 + 13 * place) * 1_000, profile.tonic_rate)),
            )
            for place in range(count)
        )
        groups.append(Group(name="G", programs=programs))
    return groups


@check(
    "Whatever group the rules let pass is delivered as prescribed, and its charge within the limits",
    "FW-05 FW-06 FW-07",
    "H05 H06 H04",
    Need.STIMULATES,
    Need.TAP,
    weight=6,
)
def any_group_as_prescribed(context: Context) -> None:
    pulses = 0
    for _ in context.repeat(150):
        bed = context.bed()
        group = random_group(context.chance, bed)
        while bed.judge(group).blocking_rules:
            group = random_group(context.chance, bed)
        compare(context, bed, group)
        pulses += bed.speaker.status().pulses
    context.note(f"{pulses:,} pulses compared")


@check(
    "An amplitude that is tried is what leaves, for the program that it was tried for",
    "FW-06 FW-09",
    "H01 H33",
    Need.STIMULATES,
    Need.TAP,
)
def tried_is_delivered(context: Context) -> None:
    bed = context.bed()
    groups = _together(bed) or [a_group(bed)]
    for _ in context.repeat(40):
        group = context.chance.choice(groups)
        if bed.judge(group).blocking_rules:
            continue
        group = _ramps(bed, group)
        bed.speaker.stop()
        bed.speaker.write(group)
        bed.speaker.start()
        bed.speaker.keep_alive(Duration.of_s(1))
        targets = [program.amplitude_ua for program in group.programs]
        for _press in range(4):
            index = context.chance.randrange(len(targets))
            tried = on_step(context.chance.randint(0, targets[index]), bed.profile.amplitude)
            bed.speaker.ask(SetAmplitude(bed.speaker.op_id(), index, tried, ()), Done)
            targets[index] = tried
            bed.speaker.keep_alive(Duration.of_ms(500))
            with listening(context, bed) as ear:
                bed.speaker.keep_alive(Duration.of_ms(600))
                for place, target in enumerate(targets):
                    got = {ua for _, ua in ear.course(place)}
                    expect(got <= {target}, f"program {place + 1} gives {sorted(got)} uA instead of {target} uA", group)
            status = bed.speaker.status()
            expect(status.targets_ua == tuple(targets), f"the targets are {status.targets_ua} after {targets}", group)


def _ramps(bed: Bed, group: Group) -> Group:
    for index in range(len(group.programs)):
        group = with_program(group, index, ramp_us=bed.profile.ramp.min_us)
    return group


@check(
    "The status says what is delivered: the amplitude of the latest pulse and how many there were",
    "FW-26 FW-38",
    "H13",
    Need.STIMULATES,
    Need.TAP,
)
def status_is_true(context: Context) -> None:
    bed = context.bed()
    group = _together(bed)[0] if _together(bed) else a_group(bed)
    bed.speaker.write(group)
    with listening(context, bed) as ear:
        before = bed.speaker.status().pulses
        bed.speaker.start()
        for _ in context.repeat(60):
            context.target.let_pass(Duration.of_ms(context.chance.randint(1, 1_500)))
            status = bed.speaker.status()
            expect(
                status.pulses - before == len(ear.pulses),
                f"the implant counts {status.pulses - before} pulses, {len(ear.pulses)} left",
                group,
            )
            for place, delivered in enumerate(status.delivered_ua):
                course = ear.course(place)
                latest = course[-1][1] if course else 0
                expect(delivered == latest, f"the status says {delivered} uA of a pulse of {latest} uA", group)


CHECKS: tuple[Check, ...] = (delivered_as_prescribed, any_group_as_prescribed, tried_is_delivered, status_is_true)
