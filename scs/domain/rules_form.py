"""The rules that do not depend on the currents: grid and capability, electrodes, timing, known lead faults."""

from __future__ import annotations

from collections.abc import Iterator

from scs.domain.case import Case, Hit, amplitude_range, width_range
from scs.domain.impedance import SPREAD_PART
from scs.domain.lead import CASE, contact_name
from scs.domain.profile import RateRange, TimeRange
from scs.domain.program import WHOLE, ActiveRecharge, Burst, ClosedLoop, HighRate, Program, Tonic
from scs.domain.pulse import occupation_us, period_us, pulse_us, recovery_window_us
from scs.domain.rules_amplitude import RECOVERY_TIME_CONSTANTS, recovery_time_constant_us
from scs.domain.schedule import DAY_US, crowding
from scs.domain.units import CURRENT, GAIN, POTENTIAL, RATE, TIME, Unit, format_quantity
from scs.domain.verdict import Tier

DOSE_US_MIN = 60_000_000
"""A minute [project]: a soft start and a soft stop of 10 s each leave most of it for therapy."""
DOSE_STEP_US = 1_000_000
"""A dose is counted in whole seconds [project]."""


def grid_of_group(case: Case) -> Iterator[Hit]:
    """Whether the device has as many programs and contacts as are asked for."""
    counts = case.profile.counts
    for word, asked, there in (
        ("programs in a group", len(case.group.programs), counts.programs_per_group),
        ("contacts", len(case.implant.contacts), counts.contacts),
        ("leads", len(case.implant.leads), counts.ports),
    ):
        if asked > there:
            message = f"{asked} {word} are more than the {there} of {case.profile.name}"
            yield Hit(Tier.BLOCK, None, asked, there, word, message, f"use at most {there}, or another profile")


def schedule(case: Case) -> Iterator[Hit]:
    """Whether the windows of a day lie apart, and a day's dose can be counted (part of `grid`)."""
    for first, second in crowding(case.group.schedule or ()):
        message = f"the windows {first.text} and {second.text} overlap or touch"
        yield Hit(Tier.BLOCK, None, second.text, first.text, "window", message, "make them one, or move them apart")
    dose_us = case.group.daily_dose_us
    if dose_us is not None:
        yield from _on_grid("daily_dose", dose_us, DOSE_US_MIN, DAY_US, DOSE_STEP_US, TIME)


