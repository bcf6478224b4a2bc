"""Measuring: what is broken is found, and a group that uses it is not delivered (docs/protocol.md §8)."""

from __future__ import annotations

from itertools import combinations

from scs.domain.program import WHOLE, ElectrodeConfig
from scs.domain.status import LogKind, Mode
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import TEST_PC_MAX, listening
from scs.testing.checks.gate import disagreement, fail_smallest
from scs.testing.checks.gate_places import measure
from scs.testing.checks.groups import a_group
from scs.testing.target import Need
from scs.wire.prescription import encode_group
from scs.wire.requests import GetImpedance, GetImpedanceMatrix, MeasureImpedance
from scs.wire.responses import Done, ImpedanceMatrix, ImpedanceResult
from scs.wire.terms import ContactState, ImpedanceState, Reason

STRAY_OHM = 1
"""Two measurements of the same contact may differ by 1 % and twice this."""


@check("A measurement covers every contact, ends by itself, and is refused while therapy runs", "FW-35", "H26 H25")
def measuring(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    if context.can(Need.NEW):
        never = speaker.ask(GetImpedance(), ImpedanceResult)
        expect(never.state is ImpedanceState.NEVER and not never.contacts, "a new implant claims to have measured")
    speaker.ask(MeasureImpedance(speaker.op_id()), Done)
    expect(speaker.status().mode is Mode.MEASURING, "a measurement is under way and the mode does not say so")
    expect(speaker.ask(GetImpedance(), ImpedanceResult).state is ImpedanceState.MEASURING, "it is not called measuring")
    speaker.refused(MeasureImpedance(speaker.op_id()), Reason.BUSY)
    speaker.stop()
    expect(speaker.status().mode is not Mode.MEASURING, "STOP did not end a measurement")
    result = measure(bed)
    there = [contact for contact, _, _ in result.contacts]
    expect(there == [contact.number for contact in bed.implant.contacts], f"contacts {there} were measured")
    context.cases += len(there)
    if context.can(Need.STIMULATES):
        speaker.write(a_group(bed))
        speaker.start()
        speaker.refused(MeasureImpedance(speaker.op_id()), Reason.WRONG_MODE)
        speaker.stop()


@check(
    "Open and short contacts are found, logged, and groups that use them refused until they are mended",
    "FW-35",
    "H25 H26",
    Need.LEADS,
    weight=2,
)
def broken_leads_are_found(context: Context) -> None:
    for number in context.repeat(60):
        bed = context.bed()
        speaker, target = bed.speaker, context.target
        contacts = [contact.number for contact in bed.implant.contacts]
        damage, state = (("open", ContactState.OPEN), ("short", ContactState.SHORT))[number % 2]
        broken, ohms = context.chance.choice(contacts), context.chance.randint(150, 2_000)
        other = context.chance.choice([contact for contact in contacts if contact != broken])
        target.bench("break-lead", contact=broken, damage=damage)
        target.bench("set-impedance", contact=other, ohms=ohms)
        newest = speaker.status().log_newest
        found = {contact: (measured, said) for contact, measured, said in measure(bed).contacts}
        expect(found[broken][1] is state, f"E{broken} is {damage} and was measured as {found[broken][1].name}")
        expect(found[other][0] == ohms, f"E{other} has {ohms} ohm and was measured as {found[other][0]} ohm")
        healthy = [contact for contact in contacts if contact != broken]
        wrong = [contact for contact in healthy if found[contact][1] is not ContactState.OK]
        expect(not wrong, f"contacts {wrong} are healthy and were called broken")
        told = [text for _, _, kind, text in speaker.log(newest) if kind == LogKind.LEAD_FAULT]
        expect(len(told) == 1 and f"E{broken}" in told[0], f"the log says {told} of E{broken}, which is {damage}")
        _refused_until_mended(context, broken, healthy, bed)


def _refused_until_mended(context: Context, broken: int, healthy: list[int], bed: Bed) -> None:
    known, bed.impedances = bed.impedances, None
    pairs = [(broken, healthy[0]), (healthy[-1], broken), (healthy[0], healthy[-1])]
    groups = [a_group(bed, contacts=ElectrodeConfig.of({one: -WHOLE, two: WHOLE})) for one, two in pairs]
    bed.impedances = known
    for group in groups:
        if disagreement(bed, group) is not None:
            fail_smallest(context, bed, group, lambda g: disagreement(bed, g))
    answer = bed.speaker.stage_bytes(encode_group(groups[0]))
    expect("lead-fault" in getattr(answer, "rules", ()), "a group on a broken contact was staged", groups[0])
    context.target.bench("mend-lead", contact=broken)
    measure(bed)
    bed.speaker.stage(groups[0])


@check("While a measurement is under way only small, balanced test pulses leave", "FW-35 FW-34", "H09", Need.TAP)
def measuring_is_quiet(context: Context) -> None:
    bed = context.bed()
    bed.speaker.write(a_group(bed))
    before = bed.speaker.status().pulses
    with listening(context, bed, has_case=True) as ear:
        bed.speaker.measure()
        expect(not ear.felt, f"{len(ear.felt)} pulses of more than {TEST_PC_MAX} pC left during a measurement")
        ear.object_to()
    expect(bed.speaker.status().pulses == before, "test pulses are counted as therapy")
    context.cases += 1


@check("Whatever is written into the slots, a contact measures after a power cycle as it did before", "FW-22 FW-35",
       "H19", Need.POWER)  # fmt: skip
def calibration_is_kept(context: Context) -> None:
    bed = context.bed()
    before = {contact: ohms for contact, ohms, _ in measure(bed).contacts}
    for slot in range(bed.profile.counts.groups):
        context.cases += 1
        bed.speaker.write(a_group(bed, name=f"G{slot}"), slot)
    context.target.bench("power-cycle")
    bed.speaker.become_writer()
    for contact, ohms, _ in measure(bed).contacts:
        off = abs(ohms - before[contact])
        is_same = 100 * off <= before[contact] + 200 * STRAY_OHM
        expect(is_same, f"contact {contact} measured {before[contact]} ohm, and {ohms} ohm after groups were written")


@check("The matrix has every two contacts once, and comes whole in its parts", "FW-35", "H26")
def whole_matrix(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    if context.can(Need.NEW):
        never = speaker.ask(GetImpedanceMatrix(0), ImpedanceMatrix)
        expect(never.state is ImpedanceState.NEVER and not never.total, "a new implant has a matrix")
    measure(bed)
    pairs: list[tuple[int, int]] = []
    while True:
        part = speaker.ask(GetImpedanceMatrix(len(pairs)), ImpedanceMatrix)
        pairs += [(one, other) for one, other, _, _ in part.pairs]
        if len(pairs) >= part.total or not part.pairs:
            break
    wanted = list(combinations([contact.number for contact in bed.implant.contacts], 2))
    expect(pairs == wanted, f"{len(pairs)} pairs were told, and there are {len(wanted)}")
    speaker.refused(GetImpedanceMatrix(len(wanted)), Reason.OUT_OF_RANGE)
    context.cases += len(wanted)


CHECKS: tuple[Check, ...] = (measuring, broken_leads_are_found, measuring_is_quiet, calibration_is_kept, whole_matrix)
