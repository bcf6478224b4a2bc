"""Every point of the reference profile: the rules' own functions, run on arrays, against the rules in rationals.

A row walks through all points of its axes and counts the points where the two do not agree; there must be none. The
specification gives, for each width and area, the edge as a rational; everything below is legal and everything above
is not, so each array is compared point by point with one that the edge alone has made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

import numpy as np

from scs.clock import WallClock
from scs.domain import charge, pulse, rules_amplitude, safety
from scs.domain.lead import Implant, PluggedLead, catalogue
from scs.domain.policy import POLICY_IDS, Policy, find_policy
from scs.domain.profile import DeviceProfile, RateRange, find_profile
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Group, PassiveRecharge, Program, Tonic, replaced
from scs.domain.verdict import Tier
from scs.proof import specification as spec

PROCESSES = 2
"""The rows are shared out over so many; two cores are what the stated time is for."""
EXAMPLE_RATE_MHZ = 40_000


@dataclass(frozen=True, slots=True)
class EnumerationRow:
    """What one walk found."""

    name: str
    points: int
    disagreements: int
    seconds: float
    example: str = ""
    """The first point at which the two disagree, in words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The functions under proof: those of the domain, unless a control puts a wrong one in."""

    density_exceeds: Callable[..., Any] = charge.density_exceeds
    shannon_exceeds: Callable[..., Any] = charge.shannon_exceeds
    phase_charge_pc: Callable[..., Any] = charge.phase_charge_pc
    period_us: Callable[..., Any] = pulse.period_us
    pulse_us: Callable[..., Any] = pulse.pulse_us
    contact_currents_ua: Callable[..., Any] = charge.contact_currents_ua
    mean_dc_na: Callable[..., Any] = rules_amplitude.mean_dc_na
    judge: Callable[..., Any] = safety.judge


@dataclass(slots=True)
class _Tally:
    points: int = 0
    disagreements: int = 0
    example: str = ""

    def compare(self, said: Any, expected: Any, words: Callable[[tuple[int, ...]], str]) -> None:
        """Count the points where two arrays of truth values differ; `words` tells of the first by its indices."""
        wrong = np.asarray(said, dtype=bool) != np.asarray(expected, dtype=bool)
        self.points += wrong.size
        count = int(wrong.sum())
        if count and not self.example:
            self.example = words(tuple(int(index) for index in np.argwhere(wrong)[0]))
        self.disagreements += count


@dataclass(frozen=True, slots=True)
class Space:
    """The axes of a profile."""

    profile: DeviceProfile = field(default_factory=lambda: find_profile("reference"))

    @property
    def amplitudes_ua(self) -> Any:
        row = self.profile.amplitude
        return np.arange(row.min_ua, row.max_ua + 1, row.step_ua, dtype=np.int64)

    @property
    def widths_us(self) -> Any:
        row = self.profile.pulse_width
        return np.arange(row.min_us, row.max_us + 1, row.step_us, dtype=np.int64)

    @property
    def gaps_us(self) -> list[int]:
        row = self.profile.interphase_gap
        return list(range(row.min_us, row.max_us + 1, row.step_us))

    @property
    def areas_um2(self) -> list[int]:
        """Every area of the catalogue's contacts, and the case's."""
        case = [self.profile.case.area_um2] if self.profile.case is not None else []
        return sorted({int(lead.area_um2) for lead in catalogue().values()} | set(case))

    @property
    def rates_mhz(self) -> Any:
        """Every tonic rate and every high rate."""
        rows = [self.profile.tonic_rate, *([self.profile.high_rate] if self.profile.high_rate else [])]
        return np.array(sorted({rate for row in rows for rate in grid_of(row)}), dtype=np.int64)


def grid_of(row: RateRange) -> Iterator[int]:
    """Every rate of every band."""
    for band in row.bands:
        yield from range(band.min_mhz, band.max_mhz + 1, band.step_mhz)


def enumerate_all() -> list[EnumerationRow]:
    """Walk every row."""
    return enumerate_rows(list(ROWS))


def enumerate_rows(names: list[str]) -> list[EnumerationRow]:
    """Walk the rows of these names on PROCESSES processes; the order of the rows is fixed."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        # The longest first, so that no process ends long after the other.
        waiting = {name: pool.submit(walk, name) for name in sorted(names, key=lambda name: name != "charge-balance")}
        return [waiting[name].result() for name in ROWS if name in waiting]


def walk(name: str, subject: Subject | None = None, space: Space | None = None) -> EnumerationRow:
    """Walk one row."""
    clock = WallClock()
    tally = _Tally()
    ROWS[name](subject or Subject(), space or Space(), tally)
    return EnumerationRow(name, tally.points, tally.disagreements, clock.now().us / 1e6, tally.example)


