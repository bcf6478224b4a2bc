"""The gate: what the implant lets pass, at every place where it has to judge by itself.

The expectation is the programmer's own judgement of the same group on the leads and limits that the implant gave. A
disagreement either way is a failure: what is let through may harm, and what is refused without a rule is a therapy
that a patient does not get. What was refused leaves nothing behind, and nothing is clamped.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.domain.case import amplitude_range
from scs.domain.program import Group, PatientLimits
from scs.domain.verdict import Verdict
from scs.testing.checks.check import Bed, Check, Context, check, fail
from scs.testing.checks.drawn import random_group
from scs.testing.checks.groups import a_group, a_program, on_step, on_time, with_program
from scs.testing.checks.smallest import SLOW_TRIES_MAX, TRIES_MAX, smallest
from scs.testing.target import Need
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Commit, Read
from scs.wire.responses import RefusedReply, Staged
from scs.wire.terms import Object, Reason

RULES_SHOWN = 16
"""As many rules as a refusal carries."""


def disagreement(bed: Bed, group: Group, verdict: Verdict | None = None) -> str | None:
    """How the implant's answer to staging differs from the rules; None when it does not."""
    wanted = verdict or bed.judge(group)
    answer = bed.speaker.stage_bytes(encode_group(group))
    blocking = wanted.blocking_rules[:RULES_SHOWN]
    if isinstance(answer, Staged):
        if blocking:
            return f"the implant accepted a group that {named(blocking)} must block"
        if answer.must_acknowledge != wanted.must_acknowledge:
            return (
                f"the implant wants {named(answer.must_acknowledge)} to be acknowledged where it should be "
                f"{named(wanted.must_acknowledge)}"
            )
        return None
    if not blocking:
        return f"the implant refused a group that no rule blocks ({answer.reason.word}: {answer.text})"
    if answer.reason is not Reason.BLOCKED:
        return f"the implant refused a group as {answer.reason.word} where {named(blocking)} must block: {answer.text}"
    if answer.rules != blocking:
        return f"the implant names {named(answer.rules)} where {named(blocking)} must block"
    return None


def named(rules: tuple[str, ...]) -> str:
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
        speaker.refused(Commit(speaker.op_id(), 0, generation, digest(data), bed.judge(group).must_acknowledge))
        if speaker.slot(0) != before or speaker.status().generation != generation:
            fail("a group that was refused changed what is stored", group)
    context.note(f"{refused} groups were refused")


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


CHECKS: tuple[Check, ...] = (
    judged_at_stage, judged_at_the_edges, refused_leaves_nothing, patient_range_judged,
)  # fmt: skip
