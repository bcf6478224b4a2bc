"""Implants that put in force something else than what was agreed on, or say something else than what is in force."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from firmware_model import inquiries, orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_request, with_row
from firmware_model.context import Context
from firmware_model.impedance import ImpedanceMeasurement
from firmware_model.links import Session
from firmware_model.modes import Event
from firmware_model.parts import Parts
from firmware_model.staging import StagingArea
from scs.clock import Instant
from scs.domain.impedance import Impedances
from scs.domain.program import Group
from scs.domain.status import Fault, LogKind, Mode
from scs.domain.verdict import Tier
from scs.errors import RemoteProtocolError
from scs.wire.prescription import decode_group, encode_group
from scs.wire.requests import Commit, GetStatus, Read, Stage, Start
from scs.wire.responses import Chunk, Done, Status
from scs.wire.terms import ContactState, Object


class _ClampsWhatIsStaged(StagingArea):
    """A group that is blocked is lowered until it passes, and then it is what was staged."""

    def _complete(self, parts: Parts) -> None:
        try:
            group = decode_group(bytes(self.data))
        except RemoteProtocolError:
            group = None
        if group is not None and hashlib.sha256(self.data).digest() == self.announced:
            self.data = bytearray(encode_group(_clamped(group, parts)))
            self.announced = hashlib.sha256(self.data).digest()
        super()._complete(parts)


def _clamped(group: Group, parts: Parts) -> Group:
    highest_ua = parts.config.profile.amplitude.max_ua
    group = group.with_amplitudes({p.name: min(p.amplitude_ua, highest_ua) for p in group.programs})
    for finding in parts.judge(group).findings:
        largest_ua = finding.largest_passing_amplitude_ua
        if finding.tier is Tier.BLOCK and finding.program is not None and largest_ua is not None:
            now_ua = next(p.amplitude_ua for p in group.programs if p.name == finding.program)
            group = group.with_amplitudes({finding.program: min(now_ua, largest_ua)})
    return group


class _AnyDigest(StagingArea):
    def _complete(self, parts: Parts) -> None:
        self.announced = hashlib.sha256(self.data).digest()
        super()._complete(parts)


class _EchoesDigest(_AnyDigest):
    """The digest that is answered is the one that was announced, whatever has arrived."""

    def _complete(self, parts: Parts) -> None:
        announced = self.announced
        super()._complete(parts)
        self.digest = announced


class _KeepsFormer(StagingArea):
    """A group that was staged before stands until the next one is complete, under the next one's slot."""

    def receive(self, chunk: Stage, parts: Parts) -> None:
        former = (self.group, self.encoded, self.digest, self.must_acknowledge)
        self.group = None
        super().receive(chunk, parts)
        if self.group is None:
            self.group, self.encoded, self.digest, self.must_acknowledge = former


class _NoRefusals(Parts):
    def log(self, kind: LogKind, detail: str) -> None:
        if kind is not LogKind.REQUEST_REFUSED:
            super().log(kind, detail)


class _NoAcknowledgements(Parts):
    def log(self, kind: LogKind, detail: str) -> None:
        if kind is not LogKind.RULES_ACKNOWLEDGED:
            super().log(kind, detail)


class _AllWell(ImpedanceMeasurement):
    def _state(self, ohms: int) -> ContactState:
        return ContactState.OK


class _NextContactMeasured(ImpedanceMeasurement):
    def finish(self, now: Instant) -> None:
        super().finish(now)
        assert self.known is not None, "it has just been measured"
        ohms = dict(self.known.ohms)
        numbers = sorted(ohms)
        following = [*numbers[1:], numbers[0]]
        self.known = Impedances({number: ohms[then] for number, then in zip(numbers, following, strict=True)})


class _FirstMeasurementStands(ImpedanceMeasurement):
    def finish(self, now: Instant) -> None:
        first = self.known
        super().finish(now)
        self.known = first or self.known


def _target_as_delivered(context: Context, session: Session, request: GetStatus) -> Status:
    told = inquiries.status(context, session, request)
    return replace(told, delivered_ua=told.targets_ua)


def _staged_as_stored(context: Context, session: Session, request: Read) -> Chunk:
    area = context.staging
    if request.object is Object.GROUP and area.group is not None and area.slot == request.index:
        staged = inquiries.read(context, session, Read(Object.STAGED, 0, request.offset))
        return replace(staged, object=Object.GROUP, index=request.index)
    return inquiries.read(context, session, request)


def _start_in_spite(context: Context, session: Session, request: Start) -> Done:
    parts = context.parts
    if parts.modes.mode is Mode.SAFE:
        parts.interlocks.clear()
        parts.stimulator.rearm()
        parts.store.save_fault(Fault.NONE)
        parts.modes.take(parts.blank_or(Event.CLEAR_BLANK, Event.CLEAR))
    parts.modes.check(Event.START)
    return orders.start(context, session, request)


def _current_base(context: Context, request: Commit) -> Commit:
    return replace(request, base_generation=context.parts.store.image.generation)


def _staged_digest(context: Context, request: Commit) -> Commit:
    return replace(request, digest=context.staging.digest)


def _staging(fault: str, description: str, hazard: str, staging: Any) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, staging=staging))


FAULTS = (
    _staging("stage-clamped", "a group that is blocked is lowered and stored", "H01", _ClampsWhatIsStaged),
    _staging("stage-digest-ignored", "what arrives is not compared to the digest announced", "H14", _AnyDigest),
    _staging("stage-digest-echoed", "the announced digest is answered, whatever has arrived", "H14", _EchoesDigest),
    _staging("former-group-committed", "a commit during a transfer puts the group staged before in force", "H14",
             _KeepsFormer),
    KnownBad("stale-commit-accepted", "a commit is accepted though its base is no longer in force", "H32",
             with_request(Commit, _current_base)),
    KnownBad("commit-digest-ignored", "a commit is accepted though its digest is not that of what is staged", "H14",
             with_request(Commit, _staged_digest)),
    KnownBad("start-in-safe", "START takes a latched fault back and starts", "H09",
             with_row(Start, events=(), serve=_start_in_spite)),
    KnownBad("target-shown-as-delivered", "the status shows the target where it should show what is delivered", "H13",
             with_row(GetStatus, serve=_target_as_delivered)),
    KnownBad("staged-read-as-stored", "reading a slot gives what is staged for it", "H13",
             with_row(Read, serve=_staged_as_stored)),
    KnownBad("refusals-not-logged", "the log says nothing of a refusal", "H46",
             replace(AS_DESIGNED, parts=_NoRefusals)),
    KnownBad("acknowledgements-not-logged", "the log says nothing of what was acknowledged", "H04",
             replace(AS_DESIGNED, parts=_NoAcknowledgements)),
    KnownBad("broken-lead-reported-well", "every contact is reported as well, whatever was measured", "H25",
             replace(AS_DESIGNED, impedance=_AllWell)),
    KnownBad("neighbour-measured", "each contact is shown the impedance of the next one", "H25",
             replace(AS_DESIGNED, impedance=_NextContactMeasured)),
    KnownBad("first-measurement-stands", "a second measurement changes nothing", "H25",
             replace(AS_DESIGNED, impedance=_FirstMeasurementStands)),
)  # fmt: skip