# ------------------------------------------------------------------------------------------------------- the rows


def _density(subject: Subject, space: Space, tally: _Tally) -> None:
    """Amplitude x width x area x limit."""
    amplitudes, widths = space.amplitudes_ua, space.widths_us
    charges = subject.phase_charge_pc(amplitudes[:, None], widths[None, :])
    for limit in sorted({limit for policy in _policies() for _, limit in policy.density_tiers()}):
        for area in space.areas_um2:
            most = spec.largest_density_charge(area, limit)
            edges = np.array([spec.largest_current_ua(int(width), most) for width in widths])
            said = subject.density_exceeds(charges, area, limit)
            tally.compare(said, amplitudes[:, None] > edges[None, :], _point(space, f"{area} um2, {limit} uC/cm2"))


def _shannon(subject: Subject, space: Space, tally: _Tally) -> None:
    """Amplitude x width x area x k."""
    amplitudes, widths = space.amplitudes_ua, space.widths_us
    charges = subject.phase_charge_pc(amplitudes[:, None], widths[None, :])
    for milli in sorted({milli for policy in _policies() for _, milli in policy.shannon_tiers()}):
        for area in space.areas_um2:
            most_pc = spec.largest_shannon_charge_pc(area, Fraction(milli, 1_000))
            said = subject.shannon_exceeds(charges, area, milli)
            expected = amplitudes[:, None] * widths[None, :] > most_pc
            tally.compare(said, expected, _point(space, f"{area} um2, k = {milli / 1000:g}"))


def _periods(subject: Subject, space: Space, tally: _Tally) -> None:
    """Every rate: tonic, high, of bursts and inside them; and the charge of every phase."""
    profile = space.profile
    rates = space.rates_mhz
    if profile.burst is not None:
        rates = np.concatenate([rates, [*grid_of(profile.burst.rate)], [*grid_of(profile.burst.intra_rate)]])
    expected = np.array([spec.period_us(int(rate)) for rate in rates])
    tally.compare(subject.period_us(rates) == expected, np.ones(len(rates)), _words("{} mHz", rates))
    amplitudes, widths = space.amplitudes_ua, space.widths_us
    charges = subject.phase_charge_pc(-amplitudes[:, None], widths[None, :])
    exact = np.array([[spec.charge_uc(int(ua), int(us)) * 10**6 for us in widths] for ua in amplitudes], dtype=np.int64)
    tally.compare(charges == exact, np.ones(exact.shape), _point(space, "charge"))


def _timing(subject: Subject, space: Space, tally: _Tally) -> None:
    """Width x gap x recharge x rate: whether a pulse with its recharge fits its period."""
    widths, rates = space.widths_us, space.rates_mhz
    there = subject.period_us(rates)[None, :]
    expected_there = np.array([spec.period_us(int(rate)) for rate in rates])[None, :]
    for ratio in range(space.profile.recharge.active_ratio_max + 1):
        for gap in space.gaps_us:
            # It asks whether there is a recharge at all, which arrays cannot answer: one call for each width.
            needed = np.array([subject.pulse_us(_on_arrays(int(w), rates, ratio, gap)) for w in widths])
            exact = np.array([spec.pulse_us(int(width), gap, ratio) for width in widths])
            words = _words(f"{{}} us, {{}} mHz, gap {gap} us, 1:{ratio}", widths, rates)
            tally.compare(needed[:, None] > there, exact[:, None] > expected_there, words)


def _balance(subject: Subject, space: Space, tally: _Tally) -> None:
    """Amplitude x width x rate x ratio: the direct current that a driven recharge leaves, at both policies' limits."""
    widths, rates = space.widths_us, space.rates_mhz
    limits = sorted({limit for policy in _policies() for _, limit in policy.dc_tiers()})
    periods = np.array([spec.period_us(int(rate)) for rate in rates])
    for ratio in range(1, space.profile.recharge.active_ratio_max + 1):
        program = _on_arrays(widths[:, None], rates[None, :], ratio, 0)
        for amplitude in space.amplitudes_ua.tolist():
            currents = subject.contact_currents_ua(program.contacts, amplitude)
            left_na = max(subject.mean_dc_na(None, 0, program, currents).values(), key=np.max)
            left_pc = np.array([spec.left_pc(amplitude, int(width), ratio) for width in widths])
            for limit in limits:
                # left / period · 1000 > limit, with both sides multiplied by the period.
                expected = left_pc[:, None] * 1_000 > limit * periods[None, :]
                words = _words(f"{{}} us, {{}} mHz, {amplitude} uA, 1:{ratio}, {limit} nA", widths, rates)
                tally.compare(left_na > limit, expected, words)


