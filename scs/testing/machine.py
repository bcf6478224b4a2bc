"""The stimulator as a state machine: programmer, link and implant over simulated time, with named invariants.

`StimulatorMachine` is a RuleBasedStateMachine of Hypothesis, whose failures shrink to the shortest story; make a
test of it with `TestStimulator = StimulatorMachine.TestCase`, or of a subclass with a firmware of your own in `build`.
`run_machine` takes many more steps by a seed alone: `python -m scs.testing.machine --steps 100000`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from firmware_model.bypasses import BYPASSES
from firmware_model.device import Device
from firmware_model.electrodes import Damage
from scs.clock import Duration, WallClock
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import ActiveRecharge, Burst, ElectrodeConfig, Group, PassiveRecharge, Program, Tonic
from scs.testing.course import INVARIANTS, Course, InvariantBroken
from scs.testing.simulated import Build, LinkFaults, World, two_leads
from scs.testing.strategies import hostile_groups, legal_groups, nearly_valid_groups, noise
from scs.wire.requests import ClearFault, EnterMri, EnterStorage, LeaveMri, MeasureImpedance, SoftStop

SLOTS = 3
"""A few slots, so that they are written again."""
CONTACTS = 16
BENDS = tuple(bypass.id for bypass in BYPASSES if bypass.id != "gate-open")
"""What the bench may break without letting what the rules block through: then the interlocks have to see it."""
ORDERS = (SoftStop, MeasureImpedance, ClearFault, EnterMri, LeaveMri, EnterStorage)
GOOD_LINK = LinkFaults()


class StimulatorMachine(RuleBasedStateMachine):
    """Everything that programmer, link, supply and bench can do, in any order. `build` makes the implant."""

    build: Build = Device

    def __init__(self) -> None:
        super().__init__()
        self.course = Course(World(build=type(self).build))

    @initialize(group=legal_groups(two_leads(), find_profile("reference"), programs_max=2))
    def begin_with_therapy(self, group: Group) -> None:
        """Most of what can go wrong goes wrong while something is delivered."""
        self.course.open()
        self.course.write(group, 0)
        self.course.start(0)

    @rule()
    def open(self) -> None:
        self.course.open()

    @rule(
        group=legal_groups(two_leads(), find_profile("reference"), programs_max=2)
        | nearly_valid_groups(two_leads(), find_profile("reference"), find_policy("default")).map(lambda n: n.group)
        | hostile_groups(),
        slot=st.integers(0, SLOTS - 1),
        acknowledge=st.booleans(),
    )
    def write(self, group: Group, slot: int, acknowledge: bool) -> None:
        self.course.write(group, slot, acknowledge=acknowledge)

    @rule(slot=st.integers(0, SLOTS - 1))
    def start(self, slot: int) -> None:
        self.course.start(slot)

    @rule(program=st.integers(0, 1), steps=st.integers(0, 510))
    def try_amplitude(self, program: int, steps: int) -> None:
        self.course.try_amplitude(program, 50 * steps)

    @rule(order=st.sampled_from(ORDERS))
    def send(self, order: type[SoftStop]) -> None:
        self.course.order(order)

    @rule()
    def leave_storage(self) -> None:
        self.course.leave_storage()

    @rule()
    def stop(self) -> None:
        self.course.stop()

    @rule(milliseconds=st.integers(0, 3_000))
    def pass_time(self, milliseconds: int) -> None:
        self.course.pass_time(Duration.of_ms(milliseconds))

    @rule(loss=st.sampled_from([0.0, 0.1, 0.5]), twice=st.sampled_from([0.0, 0.1, 0.5]), is_cut=st.booleans())
    def change_link(self, loss: float, twice: float, is_cut: bool) -> None:
        self.course.set_link(LinkFaults(loss, twice, is_cut))

    @rule(data=noise(), is_to_implant=st.booleans())
    def make_noise(self, data: bytes, is_to_implant: bool) -> None:
        self.course.noise(data, is_to_implant=is_to_implant)

    @rule()
    def power_cycle(self) -> None:
        self.course.power_cycle()

    @rule(permille=st.sampled_from([0, 10, 49, 50, 500, 1_000]))
    def set_battery(self, permille: int) -> None:
        self.course.set_battery(permille)

    @rule(contact=st.integers(1, CONTACTS), damage=st.sampled_from([None, *Damage]))
    def damage_lead(self, contact: int, damage: Damage | None) -> None:
        _damage(self.course, contact, damage)

    @rule(bypass_id=st.sampled_from(BENDS))
    def break_implant(self, bypass_id: str) -> None:
        self.course.bypass(bypass_id)


def _damage(course: Course, contact: int, damage: Damage | None) -> None:
    if damage is None:
        course.mend_lead(contact)
    else:
        course.break_lead(contact, damage)


# ---------------------------------------------------------------------------------------------------- by chance alone


def some_group(chance: Random) -> Group:
    """One or two programs as people write them; now and then one that a rule blocks."""
    return Group(name="G", programs=tuple(_some_program(chance, index) for index in range(chance.choice((1, 1, 1, 2)))))


def _some_program(chance: Random, index: int) -> Program:
    cathode, anode = chance.sample(range(1 + 8 * index, 9 + 8 * index), 2)
    rate_mhz = chance.choice((2_000, 10_000, 20_000, 20_000, 40_000))
    waveform: Tonic | Burst = Tonic(kind="tonic", rate_mhz=rate_mhz)
    if chance.random() < 0.1:
        waveform = Burst(kind="burst", rate_mhz=2_000, pulses=3, intra_rate_mhz=250_000)
    is_driven = chance.random() < 0.8
    return Program(
        name=f"P{index + 1}",
        contacts=ElectrodeConfig.of({cathode: -1_000, anode: 1_000}),
        amplitude_ua=50 * chance.randrange(0, chance.choice((20, 100, 600))),
        pulse_width_us=10 * chance.randrange(3, 60),
        interphase_gap_us=chance.choice((0, 20)) if is_driven else 0,
        recharge=ActiveRecharge(kind="active", ratio=chance.choice((1, 1, 2)))
        if is_driven
        else PassiveRecharge(kind="passive"),
        waveform=waveform,
        ramp_us=chance.choice((0, 500_000, 2_000_000)),
    )


def _set_up(course: Course, chance: Random) -> None:
    """What a clinician does who finds an implant in whatever state, up to running therapy."""
    course.set_link(GOOD_LINK)
    course.open()
    course.set_battery(900)
    for order in (ClearFault, LeaveMri):
        course.order(order)
    course.leave_storage()
    slot = chance.randrange(SLOTS)
    course.write(some_group(chance), slot)
    course.start(slot)
    course.pass_time(Duration.of_ms(chance.randrange(3_000)))


def _try_some_amplitude(course: Course, chance: Random) -> None:
    course.try_amplitude(chance.randrange(2), 50 * chance.randrange(chance.choice((9, 200))))


def _make_some_noise(course: Course, chance: Random) -> None:
    course.noise(chance.randbytes(chance.randrange(60)), is_to_implant=chance.random() < 0.5)


Act = Callable[[Course, Random], None]
ACTS: tuple[tuple[int, Act], ...] = (
    (6, _set_up),
    (8, lambda course, chance: course.open()),
    (8, lambda course, chance: course.write(some_group(chance), chance.randrange(SLOTS))),
    (10, lambda course, chance: course.start(chance.randrange(SLOTS))),
    (14, _try_some_amplitude),
    (3, lambda course, chance: course.order(SoftStop)),
    (2, lambda course, chance: course.order(chance.choice(ORDERS))),
    (3, lambda course, chance: course.order(ClearFault)),
    (3, lambda course, chance: course.order(LeaveMri)),
    (3, lambda course, chance: course.leave_storage()),
    (5, lambda course, chance: course.stop()),
    (30, lambda course, chance: course.pass_time(Duration.of_ms(chance.randrange(chance.choice((20, 200, 2_500)))))),
    (2, lambda course, chance: course.set_link(LinkFaults(chance.choice((0, 0.3)), chance.choice((0, 0.3))))),
    (1, lambda course, chance: course.set_link(LinkFaults(is_cut=True))),
    (6, lambda course, chance: course.set_link(GOOD_LINK)),
    (3, _make_some_noise),
    (2, lambda course, chance: course.power_cycle()),
    (1, lambda course, chance: course.set_battery(chance.choice((0, 10, 49, 50)))),
    (4, lambda course, chance: course.set_battery(chance.choice((500, 1_000)))),
    (1, lambda course, chance: course.break_lead(chance.randrange(1, CONTACTS + 1), chance.choice(list(Damage)))),
    (2, lambda course, chance: course.mend_lead(chance.randrange(1, CONTACTS + 1))),
    (1, lambda course, chance: course.bypass(chance.choice(BENDS))),
)  # fmt: skip
"""How often, and what."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run by chance has come to. `broken` is None when every invariant held."""

    seed: int
    steps: int
    looked_at: dict[str, int]
    pulses: int
    broken: InvariantBroken | None


