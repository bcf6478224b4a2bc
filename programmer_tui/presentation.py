"""What an implant says, in words: status to text. No screen is imported here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from programmer_tui.thresholds import Thresholds, thresholds_text
from scs.domain.impedance import HIGH_OHM
from scs.domain.lead import contact_name
from scs.domain.program import Group, Program
from scs.domain.schedule import clock_text, schedule_text
from scs.domain.status import LogEntry, Mode
from scs.domain.units import CURRENT, RATE, RESISTANCE, TIME, format_quantity
from scs.programmer.reading import DeviceDescription, Measurement
from scs.wire.responses import ClockReport, Status
from scs.wire.terms import ContactState

SCALE_WIDTH = 30
"""Cells of the amplitude scale."""
OHM_CELLS = 20
"""Cells of an impedance's bar: all of them for the highest of the contacts that are neither open nor short."""


def advice_text(status: Status) -> str:
    """What ends a mode that keeps the output off; empty in the others."""
    return {
        Mode.SAFE: "C takes the fault back, and therapy stays off.",
        Mode.MRI: "Stimulation is impossible, also after a reset; L leaves the MRI mode.",
        Mode.STORAGE: "The implant sleeps, also after a reset; L wakes it up.",
        Mode.DEPLETED: "The battery is empty; recharge it to 5 %, then start again.",
    }.get(status.mode, "")


