"""One program file on one implant: judged, written, delivered as prescribed, off at once.

What goes wrong is a sentence, and where the delivery is wrong also the smallest program that shows it.
"""

from __future__ import annotations

from random import Random

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.program_file import ProgramFile
from scs.testing.checks.check import Bed, Context, NotEvaluated
from scs.testing.checks.delivered import run_and_compare
from scs.testing.checks.smallest import SLOW_TRIES_MAX, TRIES_MAX, smallest
from scs.testing.checks.speaker import Failed
from scs.testing.target import WHY_NOT, Need, Target

AFTER_RAMP = Duration.of_s(1)


def try_program(target: Target, file: ProgramFile) -> None:
    """Try the file's group on the target; raises Failed with what is wrong, NotEvaluated where it cannot be tried.

    An emulated implant is made with the file's leads; a real one has to have them.
    """
    context = Context(target, Random(1))
    try:
        _try(_Trial(context, file), target, file.group)
    finally:
        context.leave()


def _try(trial: _Trial, target: Target, group: Group) -> None:
    bed = trial.bed()
    verdict = bed.judge(group)
    if verdict.blocking_rules:
        said = [f"{f.rule}: {f.message}; {f.remedy}" for f in verdict.findings if f.rule in verdict.blocking_rules]
        raise Failed("\n".join(said), group)
    if Need.STIMULATES not in target.abilities:
        raise NotEvaluated(WHY_NOT[Need.STIMULATES])
    failure = trial.failure_of(bed, group)
    if failure is None:
        return
    tries = TRIES_MAX if Need.NEW in target.abilities else SLOW_TRIES_MAX
    found = smallest(bed, group, lambda simpler: trial.failure_of(trial.bed(), simpler) is not None, tries)
    raise trial.failure_of(trial.bed(), found) or failure


class _Trial:
    def __init__(self, context: Context, file: ProgramFile) -> None:
        self._context = context
        self._file = file

    def bed(self) -> Bed:
        """An implant with the leads that the file is for."""
        wanted = [] if self._file.implant is None else [plugged.lead.id for plugged in self._file.implant.leads]
        is_new = Need.NEW in self._context.target.abilities
        bed = self._context.bed(leads=wanted) if wanted and is_new else self._context.bed()
        there = [plugged.lead.id for plugged in bed.implant.leads]
        if wanted and there != wanted:
            raise Failed(f"the program is for {', '.join(wanted)}; the implant has {', '.join(there)}: plug them in")
        return bed

    def failure_of(self, bed: Bed, group: Group) -> Failed | None:
        """What is wrong with how a group is delivered; None when nothing is, or when it may not be delivered."""
        if bed.judge(group).blocking_rules:
            return None
        try:
            if self._context.can(Need.TAP):
                run_and_compare(self._context, bed, group)
            else:
                _by_status(bed, group)
        except Failed as failure:
            return failure if failure.group is not None else Failed(failure.sentence, group)
        return None


def _by_status(bed: Bed, group: Group) -> None:
    """What can be seen over the link alone."""
    speaker = bed.speaker
    speaker.write(group)
    speaker.start()
    longest = max(program.ramp_us for program in group.programs)
    status = speaker.keep_alive(Duration(longest) + AFTER_RAMP)
    wanted = tuple(program.amplitude_ua for program in group.programs)
    if all(program.cycling is None for program in group.programs) and status.delivered_ua != wanted:
        raise Failed(f"the implant says that it delivers {status.delivered_ua} uA; {wanted} uA are prescribed", group)
    speaker.stop()
    status = speaker.status()
    if any(status.delivered_ua):
        raise Failed(f"after STOP the implant says that it delivers {status.delivered_ua} uA", group)
