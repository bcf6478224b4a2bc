"""The gate at every place behind staging: each amplitude, commit, start and boot, after the world has changed."""

from __future__ import annotations

from scs.domain.case import amplitude_range
from scs.domain.impedance import Impedances
from scs.domain.program import WHOLE, ElectrodeConfig, Group
from scs.domain.safety import judge
from scs.domain.status import LogKind, TherapyState
from scs.domain.verdict import Verdict
from scs.testing.checks.acknowledging import to_confirm
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.drawn import random_group
from scs.testing.checks.gate import disagreement, edges, fail_smallest, named
from scs.testing.checks.groups import a_group, with_program
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.requests import Commit, GetImpedance, SetAmplitude, Start
from scs.wire.responses import Done, ImpedanceResult, RefusedReply
from scs.wire.terms import ImpedanceState, Reason


@check(
    "Each amplitude that is tried is judged like a group with it, and what is refused leaves the target alone",
    "FW-02 FW-04",
    "H01 H04",
    Need.STIMULATES,
    weight=6,
)
def judged_at_each_amplitude(context: Context) -> None:
    for bed in context.beds():
        speaker = bed.speaker
        base = to_confirm(bed)
        group = a_group(bed, *base.programs) if base else a_group(bed)
        speaker.write(group)
        speaker.start()
        row = amplitude_range(group.programs[0], bed.profile)
        target = group.programs[0].amplitude_ua
        interesting = [edge + more for edge in edges(bed, group) for more in (0, row.step_ua, 1)]
        for _ in context.repeat(5_000):
            amplitude = _tried(context, row.max_ua, row.step_ua, interesting)
            tried = with_program(group, amplitude_ua=amplitude)
            verdict = bed.judge(tried)
            acknowledged = verdict.must_acknowledge if context.chance.random() < 0.5 else ()
            answer = speaker.amplitude(0, amplitude, acknowledged)
            wrong = _amplitude_disagreement(verdict, acknowledged, answer)
            if wrong is not None:
                fail(f"{amplitude} uA was tried: {wrong}", tried)
            target = amplitude if isinstance(answer, Done) else target
        status = speaker.status()
        expect(
            status.targets_ua == (target,), f"the target is {status.targets_ua} after {target} uA was the last accepted"
        )
        speaker.refused(SetAmplitude(speaker.op_id(), 1, row.min_ua, ()), Reason.OUT_OF_RANGE)