def scale_text(delivered_ua: int, target_ua: int, highest_ua: int, marks: Sequence[tuple[int, str]] = ()) -> str:
    """A bar of what is delivered, with T where the target stands; the numbers stand beside it elsewhere.

    `marks` are letters at other amplitudes in µA; the target's is over them all.
    """
    whole = max(highest_ua, target_ua, 1)
    filled = SCALE_WIDTH * delivered_ua // whole
    mark = min(SCALE_WIDTH - 1, SCALE_WIDTH * target_ua // whole)
    cells = ["█" if place < filled else "·" for place in range(SCALE_WIDTH)]
    for at_ua, letter in marks:
        cells[min(SCALE_WIDTH - 1, SCALE_WIDTH * at_ua // whole)] = letter
    cells[mark] = "T"
    return "".join(cells)


def program_lines(
    status: Status, group: Group | None, chosen: int, felt: Sequence[Thresholds] | None = None
) -> list[str]:
    """Each program that is delivered: what it is, what the implant delivers and aims at, and what is committed.

    With `felt`, also what the patient felt of each, in words and on the scale.
    """
    lines = []
    for place, (target, delivered) in enumerate(zip(status.targets_ua, status.delivered_ua, strict=True)):
        program = group.programs[place] if group is not None and place < len(group.programs) else None
        pointer = ">" if place == chosen else " "
        committed, highest = "not read back yet", 2 * target
        if program is None:
            lines.append(f"{pointer} Program {place + 1}")
        else:
            committed = format_quantity(program.amplitude_ua, CURRENT)
            lines.append(f"{pointer} {program.name}: {shape_text(program)}, {contacts_text(program)}")
            highest = 2 * program.amplitude_ua if program.patient is None else program.patient.highest_ua
        lines.append(
            f"    delivered {format_quantity(delivered, CURRENT):>8}   target {format_quantity(target, CURRENT):>8}   "
            f"committed {committed}"
        )
        thresholds = felt[place] if felt is not None and place < len(felt) else Thresholds()
        top = max(highest, target, delivered, thresholds.maximum_ua or 0, 1)
        scale = scale_text(delivered, target, top, thresholds.marks)
        lines.append(f"    0 |{scale}| {format_quantity(top, CURRENT)}{_patient_text(program)}")
        if felt is not None:
            lines.append(f"    {thresholds_text(thresholds)}")
    return lines


def _patient_text(program: Program | None) -> str:
    """How far the patient may go; a program without limits of its own gives the patient none."""
    if program is None or program.patient is None:
        return ""
    lowest, highest = program.patient.lowest_ua, program.patient.highest_ua
    return f", patient {format_quantity(lowest, CURRENT)} to {format_quantity(highest, CURRENT)}"


def clock_line(clock: ClockReport) -> str:
    """The implant's clock, as it was read back."""
    if not clock.is_set:
        return "The implant's clock is not set."
    return f"The implant's clock says {clock_text(clock.time_of_day_us // 1_000_000)}, as it was read back."


def day_text(group: Group) -> str:
    """When and for how long of a day a group is delivered; empty where nothing bounds it."""
    windows = "" if group.schedule is None else f", {schedule_text(group.schedule)}"
    dose = "" if group.daily_dose_us is None else f", at most {format_quantity(group.daily_dose_us, TIME)} a day"
    return windows + dose


def held_lines(groups: Mapping[int, Group], chosen: int, default: int | None = None) -> list[str]:
    """What the implant holds, slot by slot, as it was read back."""
    lines = []
    for slot, group in sorted(groups.items()):
        word = " (default)" if slot == default else ""
        lines.append(f"{'>' if slot == chosen else ' '} slot {slot}  {group.name}{word}{day_text(group)}")
        for program in group.programs:
            amplitude = format_quantity(program.amplitude_ua, CURRENT)
            lines.append(f"      {program.name}: {amplitude}, {shape_text(program)}, {contacts_text(program)}")
    return lines


def shape_text(program: Program) -> str:
    """Width and rate, and what is particular about the waveform."""
    waveform = program.waveform
    rate = format_quantity(waveform.rate_mhz, RATE)
    if waveform.kind == "burst":
        rate = f"{waveform.pulses} x {format_quantity(waveform.intra_rate_mhz, RATE)} at {rate}"
    return f"{format_quantity(program.pulse_width_us, TIME)}, {rate}"


def contacts_text(program: Program) -> str:
    """The electrode configuration as in files."""
    return " ".join(f"{name} {share}" for name, share in program.contacts.to_text().items())


MARKS = {
    ContactState.OPEN: "open",
    ContactState.SHORT: "short",
    ContactState.HIGH: "high",
    ContactState.INTERMITTENT: "loose",
}
"""What stands beside a contact on the picture of the leads; an intermittent one is mostly a loose connection."""


def contact_marks(measured: Measurement | None) -> dict[int, str]:
    """By contact: in a word what was found wrong with it."""
    return {} if measured is None else {at: MARKS[state] for at, _, state in measured.contacts if state in MARKS}


def impedance_rows(measured: Measurement, description: DeviceDescription) -> list[tuple[str, str, str, str, str]]:
    """(contact, place, impedance, bar, word) of a measurement; the word says what colour would."""
    places = {contact.number: f"port {contact.port}, {contact.place}" for contact in description.implant.contacts}
    interface = description.profile.interface
    longest = max((ohms for _, ohms, state in measured.contacts if state is ContactState.OK), default=1)
    words = {
        ContactState.OK: "ok",
        ContactState.OPEN: f"OPEN: above {format_quantity(interface.open_ohm, RESISTANCE)}",
        ContactState.SHORT: f"SHORT: below {format_quantity(interface.short_ohm, RESISTANCE)}",
        ContactState.HIGH: f"HIGH: above {format_quantity(HIGH_OHM, RESISTANCE)}",
        ContactState.INTERMITTENT: "INTERMITTENT: its reads differ",
    }
    return [
        (
            contact_name(number),
            places.get(number, ""),
            "-" if state is ContactState.INTERMITTENT else format_quantity(ohms, RESISTANCE),
            "█" * min(OHM_CELLS, -(-OHM_CELLS * ohms // max(longest, 1))),
            words[state],
        )
        for number, ohms, state in measured.contacts
    ]


def log_line(entry: LogEntry) -> str:
    """One entry: number, device time, what, detail."""
    kind = entry.kind.name.lower().replace("_", "-")
    return f"{entry.sequence:6d} {entry.at_us / 1_000_000:12.3f} s  {kind:<20} {entry.detail}"
