"""Groups that the rules let pass on one implant, and groups that are just over one limit: computed, never filtered.

The structure is drawn on the device's grid first. Then everything that has a limit is drawn up to that limit: rates up
to what the pulses leave room for, amplitudes up to the largest that every rule lets pass without a confirmation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import gcd, lcm

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from scs.domain.case import Case, amplitude_range, width_range
from scs.domain.lead import CASE, CONTACTS_MAX, Implant
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile, RateRange, TimeRange
from scs.domain.program import (
    WHOLE,
    ActiveRecharge,
    Burst,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    Recharge,
    Tonic,
    Waveform,
    replaced,
)
from scs.domain.pulse import occupation_us, period_us
from scs.domain.rules_amplitude import AMPLITUDE_RULES, RECOVERY_TIME_CONSTANTS
from scs.domain.safety import judge, largest_passing_ua
from scs.domain.verdict import Tier

EVEN = 100
"""Shares of a program with an asymmetric recharge are multiples of this, so that its currents divide evenly."""


@dataclass(frozen=True, slots=True)
class NearlyValid:
    """A group that is legal but for what these rules say; nearly always it is one rule."""

    group: Group
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class _World:
    """What a group is made for."""

    implant: Implant
    profile: DeviceProfile
    policy: Policy

    def largest_ua(self, group: Group, index: int) -> int:
        """The largest amplitude of one program at which no rule asks anything; 0 when there is none."""
        program = replaced(
            group.programs[index], amplitude_ua=amplitude_range(group.programs[index], self.profile).max_ua
        )
        case = Case.of(group, self.implant, self.profile, self.policy, None)
        row = amplitude_range(program, self.profile)
        found = [
            largest_passing_ua(case, index, program, check, row.max_ua, Tier.BLOCK) for _, check in AMPLITUDE_RULES
        ]
        return min((0 if amplitude is None else amplitude for amplitude in found), default=row.max_ua)


@composite
def legal_groups(
    draw: DrawFn, implant: Implant, profile: DeviceProfile, policy: Policy | None = None, *, programs_max: int = 4
) -> Group:
    """Groups that pass every rule on this implant, with nothing to confirm.

    Raises ValueError when the implant has more leads or contacts than the profile's device can carry.
    """
    if len(implant.contacts) > profile.counts.contacts or len(implant.leads) > profile.counts.ports:
        raise ValueError(
            f"{len(implant.contacts)} contacts on {len(implant.leads)} leads are more than the most of {profile.name}, "
            f"{profile.counts.contacts} on {profile.counts.ports}: no group is legal; choose fewer or shorter leads"
        )
    world = _World(implant, profile, policy or find_policy("default"))
    count = draw(st.integers(1, min(programs_max, profile.counts.programs_per_group, len(implant.contacts) // 2)))
    listed, wishes = draw(_shapes(world, count))
    listed = draw(_at_rates(world, listed))
    return _with_amplitudes(world, Group(name="G1", programs=listed), wishes)


@composite
def nearly_valid_groups(
    draw: DrawFn, implant: Implant, profile: DeviceProfile, policy: Policy | None = None
) -> NearlyValid:
    """Legal but for one thing that is just over its limit: one step of the grid, one contact, one rate."""
    world = _World(implant, profile, policy or find_policy("default"))
    group = draw(legal_groups(implant, profile, world.policy, programs_max=1))
    program = group.programs[0]
    row = amplitude_range(program, profile)
    changed = [replaced(program, contacts=_with_a_contact_that_is_not_there(program.contacts, implant))]
    largest = world.largest_ua(group, 0)
    over = largest + _stride(world, program)
    changed.append(replaced(program, amplitude_ua=over, patient=None))
    changed.append(replaced(program, patient=PatientLimits(lowest_ua=row.min_ua, highest_ua=over)))
    if row.step_ua > 1:
        changed.append(
            replaced(program, amplitude_ua=max(row.min_ua, program.amplitude_ua - row.step_ua) + 1, patient=None)
        )
    width = width_range(program, profile)
    changed.append(replaced(program, pulse_width_us=width.max_us + width.step_us))
    near = Group(name="G1", programs=(draw(st.sampled_from(changed)),))
    verdict = judge(near, implant, profile, world.policy)
    return NearlyValid(near, frozenset(finding.rule for finding in verdict.findings if finding.tier is not Tier.NOTICE))


# ---------------------------------------------------------------------------------------------------- the shapes


@dataclass(frozen=True, slots=True)
class _Wish:
    """Amplitudes in steps, drawn before it is known how far they may go: more than that begins again from the least.

    All that belongs to one program is so drawn in one place, and Hypothesis can leave out a program as a whole.
    """

    amplitude: int
    highest: int | None
    """Of the patient's range; None when there is none."""