def _tried(context: Context, most_ua: int, step_ua: int, interesting: list[int]) -> int:
    kind = context.chance.random()
    if kind < 0.3 and interesting:
        return context.chance.choice(interesting)
    if kind < 0.35:
        return context.chance.choice((most_ua + step_ua, 10 * most_ua, 1_000 * most_ua % 2**32, 2**32 - 1))
    if kind < 0.45:
        return context.chance.randint(0, most_ua)
    return context.chance.randint(0, most_ua // step_ua) * step_ua


def _amplitude_disagreement(verdict: Verdict, acknowledged: tuple[str, ...], answer: object) -> str | None:
    blocking, must = verdict.blocking_rules, verdict.must_acknowledge
    missing = tuple(rule for rule in must if rule not in acknowledged)
    if isinstance(answer, Done):
        if blocking:
            return f"it was accepted although {named(blocking)} must block it"
        return f"it was accepted although {named(missing)} was not acknowledged" if missing else None
    if not isinstance(answer, RefusedReply):
        return f"it was answered with {said(answer)}"
    if blocking:
        is_right = answer.reason is Reason.BLOCKED and answer.rules == blocking
        return None if is_right else f"{said(answer)} where {named(blocking)} must block"
    if missing:
        is_right = answer.reason is Reason.MUST_ACKNOWLEDGE and answer.rules == missing
        return None if is_right else f"{said(answer)} where {named(missing)} must be acknowledged"
    return f"{said(answer)} although no rule speaks against it"


def measure(bed: Bed) -> ImpedanceResult:
    """Measure every contact and let the bed know what was found."""
    bed.speaker.measure()
    result = bed.speaker.ask(GetImpedance(), ImpedanceResult)
    expect(result.state is ImpedanceState.READY, f"a measurement has ended and its result is {result.state.name}")
    bed.impedances = Impedances({contact: ohms for contact, ohms, _ in result.contacts})
    return result


@check("A group that was staged before a lead broke is not committed after it", "FW-02 FW-35", "H26 H25", Need.LEADS)
def judged_at_commit(context: Context) -> None:
    for damage in ("open", "short"):
        context.cases += 1
        bed = context.bed()
        speaker = bed.speaker
        group = a_group(bed)
        staged = speaker.stage(group)
        context.target.bench("break-lead", contact=1, damage=damage)
        measure(bed)
        order = Commit(speaker.op_id(), 0, staged.generation, staged.digest, staged.must_acknowledge)
        answer = speaker.answer(order)
        is_right = isinstance(answer, RefusedReply) and "lead-fault" in answer.rules
        expect(is_right, f"a group on a contact that is {damage} was committed: {said(answer)}", group)
        expect(speaker.slot(0) is None, f"a group on a contact that is {damage} was stored")


@check("A group whose lead broke after it was committed is not started", "FW-02 FW-35", "H26 H25", Need.LEADS)
def judged_at_start(context: Context) -> None:
    for damage in ("open", "short"):
        context.cases += 1
        bed = context.bed()
        speaker = bed.speaker
        group = a_group(bed)
        speaker.write(group)
        context.target.bench("break-lead", contact=1, damage=damage)
        measure(bed)
        answer = speaker.answer(Start(speaker.op_id(), 0))
        is_right = isinstance(answer, RefusedReply) and "lead-fault" in answer.rules
        expect(is_right, f"a group on a contact that is {damage} was started: {said(answer)}", group)
        expect(speaker.status().therapy is TherapyState.OFF, f"therapy runs on a contact that is {damage}", group)


@check(
    "At every boot the stored groups are judged again, and the log names what may not be delivered any more",
    "FW-02",
    "H04",
    Need.POWER,
    Need.NEW,
)
def judged_at_boot(context: Context) -> None:
    bed = context.bed(leads=["medtronic-977a2"])
    speaker = bed.speaker
    last = bed.implant.contacts[-1].number
    group = a_group(bed, contacts=ElectrodeConfig.of({1: -WHOLE, last: WHOLE}))
    speaker.write(group)
    newest = speaker.status().log_newest
    context.target.bench("power-cycle", leads=["medtronic-3487a"])
    speaker.become_writer()
    told = [text for _, _, kind, text in speaker.log(newest) if kind == LogKind.REQUEST_REFUSED]
    expect(
        len(told) == 1 and "polarity" in told[0],
        f"a stored group uses a contact that is gone, and the log of the boot says {told}",
        group,
    )
    answer = speaker.answer(Start(speaker.op_id(), 0))
    is_right = isinstance(answer, RefusedReply) and "polarity" in answer.rules
    expect(is_right, f"a group on a contact that is not there was started: {said(answer)}", group)
    context.cases += 2


@check("After an impedance measurement no rule is looser than before", "FW-35 FW-03", "H01 H26", weight=2)
def measuring_raises_nothing(context: Context) -> None:
    bed = context.bed()
    measure(bed)
    loosened: Group | None = None
    for _ in context.repeat(800):
        group = random_group(context.chance, bed)
        before = judge(group, bed.implant, bed.profile, bed.policy)
        if disagreement(bed, group) is not None:
            fail_smallest(context, bed, group, lambda g: disagreement(bed, g))
        after = bed.judge(group)
        if set(before.blocking_rules) - set(after.blocking_rules):
            loosened = group
    expect(loosened is None, "a measurement loosened a rule", loosened)


CHECKS: tuple[Check, ...] = (
    judged_at_each_amplitude,
    judged_at_commit,
    judged_at_start,
    judged_at_boot,
    measuring_raises_nothing,
)
