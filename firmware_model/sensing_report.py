"""What is told about sensing: the posture, and what each program evokes, wants and delivers.

A closed loop reads every pulse. Where none sets the amplitude, the channel listens when it is asked, to the pulse that
is delivered then: nothing else depends on what it hears, and nobody pays for an amplifier that is on all day.
"""

from __future__ import annotations

from firmware_model.closed_loop import ClosedLoop
from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.sensing.ecap_channel import EcapReading
from scs.domain.program import Program
from scs.domain.status import EcapQuality, LoopState
from scs.wire.requests import GetSensing
from scs.wire.responses import Sensing

LoopRow = tuple[int, LoopState, EcapQuality, int, int, int, int, int]


def get_sensing(context: Context, _session: Session, _request: GetSensing) -> Sensing:
    parts = context.parts
    group = parts.therapy.group
    # A device without the channel has nothing to listen with.
    programs = group.programs if group is not None and parts.config.profile.closed_loop is not None else ()
    loops = parts.therapy.loops
    rows = tuple(
        _closed(index, loop) if loop is not None and loop.state is not LoopState.OPEN
        else _open(index, program, loop, context)
        for index, (program, loop) in enumerate(zip(programs, loops, strict=False))
    )  # fmt: skip
    return Sensing(parts.now_us, parts.senses.posture, min(parts.senses.activity_mg, 0xFFFF), rows)


def _closed(index: int, loop: ClosedLoop) -> LoopRow:
    latest, setting = loop.latest, loop.setting
    height_nv = max(0, latest.height_nv)
    return (
        index, loop.state, latest.quality, height_nv, setting.target_nv, loop.amplitude_ua, setting.ceiling_ua,
        loop.fallbacks,
    )  # fmt: skip


def _open(index: int, program: Program, loop: ClosedLoop | None, context: Context) -> LoopRow:
    """What the program itself sets; without a loop there is no target, which is told as 0."""
    parts = context.parts
    reading, amplitude_ua = EcapReading(EcapQuality.NONE), 0
    pulse = next((pulse for at, pulse, _ in parts.stimulator.delivering if at == index), None)
    if pulse is not None:
        amplitude_ua, senses = pulse.amplitude_ua, parts.senses
        reading = senses.channel.read(senses.body, parts.now_us, amplitude_ua, pulse.width_us, pulse.occupation_us)
    highest_ua = program.amplitude_ua if program.patient is None else program.patient.highest_ua
    target_nv, ceiling_ua, fallbacks = (
        (0, highest_ua, 0) if loop is None else (loop.setting.target_nv, loop.setting.ceiling_ua, loop.fallbacks)
    )
    return (
        index, LoopState.OPEN, reading.quality, max(0, reading.height_nv), target_nv, amplitude_ua, ceiling_ua,
        fallbacks,
    )  # fmt: skip
