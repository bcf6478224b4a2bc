"""Starting, ramping, trying, cycling and stopping: what amplitude each program is to have at each instant.

An amplitude rises by at most one step of its grid a ramp tick, and is never above its target, whatever is pressed
when. A target that is lowered takes the amplitude down with it at once; a soft stop steps down; STOP is one step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from firmware_model.closed_loop import ClosedLoop
from firmware_model.sensing.senses import Follower, Senses
from firmware_model.stimulator import Stimulator
from firmware_model.twice import complements
from scs.clock import Instant
from scs.domain.profile import DeviceProfile
from scs.domain.program import Burst, Group, Program
from scs.domain.status import LoopState, TherapyState

TICK_US_MIN = 1_000
"""A ramp tick is at least this long: even a ramp of 0 s climbs in steps, 25 mA of 0.05 mA in half a second [A]."""


TherapyMarks = tuple[tuple[int, int | None], ...]
"""What a stretch of time has left of each program: its amplitude, and when that changes next, counted from then."""


@dataclass(slots=True)
class _Channel:
    """One program of the group that runs."""

    program: Program
    step_ua: int
    committed_ua: int
    target_ua: int
    amplitude_ua: int = 0
    tick_us: int = TICK_US_MIN
    next_tick_us: int | None = None
    is_on: bool = True
    """Whether the program is in the on part of its cycle; always, when it has none."""
    next_switch_us: int | None = None
    loop: ClosedLoop | None = None
    """Sets the amplitude of each pulse once the program has reached its own; None in open loop."""


class Therapy:
    """Drives the stimulator's amplitudes. Times come from the caller; `on_time` does what is due at that instant."""

    def __init__(self, profile: DeviceProfile, stimulator: Stimulator, senses: Senses) -> None:
        self._profile = profile
        self._stimulator = stimulator
        self._senses = senses
        self._channels: list[_Channel] = []
        self.group: Group | None = None
        """The group that runs, with its committed amplitudes; None while therapy is off."""
        self.slot = 0
        """The slot of the group that runs or was last."""
        self.is_stopping = False
        self.is_held = False
        """Whether the group waits, at zero or on its way down to it, until it is let go."""
        self.has_loop = False
        """Whether any program of the group that runs has a closed loop."""
        self.ramp_down_us = 0
        """How long a soft stop from the targets takes at most; worked out whenever a target is decided on."""
        self._programs = 0
        self._seal()

    @property
    def state(self) -> TherapyState:
        if self.group is None:
            return TherapyState.OFF
        if self.is_stopping:
            return TherapyState.RAMPING_DOWN
        if self.is_held and any(channel.amplitude_ua for channel in self._channels):
            return TherapyState.RAMPING_DOWN
        on = [channel for channel in self._channels if channel.is_on]
        if self.is_held or not on:
            return TherapyState.PAUSED
        climbing = [channel for channel in on if channel.amplitude_ua < channel.target_ua]
        return TherapyState.RAMPING_UP if climbing else TherapyState.ON

    @property
    def targets_ua(self) -> tuple[int, ...]:
        """Per program of the group that runs or was last: where the amplitude is going."""
        if self.group is None:
            return (0,) * self._programs
        return tuple([0 if self.is_stopping else channel.target_ua for channel in self._channels])

    @property
    def is_delivering(self) -> tuple[bool, ...]:
        """Per program of the group that runs: whether it has an amplitude now; empty while therapy is off."""
        return tuple([channel.amplitude_ua > 0 for channel in self._channels])

    @property
    def is_trial(self) -> bool:
        """Whether a target differs from what is committed."""
        if self.group is None or self.is_stopping:
            return False
        return bool([channel for channel in self._channels if channel.target_ua != channel.committed_ua])

    @property
    def loops(self) -> tuple[ClosedLoop | None, ...]:
        """Per program of the group that runs: its closed loop, if it has one."""
        return tuple(channel.loop for channel in self._channels)

    @property
    def tried(self) -> Group | None:
        """The running group with the amplitudes that are being tried."""
        if self.group is None:
            return None
        return self.group.with_amplitudes({c.program.name: c.target_ua for c in self._channels})

    def start(self, slot: int, group: Group, now: Instant) -> None:
        """Soft-start `group`. A no-op while it runs; while it ramps down it turns back up from where it is."""
        if self.group is not None:
            assert self.slot == slot, "another group must be stopped first"
            if self.is_stopping:
                self.is_stopping = False
                for index, channel in enumerate(self._channels):
                    self.set_target(index, channel.committed_ua, now)
                    if channel.program.cycling is not None and channel.is_on:
                        channel.next_switch_us = now.us + channel.program.cycling.on_us
            self._check_invariants()
            return
        self.group, self.slot, self.is_stopping = group, slot, False
        self._stimulator.load(group)
        self._channels = [self._channel(program) for program in group.programs]
        self._programs = len(self._channels)
        for channel in self._channels:
            if channel.program.cycling is not None:
                channel.next_switch_us = now.us + channel.program.cycling.on_us
            self._climb(channel, now)
        self._seal()
        self._check_invariants()

    def set_target(self, index: int, target_ua: int, now: Instant) -> None:
        """Try an amplitude: climb to it by ramp, or drop to it at once. The caller has judged it."""
        assert self.group is not None, "therapy is off"
        assert not self.is_stopping, "therapy is stopping"
        self._open_loop(index)
        channel = self._channels[index]
        channel.target_ua = target_ua
        if channel.amplitude_ua > target_ua:
            self._set(index, target_ua)
        self._climb(channel, now)
        self._seal()
        self._close_loops()
        self._check_invariants()

    def adopt(self, group: Group, now: Instant) -> None:
        """The running group was committed with other amplitudes: they are the targets from now on."""
        assert self.group is not None, "therapy is off"
        self.group = group
        for index in range(len(self._channels)):
            self._open_loop(index)
        for channel, program in zip(self._channels, group.programs, strict=True):
            channel.program, channel.committed_ua = program, program.amplitude_ua
            channel.loop = self._senses.loop_of(program, channel.step_ua)
        if not self.is_stopping:
            for index, program in enumerate(group.programs):
                self.set_target(index, program.amplitude_ua, now)
        else:
            for channel in self._channels:
                channel.target_ua = max(channel.amplitude_ua, channel.committed_ua)
        self._seal()
        self._check_invariants()

    def soft_stop(self, now: Instant, at_once: Iterable[int] = ()) -> None:
        """Ramp down and stop; what was tried is forgotten. A no-op while therapy is off or stopping.

        The programs in `at_once` do not take their ramp: what hardly flows must not come back on the way down.
        """
        if self.group is None:
            return
        for index in at_once:
            self._open_loop(index)
            self._set(index, 0)
        if self.is_stopping:
            return
        for index in range(len(self._channels)):
            self._open_loop(index)
        self.is_stopping, self.is_held = True, False
        for channel in self._channels:
            channel.next_switch_us = None
            channel.next_tick_us = now.us + channel.tick_us
        self._check_invariants()

    def hold(self, now: Instant, until_us: int | None) -> None:
        """Ramp down and wait to be let go; at zero by `until_us` where the program's own ramp would take longer."""
        assert self.group is not None, "therapy is off"
        assert not self.is_stopping, "what ends does not wait"
        self.is_held = True
        for index, channel in enumerate(self._channels):
            self._open_loop(index)
            channel.next_switch_us = channel.next_tick_us = None
            steps = -(-channel.amplitude_ua // channel.step_ua)
            if steps:
                if until_us is not None:
                    channel.tick_us = max(TICK_US_MIN, min(channel.tick_us, (until_us - now.us) // steps))
                channel.next_tick_us = now.us + channel.tick_us
        self._check_invariants()

    def release(self, now: Instant) -> None:
        """Soft-start what was held, from where it is; a cycle begins anew, with on."""
        assert self.is_held, "only what is held is let go"
        self.is_held = False
        for channel in self._channels:
            channel.is_on = True
            if channel.program.cycling is not None:
                channel.next_switch_us = now.us + channel.program.cycling.on_us
            self._climb(channel, now)
        self._close_loops()
        self._check_invariants()

    def halt(self) -> None:
        """Off, in one step."""
        self._stimulator.halt()
        for channel in self._channels:
            channel.amplitude_ua = 0
        self._end()

    def next_due(self) -> Instant | None:
        """The same as `next_due_us`."""
        due_us = self.next_due_us()
        return None if due_us is None else Instant(due_us)

    def next_due_us(self) -> int | None:
        """When an amplitude or a cycle changes next."""
        if self.group is None:
            return None
        first_us: int | None = None
        for channel in self._channels:
            for at_us in (channel.next_tick_us, channel.next_switch_us):
                if at_us is not None and (first_us is None or at_us < first_us):
                    first_us = at_us
        return first_us

    @property
    def ramp_peak_ua(self) -> int | None:
        """What the pulses draw at most until the ramps that run have ended; None while something else may happen."""
        if self.is_stopping or not any(channel.next_tick_us is not None for channel in self._channels):
            return None
        if any(channel.next_switch_us is not None or channel.loop is not None for channel in self._channels):
            return None
        highest_ua = [max(channel.amplitude_ua, channel.target_ua) for channel in self._channels]
        return self._stimulator.drive_at_ua(highest_ua)

    def marks_since(self, from_us: int) -> TherapyMarks:
        """Per program of the group that runs: its amplitude and when it changes next, counted from then."""
        return tuple(
            (channel.amplitude_ua, None if channel.next_tick_us is None else channel.next_tick_us - from_us)
            for channel in self._channels
        )

    def mark_again(self, marks: TherapyMarks, from_us: int) -> None:
        """The same ramps have run since `from_us` that once left these marks; somebody else has delivered them."""
        for channel, (amplitude_ua, tick_us) in zip(self._channels, marks, strict=True):
            channel.amplitude_ua = amplitude_ua
            channel.next_tick_us = None if tick_us is None else tick_us + from_us
        self._check_invariants()

    def begins_a_cycle(self, now_us: int) -> bool:
        """Whether the first program that cycles has just been switched on."""
        for channel in self._channels:
            cycling = channel.program.cycling
            if cycling is not None:
                return channel.is_on and channel.next_switch_us == now_us + cycling.on_us
        return False

    def state_at(self, now_us: int) -> tuple[object, ...]:
        """Everything that decides over the amplitudes from now on; what is named next_… counts from now."""
        channels = tuple(
            tuple(_since(field.name, getattr(channel, field.name), now_us) for field in fields(channel))
            for channel in self._channels
        )
        return (self.slot, self.is_stopping, self.is_held, self.group, channels)

    def shift(self, by_us: int) -> None:
        """So much time has gone by in which what was delivered has been counted by somebody else."""
        for channel in self._channels:
            if channel.next_tick_us is not None:
                channel.next_tick_us += by_us
            if channel.next_switch_us is not None:
                channel.next_switch_us += by_us

    def on_time(self, now: Instant) -> bool:
        """Do what is due at `now`; True when a soft stop has just ended."""
        for index, channel in enumerate(self._channels):
            if channel.next_switch_us is not None and channel.next_switch_us <= now.us:
                self._switch(index, now)
            if channel.next_tick_us is not None and channel.next_tick_us <= now.us:
                self._tick(index)
        has_ended = self.is_stopping and all(channel.amplitude_ua == 0 for channel in self._channels)
        if has_ended:
            self._end()
        self._close_loops()
        self._check_invariants()
        return has_ended

    @property
    def is_intact(self) -> bool:
        """Whether both copies of the active slot and of every amplitude that limits a program agree."""
        return complements(self._words()) == self._second

    def flip(self, word: int, bit: int) -> None:
        """A bit flips in working memory: word 0 is the slot, then each program's committed amplitude and its target."""
        assert 0 <= word < len(self._words()), f"there are {len(self._words())} words"
        if word == 0:
            self.slot ^= 1 << bit
        elif word % 2:
            self._channels[word // 2].committed_ua ^= 1 << bit
        else:
            self._channels[word // 2 - 1].target_ua ^= 1 << bit

    def _words(self) -> list[int]:
        words = [self.slot]
        for channel in self._channels:
            words += (channel.committed_ua, channel.target_ua)
        return words

    def _seal(self) -> None:
        """What was just decided is kept a second time, and with it what follows from it."""
        self._second = complements(self._words())
        self.has_loop = any(channel.loop is not None for channel in self._channels)
        self.ramp_down_us = max([_steps(channel) * _tick_us(channel) for channel in self._channels], default=0)

    def _channel(self, program: Program) -> _Channel:
        burst = self._profile.burst
        amplitude = burst.amplitude if isinstance(program.waveform, Burst) and burst else self._profile.amplitude
        channel = _Channel(program, amplitude.step_ua, program.amplitude_ua, program.amplitude_ua)
        channel.loop = self._senses.loop_of(program, amplitude.step_ua)
        return channel

    def _close_loops(self) -> None:
        """Hand over to the loop of whatever has reached its committed amplitude and stays there."""
        for channel in self._channels:
            is_there = channel.is_on and channel.amplitude_ua == channel.target_ua == channel.committed_ua
            is_down = self.is_stopping or self.is_held
            if channel.loop is not None and channel.loop.state is LoopState.OPEN and is_there and not is_down:
                channel.loop.close()
                self._stimulator.follow(Follower(self._senses, channel.loop))

    def _open_loop(self, index: int) -> None:
        """Take over from the loop: at its amplitude when that is lower, so that nothing is raised by taking over."""
        channel = self._channels[index]
        if channel.loop is None or channel.loop.state is LoopState.OPEN:
            return
        channel.loop.open()
        self._stimulator.follow(None)
        self._set(index, min(channel.amplitude_ua, channel.loop.amplitude_ua))

    def _climb(self, channel: _Channel, now: Instant) -> None:
        """Set the tick so that the way from zero to the target takes the program's ramp, and start it if needed."""
        if self.is_held:
            return
        channel.tick_us = _tick_us(channel)
        has_way = channel.is_on and channel.amplitude_ua < channel.target_ua
        if not has_way:
            channel.next_tick_us = None
        elif channel.next_tick_us is None or self.is_stopping:
            channel.next_tick_us = now.us + channel.tick_us

    def _tick(self, index: int) -> None:
        channel = self._channels[index]
        assert channel.next_tick_us is not None, "a tick was due"
        if self.is_stopping or self.is_held:
            self._set(index, max(0, channel.amplitude_ua - channel.step_ua))
            goes_on = channel.amplitude_ua > 0
        else:
            self._set(index, min(channel.target_ua, channel.amplitude_ua + channel.step_ua))
            goes_on = channel.amplitude_ua < channel.target_ua
        channel.next_tick_us = channel.next_tick_us + channel.tick_us if goes_on else None

    def _switch(self, index: int, now: Instant) -> None:
        """The other part of the cycle: off at once, on by ramp."""
        channel = self._channels[index]
        cycling = channel.program.cycling
        assert cycling is not None, "only a cycling program switches"
        assert channel.next_switch_us is not None, "a switch was due"
        channel.is_on = not channel.is_on
        channel.next_switch_us += cycling.on_us if channel.is_on else cycling.off_us
        if channel.is_on:
            self._climb(channel, now)
        else:
            self._open_loop(index)
            channel.next_tick_us = None
            self._set(index, 0)

    def _set(self, index: int, amplitude_ua: int) -> None:
        self._channels[index].amplitude_ua = amplitude_ua
        self._stimulator.set_amplitude(index, amplitude_ua)

    def _end(self) -> None:
        self.group, self.is_stopping, self.is_held = None, False, False
        self._channels = []
        self._seal()
        assert self._stimulator.is_idle, "nothing is delivered while therapy is off"

    def _check_invariants(self) -> None:
        for channel in self._channels:
            # If this is not true, a patient feels more than anybody asked for.
            assert channel.amplitude_ua <= channel.target_ua, "an amplitude is never above its target"
            assert channel.amplitude_ua >= 0, "an amplitude is not negative"
            assert channel.is_on or channel.amplitude_ua == 0, "nothing is delivered in the off part of a cycle"
        if self.group is None:
            assert not self._channels, "no program runs while therapy is off"
            assert not self.is_stopping, "what is off does not stop"
            assert not self.is_held, "what is off does not wait"
        if self.is_held:
            # If this is not true, therapy would go on outside of its window, or beyond its dose.
            ways_up = [c for c in self._channels if c.next_switch_us is not None]
            assert not ways_up, "what is held switches nothing on"


def _steps(channel: _Channel) -> int:
    return max(1, -(-channel.target_ua // channel.step_ua))


def _tick_us(channel: _Channel) -> int:
    """From step to step, so that the way from zero to the target takes the program's ramp."""
    return max(TICK_US_MIN, -(-channel.program.ramp_us // _steps(channel)))


def _since(name: str, value: object, now_us: int) -> object:
    return value - now_us if name.startswith("next_") and isinstance(value, int) else value
