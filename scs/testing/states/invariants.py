"""What must be so of every state, and of every step from one to the next; each answer is a sentence, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmware_model.tap import TEST_CHANNEL
from scs.clock import Duration
from scs.domain.status import Mode, TherapyState
from scs.testing.states.happenings import Happening
from scs.testing.states.world import RAMP_US, READER, STEP_UA, World
from scs.wire.requests import GetStatus
from scs.wire.responses import Status

PROBE = Duration.of_s(1)
"""How long a state in which nothing may leave is watched: four periods of the groups that are used."""
RAMPED = Duration(RAMP_US) + PROBE
"""How long a soft stop may take."""
TEST_PC_MAX = 100_000
"""What a test pulse may carry: a tenth of what an ordinary pulse of therapy does [project]."""
OWN_WAYS_OUT = frozenset({Mode.SAFE, Mode.MRI, Mode.STORAGE, Mode.DEPLETED})
"""Modes that end by nothing but what is made to end them."""


@dataclass(frozen=True, slots=True)
class Before:
    """What has to be remembered of the state that a happening found."""

    mode: Mode
    is_running: bool
    is_stopping: bool
    was_asked: bool
    """Whether the person had therapy running, so that something may leave."""

    @classmethod
    def of(cls, world: World) -> Before:
        therapy = world.device.parts.therapy
        return cls(
            world.device.parts.modes.mode,
            therapy.group is not None,
            therapy.is_stopping,
            world.running_slot is not None,
        )


def step_violations(before: Before, happening: Happening, world: World) -> Iterator[str]:
    """What is wrong with the step that has just been made; the pulses that left in it are taken note of."""
    yield from world.trouble
    yield from _pulse_violations(before, world)
    parts = world.device.parts
    therapy, mode = parts.therapy, parts.modes.mode
    begins = therapy.group is not None and (not before.is_running or (before.is_stopping and not therapy.is_stopping))
    if begins and not happening.is_start:
        yield "therapy began without a start"
    if before.mode in OWN_WAYS_OUT and mode not in (before.mode, Mode.SAFE) and before.mode not in happening.leaves:
        yield f"{before.mode.name} was left by what does not end it"
    if before.mode in (Mode.MRI, Mode.STORAGE) and mode is Mode.SAFE and parts.store.image.kept is not before.mode:
        yield f"a fault made the implant forget that it is in {before.mode.name}"
    if max(therapy.targets_ua, default=0) > world.ceiling_ua:
        yield f"the target is {max(therapy.targets_ua)} uA, and {world.ceiling_ua} uA were asked for"
    set_ua = max((channel.amplitude_ua for channel in world.channels), default=0)
    if set_ua > world.ceiling_ua:
        yield f"{set_ua} uA are set, and {world.ceiling_ua} uA were asked for"
    if therapy.is_trial and not world.holds_lease:
        yield "an amplitude is tried, and nobody holds the lease"
    if happening.words == "STOP":
        yield from _stop_violations(world)


def _pulse_violations(before: Before, world: World) -> Iterator[str]:
    for pulse in world.departures:
        amplitude_ua = sum(current for current in pulse.currents_ua.values() if current > 0)
        if pulse.program == TEST_CHANNEL:
            yield from _test_pulse_violations(world, before, amplitude_ua * pulse.width_us)
            continue
        if not before.was_asked:
            yield f"a pulse of {amplitude_ua} uA left the electrodes, and no start asked for any"
        elif amplitude_ua > world.ceiling_ua:
            yield f"a pulse of {amplitude_ua} uA left the electrodes, and {world.ceiling_ua} uA were asked for"
        elif amplitude_ua > world.latest_ua + STEP_UA:
            yield f"a pulse of {amplitude_ua} uA followed one of {world.latest_ua} uA: more than a step"
        world.latest_ua = amplitude_ua
        if world.ending_us is not None and pulse.start_us >= world.ending_us:
            world.ceiling_ua = min(world.ceiling_ua, amplitude_ua)
    world.departures.clear()


def _test_pulse_violations(world: World, before: Before, charge_pc: int) -> Iterator[str]:
    if charge_pc > TEST_PC_MAX:
        yield f"a test pulse carried {charge_pc} pC, more than {TEST_PC_MAX} pC"
    if Mode.MEASURING not in (before.mode, world.device.parts.modes.mode):
        yield "a test pulse left the electrodes, and nothing is measured"


def _stop_violations(world: World) -> Iterator[str]:
    parts = world.device.parts
    if parts.therapy.state is not TherapyState.OFF or any(parts.stimulator.delivered_ua):
        yield "STOP did not take the output to zero in one step"
    if parts.therapy.next_due() is not None or parts.impedance.next_due() is not None:
        yield "STOP left something that falls due"
    if parts.modes.mode in (Mode.THERAPY, Mode.MEASURING):
        yield f"STOP left the implant in {parts.modes.mode.name}"


def state_violations(world: World) -> Iterator[str]:
    """What is wrong with a state itself, found by letting a second pass in it; the world is used up by that."""
    mode = world.device.parts.modes.mode
    status = world.ask(GetStatus(), READER)
    if not isinstance(status, Status) or status.mode is not mode:
        yield f"the status is not readable in {mode.name}"
    if mode is Mode.THERAPY:
        if world.device.parts.therapy.is_stopping:
            world.pass_time(RAMPED)
            if world.device.parts.therapy.state is not TherapyState.OFF:
                yield "a soft stop has not ended when its ramp is over"
        return
    if isinstance(status, Status) and (status.therapy is not TherapyState.OFF or any(status.delivered_ua)):
        yield f"the status says {status.therapy.name} in {mode.name}"
    world.pass_time(PROBE)
    strays = [pulse for pulse in world.departures if mode is not Mode.MEASURING or pulse.program != TEST_CHANNEL]
    if strays:
        yield f"{len(strays)} pulses left the electrodes in {mode.name}"
