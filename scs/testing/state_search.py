"""Every state that an implant can get into, searched breadth first over the code that runs, not over a model of it.

`python -m scs.testing.state_search` prints how many there are. A step that breaks an invariant is shown with the
shortest way to it. Amplitudes are a few steps of the device's grid; time goes from one thing that is due to the next.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scs.domain.status import Fault, Mode, TherapyState
from scs.testing.states.happenings import HAPPENINGS, Happening
from scs.testing.states.invariants import Before, state_violations, step_violations
from scs.testing.states.keeping import Keeper
from scs.testing.states.world import Build, Maker, World, a_config

StateKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant: the sentence, and the shortest way to it."""

    sentence: str
    way: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.sentence}: power-on; " + "; ".join(self.way)


@dataclass(slots=True)
class Found:
    """What a search has seen."""

    states: dict[StateKey, tuple[StateKey | None, str]] = field(default_factory=dict)
    """Each state with the one before it on the shortest way, and what happened there."""
    transitions: int = 0
    modes: Counter[Mode] = field(default_factory=Counter)
    """How many states there are in each mode."""
    violations: list[Violation] = field(default_factory=list)
    backward: dict[StateKey, set[StateKey]] = field(default_factory=dict)
    """From a state to those from which a clinician comes to it in one step."""
    goals: set[StateKey] = field(default_factory=set)
    """The states in which therapy is delivered as it was asked for."""

    def way_to(self, key: StateKey) -> tuple[str, ...]:
        """The shortest list of happenings from power-on."""
        words: list[str] = []
        before: StateKey | None = key
        while before is not None:
            before, happened = self.states[before]
            words.append(happened)
        return tuple(reversed(words[:-1]))


class Search:
    """A search of one implant. It stops at `violations_max` broken invariants."""

    def __init__(self, build: Build, happenings: tuple[Happening, ...] = HAPPENINGS, violations_max: int = 1) -> None:
        self._maker = Maker(build, a_config())
        self._keeper: Keeper[World] = Keeper(Maker)
        self._happenings = happenings
        self._violations_max = violations_max
        self._waiting: deque[tuple[StateKey, bytes]] = deque()
        self.found = Found()

    def run(self) -> Found:
        """Search until there is no new state."""
        found = self.found
        world = World(self._maker)
        self._meet(world, None, "")
        while self._waiting:
            key, kept = self._waiting.popleft()
            for happening in self._happenings:
                self._step(key, self._keeper.take_out(kept), happening)
                if len(found.violations) >= self._violations_max:
                    del found.violations[self._violations_max :]
                    return found
        found.violations += self._dead_ends()
        return found

    def _step(self, key: StateKey, world: World, happening: Happening) -> None:
        """Let one thing happen, and look at what has become of the implant."""
        found = self.found
        before = Before.of(world)
        try:
            if not happening.happen(world):
                return
        except AssertionError as error:
            found.violations.append(Violation(f"the implant contradicts itself: {error}", self._way(key, happening)))
            return
        found.transitions += 1
        for sentence in step_violations(before, happening, world):
            found.violations.append(Violation(sentence, self._way(key, happening)))
        world.settle()
        reached = self._meet(world, key, happening.words)
        if happening.is_clinician:
            found.backward.setdefault(reached, set()).add(key)

    def _meet(self, world: World, before: StateKey | None, happened: str) -> StateKey:
        """Take note of a state; put it aside to go on from when it is a new one."""
        found = self.found
        key = key_of(world)
        if key in found.states:
            return key
        found.states[key] = (before, happened)
        mode = world.device.parts.modes.mode
        found.modes[mode] += 1
        if world.device.parts.therapy.state is TherapyState.ON:
            found.goals.add(key)
        kept = self._keeper.put_aside(world)
        self._waiting.append((key, kept))
        for sentence in state_violations(world):
            found.violations.append(Violation(sentence, found.way_to(key)))
        return key

    def _way(self, key: StateKey, happening: Happening) -> tuple[str, ...]:
        return (*self.found.way_to(key), happening.words)

    def _dead_ends(self) -> Iterator[Violation]:
        """States from which nothing that a clinician does leads to therapy; the first of them is enough."""
        found = self.found
        alive, edge = set(found.goals), list(found.goals)
        while edge:
            for earlier in found.backward.get(edge.pop(), ()):
                if earlier not in alive:
                    alive.add(earlier)
                    edge.append(earlier)
        for key in found.states:
            if key not in alive:
                yield Violation("from here nobody gets back to therapy", found.way_to(key))
                return


def key_of(world: World) -> StateKey:
    """Everything that decides about what comes next; two worlds with the same key are the same state."""
    device = world.device
    parts = device.parts
    therapy = parts.therapy
    battery = 0 if parts.battery.is_empty else 1 if not parts.battery.is_recharged else 2
    image = parts.store.image
    channels = tuple(
        (
            _height(c),
            c.target_ua > c.committed_ua,
            c.target_ua < c.committed_ua,
            c.is_on,
            _order(c.next_tick_us, c.next_switch_us),
        )
        for c in world.channels
    )
    return (
        parts.modes.mode,
        therapy.state,
        therapy.is_stopping,
        therapy.slot if therapy.group is not None else None,
        channels,
        tuple((slot, group.data) for slot, group in sorted(image.groups.items())),
        image.kept,
        image.fault is not Fault.NONE,
        parts.interlocks.fault is not Fault.NONE,
        parts.stimulator.tripped_us is not None,
        parts.impedance.next_due() is not None,
        battery,
        device._context.staging.group is not None,
        world.holds_lease,
        world.running_slot,
        world.is_ending,
    )


def _height(channel: Any) -> int:
    """Nothing, below its target, or at it: how far below makes no difference to what comes next."""
    return 0 if not channel.amplitude_ua else 1 if channel.amplitude_ua < channel.target_ua else 2


def _order(tick_us: int | None, switch_us: int | None) -> tuple[bool, bool, bool]:
    """Which timers run, and which of them is due first; not when, for time goes from one to the next."""
    first = tick_us is not None and switch_us is not None and tick_us < switch_us
    return tick_us is not None, switch_us is not None, first


def search(build: Build | None = None, violations_max: int = 1) -> Found:
    """Every reachable state of the implant that `build` makes; of this project's own if none is given."""
    from firmware_model.device import Device

    return Search(build or Device, violations_max=violations_max).run()


def summary(found: Found) -> str:
    """The figures, one a line, and every violation."""
    modes = ", ".join(f"{mode.name} {found.modes[mode]}" for mode in Mode)
    lines = [f"{len(found.states)} states, {found.transitions} transitions", f"states in each mode: {modes}"]
    lines += [f"VIOLATION: {violation}" for violation in found.violations] or ["no invariant is broken"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    result = search()
    sys.stdout.write(summary(result))
    sys.exit(bool(result.violations))
