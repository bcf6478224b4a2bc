"""What must be acknowledged: by name, for what it was given, and never for what blocks."""

from __future__ import annotations

from scs.domain.program import Group
from scs.domain.status import LogKind
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.gate import named
from scs.testing.checks.groups import a_group, a_program, on_step, on_time, with_program
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, SetAmplitude
from scs.wire.responses import Committed, Done, RefusedReply, Staged
from scs.wire.terms import Reason


def to_confirm(bed: Bed) -> Group | None:
    """A group that two rules want to be acknowledged and none blocks; None where this device has none."""
    for width in (1_000, 800, 600, 400, 300, 200):
        group = Group(name="G", programs=(a_program(bed, pulse_width_us=on_time(width, bed.profile.pulse_width)),))
        row = bed.profile.amplitude
        for amplitude in range(on_step(row.max_ua, row), row.min_ua, -row.step_ua):
            louder = with_program(group, amplitude_ua=amplitude)
            verdict = bed.judge(louder)
            if not verdict.blocking_rules and len(verdict.must_acknowledge) >= 2:
                return louder
    return None


@check("What must be acknowledged is, rule by rule and by name, and the log says so", "FW-04", "H04")
def acknowledged_by_name(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    group = to_confirm(bed)
    if group is None:
        context.left_out.append("no group of this device must be acknowledged in two rules")
        return
    rules = bed.judge(group).must_acknowledge
    before = speaker.status()
    for given in [(), *((rule,) for rule in rules), ("grid",), ("grid", "timing", "total-current")]:
        context.cases += 1
        staged = speaker.stage(group)
        order = Commit(speaker.op_id(), 0, staged.generation, staged.digest, given)
        answer = speaker.answer(order)
        if not isinstance(answer, RefusedReply):
            fail(f"a commit that acknowledged {named(given)} was carried out; {named(rules)} must be named", group)
        missing = tuple(rule for rule in rules if rule not in given)
        expect(
            answer.reason is Reason.MUST_ACKNOWLEDGE and answer.rules == missing,
            f"a commit that acknowledged {named(given)} was refused as {answer.reason.word} "
            f"{named(answer.rules)}; {named(missing)} is missing",
            group,
        )
    expect(
        speaker.status().generation == before.generation, "a commit without acknowledgement changed something", group
    )
    staged = speaker.stage(group)
    speaker.ask(Commit(speaker.op_id(), 0, staged.generation, staged.digest, rules), Committed)
    told = [text for _, _, kind, text in speaker.log(before.log_newest) if kind == LogKind.RULES_ACKNOWLEDGED]
    expect(
        len(told) == 1 and all(rule in told[0] for rule in rules),
        f"the log does not say that {named(rules)} were acknowledged: {told}",
        group,
    )


@check("A rule that blocks is not acknowledged away", "FW-04 FW-02", "H04")
def blocks_stay_blocks(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    group = to_confirm(bed)
    base = group or a_group(bed)
    every = ("grid", "charge-density", "shannon", "charge-balance", "compliance", "patient-range", "phase-charge")
    row = bed.profile.amplitude
    for amplitude in range(base.programs[0].amplitude_ua, row.max_ua, row.step_ua * 20):
        louder = with_program(base, amplitude_ua=amplitude)
        if not bed.judge(louder).blocking_rules:
            continue
        context.cases += 1
        answer = speaker.stage_bytes(encode_group(louder))
        if isinstance(answer, Staged):
            fail("a group that a rule blocks was staged", louder)
        speaker.refused(Commit(speaker.op_id(), 0, 0, digest(encode_group(louder)), every))


@check(
    "What was acknowledged holds for the amplitude that it was given for: a higher one asks again",
    "FW-04 FW-02",
    "H01 H04",
    Need.STIMULATES,
)
def acknowledged_again_when_raised(context: Context) -> None:
    bed = context.bed()
    speaker, group, row = bed.speaker, to_confirm(bed), bed.profile.amplitude
    if group is None:
        context.left_out.append("no group of this device must be acknowledged in two rules")
        return
    most = group.programs[0].amplitude_ua
    for less in range(1, 40):
        lower = with_program(group, amplitude_ua=most - less * row.step_ua)
        if len(bed.judge(lower).must_acknowledge) < 2:
            break
        context.cases += 1
        speaker.stop()
        speaker.write(lower)
        speaker.start()
        answer = speaker.amplitude(0, most)
        rules = bed.judge(group).must_acknowledge
        is_right = isinstance(answer, RefusedReply) and answer.reason is Reason.MUST_ACKNOWLEDGE
        expect(
            is_right,
            f"{most} uA was tried after {most - less * row.step_ua} uA had been acknowledged: {said(answer)}",
            group,
        )
        speaker.ask(SetAmplitude(speaker.op_id(), 0, most, rules), Done)
        speaker.ask(SetAmplitude(speaker.op_id(), 0, most - less * row.step_ua, ()), Done)
    speaker.stop()


CHECKS: tuple[Check, ...] = (acknowledged_by_name, blocks_stay_blocks, acknowledged_again_when_raised)