@composite
def _shapes(draw: DrawFn, world: _World, count: int) -> tuple[tuple[Program, ...], tuple[_Wish, ...]]:
    """Programs on the grid with an amplitude of zero, each on contacts of its own, so that nothing adds up."""
    numbers = draw(st.permutations([contact.number for contact in world.implant.contacts]))
    # One kind of waveform for all: their one rate is then in the range of each.
    waveform = draw(_kinds(world.profile))
    each = len(numbers) // count
    listed = []
    for index in range(count):
        own = list(numbers[index * each : (index + 1) * each])
        if count == 1 and world.profile.case is not None:
            own.append(CASE)
        listed.append(draw(_shape(world, f"P{index + 1}", own, waveform)))
    return tuple(program for program, _ in listed), tuple(wish for _, wish in listed)


@composite
def _shape(draw: DrawFn, world: _World, name: str, numbers: Sequence[int], waveform: Waveform) -> tuple[Program, _Wish]:
    profile = world.profile
    recharge = draw(_recharges(profile))
    is_uneven = isinstance(recharge, ActiveRecharge) and recharge.ratio > 1
    blank = Program(
        name=name,
        contacts=draw(_electrodes(numbers, EVEN if is_uneven else 1)),
        amplitude_ua=0,
        pulse_width_us=1,
        recharge=recharge,
        waveform=waveform,
        ramp_us=draw(_times(profile.ramp)),
    )
    gap = (
        draw(_times(profile.interphase_gap, 4))
        if isinstance(recharge, ActiveRecharge)
        else profile.interphase_gap.min_us
    )
    row = amplitude_range(blank, profile)
    steps = st.integers(0, row.max_ua // row.step_ua)
    wish = _Wish(draw(steps), draw(st.none() | steps))
    return replaced(blank, pulse_width_us=draw(_times(width_range(blank, profile))), interphase_gap_us=gap), wish


@composite
def _electrodes(draw: DrawFn, numbers: Sequence[int], multiple: int) -> ElectrodeConfig:
    """Cathodes and anodes among these, the shares multiples of so many permille."""
    most = min(3, len(numbers) - 1)
    cathodes = draw(st.integers(1, most))
    anodes = draw(st.integers(1, min(3, len(numbers) - cathodes)))
    shares: dict[int, int] = {}
    places = iter(numbers)
    for count, sign in ((cathodes, -1), (anodes, 1)):
        whole = WHOLE // multiple
        cuts = sorted(draw(st.lists(st.integers(1, whole - 1), min_size=count - 1, max_size=count - 1, unique=True)))
        for low, high in zip([0, *cuts], [*cuts, whole], strict=True):
            shares[next(places)] = sign * (high - low) * multiple
    return ElectrodeConfig.of(shares)


@cache
def _recharges(profile: DeviceProfile) -> SearchStrategy[Recharge]:
    driven = [ActiveRecharge(kind="active", ratio=ratio) for ratio in range(1, profile.recharge.active_ratio_max + 1)]
    passive = [PassiveRecharge(kind="passive")] if profile.recharge.passive else []
    return st.sampled_from([*driven, *passive])


@cache
def _kinds(profile: DeviceProfile) -> SearchStrategy[Waveform]:
    """A waveform of each kind at the slowest rate there is; the rate comes later."""
    kinds: list[Waveform] = [Tonic(kind="tonic", rate_mhz=profile.tonic_rate.min_mhz)]
    burst = profile.burst
    if burst is not None:
        kinds += [
            Burst(kind="burst", rate_mhz=burst.rate.min_mhz, pulses=pulses, intra_rate_mhz=burst.intra_rate.min_mhz)
            for pulses in (burst.pulses_min, burst.pulses_max)
        ]
    if profile.high_rate is not None:
        kinds.append(HighRate(kind="high-rate", rate_mhz=profile.high_rate.min_mhz))
    return st.sampled_from(kinds)


@cache
def _times(row: TimeRange, part: int = 1) -> SearchStrategy[int]:
    """Times on the grid, up to a part of the range."""
    low, high = -(-row.min_us // row.step_us), row.max_us // row.step_us
    return st.integers(low, max(low, high // part)).map(lambda steps: steps * row.step_us)


# ------------------------------------------------------------------------------------------------------ the rates


@composite
def _at_rates(draw: DrawFn, world: _World, listed: tuple[Program, ...]) -> tuple[Program, ...]:
    """Rates that leave room for every pulse; programs together run at one rate. What fits at none is made shorter."""
    fitting = [_shortened(world, program, len(listed)) for program in listed]
    slowest_us = period_us(_rate_row(fitting[0].waveform, world.profile).min_mhz)
    while len(fitting) > 1 and _needed_us(world, fitting) > slowest_us:
        # Bursts that recover passively need so much room that not many stand side by side.
        fitting = [_shortened(world, program, len(fitting) - 1) for program in listed[: len(fitting) - 1]]
    needed = _needed_us(world, fitting)
    row = _rate_row(fitting[0].waveform, world.profile)
    rate = draw(st.sampled_from(_rates_with_room(row, needed)))
    return tuple(replaced(program, waveform=replaced(program.waveform, rate_mhz=rate)) for program in fitting)


def _needed_us(world: _World, listed: Sequence[Program]) -> int:
    """The period in which all of these have their pulses and their recovery, when they share one rate."""
    together = sum(occupation_us(program) for program in listed)
    passive = any(isinstance(program.recharge, PassiveRecharge) for program in listed)
    # Each other program may fall twice into a period: docs/protocol.md 7 and the rule `charge-balance`.
    recovery = RECOVERY_TIME_CONSTANTS * world.profile.interface.time_constant_us() if passive else 0
    return 2 * together + recovery if len(listed) > 1 else together + recovery


def _shortened(world: _World, program: Program, count: int) -> Program:
    """The program with the longest pulse, not above its own, that leaves room at the slowest rate."""
    row, width = _rate_row(program.waveform, world.profile), width_range(program, world.profile)
    room = period_us(row.min_mhz) // count
    program = replaced(program, waveform=replaced(program.waveform, rate_mhz=row.min_mhz))
    if _fits(world, program, count, room):
        return program
    if isinstance(program.recharge, ActiveRecharge):
        program = replaced(program, interphase_gap_us=world.profile.interphase_gap.min_us)
    elif world.profile.recharge.active_ratio_max and not _fits(world, _at_width(program, width.min_us), count, room):
        # Passive recharge is too slow for this rate at any width.
        program = replaced(program, recharge=ActiveRecharge(kind="active", ratio=1))
    low, high = -(-width.min_us // width.step_us), program.pulse_width_us // width.step_us
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(world, _at_width(program, middle * width.step_us), count, room):
            low = middle
        else:
            high = middle - 1
    program = _at_width(program, low * width.step_us)
    if not _fits(world, program, count, room) and isinstance(program.recharge, ActiveRecharge):
        program = replaced(program, recharge=ActiveRecharge(kind="active", ratio=1))
    return program


def _at_width(program: Program, width_us: int) -> Program:
    return replaced(program, pulse_width_us=width_us)


def _fits(world: _World, program: Program, count: int, room: int) -> bool:
    inner = period_us(program.waveform.intra_rate_mhz) if isinstance(program.waveform, Burst) else None
    ratio = program.recharge.ratio if isinstance(program.recharge, ActiveRecharge) else 0
    once = program.pulse_width_us * (1 + ratio) + (program.interphase_gap_us if ratio else 0)
    return _needed_us(world, [program]) * (2 if count > 1 else 1) <= room and (inner is None or once <= inner)


def _rate_row(waveform: Waveform, profile: DeviceProfile) -> RateRange:
    if isinstance(waveform, Burst) and profile.burst is not None:
        return profile.burst.rate
    if isinstance(waveform, HighRate) and profile.high_rate is not None:
        return profile.high_rate
    return profile.tonic_rate


def _rates_with_room(row: RateRange, needed_us: int) -> list[int]:
    """Every rate of the grid whose period holds what is needed, slow ones first; the slowest one in any case."""
    rates = [
        rate
        for band in row.bands
        for rate in range(band.min_mhz, band.max_mhz + 1, band.step_mhz)
        if period_us(rate) >= needed_us
    ]
    return rates or [row.min_mhz]


# ------------------------------------------------------------------------------------------------- the amplitudes


def _with_amplitudes(world: _World, group: Group, wishes: Sequence[_Wish]) -> Group:
    """Amplitudes up to the largest that every rule lets pass, and perhaps a patient's range up to there too."""
    listed = []
    # Where not all programs found room, the last wishes are nobody's.
    for index, (program, wish) in enumerate(zip(group.programs, wishes, strict=False)):
        row, stride = amplitude_range(program, world.profile), _stride(world, program)
        least = -(-row.min_ua // stride)
        count = max(1, world.largest_ua(group, index) // stride - least + 1)
        amplitude = stride * (least + wish.amplitude % count)
        patient = None
        if wish.highest is not None:
            highest = max(amplitude, stride * (least + wish.highest % count))
            patient = PatientLimits(lowest_ua=row.min_ua, highest_ua=highest)
        listed.append(replaced(program, amplitude_ua=amplitude, patient=patient))
    return replaced(group, programs=tuple(listed))


def _stride(world: _World, program: Program) -> int:
    """The step of the amplitude at which the currents of an asymmetric recharge divide evenly: then none is left."""
    step = amplitude_range(program, world.profile).step_ua
    if not isinstance(program.recharge, ActiveRecharge) or program.recharge.ratio == 1:
        return step
    shares = [abs(share) for _, share in program.contacts.shares]
    # amplitude / ratio · share / 1000 is whole for every share.
    even = WHOLE // gcd(WHOLE, *shares)
    return lcm(step, program.recharge.ratio * even)


def _with_a_contact_that_is_not_there(electrodes: ElectrodeConfig, implant: Implant) -> ElectrodeConfig:
    """The same shares, the last contact one beyond the leads."""
    beyond = min(CONTACTS_MAX, len(implant.contacts) + 1)
    shares = dict(electrodes.shares)
    last = max(shares)
    return ElectrodeConfig.of(
        {**{number: share for number, share in shares.items() if number != last}, beyond: shares[last]}
    )