def _verdicts(subject: Subject, space: Space, tally: _Tally) -> None:
    """Whole verdicts on both sides of every edge: width x area of a lead x policy."""
    profile, step = space.profile, space.profile.amplitude.step_ua
    leads = {int(lead.area_um2): lead for lead in sorted(catalogue().values(), key=lambda lead: lead.id, reverse=True)}
    blank = _plain_program(0, 10)
    for area, lead in sorted(leads.items()):
        if lead.count > profile.counts.contacts:
            continue
        implant = Implant(leads=(PluggedLead(port="A", lead=lead),))
        for width in space.widths_us.tolist():
            for policy in _policies():
                for amplitude in _edges_ua(profile, policy, area, width, step):
                    program = replaced(blank, amplitude_ua=amplitude, pulse_width_us=width)
                    verdict = subject.judge(Group(name="g", programs=(program,)), implant, profile, policy)
                    said = max((finding.tier for finding in verdict.findings), default=0)
                    expected = _worst_tier(profile, policy, area, amplitude, width)
                    words = _words(f"{amplitude} uA, {width} us, {area} um2, {policy.id}: {said}, not {expected}")
                    tally.compare([said == expected], [True], words)


ROWS: dict[str, Callable[[Subject, Space, _Tally], None]] = {
    "charge-density": _density,
    "shannon": _shannon,
    "periods": _periods,
    "timing": _timing,
    "charge-balance": _balance,
    "verdicts": _verdicts,
}
"""In the order in which they are shown."""


# ------------------------------------------------------------------------------------------------------- the edges


def _policies() -> list[Policy]:
    return [find_policy(policy_id) for policy_id in POLICY_IDS]


def _plain_program(amplitude_ua: int, width_us: int) -> Program:
    return Program(
        name="p",
        contacts=ElectrodeConfig.of({1: -WHOLE, 2: WHOLE}),
        amplitude_ua=amplitude_ua,
        pulse_width_us=width_us,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=EXAMPLE_RATE_MHZ),
    )


def _on_arrays(widths: Any, rates: Any, ratio: int, gap: int) -> Any:
    """What the functions of timing and charge ask of a program, with arrays in the place of numbers."""
    return SimpleNamespace(
        contacts=ElectrodeConfig.of({1: -WHOLE, 2: WHOLE}),
        pulse_width_us=widths,
        interphase_gap_us=gap,
        recharge=ActiveRecharge(kind="active", ratio=ratio) if ratio else PassiveRecharge(kind="passive"),
        waveform=SimpleNamespace(rate_mhz=rates),
    )


def _edges_ua(profile: DeviceProfile, policy: Policy, area: int, width: int, step: int) -> list[int]:
    """Amplitudes on the grid on both sides of every edge of this width and area, and both ends."""
    charges = [spec.largest_density_charge(area, limit) for _, limit in policy.density_tiers()]
    charges += [
        Fraction(spec.largest_shannon_charge_pc(area, Fraction(milli, 1_000)), 10**6)
        for _, milli in policy.shannon_tiers()
    ]
    charges.append(Fraction(profile.phase_charge.max_pc, 10**6))
    row = profile.amplitude
    edges = {row.min_ua, row.max_ua}
    for most in charges:
        below = spec.largest_current_ua(width, most) // step * step
        edges |= {min(row.max_ua, max(row.min_ua, below + more)) for more in (0, step)}
    return sorted(edges)


def _worst_tier(profile: DeviceProfile, policy: Policy, area: int, amplitude: int, width: int) -> int:
    """The loudest tier that the sentences of the rules ask for; 0 when nothing is to be said."""
    tiers = [0]
    tiers += [tier for tier, limit in policy.density_tiers() if spec.density_is_above(amplitude, width, area, limit)]
    tiers += [
        tier
        for tier, milli in policy.shannon_tiers()
        if spec.shannon_is_above(amplitude, width, area, Fraction(milli, 1_000))
    ]
    if spec.charge_uc(amplitude, width) * 10**6 > profile.phase_charge.max_pc:
        tiers.append(Tier.BLOCK)
    if amplitude > min(profile.contact_current.max_ua, profile.total_current.max_ua):
        tiers.append(Tier.BLOCK)
    if spec.pulse_us(width, 0, 1) > spec.period_us(EXAMPLE_RATE_MHZ):
        tiers.append(Tier.BLOCK)
    return max(tiers)


def _point(space: Space, where: str) -> Callable[[tuple[int, ...]], str]:
    return _words("{} uA, {} us, " + where, space.amplitudes_ua, space.widths_us)


def _words(template: str, *axes: Any) -> Callable[[tuple[int, ...]], str]:
    """What a point is called: the template with the value of each axis at the point's indices."""

    def say(at: tuple[int, ...]) -> str:
        return template.format(*(axis[index] for axis, index in zip(axes, at, strict=False)))

    return say
