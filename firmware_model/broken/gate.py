"""Implants whose judgement of a group is left out at one place, or asks something else than it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmware_model import orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, Serve, with_row
from firmware_model.context import Context
from firmware_model.device import Device
from firmware_model.links import Session
from firmware_model.parts import Parts
from scs.domain.lead import Implant, PluggedLead
from scs.domain.policy import Policy, find_policy
from scs.domain.program import Group, replaced
from scs.domain.safety import judge
from scs.domain.verdict import Verdict
from scs.wire.messages import Response
from scs.wire.requests import Commit, SetAmplitude, Stage, Start

TENFOLD = 10
"""µC/cm² written down where the table of limits expects tenths of it."""


def _unjudged(serve: Serve) -> Serve:
    """The same order, but nothing is judged while it is served."""

    def served(context: Context, session: Session, request: Any) -> Response:
        parts = context.parts
        before, parts.is_gate_open = parts.is_gate_open, True
        try:
            return serve(context, session, request)
        finally:
            parts.is_gate_open = before

    return served


class _UnjudgedBoot(Device):
    def _boot(self) -> None:
        self.parts.is_gate_open = True
        super()._boot()
        self.parts.is_gate_open = False


def _verdict(parts: Parts, group: Group, **instead: Any) -> Verdict:
    """What the rules say of `group` when something else than the implant's own configuration is asked."""
    if parts.is_gate_open:
        return Verdict((), ())
    config = replace(parts.config, **instead)
    return judge(group, config.implant, config.profile, config.policy, parts.impedance.known)


class _MildPolicy(Parts):
    def judge(self, group: Group) -> Verdict:
        return _verdict(self, group, policy=find_policy("default"))


class _TenfoldDensity(Parts):
    def judge(self, group: Group) -> Verdict:
        return _verdict(self, group, policy=_wider(self.config.policy))


class _WiderOnceMeasured(Parts):
    def judge(self, group: Group) -> Verdict:
        measured = self.impedance.known is not None
        return _verdict(self, group, policy=_wider(self.config.policy) if measured else self.config.policy)


def _wider(policy: Policy) -> Policy:
    confirm = policy.density_confirm_uc_per_cm2
    return replaced(
        policy,
        density_confirm_uc_per_cm2=None if confirm is None else TENFOLD * confirm,
        density_block_uc_per_cm2=TENFOLD * policy.density_block_uc_per_cm2,
    )


class _AreasOfFirstLead(Parts):
    def judge(self, group: Group) -> Verdict:
        first, *others = self.config.implant.leads
        # Only the shape of a contact is mistaken; how many there are and where stays right.
        mistaken = tuple(
            PluggedLead(port=plugged.port, lead=replaced(plugged.lead, shape=first.lead.shape, published_area_um2=None))
            for plugged in others
        )
        return _verdict(self, group, implant=Implant(leads=(first, *mistaken)))


class _OneStepMore(Parts):
    def judge(self, group: Group) -> Verdict:
        profile = self.config.profile
        row = replaced(profile.amplitude, max_ua=profile.amplitude.max_ua + profile.amplitude.step_ua)
        total = replaced(profile.total_current, max_ua=profile.total_current.max_ua + row.step_ua)
        contact = replaced(profile.contact_current, max_ua=profile.contact_current.max_ua + row.step_ua)
        wider = replaced(profile, amplitude=row, total_current=total, contact_current=contact)
        return _verdict(self, group, profile=wider)


class _FirstProgramOnly(Parts):
    def judge(self, group: Group) -> Verdict:
        return super().judge(replaced(group, delivery="interleaved", programs=group.programs[:1]))


class _NoPatientRange(Parts):
    def judge(self, group: Group) -> Verdict:
        programs = tuple(replaced(program, patient=None) for program in group.programs)
        return super().judge(replaced(group, programs=programs))


class _NoImpedances(Parts):
    def judge(self, group: Group) -> Verdict:
        if self.is_gate_open:
            return Verdict((), ())
        return judge(group, self.config.implant, self.config.profile, self.config.policy, None)


class _NothingToAcknowledge(Parts):
    def admit(self, group: Group, acknowledged: tuple[str, ...]) -> None:
        super().admit(group, self.judge(group).must_acknowledge)


class _OneForAll(Parts):
    def admit(self, group: Group, acknowledged: tuple[str, ...]) -> None:
        super().admit(group, self.judge(group).must_acknowledge if acknowledged else ())


def _amplitude_acknowledged_for_ever(context: Context, session: Session, request: SetAmplitude) -> Response:
    """What was acknowledged of the committed amplitude is taken as said of every other."""
    committed = context.parts.store.image.groups[context.parts.therapy.slot].acknowledged
    return orders.set_amplitude(context, session, replace(request, acknowledged=(*request.acknowledged, *committed)))


FAULTS = (
    KnownBad("gate-skipped-at-stage", "a staged group is not judged", "H26",
             with_row(Stage, serve=_unjudged(orders.stage))),
    KnownBad("gate-skipped-at-commit", "what is committed is not judged again", "H09",
             with_row(Commit, serve=_unjudged(orders.commit))),
    KnownBad("gate-skipped-at-start", "a group is started without being judged again", "H09",
             with_row(Start, serve=_unjudged(orders.start))),
    KnownBad("gate-skipped-at-amplitude", "an amplitude that is tried is not judged", "H01",
             with_row(SetAmplitude, serve=_unjudged(orders.set_amplitude))),
    KnownBad("gate-skipped-at-boot", "what the memory holds is not judged at power-on", "H17", device=_UnjudgedBoot),
    KnownBad("policy-replaced", "the strict policy is forgotten and the default one is asked", "H04",
             replace(AS_DESIGNED, parts=_MildPolicy)),
    KnownBad("density-limit-tenfold", "the limit of charge density is read in the wrong unit, ten times too high",
             "H33",
             replace(AS_DESIGNED, parts=_TenfoldDensity)),
    KnownBad("measurement-raises-limit",
             "after an impedance measurement the limit of charge density is ten times higher",
             "H04", replace(AS_DESIGNED, parts=_WiderOnceMeasured)),
    KnownBad("area-of-wrong-lead", "contacts of the second lead are judged with the area of the first one's", "H04",
             replace(AS_DESIGNED, parts=_AreasOfFirstLead)),
    KnownBad("limit-one-step-late", "the largest amplitude is passed by one step before it is refused", "H34",
             replace(AS_DESIGNED, parts=_OneStepMore)),
    KnownBad("first-program-judged-only", "of a group only the first program is judged", "H04",
             replace(AS_DESIGNED, parts=_FirstProgramOnly)),
    KnownBad("patient-range-ignored", "what the patient can reach is not judged", "H01",
             replace(AS_DESIGNED, parts=_NoPatientRange)),
    KnownBad("impedance-ignored", "the judgement does not know which contacts were found broken", "H25",
             replace(AS_DESIGNED, parts=_NoImpedances)),
    KnownBad("acknowledgement-not-demanded", "what must be acknowledged is accepted without it", "H04",
             replace(AS_DESIGNED, parts=_NothingToAcknowledge)),
    KnownBad("acknowledgement-of-one-for-all", "whoever acknowledges one rule has acknowledged all", "H04",
             replace(AS_DESIGNED, parts=_OneForAll)),
    KnownBad("acknowledgement-kept-when-raised", "an acknowledgement counts for every higher amplitude too", "H01",
             with_row(SetAmplitude, serve=_amplitude_acknowledged_for_ever)),
)  # fmt: skip
