"""The groups that checks work with: plain ones that every rule lets pass on this very implant.

They are made from the implant's own profile and leads, so that the suite runs on any device.
"""

from __future__ import annotations

from typing import Any

from scs.domain.case import amplitude_range
from scs.domain.profile import CurrentRange, RateRange, TimeRange
from scs.domain.program import (
    WHOLE,
    ActiveRecharge,
    ElectrodeConfig,
    Group,
    PassiveRecharge,
    Program,
    Recharge,
    Tonic,
    replaced,
)
from scs.domain.verdict import Outcome
from scs.testing.checks.check import Bed, NotEvaluated

PLAIN_UA = 2_000
PLAIN_US = 200
PLAIN_MHZ = 40_000
"""What a plain program is driven with, where the device can: 2 mA, 200 µs, 40 Hz."""


def a_program(bed: Bed, name: str = "P1", pair: tuple[int, int] = (1, 2), **changes: Any) -> Program:
    """A program between two contacts with values of the device's own grid, unless told otherwise."""
    profile = bed.profile
    row = profile.recharge
    recharge: Recharge = (
        ActiveRecharge(kind="active", ratio=1) if row.active_ratio_max else PassiveRecharge(kind="passive")
    )
    fields: dict[str, Any] = {
        "name": name,
        "contacts": ElectrodeConfig.of({pair[0]: -WHOLE, pair[1]: WHOLE}),
        "amplitude_ua": on_step(PLAIN_UA, profile.amplitude),
        "pulse_width_us": on_time(PLAIN_US, profile.pulse_width),
        "recharge": recharge,
        "waveform": Tonic(kind="tonic", rate_mhz=on_band(PLAIN_MHZ, profile.tonic_rate)),
        "ramp_us": on_time(1_000_000, profile.ramp),
    }
    return Program(**{**fields, **changes})


def a_group(bed: Bed, *programs: Program, name: str = "G1", **changes: Any) -> Group:
    """A group of these programs, or of one plain one; its amplitudes are halved until every rule is silent.

    Raises NotEvaluated when the device cannot deliver it at any amplitude.
    """
    group = Group(name=name, programs=programs or (a_program(bed, **changes),))
    for _ in range(10):
        if bed.judge(group).outcome is Outcome.PASS:
            return group
        halved = {
            p.name: on_step(p.amplitude_ua // 2, amplitude_range(p, bed.profile)) for p in group.programs
        }  # fmt: skip
        group = group.with_amplitudes(halved)
    raise NotEvaluated(f"this device has no way to deliver {group.name}")


def quick_group(bed: Bed, rate_mhz: int = 1_000_000, **changes: Any) -> Group:
    """A group with so many pulses a second that every step of a ramp shows."""
    waveform = Tonic(kind="tonic", rate_mhz=on_band(rate_mhz, bed.profile.tonic_rate))
    return a_group(bed, waveform=waveform, **changes)


def on_step(value_ua: int, row: CurrentRange) -> int:
    """The nearest amplitude of the grid, downward, inside the range."""
    value_ua = min(max(value_ua, row.min_ua), row.max_ua)
    return max(value_ua - value_ua % row.step_ua, -(-row.min_ua // row.step_ua) * row.step_ua)


def on_time(value_us: int, row: TimeRange) -> int:
    """The nearest time of the grid, downward, inside the range."""
    value_us = min(max(value_us, row.min_us), row.max_us)
    return max(value_us - value_us % row.step_us, -(-row.min_us // row.step_us) * row.step_us)


def on_band(value_mhz: int, row: RateRange) -> int:
    """The nearest rate of the grid, downward, in the band that holds it or lies nearest."""
    band = min(row.bands, key=lambda b: max(b.min_mhz - value_mhz, value_mhz - b.max_mhz, 0))
    inside = min(max(value_mhz, band.min_mhz), band.max_mhz)
    return inside - (inside - band.min_mhz) % band.step_mhz


def with_program(group: Group, index: int = 0, **changes: Any) -> Group:
    """The group with one program changed, validated again."""
    programs = list(group.programs)
    programs[index] = replaced(programs[index], **changes)
    return replaced(group, programs=tuple(programs))
