"""Implants that do not stop, stop late, or stop only whom they like."""

from __future__ import annotations

from dataclasses import replace

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_row
from firmware_model.commands import serve_frame
from firmware_model.device import Device
from firmware_model.modes import Event
from firmware_model.soonest import soonest
from firmware_model.stimulator import Stimulator
from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.domain.status import Fault, LogKind, Mode
from scs.wire.framing import Frame, FrameType
from scs.wire.requests import Start
from scs.wire.terms import Role

TICK = Duration.of_ms(100)
"""How often the late implant looks whether a STOP has come."""
TURN = Duration.of_ms(20)
"""What one request takes of the implant that serves in turn."""


class _StopByRole(Device):
    def _serve_stop(self, link: int, frame: Frame) -> None:
        session = self.links.find(frame.session, link, self.parts.now_us)
        if session is not None and self.links.role(session) is Role.WRITER:
            super()._serve_stop(link, frame)


class _StopInTurn(Device):
    """Frames that come together are served one after the other, and each takes its time."""

    _waiting: tuple[tuple[int, Frame], ...] = ()
    _next_at = Instant(0)

    def _due_us(self, by_us: int) -> int | None:
        return soonest(super()._due_us(by_us), self._next_at.us if self._waiting else None)

    def _serve(self) -> None:
        is_free = not self._waiting
        self._waiting += tuple(self._take_frames())
        if is_free and self._waiting:
            self._serve_next()

    def _on_time(self) -> None:
        if self._waiting and self._next_at <= self.now:
            self._serve_next()
        super()._on_time()

    def _serve_next(self) -> None:
        (link, frame), *others = self._waiting
        self._waiting, self._next_at = tuple(others), self.now + TURN
        if frame.type is FrameType.STOP:
            self._serve_stop(link, frame)
        elif frame.type is FrameType.REQUEST:
            serve_frame(self._context, self._rows, link, frame, is_overtaken=False)


class _StopOnTick(Device):
    """Answers at once and opens the switches at the next tick."""

    _stops_at: Instant | None = None

    def emergency_stop(self) -> None:
        if self._stops_at is None:
            self._stops_at = self.now + TICK

    def _due_us(self, by_us: int) -> int | None:
        return soonest(super()._due_us(by_us), self._stops_at.us if self._stops_at is not None else None)

    def _on_time(self) -> None:
        if self._stops_at is not None and self._stops_at <= self.now:
            self._stops_at = None
            super().emergency_stop()
        super()._on_time()


class _StopByRamp(Device):
    def emergency_stop(self) -> None:
        parts = self.parts
        if parts.therapy.group is None:
            super().emergency_stop()
        elif not parts.therapy.is_stopping:
            parts.therapy.soft_stop(self.now)
            parts.modes.take(Event.SOFT_STOP)
            parts.log(LogKind.EMERGENCY_STOP, f"slot {parts.therapy.slot}")


class _StopUnanswered(Device):
    def _serve_stop(self, link: int, frame: Frame) -> None:
        self.emergency_stop()
        self.links.find(frame.session, link, self.parts.now_us)


class _StopClearsFault(Device):
    def emergency_stop(self) -> None:
        super().emergency_stop()
        parts = self.parts
        if parts.modes.mode is Mode.SAFE:
            parts.store.save_fault(Fault.NONE)
            parts.interlocks.clear()
            parts.stimulator.rearm()
            parts.modes.take(parts.blank_or(Event.CLEAR_BLANK, Event.CLEAR))


class _BurstGoesOn(Stimulator):
    def halt(self) -> None:
        flight = self._flight
        super().halt()
        self._flight = flight


class _StuckOn(Stimulator):
    """One switch stays closed after everything was told to open; the firmware believes that it is off."""

    _is_told_off = True

    @property
    def is_idle(self) -> bool:
        return self._is_told_off

    @property
    def delivered_ua(self) -> tuple[int, ...]:
        return () if self._is_told_off else super().delivered_ua

    def load(self, group: Group) -> None:
        self._is_told_off = True
        super().load(group)

    def set_amplitude(self, index: int, amplitude_ua: int) -> None:
        super().set_amplitude(index, amplitude_ua)
        self._is_told_off = super().is_idle

    def halt(self) -> None:
        stuck = self._trains[0] if self._trains and self.tripped_us is None else None
        pulse, leaving = (stuck.pulse, stuck.leaving) if stuck is not None else (None, None)
        self._is_told_off = True
        super().halt()
        if stuck is not None:
            stuck.pulse, stuck.leaving = pulse, leaving


FAULTS = (
    KnownBad("stop-needs-role", "STOP is served for the session that writes and for nobody else", "H38",
             device=_StopByRole),
    KnownBad("stop-in-turn", "STOP waits behind the requests that came before it", "H38", device=_StopInTurn),
    KnownBad("stop-on-tick", "STOP is answered at once and done at the next tick of 100 ms", "H38", device=_StopOnTick),
    KnownBad("stop-by-ramp", "STOP ramps down", "H38", device=_StopByRamp),
    KnownBad("stop-unanswered", "STOP is done and not answered", "H38", device=_StopUnanswered),
    KnownBad("stop-clears-fault", "STOP takes a latched fault back", "H09", device=_StopClearsFault),
    KnownBad("stop-finishes-burst", "after STOP the burst that had begun goes on to its end", "H38",
             replace(AS_DESIGNED, stimulator=_BurstGoesOn)),
    KnownBad("stop-sticks", "after STOP or a soft stop the first program goes on unseen", "H36",
             replace(AS_DESIGNED, stimulator=_StuckOn)),
    KnownBad("start-outlives-stop", "a START that came before a STOP is done after it", "H38",
             with_row(Start, raises_output=False)),
)  # fmt: skip
