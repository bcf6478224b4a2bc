"""Groups drawn by the strategies that the package ships, so that a failure shrinks to the smallest group.

The random groups of drawn.py are many and cheap; these are fewer and aimed: legal by construction, over exactly one
limit by one step, and absurd.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from scs.domain.program import Group
from scs.testing.checks.check import Bed, Check, Context, check
from scs.testing.checks.gate import disagreement, fail_smallest
from scs.testing.checks.speaker import Failed, said
from scs.testing.checks.writing import is_group
from scs.testing.strategies import NearlyValid, hostile_group_bytes, hostile_groups, legal_groups, nearly_valid_groups
from scs.testing.target import Need
from scs.wire.prescription import digest, encode_group
from scs.wire.responses import RefusedReply, Staged
from scs.wire.terms import Reason

T = TypeVar("T")


def search(context: Context, strategy: SearchStrategy[T], look: Callable[[T], None], examples: int) -> None:
    """Show `look` as many examples as the budget allows; what it fails on is shrunk, as far as time is cheap.

    On a slow target nothing is shrunk by the search: each step of shrinking would be another conversation.
    """
    is_cheap = Need.NEW in context.target.abilities
    wanted = context.scaled(examples)

    @seed(context.chance.getrandbits(64))
    @settings(
        max_examples=wanted,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if is_cheap else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def probe(drawn: T) -> None:
        if not context.is_late:
            context.cases += 1
            look(drawn)

    probe()


@check("A group that every rule lets pass is accepted, committed and read back as it was meant", "FW-02 LK-05", "H14",
       weight=3)  # fmt: skip
def legal_is_accepted(context: Context) -> None:
    for bed in context.beds():

        def look(group: Group, bed: Bed = bed) -> None:
            try:
                bed.speaker.write(group)
            except Failed as failure:
                raise Failed(failure.sentence, group) from failure
            if bed.speaker.slot(0) != encode_group(group):
                raise Failed("what was committed reads back as another group", group)

        search(context, legal_groups(bed.implant, bed.profile, bed.policy), look, 400)


@check("A group that is over one limit by one step is refused, and exactly the rule that speaks is named",
       "FW-02 FW-04 FW-37", "H01 H04 H34", weight=3)  # fmt: skip
def nearly_legal_is_refused(context: Context) -> None:
    for bed in context.beds():

        def look(near: NearlyValid, bed: Bed = bed) -> None:
            wrong = disagreement(bed, near.group)
            if wrong is not None:
                raise Failed(wrong, near.group)

        search(context, nearly_valid_groups(bed.implant, bed.profile, bed.policy), look, 400)


@check("A group that is well formed and absurd is judged like any other, and the implant lives on", "FW-02 LK-02",
       "H45 H01", weight=3)  # fmt: skip
def hostile_is_judged(context: Context) -> None:
    bed = context.bed()

    def look(group: Group) -> None:
        if disagreement(bed, group) is not None:
            fail_smallest(context, bed, group, lambda g: disagreement(bed, g))
        bed.speaker.status()

    search(context, hostile_groups(), look, 250)


@check("Bytes that were a group and are damaged are refused, and nothing is stored", "LK-02 LK-05", "H45 H14")
def damaged_group_bytes(context: Context) -> None:
    bed = context.bed()
    held = bed.speaker.slot(0)

    def look(data: bytes) -> None:
        answer = bed.speaker.stage_bytes(data)
        if is_group(data):
            if isinstance(answer, Staged) and answer.digest != digest(data):
                raise Failed("the implant understood another group than the one that was staged")
            return
        if not isinstance(answer, RefusedReply) or answer.reason not in (Reason.MALFORMED, Reason.OUT_OF_RANGE):
            raise Failed(f"bytes that are no group ({data[:40].hex()}) were answered with {said(answer)}")

    search(context, hostile_group_bytes(), look, 400)
    if bed.speaker.slot(0) != held:
        raise Failed("damaged bytes changed what is stored")


CHECKS: tuple[Check, ...] = (legal_is_accepted, nearly_legal_is_refused, hostile_is_judged, damaged_group_bytes)
