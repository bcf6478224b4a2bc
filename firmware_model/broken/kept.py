"""Implants whose MRI, storage and depleted modes do not hold, or do not let go."""

from __future__ import annotations

from dataclasses import replace

from firmware_model import orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, Serve, with_row
from firmware_model.commands import ROWS
from firmware_model.context import Context
from firmware_model.device import Device
from firmware_model.links import Session
from firmware_model.modes import Event
from firmware_model.parts import Parts
from firmware_model.power.battery import Battery
from firmware_model.refusal import refusal
from firmware_model.store import Store
from scs.domain.status import Mode
from scs.wire.requests import EnterMri, LeaveMri, Start
from scs.wire.responses import Done
from scs.wire.terms import Reason


class _KeptInRam(Store):
    def keep(self, mode: Mode | None) -> bool:
        self.image = replace(self.image, kept=mode)
        return True


class _KeptOnce(Store):
    def keep(self, mode: Mode | None) -> bool:
        self._write(replace(self.image, kept=mode))
        return True


class _Trickle(Battery):
    @property
    def is_recharged(self) -> bool:
        return not self.is_empty


class _NothingAsserted(Device):
    def _check_invariants(self) -> None:
        """What the mode says and what is delivered need not agree."""


class _Bonded(Parts):
    """Remembers who took the implant into the MRI mode."""

    bond = 0


def _started_out_of(mode: Mode) -> Serve:
    """START ends a mode that somebody else has to end."""

    def served(context: Context, session: Session, request: Start) -> Done:
        parts = context.parts
        if parts.modes.mode is mode:
            parts.store.keep(None)
            parts.modes.mode = Mode.IDLE
        parts.modes.check(Event.START)
        return orders.start(context, session, request)

    return served


def _entered_running(context: Context, session: Session, request: EnterMri) -> Done:
    """The mode changes; the therapy that runs is not thought of."""
    if context.parts.modes.mode is Mode.THERAPY:
        context.parts.modes.mode = Mode.IDLE
    context.parts.modes.check(Event.ENTER_MRI)
    return orders.enter_mri(context, session, request)


def _entered_bonded(context: Context, session: Session, request: EnterMri) -> Done:
    assert isinstance(context.parts, _Bonded), "the blueprint of this fault has them"
    context.parts.bond = session.opening.nonce
    return orders.enter_mri(context, session, request)


def _left_bonded(context: Context, session: Session, request: LeaveMri) -> Done:
    assert isinstance(context.parts, _Bonded), "the blueprint of this fault has them"
    if context.parts.bond != session.opening.nonce:
        raise refusal(Reason.NOT_WRITER, "only the session that entered the MRI mode leaves it")
    return orders.leave_mri(context, session, request)


_BONDED_ROWS = {
    **ROWS,
    EnterMri: replace(ROWS[EnterMri], serve=_entered_bonded),
    LeaveMri: replace(ROWS[LeaveMri], serve=_left_bonded),
}

FAULTS = (
    KnownBad("mri-lost-at-reset", "the MRI mode and storage are gone after a loss of power", "H28",
             replace(AS_DESIGNED, store=_KeptInRam)),
    KnownBad("mri-kept-once", "one damaged image in memory takes the implant out of the MRI mode", "H28",
             replace(AS_DESIGNED, store=_KeptOnce)),
    KnownBad("mri-left-by-start", "START leaves the MRI mode and starts", "H28",
             with_row(Start, events=(), serve=_started_out_of(Mode.MRI))),
    KnownBad("storage-left-by-start", "START leaves storage and starts", "H09",
             with_row(Start, events=(), serve=_started_out_of(Mode.STORAGE))),
    KnownBad("mri-entered-running", "the MRI mode is entered while therapy goes on", "H28",
             with_row(EnterMri, events=(), serve=_entered_running), _NothingAsserted),
    KnownBad("mri-left-by-one-only", "only the session that entered the MRI mode can leave it", "H29",
             replace(AS_DESIGNED, parts=_Bonded, rows=_BONDED_ROWS)),
    KnownBad("depleted-left-too-soon", "therapy may be started on a battery that has just begun to recharge", "H20",
             replace(AS_DESIGNED, battery=_Trickle)),
)  # fmt: skip