def grid(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether every value is inside its range and on its step, and whether the device can do this at all."""
    profile = case.profile
    amplitudes = amplitude_range(program, profile)
    yield from _on_grid(
        "amplitude", program.amplitude_ua, amplitudes.min_ua, amplitudes.max_ua, amplitudes.step_ua, CURRENT
    )
    if program.patient is not None:
        for word, value in (("lowest", program.patient.lowest_ua), ("highest", program.patient.highest_ua)):
            low, high, step = amplitudes.min_ua, amplitudes.max_ua, amplitudes.step_ua
            yield from _on_grid(f"patient {word}", value, low, high, step, CURRENT)
    yield from _time("pulse_width", program.pulse_width_us, width_range(program, profile))
    yield from _time("interphase_gap", program.interphase_gap_us, profile.interphase_gap)
    yield from _time("ramp", program.ramp_us, profile.ramp)
    yield from _waveform(case, program)
    yield from _recharge(case, program)
    if program.closed_loop is not None:
        yield from _closed_loop(case, program, program.closed_loop)
    if program.cycling is not None:
        if profile.cycle_on is None or profile.cycle_off is None:
            yield _unable(case, "cycling")
        else:
            yield from _time("cycling on", program.cycling.on_us, profile.cycle_on)
            yield from _time("cycling off", program.cycling.off_us, profile.cycle_off)


def polarity(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether the contacts exist and each polarity's shares are whole.

    The types refuse shares that do not sum; this rule does not rely on it, because the implant is told by a wire.
    """
    electrodes = program.contacts
    for number in electrodes.contacts:
        if number not in case.areas_um2:
            name = contact_name(number)
            what = "cannot be an electrode of" if number == CASE else "is not on the leads of"
            message = f"{name} {what} this implant"
            there = f"E1 to {contact_name(len(case.implant.contacts))}"
            yield Hit(Tier.BLOCK, name, name, there, "contact", message, f"choose from {there}")
    for word, shares in (("cathodes", electrodes.cathodes), ("anodes", electrodes.anodes)):
        total = sum(share for _, share in shares)
        if total != WHOLE:
            message = f"the shares of the {word} sum to {total} permille, not {WHOLE}"
            yield Hit(Tier.BLOCK, None, total, WHOLE, "permille", message, f"adjust the shares of the {word}")


def timing(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether a pulse with its driven recharge fits its period, a burst into its own, and a ramp into its cycle."""
    waveform, needed = program.waveform, pulse_us(program)
    if isinstance(waveform, Burst):
        yield from _fits("a pulse with its recharge", needed, period_us(waveform.intra_rate_mhz), "inside the burst")
        needed = occupation_us(program)
        yield from _fits("a burst", needed, period_us(waveform.rate_mhz), "between bursts")
    else:
        yield from _fits("a pulse with its recharge", needed, period_us(waveform.rate_mhz), "between pulses")
    if program.cycling is not None and program.ramp_us >= program.cycling.on_us:
        ramp, on = (format_quantity(us, TIME) for us in (program.ramp_us, program.cycling.on_us))
        message = f"the ramp of {ramp} takes all of the {on} that a cycle is on, so the amplitude is never reached"
        remedy = "shorten the ramp, or let the cycle be on for longer"
        yield Hit(Tier.NOTICE, None, program.ramp_us, program.cycling.on_us, "us", message, remedy)


def timing_of_group(case: Case) -> Iterator[Hit]:
    """Whether the programs fit beside one another: then no pulse ever waits past its own next one."""
    programs = case.group.programs
    if len(programs) > 1:
        needed = sum(occupation_us(program) for program in programs)
        shortest = min(period_us(program.waveform.rate_mhz) for program in programs)
        if needed > shortest:
            # By name, because the order of the programs means nothing.
            named = sorted(programs, key=lambda program: program.name)
            taken = ", ".join(f"{p.name} {format_quantity(occupation_us(p), TIME)}" for p in named)
            fastest = next(p.name for p in named if period_us(p.waveform.rate_mhz) == shortest)
            message = (
                f"one pulse of every program takes {format_quantity(needed, TIME)} ({taken}), "
                f"more than the {format_quantity(shortest, TIME)} between those of {fastest}"
            )
            remedy = f"shorten the pulses, lower the rate of {fastest}, or use two groups"
            yield Hit(Tier.BLOCK, None, needed, shortest, "us", message, remedy)
    if case.group.delivery == "multiplexed":
        base = programs[0].waveform.rate_mhz
        for prime in programs[1:]:
            rate = prime.waveform.rate_mhz
            if rate % base:
                shown, base_shown = format_quantity(rate, RATE), format_quantity(base, RATE)
                message = f"the prime {prime.name} at {shown} is no whole multiple of the base at {base_shown}"
                remedy = f"choose a multiple of {base_shown}, or delivery = interleaved"
                yield Hit(Tier.BLOCK, None, rate / 1000, base / 1000, "Hz", message, remedy)


def recovery_window(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether a passive recharge has five time constants before the next pulse (part of `charge-balance`)."""
    if isinstance(program.recharge, ActiveRecharge):
        return
    needed = RECOVERY_TIME_CONSTANTS * recovery_time_constant_us(case, program)
    window = recovery_window_us(case.group, index)
    if window < needed:
        tier = Tier.BLOCK if case.policy.dc_confirm_na is None else Tier.CONFIRM
        message = (
            f"{format_quantity(window, TIME)} are left for the passive recharge, less than the "
            f"{format_quantity(needed, TIME)} of {RECOVERY_TIME_CONSTANTS} time constants"
        )
        yield Hit(tier, None, window, needed, "us", message, "lower the rate, or recharge actively")


def lead_fault(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether a contact in use is known to be open, short or intermittent."""
    interface = case.profile.interface
    for number in program.contacts.contacts:
        health = case.impedances.classify(number, interface)
        if health == "intermittent":
            name, limit = contact_name(number), 100 // SPREAD_PART
            message = f"the reads of {name} differed by more than {limit} % of their mean and count as intermittent"
            yield Hit(Tier.BLOCK, name, "intermittent", limit, "%", message, f"leave {name} out, or measure it again")
        if health in ("open", "short"):
            name, ohms = contact_name(number), case.impedances.ohms[number]
            limit = interface.open_ohm if health == "open" else interface.short_ohm
            message = f"{name} measures {ohms} Ω and counts as {health} (limit {limit} Ω)"
            yield Hit(Tier.BLOCK, name, ohms, limit, "ohm", message, f"leave {name} out, or measure it again")


def patient_span(case: Case, index: int, program: Program) -> Iterator[Hit]:
    """Whether the amplitude lies within what the patient may set (part of `patient-range`)."""
    patient = program.patient
    if patient is None or patient.lowest_ua <= program.amplitude_ua <= patient.highest_ua:
        return
    low, high = format_quantity(patient.lowest_ua, CURRENT), format_quantity(patient.highest_ua, CURRENT)
    shown = format_quantity(program.amplitude_ua, CURRENT)
    message = f"the amplitude {shown} is outside the patient's range of {low} to {high}"
    remedy = "change the amplitude or the patient's range"
    yield Hit(Tier.BLOCK, None, program.amplitude_ua / 1000, patient.highest_ua / 1000, "mA", message, remedy)


def _on_grid(word: str, value: int, low: int, high: int, step: int, unit: Unit) -> Iterator[Hit]:
    if not low <= value <= high:
        limit = low if value < low else high
        side = "below" if value < low else "above"
        message = f"{word} {format_quantity(value, unit)} is {side} {format_quantity(limit, unit)}"
        span = f"{format_quantity(low, unit)} to {format_quantity(high, unit)}"
        yield Hit(Tier.BLOCK, None, value, limit, unit.base, message, f"use {span}")
    elif value % step:
        near = value - value % step
        message = f"{word} {format_quantity(value, unit)} is off its grid of {format_quantity(step, unit)}"
        remedy = f"use {format_quantity(near, unit)} or {format_quantity(near + step, unit)}"
        yield Hit(Tier.BLOCK, None, value, step, unit.base, message, remedy)


def _time(word: str, value: int, row: TimeRange) -> Iterator[Hit]:
    yield from _on_grid(word, value, row.min_us, row.max_us, row.step_us, TIME)


def _rate(word: str, value: int, row: RateRange) -> Iterator[Hit]:
    if not row.holds(value):
        bands = ", ".join(
            f"{format_quantity(band.min_mhz, RATE)} to {format_quantity(band.max_mhz, RATE)} "
            f"by {format_quantity(band.step_mhz, RATE)}"
            for band in row.bands
        )
        message = f"{word} {format_quantity(value, RATE)} is not one of {bands}"
        limit = row.max_mhz if value > row.max_mhz else row.min_mhz
        yield Hit(Tier.BLOCK, None, value, limit, "mHz", message, f"use {bands}")


def _waveform(case: Case, program: Program) -> Iterator[Hit]:
    waveform, profile = program.waveform, case.profile
    if isinstance(waveform, Burst):
        if profile.burst is None:
            yield _unable(case, "bursts")
            return
        yield from _rate("burst rate", waveform.rate_mhz, profile.burst.rate)
        yield from _rate("intra_rate", waveform.intra_rate_mhz, profile.burst.intra_rate)
        low, high = profile.burst.pulses_min, profile.burst.pulses_max
        if not low <= waveform.pulses <= high:
            message = f"{waveform.pulses} pulses a burst are outside {low} to {high}"
            yield Hit(Tier.BLOCK, None, waveform.pulses, high, "pulses", message, f"use {low} to {high}")
    elif isinstance(waveform, HighRate):
        if profile.high_rate is None:
            yield _unable(case, "high rates")
            return
        yield from _rate("rate", waveform.rate_mhz, profile.high_rate)
    else:
        yield from _rate("rate", waveform.rate_mhz, profile.tonic_rate)


def _closed_loop(case: Case, program: Program, loop: ClosedLoop) -> Iterator[Hit]:
    """A loop needs a device that listens, a ceiling, and the output for itself while it listens."""
    row = case.profile.closed_loop
    if row is None:
        yield _unable(case, "closed loop")
        return
    target, gain = row.target, row.gain
    yield from _on_grid("closed_loop target", loop.target_uv, target.min_uv, target.max_uv, target.step_uv, POTENTIAL)
    low, high, step = gain.min_na_per_uv, gain.max_na_per_uv, gain.step_na_per_uv
    yield from _on_grid("closed_loop gain", loop.gain_na_per_uv, low, high, step, GAIN)
    if program.patient is None:
        message = "a closed loop has no ceiling without the patient's range"
        yield Hit(Tier.BLOCK, None, "none", "a range", "range", message, "give patient a lowest and a highest")
    if len(case.group.programs) > 1:
        there = len(case.group.programs)
        message = f"a closed loop listens after every pulse, and {there} programs share the output"
        yield Hit(Tier.BLOCK, None, there, 1, "programs", message, "give the program a group of its own")
    rate, most = program.waveform.rate_mhz, row.rate_max_mhz
    if not isinstance(program.waveform, Tonic) or rate > most:
        shown = f"{program.waveform.kind} at {format_quantity(rate, RATE)}"
        message = f"a closed loop cannot listen between the pulses of {shown}"
        remedy = f"use tonic pulses at {format_quantity(most, RATE)} or less, or no closed_loop"
        yield Hit(Tier.BLOCK, None, rate, most, "mHz", message, remedy)


def _recharge(case: Case, program: Program) -> Iterator[Hit]:
    row = case.profile.recharge
    if not isinstance(program.recharge, ActiveRecharge):
        if not row.passive:
            yield _unable(case, "passive recharge")
    elif program.recharge.ratio > row.active_ratio_max:
        if not row.active_ratio_max:
            yield _unable(case, "active recharge")
            return
        ratio, most = program.recharge.ratio, row.active_ratio_max
        message = f"a recharge ratio of 1:{ratio} is above 1:{most}"
        yield Hit(Tier.BLOCK, None, ratio, most, "ratio", message, f"use at most 1:{most}")


def _unable(case: Case, what: str) -> Hit:
    message = f"{case.profile.name} has no {what}"
    return Hit(Tier.BLOCK, None, what, "none", "capability", message, "choose another way, or another profile")


def _fits(what: str, needed: int, there: int, where: str) -> Iterator[Hit]:
    if needed > there:
        message = f"{what} takes {format_quantity(needed, TIME)}, more than the {format_quantity(there, TIME)} {where}"
        yield Hit(Tier.BLOCK, None, needed, there, "us", message, "shorten the pulse, lower the rate or the ratio")
