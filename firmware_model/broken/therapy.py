"""Implants whose ramps, targets and cycles go wrong while each single pulse is as it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmware_model import orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_request, with_row
from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.power.battery import Battery
from firmware_model.stimulator import Stimulator
from firmware_model.therapy import TICK_US_MIN, Therapy
from scs.clock import Instant
from scs.domain.program import Group
from scs.domain.pulse import TICKS_PER_SECOND_SCALED
from scs.errors import Refused
from scs.wire.messages import Response
from scs.wire.requests import SetAmplitude, Start
from scs.wire.terms import Reason

TENFOLD = 10
STEPS_A_PRESS = 2
"""What ON adds in the implant that counts presses."""


class Unguarded(Therapy):
    """Without the assertions that would stop the real one: what goes wrong goes on."""

    def _check_invariants(self) -> None:
        """Nothing is asserted."""

    def jump(self, index: int) -> None:
        """To the target at once."""
        channel = self._channels[index]
        if channel.is_on:
            self._set(index, channel.target_ua)
            channel.next_tick_us = None

    def jump_all(self) -> None:
        for index in range(len(self._channels)):
            self.jump(index)


class _PastTarget(Unguarded):
    def _tick(self, index: int) -> None:
        super()._tick(index)
        channel = self._channels[index]
        if not self.is_stopping and channel.amplitude_ua == channel.target_ua:
            self._set(index, channel.target_ua + channel.step_ua)


class _Unramped(Unguarded):
    def start(self, slot: int, group: Group, now: Instant) -> None:
        was_off = self.group is None
        super().start(slot, group, now)
        if was_off:
            self.jump_all()


class _RampInTenth(Therapy):
    def _climb(self, channel: Any, now: Instant) -> None:
        was_climbing = channel.next_tick_us is not None
        super()._climb(channel, now)
        channel.tick_us = max(TICK_US_MIN, channel.tick_us // TENFOLD)
        if channel.next_tick_us is not None and not was_climbing:
            channel.next_tick_us = now.us + channel.tick_us


class _PressesCount(Unguarded):
    def start(self, slot: int, group: Group, now: Instant) -> None:
        is_on = self.group is not None and not self.is_stopping
        super().start(slot, group, now)
        if is_on:
            for index, channel in enumerate(self._channels):
                self._set(index, channel.amplitude_ua + STEPS_A_PRESS * channel.step_ua)


class _JumpsBackUp(Unguarded):
    def start(self, slot: int, group: Group, now: Instant) -> None:
        was_stopping = self.is_stopping
        super().start(slot, group, now)
        if was_stopping:
            self.jump_all()


class _CommitJumps(Unguarded):
    def adopt(self, group: Group, now: Instant) -> None:
        super().adopt(group, now)
        if not self.is_stopping:
            self.jump_all()


class _LowerIgnored(Unguarded):
    def set_target(self, index: int, target_ua: int, now: Instant) -> None:
        before = self._channels[index].amplitude_ua
        super().set_target(index, target_ua, now)
        if before > target_ua:
            self._set(index, before)


class _FirstForAll(Therapy):
    def start(self, slot: int, group: Group, now: Instant) -> None:
        first_ua = group.programs[0].amplitude_ua
        super().start(slot, group.with_amplitudes({program.name: first_ua for program in group.programs}), now)


class _TenfoldTarget(Therapy):
    def set_target(self, index: int, target_ua: int, now: Instant) -> None:
        super().set_target(index, TENFOLD * target_ua, now)


class _DeliversInPause(Unguarded):
    def _switch(self, index: int, now: Instant) -> None:
        channel = self._channels[index]
        amplitude_ua = channel.amplitude_ua
        super()._switch(index, now)
        if not channel.is_on:
            self._set(index, amplitude_ua)


class _NeverQuiteOff(Therapy):
    def _tick(self, index: int) -> None:
        channel = self._channels[index]
        if self.is_stopping and channel.amplitude_ua <= channel.step_ua:
            channel.next_tick_us = None
        else:
            super()._tick(index)


class _FasterThanAsked(Stimulator):
    def load(self, group: Group) -> None:
        super().load(group)
        for train, program in zip(self._trains, group.programs, strict=True):
            train.period_us = TICKS_PER_SECOND_SCALED // program.waveform.rate_mhz


class _TenfoldRate(Stimulator):
    def load(self, group: Group) -> None:
        super().load(group)
        for train in self._trains:
            train.period_us //= TENFOLD


class _Overlapping(Stimulator):
    def _fire(self, train: Any, start_us: int, until_us: int) -> None:
        super()._fire(train, start_us, until_us)
        self._free_us = start_us


class _NeverEmpty(Battery):
    @property
    def is_empty(self) -> bool:
        return False


def _clamped(context: Context, session: Session, request: SetAmplitude) -> Response:
    """An amplitude that is blocked becomes the largest one that is not."""
    row = context.parts.config.profile.amplitude
    try:
        return orders.set_amplitude(context, session, request)
    except Refused as refused:
        if refused.reason != Reason.BLOCKED.word:
            raise
    for amplitude_ua in range(min(request.amplitude_ua, row.max_ua), 0, -row.step_ua):
        lower = replace(request, amplitude_ua=amplitude_ua - amplitude_ua % row.step_ua)
        try:
            return orders.set_amplitude(context, session, lower)
        except Refused:
            continue
    return orders.set_amplitude(context, session, request)


def _lowest_slot(context: Context, request: Start) -> Start:
    return replace(request, slot=min(context.parts.store.image.groups, default=request.slot))


def _therapy(fault: str, description: str, hazard: str, therapy: type[Therapy]) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, therapy=therapy))


def _stimulator(fault: str, description: str, hazard: str, stimulator: type[Stimulator]) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, stimulator=stimulator))


FAULTS = (
    _therapy("ramp-one-step-too-far", "the soft start ends one step above its target", "H03", _PastTarget),
    _therapy("ramp-skipped", "a start goes to the full amplitude at once", "H03", _Unramped),
    _therapy("ramp-in-a-tenth", "the soft start takes a tenth of the time asked for", "H03", _RampInTenth),
    _therapy("on-while-on-adds", "ON pressed while on adds two steps", "H03", _PressesCount),
    _therapy("on-while-stopping-jumps", "ON pressed during the soft stop jumps to the full amplitude", "H03",
             _JumpsBackUp),
    _therapy("commit-jumps", "a larger amplitude committed while on is delivered at once", "H01", _CommitJumps),
    _therapy("lower-amplitude-ignored", "a lower amplitude is accepted and the higher one goes on", "H36",
             _LowerIgnored),
    _therapy("first-amplitude-for-all", "every program of a group gets the amplitude of the first", "H01",
             _FirstForAll),
    _therapy("tried-amplitude-tenfold", "an amplitude that is tried is taken in tens after it was judged", "H33",
             _TenfoldTarget),
    _therapy("pause-delivers", "a cycling program goes on in the off part of its cycle", "H36", _DeliversInPause),
    _therapy("soft-stop-never-ends", "the soft stop stays at its last step", "H36", _NeverQuiteOff),
    _stimulator("period-rounded-down", "a period that is no whole number of ticks is made shorter", "H34",
                _FasterThanAsked),
    _stimulator("rate-tenfold", "the rate is taken in tenths of a hertz", "H33", _TenfoldRate),
    _stimulator("programs-overlap", "a program does not wait for the pulse of another", "H04", _Overlapping),
    KnownBad("empty-battery-delivers", "therapy goes on with an empty battery", "H20",
             replace(AS_DESIGNED, battery=_NeverEmpty)),
    KnownBad("amplitude-clamped", "an amplitude that is blocked is lowered and accepted", "H01",
             with_row(SetAmplitude, serve=_clamped)),
    KnownBad("start-ignores-slot", "ON starts the first group there is, whichever was asked for", "H01",
             with_request(Start, _lowest_slot)),
)  # fmt: skip
