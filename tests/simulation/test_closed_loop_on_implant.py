"""Does an implant with a closed loop keep every promise at every pulse, whatever the body does?"""

from __future__ import annotations

import random
from pathlib import Path

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.clock import Instant
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group, replaced
from scs.domain.program_file import parse_program_file
from tests.support.speaker import Speaker

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed-loop.toml"
FILE = parse_program_file("closed-loop.toml", EXAMPLE.read_text(encoding="utf-8"))
SAVED_UA, CEILING_UA = 5_500, 7_000
EVOKE = find_profile("evoke")


class Ear:
    """Hears every pulse: its whole current in µA."""

    def __init__(self) -> None:
        self.amplitudes_ua: list[int] = []

    def __call__(self, departure: Departure) -> None:
        self.amplitudes_ua.append(sum(current for current in departure.currents_ua.values() if current > 0))
        if departure.recharge_ua:
            for contact, current in departure.currents_ua.items():
                assert current * departure.width_us + departure.recharge_ua[contact] * departure.recharge_us == 0


def a_scene(seed: int = 1, **changes: object) -> tuple[Speaker, Bench, Ear]:
    """A writer and a bench on an implant of the Evoke profile that holds the example, and an ear on its output."""
    assert FILE.implant is not None
    config = DeviceConfig("SCS-000001", EVOKE, find_policy("default"), FILE.implant)
    device = Device(config, RamMemory(), random.Random(seed), Instant(0))
    speaker, bench, ear = Speaker(device), Bench(device), Ear()
    bench.tap(ear)
    speaker.open()
    group: Group = replaced(FILE.group, programs=(replaced(FILE.group.programs[0], **changes),))
    speaker.write(group)
    return speaker, bench, ear
