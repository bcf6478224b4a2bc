"""What is told about sensing: the posture, and what each closed loop reads, wants and delivers."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from scs.wire.requests import GetSensing
from scs.wire.responses import Sensing


def get_sensing(context: Context, _session: Session, _request: GetSensing) -> Sensing:
    parts = context.parts
    rows = tuple(
        (
            index,
            loop.state,
            loop.latest.quality,
            max(0, loop.latest.height_nv),
            loop.setting.target_nv,
            loop.amplitude_ua,
            loop.setting.ceiling_ua,
            loop.fallbacks,
        )
        for index, loop in enumerate(parts.therapy.loops)
        if loop is not None
    )
    return Sensing(parts.now_us, parts.senses.posture, min(parts.senses.activity_mg, 0xFFFF), rows)
