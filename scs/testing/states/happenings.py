"""Everything that can happen to an implant, each with its words: orders, time, mishaps, power.

A happening answers whether it could happen at all in the state that it found. What it changes in the person's memory of
what was ordered, it changes by the implant's answers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import Fault, Mode
from scs.testing.states.world import (
    COMMITTED_UA,
    CYCLING,
    HIGH_UA,
    LOUDER,
    LOW_UA,
    OTHER,
    PLAIN,
    RATE_MHZ,
    READER,
    STEP_UA,
    World,
)
from scs.wire.framing import FrameType
from scs.wire.messages import Message
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    ClearFault,
    Commit,
    EnterMri,
    EnterStorage,
    GetStatus,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    SetAmplitude,
    SoftStop,
    Stage,
    Start,
)
from scs.wire.responses import Committed, Done, Staged
from scs.wire.terms import LEASE_MS

HEARTBEAT = Duration.of_s(1)
LEASE = Duration.of_ms(LEASE_MS)
PULSE = Duration(1_000_000_000 // RATE_MHZ)
BLOCKED_UA = 25_000
"""More charge a phase than any rule lets pass: 25 mA x 200 us on one contact."""
BEYOND = PLAIN.with_amplitudes({"P1": BLOCKED_UA})
EMPTY_SLOT = 5
LITTLE_PERMILLE = 10
"""What a cell recovers by itself: not enough to come back from DEPLETED."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that can happen. `happen` changes the world, or answers False when it cannot happen now."""

    words: str
    happen: Callable[[World], bool]
    is_start: bool = False
    """Whether therapy may begin by it."""
    is_clinician: bool = True
    """Whether a person who wants therapy back can bring it about."""
    leaves: frozenset[Mode] = frozenset()
    """The modes that only this may end: MRI, STORAGE, SAFE and DEPLETED each have their own way out."""


# ------------------------------------------------------------------------------------------------------------ orders


def _stage(world: World, group: Group, slot: int) -> Message:
    data = encode_group(group)
    return world.ask(Stage(slot, 0, len(data), digest(data), data))


def _commit(world: World, group: Group, slot: int) -> None:
    generation = world.device.parts.store.image.generation
    order = Commit(world.op_id(), slot, generation, digest(encode_group(group)), ())
    if isinstance(world.ask(order), Committed):
        world.note_commit(slot, group)


def _staging(group: Group) -> Callable[[World], bool]:
    def happen(world: World) -> bool:
        _stage(world, group, 0)
        return True

    return happen


def _commit_staged(world: World) -> bool:
    """Commit PLAIN, whether it was staged or not."""
    _commit(world, PLAIN, 0)
    return True


def _writing(group: Group, slot: int) -> Callable[[World], bool]:
    def happen(world: World) -> bool:
        if isinstance(_stage(world, group, slot), Staged):
            _commit(world, group, slot)
        return True

    return happen


def _starting(slot: int) -> Callable[[World], bool]:
    def happen(world: World) -> bool:
        if not isinstance(world.ask(Start(world.op_id(), slot)), Done):
            return True
        if slot in world.stored:
            world.note_start(slot)
        else:
            world.trouble.append(f"slot {slot} holds no group, and its start was accepted")
        return True

    return happen


def _trying(amplitude_ua: int) -> Callable[[World], bool]:
    def happen(world: World) -> bool:
        if isinstance(world.ask(SetAmplitude(world.op_id(), 0, amplitude_ua, ())), Done):
            world.note_trial(amplitude_ua)
        return True

    return happen


def _soft_stop(world: World) -> bool:
    if isinstance(world.ask(SoftStop(world.op_id())), Done):
        world.note_end()
    return True


def _ordering(
    order: type[MeasureImpedance | ClearFault | EnterMri | LeaveMri | EnterStorage | LeaveStorage],
) -> Callable[[World], bool]:
    def happen(world: World) -> bool:
        world.ask(order(world.op_id()))
        return True

    return happen


def _start_by_a_reader(world: World) -> bool:
    if isinstance(world.ask(Start(world.op_id(), 0), READER), Done):
        world.trouble.append("a session that may only read has started therapy")
    return True


def _stop(world: World) -> bool:
    frames = world.stop()
    if [frame.type for frame in frames] != [FrameType.STOPPED]:
        world.trouble.append("STOP was not answered")
    world.note_off()
    return True


# -------------------------------------------------------------------------------------------------------------- time


def _next_due(world: World) -> bool:
    """Until the next change that the implant makes by itself, with heartbeats as long as the lease is held."""
    parts = world.device.parts
    due = min((due for due in (parts.therapy.next_due(), parts.impedance.next_due()) if due is not None), default=None)
    if due is None:
        return False
    while world.device.now < due:
        left = world.device.now.until(due)
        world.pass_time(min(left, HEARTBEAT))
        _keep_lease(world)
    return True


