"""The gate: what the implant lets pass, at every place where it has to judge by itself.

The expectation is the programmer's own judgement of the same group on the leads and limits that the implant gave. A
disagreement either way is a failure: what is let through may harm, and what is refused without a rule is a therapy
that a patient does not get. What was refused leaves nothing behind, and nothing is clamped.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Duration
from scs.domain.case import amplitude_range
from scs.domain.impedance import Impedances
from scs.domain.program import WHOLE, ElectrodeConfig, Group, PatientLimits
from scs.domain.safety import judge
from scs.domain.status import LogKind, TherapyState
from scs.domain.verdict import Verdict
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.drawn import random_group
from scs.testing.checks.groups import a_group, a_program, on_step, on_time, with_program
from scs.testing.checks.smallest import SLOW_TRIES_MAX, TRIES_MAX, smallest
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.messages import (
    Commit,
    Committed,
    Done,
    GetImpedance,
    ImpedanceResult,
    ImpedanceState,
    MeasureImpedance,
    Object,
    Read,
    Reason,
    RefusedReply,
    SetAmplitude,
    Staged,
    Start,
)
from scs.wire.prescription import encode_group

RULES_SHOWN = 16
"""As many rules as a refusal carries."""


def disagreement(bed: Bed, group: Group, verdict: Verdict | None = None) -> str | None:
    """How the implant's answer to staging differs from the rules; None when it does not."""
    wanted = verdict or bed.judge(group)
    answer = bed.speaker.stage_bytes(encode_group(group))
    blocking = wanted.blocking_rules[:RULES_SHOWN]
    if isinstance(answer, Staged):
        if blocking:
            return f"the implant accepted a group that {_named(blocking)} must block"
        if answer.must_acknowledge != wanted.must_acknowledge:
            return (
                f"the implant wants {_named(answer.must_acknowledge)} to be acknowledged where it should be "
                f"{_named(wanted.must_acknowledge)}"
            )
        return None
    if not blocking:
        return f"the implant refused a group that no rule blocks ({answer.reason.word}: {answer.text})"
    if answer.reason is not Reason.BLOCKED:
        return f"the implant refused a group as {answer.reason.word} where {_named(blocking)} must block: {answer.text}"
    if answer.rules != blocking:
        return f"the implant names {_named(answer.rules)} where {_named(blocking)} must block"
    return None


def _named(rules: tuple[str, ...]) -> str:
    return " and ".join(rules) if rules else "nothing"


def fail_smallest(context: Context, bed: Bed, group: Group, wrong: Callable[[Group], str | None]) -> None:
    """Fail with the smallest group that shows what `wrong` finds."""
    tries = TRIES_MAX if Need.NEW in context.target.abilities else SLOW_TRIES_MAX
    found = smallest(bed, group, lambda g: wrong(g) is not None, tries)
    fail(wrong(found) or wrong(group) or "the implant answered otherwise when it was asked again", found)


# ------------------------------------------------------------------------------------------------------- at stage


@check(
    "The implant's judgement of a group is that of the rules, whatever the group",
    "FW-02 FW-04 FW-03",
    "H01 H04 H34",
    weight=10,
)
def judged_at_stage(context: Context) -> None:
    blocked = 0
    for bed in context.beds():
        for _ in context.repeat(2_500):
            group = random_group(context.chance, bed)
            verdict = bed.judge(group)
            blocked += bool(verdict.blocking_rules)
            if disagreement(bed, group, verdict) is not None:
                fail_smallest(context, bed, group, lambda g, bed=bed: disagreement(bed, g))  # type: ignore[misc]
    context.note(f"{blocked} of {context.cases} groups were blocked, on both sides alike")


@check(
    "Each contact's largest amplitude is that of its own area: one step more is judged otherwise",
    "FW-04 FW-02",
    "H04",
    weight=3,
)
def judged_at_the_edges(context: Context) -> None:
    for bed in context.beds():
        step = bed.profile.amplitude.step_ua
        contacts = [contact.number for contact in bed.implant.contacts]
        for _ in context.repeat(600):
            one, other = context.chance.sample(contacts, 2)
            least = bed.profile.pulse_width.step_us
            width = on_time(context.chance.randrange(bed.profile.pulse_width.max_us), bed.profile.pulse_width)
            group = Group(
                name="G",
                programs=(a_program(bed, pair=(one, other), pulse_width_us=max(width, least)),),
            )
            for edge in edges(bed, group):
                for amplitude in (edge, edge + step):
                    context.cases += 1
                    at_edge = with_program(group, amplitude_ua=amplitude)
                    if disagreement(bed, at_edge) is not None:
                        fail_smallest(context, bed, at_edge, lambda g, bed=bed: disagreement(bed, g))  # type: ignore[misc]