STEPS_PER_COURSE = 500
"""After so many a new stimulator is taken, so that what a course has broken does not rule all that follows."""


def run_machine(seed: int, steps: int, build: Build = Device) -> Ran:
    """Take so many steps by chance, on one new stimulator after the other; end at the first broken invariant."""
    chance = Random(seed)
    weights, acts = zip(*ACTS, strict=True)
    looked_at = dict.fromkeys((invariant.id for invariant in INVARIANTS), 0)
    taken = pulses = 0
    while taken < steps:
        course = Course(World(seed=chance.randrange(1 << 30), build=build))
        broken = None
        try:
            for act in chance.choices(acts, weights, k=min(STEPS_PER_COURSE, steps - taken)):
                act(course, chance)
        except InvariantBroken as error:
            broken = error
        taken, pulses = taken + course.steps, pulses + course.monitor.pulses
        for identity, count in course.looked_at.items():
            looked_at[identity] += count
        if broken is not None:
            return Ran(seed, taken, looked_at, pulses, broken)
    return Ran(seed, taken, looked_at, pulses, None)


def main(argv: Sequence[str] | None = None) -> int:
    """Run by a seed and print what was looked at; 1 when an invariant is broken."""
    parser = argparse.ArgumentParser(description="Take many steps by chance. Never for clinical use.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=30_000)
    arguments = parser.parse_args(argv)
    clock = WallClock()
    ran = run_machine(arguments.seed, arguments.steps)
    seconds = clock.now().us / 1e6
    work = f"{ran.steps:,} steps, {ran.pulses:,} pulses, {seconds:.1f} s, {ran.steps / seconds:,.0f} steps/s"
    lines = [f"{work}, seed {ran.seed}"]
    lines += [f"{identity:<26}looked at {count:,} times" for identity, count in ran.looked_at.items()]
    lines.append(str(ran.broken) if ran.broken else "no invariant is broken")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(ran.broken is not None)


if __name__ == "__main__":
    sys.exit(main())
