"""Groups, verdicts and differences in words: domain to text. No screen is imported here."""

from __future__ import annotations

from collections.abc import Iterator

from programmer_tui.presentation import contacts_text
from scs.domain.charge import contact_currents_ua, phase_charge_pc
from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Burst, Group, Program
from scs.domain.pulse import delivered_rate_mhz, pulse_us
from scs.domain.schedule import schedule_text
from scs.domain.units import CURRENT, RATE, TIME, format_quantity
from scs.domain.verdict import Finding, Outcome, Tier, Verdict

TIER_WORDS = {Tier.NOTICE: "NOTICE", Tier.CONFIRM: "CONFIRM", Tier.BLOCK: "BLOCK"}
OUTCOME_WORDS = {
    Outcome.PASS: "PASS: no rule objects",
    Outcome.NOTICE: "NOTICE: worth knowing, may be sent",
    Outcome.CONFIRM: "CONFIRM: rules must be acknowledged",
    Outcome.BLOCK: "BLOCK: may not be delivered",
}
BAR_WIDTH = 12
"""Cells of a charge-density bar; the last is reached at the limit that blocks."""


def finding_lines(finding: Finding) -> tuple[str, str]:
    """What was found, and what to do about it."""
    where = f"{finding.program}: " if finding.program else ""
    return f"{TIER_WORDS[finding.tier]} {finding.rule} - {where}{finding.message}", f"-> {finding.remedy}"


def verdict_lines(verdict: Verdict) -> Iterator[tuple[Tier | None, str]]:
    """(tier for colour, line) of everything the rules said, the outcome first; the words carry the tier too."""
    yield None, OUTCOME_WORDS[verdict.outcome]
    for finding in verdict.findings:
        said, remedy = finding_lines(finding)
        yield finding.tier, said
        yield None, f"   {remedy}"
    for unknown in verdict.not_evaluated:
        yield None, f"not evaluated: {unknown.rule} - {unknown.reason}"


def density_lines(program: Program, implant: Implant, profile: DeviceProfile, policy: Policy) -> Iterator[str]:
    """A bar and the numbers for each contact in use; the bar is full at the density that blocks."""
    areas: dict[int, int] = dict(implant.areas_um2)
    if profile.case is not None:
        areas[CASE] = profile.case.area_um2
    limit = policy.density_block_uc_per_cm2
    for number, current in sorted(contact_currents_ua(program.contacts, program.amplitude_ua).items()):
        if number not in areas:
            continue
        charge = phase_charge_pc(current, program.pulse_width_us)
        density = 100 * charge / areas[number]
        filled = min(BAR_WIDTH, int(BAR_WIDTH * density / limit))
        bar = "█" * filled + "·" * (BAR_WIDTH - filled)
        current_text = f"{current / 1000:+.2f} mA"
        yield f"{contact_name(number):>4} {bar} {density:5.2f}/{limit} µC/cm² {current_text}"


def program_line(program: Program) -> str:
    """One program in a line: what it is called, how much, how long, how often."""
    waveform = program.waveform
    rate = format_quantity(waveform.rate_mhz, RATE)
    if isinstance(waveform, Burst):
        rate = f"{waveform.pulses} x {format_quantity(waveform.intra_rate_mhz, RATE)} at {rate}"
    delivered = delivered_rate_mhz(waveform.rate_mhz)
    note = "" if delivered == waveform.rate_mhz else f" (delivered {format_quantity(delivered, RATE)})"
    return (
        f"{program.name}: {format_quantity(program.amplitude_ua, CURRENT)}, "
        f"{format_quantity(program.pulse_width_us, TIME)}, {rate}{note}"
    )


def field_texts(group: Group) -> dict[str, str]:
    """Every field of a group by a readable path, for comparing two groups."""
    texts = {"group": group.name, "delivery": group.delivery}
    if group.schedule is not None:
        texts["schedule"] = schedule_text(group.schedule)
    if group.daily_dose_us is not None:
        texts["daily dose"] = format_quantity(group.daily_dose_us, TIME)
    for place, program in enumerate(group.programs, 1):
        written = program.model_dump(mode="json", exclude_none=True)
        written["contacts"] = contacts_text(program)
        for name, value in written.items():
            if isinstance(value, dict):
                for inner, text in value.items():
                    texts[f"program {place} {name} {inner}"] = str(text)
            else:
                texts[f"program {place} {name}"] = str(value)
    return texts


def difference(old: Group | None, new: Group) -> list[tuple[str, str, str]]:
    """(field, old, new) of everything that would change; a dash stands for what is not there."""
    before = {} if old is None else field_texts(old)
    after = field_texts(new)
    names = [*after, *(name for name in before if name not in after)]
    return [
        (name, before.get(name, "-"), after.get(name, "-"))
        for name in names
        if before.get(name, "-") != after.get(name, "-")
    ]


def pulse_picture(program: Program, width: int) -> tuple[str, str, str]:
    """Three lines that show a pulse to scale: leading phase down at the cathode, gap, recharge up or a decay."""
    driven_us = pulse_us(program)
    total_us = max(driven_us, 3 * program.pulse_width_us)
    lead = max(1, width * program.pulse_width_us // total_us)
    if driven_us == program.pulse_width_us:
        decay = "▁" * max(1, width - lead)
        return " " * lead + " passive recharge", "─" * 0 + " " * lead + decay, "█" * lead
    gap = width * program.interphase_gap_us // total_us
    back = max(1, width * (driven_us - program.pulse_width_us - program.interphase_gap_us) // total_us)
    ratio = (driven_us - program.pulse_width_us - program.interphase_gap_us) // program.pulse_width_us
    block = "█" if ratio == 1 else "▄"
    rest = max(0, width - lead - gap - back)
    above = " " * (lead + gap) + block * back
    line = " " * lead + "─" * gap + " " * back + "─" * rest
    return above, line, "█" * lead


def findings_text(verdict: Verdict, tier: Tier) -> str:
    """Everything that was found in this tier, with what to do about it."""
    return "\n".join(line for found in verdict.findings if found.tier is tier for line in finding_lines(found))
