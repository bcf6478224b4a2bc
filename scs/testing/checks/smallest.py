"""The smallest group that still shows a failure: what a person would write down to explain it.

Changes that make a group simpler are tried one after the other, and kept when the failure stays. It is bounded, so
that it ends soon on slow hardware too, and it draws nothing by chance: the same failure gives the same group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from scs.domain.case import amplitude_range
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Group, Program, Tonic, replaced
from scs.errors import BadPrescription
from scs.testing.checks.check import Bed
from scs.testing.checks.groups import PLAIN_MHZ, on_band, on_time

TRIES_MAX = 300
"""Where time is virtual; a slow target allows itself `SLOW_TRIES_MAX`."""
SLOW_TRIES_MAX = 25


def smallest(bed: Bed, group: Group, fails: Callable[[Group], bool], tries: int = TRIES_MAX) -> Group:
    """The simplest group found within `tries` for which `fails` still holds; `group` itself at worst."""
    is_done = False
    while not is_done:
        is_done = True
        for simpler in _simpler(bed, group):
            if tries == 0:
                return group
            tries -= 1
            if fails(simpler):
                group, is_done = simpler, False
                break
    return group


def _simpler(bed: Bed, group: Group) -> Iterator[Group]:
    """Groups that are one step simpler, the largest steps first."""
    for index in range(len(group.programs)):
        if len(group.programs) > 1:
            rest = tuple(program for place, program in enumerate(group.programs) if place != index)
            yield from _made(group, programs=rest, delivery="interleaved")
    if group.delivery != "interleaved":
        yield from _made(group, delivery="interleaved")
    for index, program in enumerate(group.programs):
        for changes in _changes(bed, program):
            try:
                changed = replaced(program, **changes)
            except (ValidationError, BadPrescription):
                continue
            if changed != program:
                yield from _made(group, programs=(*group.programs[:index], changed, *group.programs[index + 1 :]))


def _made(group: Group, **changes: Any) -> Iterator[Group]:
    try:
        yield replaced(group, **changes)
    except (ValidationError, BadPrescription):
        return


def _changes(bed: Bed, program: Program) -> Iterator[dict[str, Any]]:
    profile = bed.profile
    if program.cycling is not None:
        yield {"cycling": None}
    if program.patient is not None:
        yield {"patient": None}
    if not isinstance(program.waveform, Tonic):
        yield {"waveform": Tonic(kind="tonic", rate_mhz=on_band(PLAIN_MHZ, profile.tonic_rate))}
    elif program.waveform.rate_mhz != (plain := on_band(PLAIN_MHZ, profile.tonic_rate)):
        yield {"waveform": Tonic(kind="tonic", rate_mhz=plain)}
    if profile.recharge.active_ratio_max or isinstance(program.recharge, ActiveRecharge):
        yield {"recharge": ActiveRecharge(kind="active", ratio=1)}
    if program.interphase_gap_us:
        yield {"interphase_gap_us": 0}
    if program.ramp_us != (ramp := on_time(1_000_000, profile.ramp)):
        yield {"ramp_us": ramp}
    yield from _fewer_contacts(program)
    yield from _rounder(bed, program)


def _fewer_contacts(program: Program) -> Iterator[dict[str, Any]]:
    shares = program.contacts.shares
    if len(shares) > 2:
        cathode = min(shares, key=lambda row: row[1])[0]
        anode = max(shares, key=lambda row: row[1])[0]
        yield {"contacts": ElectrodeConfig.of({cathode: -WHOLE, anode: WHOLE})}
    yield {"contacts": ElectrodeConfig.of({1: -WHOLE, 2: WHOLE})}


def _rounder(bed: Bed, program: Program) -> Iterator[dict[str, Any]]:
    """Smaller, rounder amplitudes and widths: by halves, then by thousands, hundreds and single steps."""
    step = amplitude_range(program, bed.profile).step_ua
    amplitude = program.amplitude_ua
    for less in (amplitude - amplitude // 2, amplitude % 1_000, amplitude % 100, amplitude % step, step):
        if 0 < less <= amplitude:
            yield {"amplitude_ua": amplitude - less}
    width, grid = program.pulse_width_us, bed.profile.pulse_width.step_us
    for less in (width - width // 2, width % 100, width % grid, grid):
        if 0 < less < width:
            yield {"pulse_width_us": width - less}
