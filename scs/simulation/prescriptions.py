"""Groups as people write them, drawn by chance: every waveform, cycled, scheduled, dosed; now and then too much."""

from __future__ import annotations

from random import Random

from scs.domain.profile import DeviceProfile
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    Cycling,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    Program,
    Tonic,
)
from scs.domain.schedule import Window

CONTACTS = 16
STEP_UA = 100
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000


def a_group(chance: Random, profile: DeviceProfile, name: str) -> Group:
    """Any of them; an implant may refuse it, as it refuses people."""
    count = chance.choice((1, 1, 1, 2, 3))
    programs = tuple(_program(chance, profile, f"P{number + 1}", count) for number in range(count))
    schedule = (Window(from_minute=60 * chance.randrange(4, 10), to_minute=60 * chance.randrange(18, 23)),)
    return Group(
        name=name,
        programs=programs,
        schedule=schedule if chance.random() < 0.2 else None,
        daily_dose_us=chance.randint(4, 20) * HOUR_US if chance.random() < 0.15 else None,
    )


def plain_group(profile: DeviceProfile, pair: tuple[int, int] = (3, 4), amplitude_ua: int = 2_000) -> Group:
    """What every implant can deliver at any time of the day; the final visit writes it."""
    is_passive = not profile.recharge.active_ratio_max
    program = Program(
        name="P1",
        contacts=ElectrodeConfig.of({pair[0]: -1_000, pair[1]: 1_000}),
        amplitude_ua=amplitude_ua,
        pulse_width_us=200,
        interphase_gap_us=0,
        recharge=PassiveRecharge(kind="passive") if is_passive else ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
        ramp_us=1_000_000,
    )
    return Group(name="plain", programs=(program,))


def _program(chance: Random, profile: DeviceProfile, name: str, of: int) -> Program:
    contacts = chance.sample(range(1, CONTACTS + 1), chance.choice((2, 2, 3)))
    shares = {contacts[0]: -1_000, contacts[1]: 1_000}
    if len(contacts) == 3:
        part = 100 * chance.randint(2, 8)
        shares = {contacts[0]: -1_000, contacts[1]: part, contacts[2]: 1_000 - part}
    is_quick = of == 1 and chance.random() < 0.25
    waveform: Tonic | Burst | HighRate
    if is_quick and profile.high_rate is not None and chance.random() < 0.6:
        waveform = HighRate(kind="high-rate", rate_mhz=1_000 * chance.choice((1_000, 1_200)))
    elif is_quick and profile.burst is not None:
        waveform = Burst(kind="burst", rate_mhz=40_000, intra_rate_mhz=500_000, pulses=5)
    else:
        waveform = Tonic(kind="tonic", rate_mhz=1_000 * chance.choice((10, 40, 50, 60, 90, 130)))
    ratio_max = profile.recharge.active_ratio_max
    # Now and then somebody types far too much, and the implant has to say no.
    is_too_much = not is_quick and chance.random() < 0.12
    is_passive = not ratio_max or (profile.recharge.passive and not is_quick and chance.random() < 0.3)
    return Program(
        name=name,
        contacts=ElectrodeConfig.of(shares),
        amplitude_ua=STEP_UA * (chance.randint(80, 250) if is_too_much else chance.randint(5, 45)),
        pulse_width_us=10 * (chance.randint(50, 100) if is_too_much else chance.randint(8, 20 if is_quick else 40)),
        interphase_gap_us=0 if is_passive else 50,
        recharge=PassiveRecharge(kind="passive")
        if is_passive
        else ActiveRecharge(kind="active", ratio=1 if is_quick else min(ratio_max, chance.choice((1, 1, 2, 4)))),
        waveform=waveform,
        ramp_us=chance.choice((0, 500_000, 1_000_000, 2_000_000)),
        cycling=Cycling(on_us=chance.choice((1, 5, 15)) * MINUTE_US, off_us=chance.choice((1, 5, 15)) * MINUTE_US)
        # Of several programs that cycle beside each other hardly two cycles are equal, and each costs as much as a day.
        if of == 1 and chance.random() < 0.3
        else None,
    )
