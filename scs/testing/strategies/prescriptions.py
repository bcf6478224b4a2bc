"""Well-formed leads, implants, programs and groups: everything that the types can hold, nothing that they refuse.

They shrink to the plainest: one cathode and one anode, round numbers, the name P1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from scs.domain.impedance import Impedances
from scs.domain.lead import CONTACTS_MAX, PORTS, Implant, Lead, PluggedLead, catalogue
from scs.domain.policy import POLICY_IDS, Policy, find_policy
from scs.domain.profile import DeviceProfile, find_profile, profile_ids
from scs.domain.program import (
    PROGRAMS_MAX,
    WHOLE,
    ActiveRecharge,
    Burst,
    ClosedLoop,
    Cycling,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    Recharge,
    Tonic,
    Waveform,
)
from scs.domain.schedule import DAY_MINUTES, DAY_US, WINDOWS_MAX, Window

LARGEST_UA = 200_000
LARGEST_US = 100_000
LARGEST_MHZ = 50_000_000
"""Beyond what any profile holds, and far within what a wire carries."""
CYCLE_US_MAX = 86_400_000_000
LEVELS = ("T8", "T9", "T10", "T11", "T12", "L1", "C2", "C3", "C4", "C5", "C6", "C7", "T1", "T2", "T3", "T4", "T5",
          "T6", "T7", "L2", "L3", "L4", "L5")  # fmt: skip
POLARITY_CONTACTS_MAX = 4
"""Contacts a polarity that are drawn; more behave alike and only make examples longer."""


def names() -> SearchStrategy[str]:
    """1 to 24 printable characters of any script."""
    return st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=24)


def leads() -> SearchStrategy[Lead]:
    """A lead of the catalogue, the plainest percutaneous one first."""
    rows = sorted(catalogue().values(), key=lambda lead: (lead.form != "percutaneous", lead.count, lead.id))
    return st.sampled_from(rows)


@composite
def implants(draw: DrawFn, *, contacts_max: int = CONTACTS_MAX, ports_max: int = len(PORTS)) -> Implant:
    """One to four leads of the catalogue, together at most `contacts_max` contacts."""
    rows = sorted(catalogue().values(), key=lambda lead: (lead.form != "percutaneous", lead.count, lead.id))
    plugged: list[PluggedLead] = []
    left = contacts_max
    for port in PORTS[: draw(st.integers(1, ports_max))]:
        fitting = [lead for lead in rows if lead.count <= left]
        if not fitting:
            break
        lead = draw(st.sampled_from(fitting))
        left -= lead.count
        level = draw(st.none() | st.sampled_from(LEVELS))
        offset = draw(st.integers(-10_000, 10_000))
        plugged.append(PluggedLead.model_validate({"port": port, "lead": lead, "level": level, "offset_um": offset}))
    return Implant(leads=tuple(plugged))


def profiles() -> SearchStrategy[DeviceProfile]:
    """A shipped profile, `reference` first."""
    return st.sampled_from(profile_ids()).map(find_profile)


def policies() -> SearchStrategy[Policy]:
    """A shipped policy."""
    return st.sampled_from(POLICY_IDS).map(find_policy)


@composite
def impedances(draw: DrawFn, implant: Implant | None = None) -> Impedances:
    """What was measured: some contacts or all, plausible ohms, opens and shorts."""
    there = [contact.number for contact in implant.contacts] if implant else list(range(1, CONTACTS_MAX + 1))
    ohms = st.integers(250, 1_500) | st.integers(0, 1_000_000)
    return Impedances(draw(st.dictionaries(st.sampled_from(there), ohms, max_size=len(there))))


@composite
def electrodes(draw: DrawFn, numbers: Sequence[int] = tuple(range(CONTACTS_MAX + 1))) -> ElectrodeConfig:
    """Cathodes and anodes among these contacts; needs two or more. Shares are whole permille."""
    assert len(numbers) >= 2, "a cathode and an anode are two contacts"
    most = min(POLARITY_CONTACTS_MAX, len(numbers) - 1)
    cathodes = draw(st.integers(1, most))
    anodes = draw(st.integers(1, min(POLARITY_CONTACTS_MAX, len(numbers) - cathodes)))
    count = cathodes + anodes
    chosen = draw(_distinct(numbers, count))
    parts = [-share for share in draw(_shares(cathodes))] + draw(_shares(anodes))
    return ElectrodeConfig.of(dict(zip(chosen, parts, strict=True)))


@composite
def _distinct(draw: DrawFn, numbers: Sequence[int], count: int) -> list[int]:
    """`count` different ones of `numbers`, each drawn from those that are left: a draw that is never thrown away."""
    left = list(numbers)
    return [left.pop(draw(st.integers(0, len(left) - 1))) for _ in range(count)]


@composite
def _shares(draw: DrawFn, count: int) -> list[int]:
    """`count` whole shares of at least one permille that sum to the whole: each takes of what the others can spare."""
    shares: list[int] = []
    for others in range(count - 1, 0, -1):
        shares.append(draw(st.integers(1, WHOLE - sum(shares) - others)))
    return [*shares, WHOLE - sum(shares)]


def recharges() -> SearchStrategy[Recharge]:
    """Passive, or driven at any ratio that can be written."""
    driven = st.integers(1, 16).map(lambda ratio: ActiveRecharge(kind="active", ratio=ratio))
    return driven | st.just(PassiveRecharge(kind="passive"))


def tonic_waveforms() -> SearchStrategy[Tonic]:
    """Any rate that the type holds."""
    return st.integers(1, LARGEST_MHZ).map(lambda rate: Tonic(kind="tonic", rate_mhz=rate))


def high_rate_waveforms() -> SearchStrategy[HighRate]:
    """Any rate that the type holds."""
    return st.integers(1, LARGEST_MHZ).map(lambda rate: HighRate(kind="high-rate", rate_mhz=rate))


@composite
def burst_waveforms(draw: DrawFn) -> Burst:
    """Any burst whose inner rate is the faster one."""
    rate = draw(st.integers(1, LARGEST_MHZ))
    inner = rate + draw(st.integers(1, LARGEST_MHZ))
    return Burst(kind="burst", rate_mhz=rate, pulses=draw(st.integers(2, 7)), intra_rate_mhz=inner)


def waveforms() -> SearchStrategy[Waveform]:
    """Tonic, burst or high rate."""
    return tonic_waveforms() | burst_waveforms() | high_rate_waveforms()


@composite
def programs(draw: DrawFn, name: str | None = None, numbers: Sequence[int] | None = None) -> Program:
    """Any well-formed program on any contacts, or on these."""
    lowest = draw(st.integers(0, LARGEST_UA))
    patient = PatientLimits(lowest_ua=lowest, highest_ua=lowest + draw(st.integers(0, LARGEST_UA)))
    cycling = Cycling(on_us=draw(st.integers(1, CYCLE_US_MAX)), off_us=draw(st.integers(1, CYCLE_US_MAX)))
    loop = ClosedLoop(target_uv=draw(st.integers(1, 2_000)), gain_na_per_uv=draw(st.integers(1, 100_000)))
    return Program(
        name=name or draw(st.just("P1") | names()),
        contacts=draw(electrodes(numbers) if numbers else electrodes()),
        amplitude_ua=draw(st.integers(0, LARGEST_UA)),
        pulse_width_us=draw(st.integers(1, LARGEST_US)),
        interphase_gap_us=draw(st.integers(0, LARGEST_US)),
        recharge=draw(recharges()),
        waveform=draw(waveforms()),
        ramp_us=draw(st.integers(0, 60_000_000)),
        cycling=draw(st.sampled_from((None, cycling))),
        patient=draw(st.sampled_from((None, patient))),
        closed_loop=draw(st.sampled_from((None, None, None, loop))),
    )


@composite
def groups(draw: DrawFn, numbers: Sequence[int] | None = None) -> Group:
    """Any well-formed group of one to four programs."""
    count = draw(st.integers(1, PROGRAMS_MAX))
    listed = tuple(draw(programs(name=f"P{index + 1}", numbers=numbers)) for index in range(count))
    return Group(
        name=draw(st.just("G1") | names()),
        delivery=draw(_delivery(count)),
        schedule=draw(st.none() | schedules()),
        daily_dose_us=draw(st.sampled_from((None, 1, 60_000_000, 21_600_000_000, 2 * DAY_US))),
        programs=listed,
    )


def schedules() -> SearchStrategy[tuple[Window, ...]]:
    """One to four windows of a day, of which some overlap: that is for the rules to say. Made of one number, because
    the largest groups leave little room for chance."""
    return st.integers(0, 4 * DAY_MINUTES - 1).map(_windows)


def _windows(number: int) -> tuple[Window, ...]:
    first, minutes = number % DAY_MINUTES, number * 7 % 700 + 1
    begins = [(first + place * 331) % DAY_MINUTES for place in range(number % WINDOWS_MAX + 1)]
    return tuple(Window(from_minute=begin, to_minute=(begin + minutes) % DAY_MINUTES) for begin in begins)


def _delivery(count: int) -> SearchStrategy[Literal["interleaved", "multiplexed"]]:
    return st.just("interleaved") if count == 1 else st.sampled_from(("interleaved", "multiplexed"))


@composite
def hostile_groups(draw: DrawFn) -> Group:
    """Well formed and absurd: everything at an end of what can be said, four programs on one contact at 50 kHz."""
    ends_ua, ends_us = (0, 1, 25_500, 4_294_967, 2**31), (1, 2, 1_000, 65_535, 2**31)
    listed = []
    for index in range(draw(st.integers(1, PROGRAMS_MAX))):
        pair = draw(st.sampled_from(({1: -WHOLE, 2: WHOLE}, {32: -WHOLE, 0: WHOLE}, {1: -1, 2: -999, 32: WHOLE})))
        highest = draw(st.sampled_from(ends_ua))
        listed.append(
            Program(
                # Twenty-four letters of two bytes each and more: as long as a name can be on a wire.
                name=chr(0x1D54F) * 23 + str(index),
                contacts=ElectrodeConfig.of(pair),
                amplitude_ua=draw(st.sampled_from(ends_ua)),
                pulse_width_us=draw(st.sampled_from(ends_us)),
                interphase_gap_us=draw(st.sampled_from((0, *ends_us))),
                recharge=draw(recharges()),
                waveform=draw(waveforms() | st.just(HighRate(kind="high-rate", rate_mhz=LARGEST_MHZ))),
                ramp_us=draw(st.sampled_from((0, 1, 2**40))),
                cycling=draw(st.sampled_from((None, Cycling(on_us=1, off_us=1), Cycling(on_us=2**40, off_us=1)))),
                patient=draw(st.sampled_from((None, PatientLimits(lowest_ua=0, highest_ua=highest)))),
            )
        )
    return Group(name="\u202e" + "G" * 23, delivery=draw(_delivery(len(listed))), programs=tuple(listed))