def _silence(world: World) -> bool:
    """The link is lost until the lease has ended."""
    if not world.holds_lease:
        return False
    world.pass_time(LEASE)
    if world.is_trial:
        world.note_end()
    return True


def _keep_lease(world: World) -> None:
    if world.holds_lease:
        world.ask(GetStatus())


# ----------------------------------------------------------------------------------------------------------- mishaps


def _trip(world: World) -> bool:
    """The converters run away before the next pulse, once."""
    stimulator = world.device.parts.stimulator
    if stimulator.is_idle:
        return False
    straight = stimulator.output
    world.bench.bypass("amplitude-forced")
    world.pass_time(PULSE)
    stimulator.rewire(straight)
    _keep_lease(world)
    return True


def _empty(world: World) -> bool:
    return _charge(world, 0) if not world.device.parts.battery.is_empty else False


def _recover(world: World) -> bool:
    return _charge(world, LITTLE_PERMILLE) if world.device.parts.battery.is_empty else False


def _recharge(world: World) -> bool:
    return _charge(world, 1_000) if not world.device.parts.battery.is_recharged else False


def _charge(world: World, permille: int) -> bool:
    world.bench.set_battery(permille)
    world.pass_time(Duration(0))
    if permille == 0:
        world.note_off()
    return True


def _reset(world: World) -> bool:
    world.reset()
    return True


def _reset_to_a_fault(world: World) -> bool:
    store = world.device.parts.store
    if store.image.fault is not Fault.NONE:
        return False
    store.save_fault(Fault.MEMORY)
    world.reset()
    return True


HAPPENINGS: tuple[Happening, ...] = (
    Happening("a group is staged for slot 0", _staging(PLAIN)),
    Happening("a group with an amplitude beyond the rules is staged", _staging(BEYOND)),
    Happening("that group is committed to slot 0", _commit_staged),
    Happening("the same group with a larger amplitude is written into slot 0", _writing(LOUDER, 0)),
    Happening("another group with a smaller amplitude is written into slot 0", _writing(OTHER, 0)),
    Happening("a cycling group is written into slot 1", _writing(CYCLING, 1)),
    Happening("slot 0 is started", _starting(0), is_start=True),
    Happening("slot 1 is started", _starting(1), is_start=True),
    Happening("an empty slot is started", _starting(EMPTY_SLOT)),
    Happening("somebody who may only read asks for a start", _start_by_a_reader),
    Happening("a soft stop is asked for", _soft_stop),
    Happening(f"{LOW_UA} uA are tried", _trying(LOW_UA)),
    Happening(f"{COMMITTED_UA} uA are tried", _trying(COMMITTED_UA)),
    Happening(f"{HIGH_UA} uA are tried", _trying(HIGH_UA)),
    Happening(f"{BLOCKED_UA} uA are tried", _trying(BLOCKED_UA)),
    Happening("0 uA are tried", _trying(0)),
    Happening("an impedance measurement is asked for", _ordering(MeasureImpedance)),
    Happening("the fault is taken back", _ordering(ClearFault), leaves=frozenset({Mode.SAFE})),
    Happening("the MRI mode is entered", _ordering(EnterMri)),
    Happening("the MRI mode is left", _ordering(LeaveMri), leaves=frozenset({Mode.MRI})),
    Happening("storage is entered", _ordering(EnterStorage)),
    Happening("storage is left", _ordering(LeaveStorage), leaves=frozenset({Mode.STORAGE})),
    Happening("STOP", _stop),
    Happening("time passes until something is due", _next_due),
    Happening("the link is silent until the lease ends", _silence, is_clinician=False),
    Happening("the converters run away", _trip, is_clinician=False),
    Happening("the battery is empty", _empty, is_clinician=False),
    Happening("the battery recovers a little", _recover, is_clinician=False),
    Happening("the battery is recharged", _recharge, leaves=frozenset({Mode.DEPLETED})),
    Happening("the power fails and comes back", _reset, is_clinician=False, leaves=frozenset({Mode.DEPLETED})),
    Happening("the power fails, and a fault is found when it comes back", _reset_to_a_fault, is_clinician=False,
              leaves=frozenset({Mode.DEPLETED, Mode.MRI, Mode.STORAGE})),
)  # fmt: skip
"""Every kind of request with representative arguments, STOP, time, and what goes wrong."""

assert STEP_UA == LOW_UA, "the smallest amplitude tried is one step, so that a ramp has a height below it"
