"""Delivers the pulses of one group in time, in closed form: equal pulses are counted, not looped over.

Each program falls due every period; programs share one output, so a pulse (or a whole burst) that falls due while
another is under way waits and is never dropped. A pulse is counted when it begins; its recharge always follows.
Between two changes of amplitude all pulses of a program are equal, and the only thing that has to be worked out pulse
by pulse is who waits for whom around the end of the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from firmware_model.comparator import Command
from firmware_model.due_train import DueTrain, Flight, TrainMarks, dues, free_at
from firmware_model.interlocks import Interlocks
from firmware_model.ledger import Ledger
from firmware_model.made_pulses import KNOWN_MAX, Known, Made
from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.over_current import OverCurrent
from firmware_model.power.battery import Battery
from firmware_model.sensed import Leaving, Train
from firmware_model.shown import command_of, leaving_of
from firmware_model.tally import Tally
from firmware_model.tap import TEST_CHANNEL, Taps
from scs.clock import Instant
from scs.domain.program import Group, Program
from scs.domain.pulse import period_us, recovery_window_us

LEAP_PERIODS = 32
"""Fewer periods than this are delivered one by one: that is quicker than counting them."""


_KNOWN: WeakKeyDictionary[Stimulator, Known] = WeakKeyDictionary()
"""Beside the implants and no part of them: it says nothing that they could not work out again."""


class Stimulator:
    """One output, one group. Times are whole microseconds of the implant's clock."""

    def __init__(
        self,
        output: OutputStage,
        interlocks: Interlocks,
        over_current: OverCurrent,
        battery: Battery,
        ledger: Ledger,
        start: Instant,
    ) -> None:
        self._output = output
        self._timer: Callable[[int], int] = period_us
        self._interlocks = interlocks
        self._over_current = over_current
        self._battery = battery
        self.ledger = ledger
        self._group: Group | None = None
        self._trains: list[DueTrain] = []
        self._now_us = start.us
        self._free_us = start.us
        self._flight: Flight | None = None
        self._follower: Callable[[Pulse, int], int] | None = None
        self._met = output.surroundings
        """The electrodes as the pulses were made for them."""
        self._sense_offsets_ua: dict[int, int] = {}
        self._is_deaf = False
        self._tally = Tally(ledger, battery)
        self.taps = Taps()
        """While somebody listens every pulse is delivered one by one."""
        self.tripped_us: int | None = None
        """When the interlocks opened the switches; None while they are closed."""

    @property
    def delivered_ua(self) -> tuple[int, ...]:
        """Per program: the amplitude of its latest pulse, 0 while it delivers nothing."""
        return tuple([train.latest_ua for train in self._trains])

    @property
    def clipped(self) -> tuple[int, ...]:
        """The programs whose current the rail cannot drive in full, or not at all."""
        return tuple(
            [
                train.index
                for train in self._trains
                if train.is_blocked or (train.pulse is not None and train.pulse.is_clipped)
            ]
        )

    @property
    def lost(self) -> tuple[int, ...]:
        """The programs that get less than half of what was asked for, the electrodes being as they are."""
        return tuple([train.index for train in self._trains if train.is_lost])

    @property
    def delivering(self) -> tuple[tuple[int, Pulse, int], ...]:
        """(program, pulse, microseconds from one to the next) of every program that delivers."""
        return tuple((train.index, train.pulse, train.period_us) for train in self._trains if train.pulse is not None)

    @property
    def is_idle(self) -> bool:
        return all(train.pulse is None for train in self._trains)

    @property
    def drive_ua(self) -> int:
        """The mean current that the pulses draw from the battery, rounded up. pC / µs = µA."""
        drive_ua = 0
        for train in self._trains:
            if train.pulse is not None:
                drive_ua += -(-train.cost_pc * train.pulse.count // train.period_us)
        return drive_ua

    def drive_at_ua(self, amplitudes_ua: Sequence[int]) -> int:
        """What the pulses would draw with these amplitudes of the programs, as `drive_ua` says it."""
        return sum(
            -(-made.cost_pc * made.pulse.count // train.period_us)
            for train, amplitude_ua in zip(self._trains, amplitudes_ua, strict=True)
            if amplitude_ua
            for made in (self._made(train.index, amplitude_ua),)
        )

    @property
    def steady_periods_us(self) -> tuple[int, ...]:
        """The periods of the programs of the group that have no cycle."""
        programs = self._group.programs if self._group is not None else ()
        return tuple(train.period_us for train in self._trains if programs[train.index].cycling is None)

    @property
    def periods_us(self) -> tuple[int, ...]:
        """Per program: from pulse to pulse, or from burst to burst, as the timer counts it."""
        return tuple(train.period_us for train in self._trains)

    def state(self) -> tuple[object, ...] | None:
        """What decides over every further pulse, with times counted from now; None inside of a burst, or followed."""
        if self._flight is not None or self._follower is not None or self.tripped_us is not None:
            return None
        now_us = self._now_us
        rows = tuple(
            (train.pulse, train.leaving, train.cost_pc, train.asked_ua, train.latest_ua, train.due_us - now_us)
            for train in self._trains
            if train.pulse is not None
        )
        return (
            rows,
            tuple((train.pulse is None, train.is_blocked) for train in self._trains),
            max(0, self._free_us - now_us),
        )

    def shift(self, by_us: int) -> None:
        """So much time has gone by in which what was delivered has been counted by somebody else."""
        self._now_us += by_us
        self._free_us += by_us
        for train in self._trains:
            train.due_us += by_us

    @property
    def surroundings(self) -> tuple[object, ...]:
        """All that the next pulses depend on beside the state, the amplitudes and the group."""
        switches = self._over_current.is_latched, self._over_current.levels
        return (self._known_by_now(self._group), *switches, self.periods_us)

    def marks_since(self, from_us: int) -> TrainMarks:
        """What a stretch of time has left here that began then, inside of no burst."""
        trains = tuple(
            replace(train, due_us=train.due_us - from_us) for train in self._trains if train.due_us >= from_us
        )
        return TrainMarks(trains, self._free_us - from_us, self._now_us - from_us)

    def mark_again(self, marks: TrainMarks, from_us: int) -> None:
        """The same has been delivered since `from_us` that once left these marks."""
        for train in marks.trains:
            self._trains[train.index] = replace(train, due_us=train.due_us + from_us)
        self._free_us, self._now_us = marks.free_us + from_us, marks.now_us + from_us

    def load(self, group: Group) -> None:
        """Make `group` the one that is delivered; the output must be idle."""
        assert self.is_idle, "halt before another group is loaded"
        self._group, self._follower = group, None
        self._trains = [
            DueTrain(index, self._timer(program.waveform.rate_mhz)) for index, program in enumerate(group.programs)
        ]
        for train in self._trains:
            self._interlocks.command(train.index, None)

    def rewire(self, output: OutputStage) -> None:
        """Go on with another output stage, from the next pulse on; only the bench has more than one."""
        self._output = output
        self._make_again()

    def meet(self) -> None:
        """Look whether the electrodes are still as the pulses were made for, so that what follows knows of it."""
        if self._output.surroundings != self._met:
            self._make_again()

    def _make_again(self) -> None:
        """What leaves from now on is what the output and the electrodes, as they are now, make of what was asked."""
        self._met = self._output.surroundings
        for train in self._trains:
            if train.pulse is not None or train.is_blocked:
                self.set_amplitude(train.index, train.asked_ua)

    def offset_sense(self, contact: int, offset_ua: int) -> None:
        """Let the sense line of a contact show so much more than what flows, from the next pulse on; 0 mends it."""
        self._sense_offsets_ua[contact] = offset_ua
        self._make_again()

    def lose_sense(self, *, is_lost: bool) -> None:
        """Let every sense line show nothing at all, whatever flows, from the next pulse on; False mends them."""
        self._is_deaf = is_lost
        self._make_again()

    def retime(self, timer: Callable[[int], int]) -> None:
        """Go on with another timer (millihertz to microseconds), from the next pulse on; again only the bench."""
        self._timer = timer
        for train in self._trains:
            assert self._group is not None, "whoever has trains has a group"
            train.period_us = timer(self._group.programs[train.index].waveform.rate_mhz)

    @property
    def output(self) -> OutputStage:
        return self._output

    def set_amplitude(self, index: int, amplitude_ua: int) -> None:
        """From now on program `index` delivers `amplitude_ua`; a burst that has begun keeps its own, and ends at 0."""
        assert self._group is not None, "load a group first"
        assert amplitude_ua >= 0, "an amplitude is not negative"
        train = self._trains[index]
        if amplitude_ua == 0 or self.tripped_us is not None:
            self._silence(train)
            return
        self._go_on_with(train, amplitude_ua, self._made(index, amplitude_ua))

    def _made(self, index: int, amplitude_ua: int) -> Made:
        """All that a program at an amplitude comes to, with the electrodes as they are now.

        A ramp comes by the same amplitudes again and again: what nothing has changed for is not worked out anew.
        """
        assert self._group is not None, "load a group first"
        made = self._known_by_now(self._group).made
        found = made.get((index, amplitude_ua))
        if found is None:
            found = made[index, amplitude_ua] = self._make(index, self._group.programs[index], amplitude_ua)
        return found

    def _known_by_now(self, group: Group | None) -> Known:
        """What is true of the group, the output and the electrodes as they are at this moment."""
        output = self._output
        surroundings = (output.surroundings, self._is_deaf, tuple(self._sense_offsets_ua.items()))
        known = _KNOWN.get(self)
        is_now = known is not None and known.group is group and known.output is output
        if known is None or not is_now or known.surroundings != surroundings or len(known.made) > KNOWN_MAX:
            known = _KNOWN[self] = Known(group, output, surroundings)
        return known

    def _make(self, index: int, program: Program, amplitude_ua: int) -> Made:
        assert self._group is not None, "load a group first"
        pulse = self._output.pulse(program, amplitude_ua, recovery_window_us(self._group, index))
        return self._made_of(index, pulse, command_of(program, amplitude_ua))

    def _made_of(self, channel: int, pulse: Pulse, command: Command) -> Made:
        charges = 1 if pulse.is_passive else 2
        cost_pc = self._battery.pulse_cost_pc(charges * pulse.charge_pc, pulse.needed_mv)
        return Made(pulse, self._shown(channel, pulse), command, cost_pc)

    def _shown(self, channel: int, pulse: Pulse) -> Leaving:
        """The pulse as the sense lines show it to the interlocks."""
        leaving = leaving_of(channel, pulse)
        return leaving.shown_with(self._sense_offsets_ua) if not self._is_deaf else leaving.unseen()

    def _go_on_with(self, train: DueTrain, amplitude_ua: int, made: Made) -> None:
        if made.pulse.amplitude_ua == 0:
            self._silence(train)
            train.asked_ua, train.is_blocked = amplitude_ua, True
            return
        train.is_blocked = False
        if train.pulse is None:
            train.due_us = self._now_us
            self._battery.start_output()
        self._interlocks.command(train.index, made.command)
        train.asked_ua = amplitude_ua
        train.pulse, train.leaving, train.cost_pc = made.pulse, made.leaving, made.cost_pc

    def follow(self, follower: Callable[[Pulse, int], int] | None) -> None:
        """Let somebody look at each pulse of the only program and say the amplitude of the next; None: nobody.

        Pulses are then delivered one by one, because no two need be equal.
        """
        assert follower is None or len(self._trains) == 1, "only a program that has the output for itself is followed"
        self._follower = follower

    def halt(self) -> None:
        """Output is zero from now on: the pulse in flight finishes its recharge, nothing else of a burst begins."""
        for train in self._trains:
            self._silence(train)
        assert self.is_idle, "nothing falls due after a halt"

    @property
    def free_us(self) -> int:
        """When the pulse in flight has ended, or had."""
        return self._free_us

    def test(self, program: Program, at_us: int) -> bool:
        """Let one test pulse leave at `at_us`, counted apart; False when the interlocks opened the switches."""
        assert self.is_idle, "impedances are measured while nothing is delivered"
        if self.tripped_us is not None:
            return False
        tests = self._known_by_now(None).tests
        kept, made = tests.get(id(program), (None, None))
        if made is None or kept is not program:
            pulse = self._output.pulse(program, program.amplitude_ua, period_us(program.waveform.rate_mhz))
            made = self._made_of(TEST_CHANNEL, pulse, command_of(program, program.amplitude_ua))
            tests[id(program)] = (program, made)
        pulse = made.pulse
        if pulse.amplitude_ua == 0:
            return True
        self._interlocks.command(TEST_CHANNEL, made.command)
        if not self._lets_leave(pulse, made.leaving, at_us):
            self.tripped_us = at_us
            return False
        self.ledger.add_test(pulse, at_us + pulse.occupation_us)
        self._battery.drive(made.cost_pc)
        self.taps.tell_more(TEST_CHANNEL, pulse, at_us, 0, 1)
        self._free_us = at_us + pulse.occupation_us
        return True

    def end_tests(self) -> None:
        """No further test pulse is meant to leave: one that does is a fault."""
        self._interlocks.command(TEST_CHANNEL, None)

    def rearm(self) -> None:
        """Close the switches again after a trip; the interlocks must have been cleared."""
        assert self.is_idle, "the switches close on an idle output"
        self._over_current.reset()
        self.tripped_us = None

    def advance(self, until: Instant) -> bool:
        """Deliver every pulse that begins before `until`; False when the interlocks opened the switches."""
        until_us = until.us
        assert until_us >= self._now_us, "time does not run backwards"
        self.meet()
        if self._flight is not None:
            self._continue_flight(self._flight, until_us)
        if self._follower is not None and self.tripped_us is None:
            self._follow_on(until_us)
        may_leap = self._follower is None
        while self.tripped_us is None:
            train = self._next()
            if train is None:
                break
            start_us = max(train.due_us, self._free_us)
            if start_us >= until_us:
                break
            if may_leap and self._free_us <= train.due_us:
                # Tried once nobody waits: while somebody does, there is nothing equal to count yet.
                may_leap = False
                is_long = until_us - train.due_us > LEAP_PERIODS * train.period_us
                if is_long and not self.taps and self._leap(until_us):
                    continue
            self._fire(train, start_us, until_us)
        self._tally.settle()
        self._now_us = until_us
        return self.tripped_us is None

    def _silence(self, train: DueTrain) -> None:
        self._follower = None
        flight = self._flight
        if flight is not None and flight.program == train.index:
            self._free_us = flight.start_us + (flight.begun - 1) * flight.pulse.intra_us + flight.pulse.pulse_us
            self._flight = None
            self._interlocks.cut(self._free_us)
        train.pulse, train.leaving, train.latest_ua, train.is_blocked = None, None, 0, False
        self._interlocks.command(train.index, None)

    def _next(self) -> DueTrain | None:
        """Who falls due first; the lower index when two do at once."""
        first: DueTrain | None = None
        if len(self._trains) == 1:
            return self._trains[0] if self._trains[0].pulse is not None else None
        for train in self._trains:
            if train.pulse is not None and (first is None or train.due_us < first.due_us):
                first = train
        return first

    def _fire(self, train: DueTrain, start_us: int, until_us: int) -> None:
        pulse, leaving = train.pulse, train.leaving
        assert pulse is not None, "only a program that delivers falls due"
        assert leaving is not None, "only a program that delivers falls due"
        if not self._lets_leave(pulse, leaving, start_us):
            self.tripped_us = start_us
            self.halt()
            return
        begun = pulse.count
        if pulse.intra_us:
            begun = min(begun, (until_us - 1 - start_us) // pulse.intra_us + 1)
        self._flight = Flight(train.index, pulse, train.cost_pc, start_us, begun) if begun < pulse.count else None
        self._free_us = start_us + pulse.occupation_us
        self._tally.count(pulse, train.cost_pc, begun)
        if self.taps.is_heard:
            self._tell(train.index, pulse, start_us, 0, begun)
        if not pulse.recharge_ua:
            self.ledger.note_passive(pulse, self._free_us)
        train.due_us += train.period_us
        train.latest_ua = pulse.amplitude_ua

    def _follow_on(self, until_us: int) -> None:
        """Deliver the pulses before `until_us` of the only program, and ask the follower at each about the next."""
        (train,) = self._trains
        # Nothing that a pulse depends on beside its amplitude changes before `until_us`.
        index, known = train.index, self._known_by_now(self._group).made
        while (pulse := train.pulse) is not None:
            start_us = train.due_us if train.due_us > self._free_us else self._free_us
            if start_us >= until_us:
                break
            self._fire(train, start_us, until_us)
            follower = self._follower
            if follower is None:
                # The switches have opened, or whoever listens has broken it off.
                break
            wanted_ua = follower(pulse, start_us)
            if wanted_ua != train.asked_ua:
                made = known.get((index, wanted_ua)) or self._made(index, wanted_ua)
                self._go_on_with(train, wanted_ua, made)

    def _lets_leave(self, pulse: Pulse, leaving: Leaving, start_us: int) -> bool:
        """Whether neither witness opens the switches: the interlocks see what is shown, the comparators what flows."""
        return self._interlocks.admits(leaving, start_us) and self._over_current.passes(pulse)

    def _continue_flight(self, flight: Flight, until_us: int) -> None:
        pulse = flight.pulse
        begun = min(pulse.count, (until_us - 1 - flight.start_us) // pulse.intra_us + 1)
        self._tally.count(pulse, flight.cost_pc, begun - flight.begun)
        self._tell(flight.program, pulse, flight.start_us, flight.begun, begun)
        self._flight = None if begun == pulse.count else replace(flight, begun=begun)

    def _tell(self, program: int, pulse: Pulse, start_us: int, already: int, begun: int) -> None:
        """Tell everybody who listens of pulses that were counted: whoever looks finds every one of them booked."""
        if self.taps:
            self._tally.settle()
        self.taps.tell_more(program, pulse, start_us, already, begun)

    def _leap(self, until_us: int) -> bool:
        """Deliver all but the last few pulses before `until_us` at once; False when that is not worth it or not sure.

        As long as all occupations fit into the shortest period, nobody waits longer than all occupations together, so
        whatever falls due before `target_us` has begun and ended before `until_us`.
        """
        trains = [train for train in self._trains if train.pulse is not None]
        pulses = [train.pulse for train in trains if train.pulse is not None]
        together_us = sum([pulse.occupation_us for pulse in pulses])
        shortest_us = min([train.period_us for train in trains])
        first_us = min([train.due_us for train in trains])
        target_us = until_us - together_us
        if together_us > shortest_us or self._free_us > first_us or target_us - first_us < LEAP_PERIODS * shortest_us:
            return False
        free_us = free_at(trains, pulses, first_us, target_us, together_us)
        if free_us is None:
            return False
        counts = [dues(train, target_us) for train in trains]
        if not all(self._over_current.passes(pulse) for pulse in pulses):
            # The first of them that falls due opens the switches.
            return False
        if not self._interlocks.admits_all(
            [
                Train(train.leaving, count, train.period_us, train.due_us)
                for train, count in zip(trains, counts, strict=True)
                if train.leaving is not None
            ],
            first_us,
            target_us,
        ):
            return False
        for train, pulse, count in zip(trains, pulses, counts, strict=True):
            if count:
                self._tally.count(pulse, train.cost_pc, count * pulse.count)
                self.taps.tell_run(train.index, pulse, train.due_us, count, train.period_us, pulse.count)
                train.due_us += count * train.period_us
                train.latest_ua = pulse.amplitude_ua
                self.ledger.note_passive(pulse, train.due_us - train.period_us + pulse.occupation_us)
        self._free_us = max(self._free_us, free_us)
        assert all(train.due_us >= target_us for train in trains), "nothing before the target is left"
        return True
