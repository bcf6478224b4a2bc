"""A loss of power, and the log: what is off, what is kept, and what is told, with numbers that are never used twice."""

from __future__ import annotations

from itertools import pairwise

from scs.clock import Duration
from scs.domain.status import LogKind, Mode, TherapyState
from scs.testing.checks.check import Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import a_group, on_step, quick_group
from scs.testing.checks.speaker import Speaker
from scs.testing.target import Need
from scs.wire.prescription import encode_group
from scs.wire.requests import SetAmplitude, Start
from scs.wire.responses import Done

KEPT = 1_000
"""Entries that the log keeps at least (FW-38)."""
Entry = tuple[int, int, int, str]


def _numbered(entries: list[Entry], what: str) -> None:
    """Numbers go up by one, times never back."""
    for (number, at_us, _, _), (following, later_us, _, _) in pairwise(entries):
        expect(following == number + 1, f"{what}: entry {number} is followed by {following}")
        expect(later_us >= at_us, f"{what}: entry {following} is older than entry {number}")


@check(
    "After a power cycle therapy is off, stays off, and what was committed is kept",
    "FW-11 FW-21 LK-05",
    "H08 H17",
    Need.POWER,
    Need.STIMULATES,
    weight=2,
)
def power_cycle(context: Context) -> None:
    for number in context.repeat(40):
        bed = context.bed()
        speaker, target = bed.speaker, context.target
        groups = {0: quick_group(bed, rate_mhz=100_000)}
        if bed.profile.counts.groups > 1:
            groups[1] = a_group(bed, name="G2")
        for slot, group in groups.items():
            speaker.write(group, slot)
        generation = speaker.status().generation
        speaker.start()
        speaker.keep_alive(Duration(context.chance.randrange(2_500_000)))
        if number % 3 == 0:
            tried = on_step(groups[0].programs[0].amplitude_ua // 2, bed.profile.amplitude)
            speaker.ask(SetAmplitude(speaker.op_id(), 0, tried, ()), Done)
        target.bench("power-cycle")
        if context.can(Need.TAP):
            with listening(context, bed) as ear:
                target.let_pass(Duration.of_s(20))
                speaker.become_writer()
                speaker.keep_alive(Duration.of_s(1))
                expect(not ear.pulses, f"{len(ear.pulses)} pulses left after a power cycle", groups[0])
        else:
            speaker.become_writer()
        status = speaker.status()
        expect(
            status.mode is Mode.IDLE and status.therapy is TherapyState.OFF,
            f"after a power cycle the implant is in {status.mode.name}, therapy {status.therapy.name}",
            groups[0],
        )
        expect(not status.trial and not any(status.targets_ua), "a trial outlived a power cycle", groups[0])
        expect(status.generation == generation, f"generation {generation} is {status.generation} after a power cycle")
        for slot, group in groups.items():
            expect(speaker.slot(slot) == encode_group(group), f"slot {slot} is not what was committed to it", group)
        speaker.start()
        expect(speaker.status().delivered_ua[0] <= bed.profile.amplitude.step_ua, "a start after a power cycle jumps")


@check("The log tells of every session, commit, start, amplitude, refusal and stop, in order", "FW-38", "H15")
def log_tells(context: Context) -> None:
    bed = context.bed()
    speaker, group = bed.speaker, a_group(bed)
    before = speaker.status().log_newest
    wanted: list[LogKind] = []
    committed = speaker.write(group)
    wanted.append(LogKind.GROUP_COMMITTED)
    empty = bed.profile.counts.groups
    speaker.refused(Start(speaker.op_id(), empty))
    wanted.append(LogKind.REQUEST_REFUSED)
    if context.can(Need.STIMULATES):
        speaker.start()
        speaker.ask(SetAmplitude(speaker.op_id(), 0, on_step(0, bed.profile.amplitude), ()), Done)
        speaker.soft_stop()
        speaker.keep_alive(Duration(group.programs[0].ramp_us + 500_000))
        wanted += [LogKind.THERAPY_STARTED, LogKind.AMPLITUDE_CHANGED, LogKind.THERAPY_STOPPED]
        speaker.start()
        speaker.stop()
        wanted += [LogKind.THERAPY_STARTED, LogKind.EMERGENCY_STOP]
    speaker.measure()
    wanted.append(LogKind.IMPEDANCE_MEASURED)
    context.second()
    wanted.append(LogKind.SESSION_OPENED)
    entries = speaker.log(before)
    _numbered(entries, "the log")
    kinds = [LogKind(kind) for _, _, kind, _ in entries]
    told = [kind for kind in kinds if kind in wanted]
    names = ", ".join(kind.name for kind in kinds)
    expect(told == wanted, f"the log tells {names}; it must tell {', '.join(kind.name for kind in wanted)}")
    commit = next(text for _, _, kind, text in entries if kind == LogKind.GROUP_COMMITTED)
    expect(str(committed.generation) in commit, f"the log's entry of a commit names no generation: {commit}")
    expect(speaker.status().log_newest == entries[-1][0], "the status does not name the newest entry of the log")
    context.cases += len(entries)


@check(
    "The log keeps a thousand entries, and no number is used twice, through power cycles too",
    "FW-38",
    "H15",
    Need.POWER,
    weight=2,
)
def log_is_kept(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    known: dict[int, Entry] = {}
    for _ in context.repeat(8):
        for _refusal in range(context.chance.randint(1, 400)):
            speaker.refused(Start(speaker.op_id(), 200))
        before = _all(speaker, known)
        context.target.bench("power-cycle")
        speaker.become_writer()
        after = _all(speaker, known)
        missing = [number for number in before if number not in after and number > max(after) - KEPT]
        expect(not missing, f"{len(missing)} entries of the last thousand are gone after a power cycle")
        expect(max(after) > max(before), "nothing was logged of a power cycle")
        told = [after[number][2] for number in after if number > max(before)]
        expect(LogKind.POWER_ON in told, "the log does not know of a power cycle")
    count = len(known)
    held = len(_all(speaker, known))
    expect(held >= min(KEPT, count), f"the log holds {held} entries of {count}")
    context.note(f"{count} entries were written, {held} are held")


def _all(speaker: Speaker, known: dict[int, Entry]) -> dict[int, Entry]:
    """Every entry there is; a number that was known must still say the same."""
    entries = speaker.log()
    _numbered(entries, "the log")
    for entry in entries:
        other = known.setdefault(entry[0], entry)
        expect(other == entry, f"number {entry[0]} of the log was used twice: {other[3]!r} and {entry[3]!r}")
    return {entry[0]: entry for entry in entries}


CHECKS: tuple[Check, ...] = (power_cycle, log_tells, log_is_kept)
