"""A live implant that hears what its pulses evoke, with the closed loop of the examples in its first slot."""

from __future__ import annotations

from pathlib import Path

from firmware_model.device import DeviceConfig
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import PatientLimits, replaced
from scs.domain.program_file import parse_program_file
from tests.support.live_implant import LiveImplant

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed-loop.toml"


def a_listener(lowest_ua: int = 5_400, highest_ua: int = 5_550) -> LiveImplant:
    """With a patient's range of four amplitudes, if not told otherwise, and a short ramp."""
    file = parse_program_file("closed-loop.toml", EXAMPLE.read_text(encoding="utf-8"))
    assert file.implant is not None
    limits = PatientLimits(lowest_ua=lowest_ua, highest_ua=highest_ua)
    program = replaced(file.group.programs[0], patient=limits, ramp_us=1_000_000)
    config = DeviceConfig("SCS-000001", find_profile("evoke"), find_policy("default"), file.implant)
    return LiveImplant(replaced(file.group, programs=(program,)), config=config)
