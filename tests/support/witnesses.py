"""A group in front of both witnesses: what the interlocks and the monitors have to say of it, in sentences.

An empty list is agreement. Whoever weakens one of the witnesses must get a sentence here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from firmware_model.bench import Bench
from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.device import Device
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.case import amplitude_range
from scs.domain.policy import find_policy
from scs.domain.program import (
    ActiveRecharge,
    ElectrodeConfig,
    Group,
    HighRate,
    PassiveRecharge,
    Program,
    Tonic,
    Waveform,
    replaced,
)
from scs.domain.safety import judge
from scs.domain.status import Fault, Mode
from scs.testing.prescribed import PrescribedMonitor
from scs.testing.waveform import DeliveredMonitor
from tests.support.implants import REFERENCE, a_config, two_leads
from tests.support.speaker import Speaker

DEFAULT = find_policy("default")
PLATEAU = Duration.of_ms(600)
"""A ramp of 0 s climbs to 25.5 mA in 510 steps of a millisecond."""


@dataclass
class Scene:
    """One implant on the bench, with both monitors at its electrodes."""

    group: Group
    blueprint: Blueprint = AS_DESIGNED
    seen: list[Departure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device = Device(a_config(), RamMemory(), random.Random(1), Instant(0), self.blueprint)
        self.bench = Bench(self.device)
        self.speaker = Speaker(self.device)
        self.whole = DeliveredMonitor(REFERENCE, two_leads(), DEFAULT)
        self.prescribed = PrescribedMonitor(self.group)
        self.speaker.open()

    def run(self) -> None:
        """Write the group, acknowledge what must be, start it and go up to its amplitude, watched all the way."""
        self.speaker.write(self.group)
        self.listen()
        self.speaker.start()
        self.bench.jump(PLATEAU)

    def listen(self) -> None:
        for listener in (self.whole.on_departure, self.prescribed.on_departure, self.seen.append):
            self.bench.tap(listener)

    def silence(self) -> None:
        """Nobody listens from now on: equal pulses are counted in closed form."""
        for listener in (self.whole.on_departure, self.prescribed.on_departure, self.seen.append):
            self.bench.untap(listener)

    def complaints(self) -> list[str]:
        """What the monitors have seen."""
        found = [*self.whole.finish(self.device.now.us), *self.prescribed.violations]
        return [f"{violation.id}: {violation.sentence}" for violation in found]


def disagreements(group: Group, blueprint: Blueprint = AS_DESIGNED) -> list[str]:
    """What is wrong with a group that the implant accepts: its interlocks fire, or the monitors see a violation."""
    scene = Scene(group, blueprint)
    scene.run()
    scene.bench.jump(Duration.of_ms(1_100))
    found = scene.complaints()
    scene.silence()
    scene.bench.jump(Duration.of_s(20))
    fault, mode = scene.device.parts.interlocks.fault, scene.device.parts.modes.mode
    if fault is not Fault.NONE or mode is not Mode.THERAPY:
        found.append(f"the interlocks fired: {fault.name} in {mode.name}")
    return found


def what_gets_past(group: Group, bypass_id: str, at_us: int, blueprint: Blueprint = AS_DESIGNED) -> list[str]:
    """What leaves although the interlocks stand there, when the output goes wrong `at_us` after the ramp."""
    scene = Scene(group, blueprint)
    scene.run()
    scene.bench.jump(Duration(at_us))
    before_pc = scene.whole.net_pc()
    scene.bench.bypass(bypass_id)
    scene.bench.jump(Duration.of_s(1))
    found = scene.complaints()
    if scene.device.parts.modes.mode is not Mode.SAFE:
        found.append(f"the switches are closed in {scene.device.parts.modes.mode.name}")
    stopped = len(scene.seen)
    scene.bench.jump(Duration.of_s(2))
    if len(scene.seen) > stopped:
        found.append(f"{len(scene.seen) - stopped} pulses left after the switches had opened")
    for contact, charge in scene.whole.net_pc().items():
        if abs(charge - before_pc.get(contact, 0)) > 1:
            found.append(f"{charge - before_pc.get(contact, 0)} pC are left on contact {contact}")
        if scene.bench.passive_bound_pc(contact) > 1 or scene.whole.waiting_pc(contact, scene.device.now.us)[1] > 1:
            found.append(f"contact {contact} has not recovered passively")
    return found


@composite
def crowded_groups(draw: DrawFn) -> Group:
    """Programs that share contacts and differ in everything, brought down until nothing blocks: many must be confirmed.

    Halving amplitudes and rates ends at 0 mA and 2 Hz, which nothing blocks: no draw is thrown away.
    """
    programs = tuple(draw(_program(f"P{number}")) for number in range(1, 1 + draw(st.integers(1, 4))))
    group = Group(name="G1", programs=programs)
    while blocking := judge(group, two_leads(), REFERENCE, DEFAULT).blocking_rules:
        slower = bool({"timing", "charge-balance"} & set(blocking))
        group = replaced(group, programs=tuple(_milder(program, slower=slower) for program in group.programs))
    return group


@composite
def _program(draw: DrawFn, name: str) -> Program:
    numbers = draw(st.lists(st.integers(0, 6), min_size=2, max_size=5, unique=True))
    cathodes = draw(st.integers(1, len(numbers) - 1))
    shares = {
        number: sign * share
        for sign, part in ((-1, numbers[:cathodes]), (1, numbers[cathodes:]))
        for number, share in zip(part, draw(_shares(len(part))), strict=True)
    }
    ratio = draw(st.integers(0, 8))
    waveform: Waveform = Tonic(kind="tonic", rate_mhz=1_000 * draw(st.integers(2, 1_200)))
    if draw(st.integers(0, 5)) == 0:
        waveform = HighRate(kind="high-rate", rate_mhz=1_250_000 + 50_000 * draw(st.integers(0, 175)))
    return Program(
        name=name,
        contacts=ElectrodeConfig.of(shares),
        amplitude_ua=50 * draw(st.integers(1, 510)),
        pulse_width_us=10 * draw(st.integers(1, 100)),
        interphase_gap_us=10 * draw(st.integers(0, 20)),
        recharge=ActiveRecharge(kind="active", ratio=ratio) if ratio else PassiveRecharge(kind="passive"),
        waveform=waveform,
        ramp_us=0,
    )


def _shares(count: int) -> SearchStrategy[list[int]]:
    """That many whole permilles above zero that sum to a thousand."""
    cuts = st.lists(st.integers(1, 999), min_size=count - 1, max_size=count - 1, unique=True)
    return cuts.map(lambda at: [after - before for before, after in pairwise([0, *sorted(at), 1_000])])


def _milder(program: Program, *, slower: bool) -> Program:
    step = amplitude_range(program, REFERENCE).step_ua
    less = program.amplitude_ua // 2 // step * step
    if not slower:
        return replaced(program, amplitude_ua=less)
    rate = max(2_000, program.waveform.rate_mhz // 2 // 1_000 * 1_000)
    if rate <= 1_200_000:
        return replaced(program, amplitude_ua=less, waveform=Tonic(kind="tonic", rate_mhz=rate))
    return replaced(program, amplitude_ua=less, waveform=HighRate(kind="high-rate", rate_mhz=rate // 50_000 * 50_000))