def edges(bed: Bed, group: Group) -> set[int]:
    """The amplitudes of the first program at which the verdict's tiers change, found by halving on the grid."""
    row = amplitude_range(group.programs[0], bed.profile)
    found: set[int] = set()
    for tier_of in (_blocks, _is_loud):
        low, high = -(-row.min_ua // row.step_ua), row.max_ua // row.step_ua
        if tier_of(bed.judge(with_program(group, amplitude_ua=low * row.step_ua))):
            continue
        while low < high:
            middle = (low + high + 1) // 2
            if tier_of(bed.judge(with_program(group, amplitude_ua=middle * row.step_ua))):
                high = middle - 1
            else:
                low = middle
        found.add(low * row.step_ua)
    return found


def _blocks(verdict: Verdict) -> bool:
    return bool(verdict.blocking_rules)


def _is_loud(verdict: Verdict) -> bool:
    return bool(verdict.blocking_rules or verdict.must_acknowledge)


@check(
    "What is refused leaves nothing behind: no clamped value, nothing staged, every slot as it was",
    "FW-02 LK-05",
    "H01 H14",
    weight=2,
)
def refused_leaves_nothing(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(a_group(bed))
    before, generation = speaker.slot(0), speaker.status().generation
    refused = 0
    for _ in context.repeat(800):
        group = random_group(context.chance, bed)
        data = encode_group(group)
        answer = speaker.stage_bytes(data)
        if not isinstance(answer, RefusedReply):
            continue
        refused += 1
        speaker.refused(Read(Object.STAGED, 0, 0), Reason.NOTHING_STAGED)
        speaker.refused(Commit(speaker.op_id(), 0, generation, _digest(data), bed.judge(group).must_acknowledge))
        if speaker.slot(0) != before or speaker.status().generation != generation:
            fail("a group that was refused changed what is stored", group)
    context.note(f"{refused} groups were refused")


def _digest(data: bytes) -> bytes:
    from scs.wire.prescription import digest

    return digest(data)


@check("The highest amplitude that the patient can reach is judged like the amplitude itself", "FW-37", "H01")
def patient_range_judged(context: Context) -> None:
    for bed in context.beds():
        row = bed.profile.amplitude
        base = a_group(bed, pulse_width_us=on_time(1_000, bed.profile.pulse_width))
        amplitude = base.programs[0].amplitude_ua
        for _ in context.repeat(300):
            highest = on_step(context.chance.randint(amplitude, row.max_ua), row)
            group = with_program(base, patient=PatientLimits(lowest_ua=row.min_ua, highest_ua=max(highest, amplitude)))
            if disagreement(bed, group) is not None:
                fail_smallest(context, bed, group, lambda g, bed=bed: disagreement(bed, g))  # type: ignore[misc]


# ------------------------------------------------------------------------------------------------- acknowledgement


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
            fail(f"a commit that acknowledged {_named(given)} was carried out; {_named(rules)} must be named", group)
        missing = tuple(rule for rule in rules if rule not in given)
        expect(
            answer.reason is Reason.MUST_ACKNOWLEDGE and answer.rules == missing,
            f"a commit that acknowledged {_named(given)} was refused as {answer.reason.word} "
            f"{_named(answer.rules)}; {_named(missing)} is missing",
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
        f"the log does not say that {_named(rules)} were acknowledged: {told}",
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
        speaker.refused(Commit(speaker.op_id(), 0, 0, _digest(encode_group(louder)), every))


# ------------------------------------------------------------------------------------------------- at each amplitude


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
            return f"it was accepted although {_named(blocking)} must block it"
        return f"it was accepted although {_named(missing)} was not acknowledged" if missing else None
    if not isinstance(answer, RefusedReply):
        return f"it was answered with {said(answer)}"
    if blocking:
        is_right = answer.reason is Reason.BLOCKED and answer.rules == blocking
        return None if is_right else f"{said(answer)} where {_named(blocking)} must block"
    if missing:
        is_right = answer.reason is Reason.MUST_ACKNOWLEDGE and answer.rules == missing
        return None if is_right else f"{said(answer)} where {_named(missing)} must be acknowledged"
    return f"{said(answer)} although no rule speaks against it"


# ------------------------------------------------------------------------------------------- after the world changed


def measure(bed: Bed) -> ImpedanceResult:
    """Measure every contact and let the bed know what was found."""
    speaker = bed.speaker
    speaker.ask(MeasureImpedance(speaker.op_id()), Done)
    for _ in range(20):
        speaker.target.let_pass(Duration.of_ms(100))
        result = speaker.ask(GetImpedance(), ImpedanceResult)
        if result.state is ImpedanceState.READY:
            bed.impedances = Impedances({contact: ohms for contact, ohms, _ in result.contacts})
            return result
    return fail("a measurement of every contact did not end within two seconds")


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
        is_right = isinstance(answer, RefusedReply) and answer.rules == ("lead-fault",)
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
        is_right = isinstance(answer, RefusedReply) and answer.rules == ("lead-fault",)
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
    for _ in context.repeat(1_500):
        group = random_group(context.chance, bed)
        before = judge(group, bed.implant, bed.profile, bed.policy)
        if disagreement(bed, group) is not None:
            fail_smallest(context, bed, group, lambda g: disagreement(bed, g))
        after = bed.judge(group)
        if set(before.blocking_rules) - set(after.blocking_rules):
            loosened = group
    expect(loosened is None, "a measurement loosened a rule", loosened)


CHECKS: tuple[Check, ...] = (
    judged_at_stage, judged_at_the_edges, refused_leaves_nothing, patient_range_judged, acknowledged_by_name,
    blocks_stay_blocks, judged_at_each_amplitude, judged_at_commit, judged_at_start, judged_at_boot,
    measuring_raises_nothing,
)  # fmt: skip
