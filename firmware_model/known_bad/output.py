"""Implants that put something else onto the electrodes than the program says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.known_bad.fault import KnownBad
from firmware_model.output_stage import OutputStage, Pulse
from scs.domain.charge import contact_currents_ua
from scs.domain.lead import CASE
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Program

TICK_US = 1
TENFOLD = 10


class _Bent(OutputStage):
    """The real output stage, and then one thing about the pulse is wrong."""

    def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
        return self.bend(program, super().pulse(program, amplitude_ua, window_us))

    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        raise NotImplementedError


class _NoRecharge(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, recharge_ua=dict.fromkeys(pulse.recharge_ua, 0))


class _PassiveForDriven(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, recharge_ua={}, recharge_us=0)


class _RechargeOnNeighbour(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        if not pulse.recharge_ua:
            return pulse
        first = max(pulse.recharge_ua)
        # The switch of the last contact is taken for that of the one before it, whether that is in use or not.
        moved = dict(pulse.recharge_ua)
        moved[first - 1] = moved.get(first - 1, 0) + moved.pop(first)
        return replace(pulse, recharge_ua=moved)


class _RechargeTickShort(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, recharge_us=max(0, pulse.recharge_us - TICK_US))


class _RechargeUnstretched(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, recharge_us=min(pulse.recharge_us, pulse.width_us))


class _RechargeRoundedUp(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        if not isinstance(program.recharge, ActiveRecharge):
            return pulse
        back_ua = -(-pulse.amplitude_ua // program.recharge.ratio)
        return replace(pulse, recharge_ua=_times(-1, contact_currents_ua(program.contacts, back_ua)))


class _WiderByTick(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, width_us=pulse.width_us + TICK_US)


class _Swapped(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, currents_ua=_times(-1, pulse.currents_ua), recharge_ua=_times(-1, pulse.recharge_ua))


class _NextContact(_Bent):
    """Contacts counted from 0 where the switches are counted from 1."""

    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, currents_ua=self._moved(pulse.currents_ua), recharge_ua=self._moved(pulse.recharge_ua))

    def _moved(self, currents_ua: Mapping[int, int]) -> dict[int, int]:
        there = len(self._electrodes.contacts)
        return {contact % there + 1 if contact != CASE else CASE: ua for contact, ua in currents_ua.items()}


class _OtherSplit(_Bent):
    """A split of its own, in both phases alike."""

    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        recharge = program.recharge
        back: dict[int, int] = {}
        if isinstance(recharge, ActiveRecharge):
            back = _times(-1, self.split(program.contacts, pulse.amplitude_ua // recharge.ratio))
        return replace(pulse, currents_ua=self.split(program.contacts, pulse.amplitude_ua), recharge_ua=back)

    def split(self, contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
        raise NotImplementedError


class _SharesRoundedUp(_OtherSplit):
    def split(self, contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
        currents = {contact: -(-amplitude_ua * share // WHOLE) for contact, share in contacts.anodes}
        currents |= {contact: -amplitude_ua * share // WHOLE for contact, share in contacts.cathodes}
        # One side may have been rounded up further than the other: the first contact of the other makes up for it.
        surplus = sum(currents.values())
        first = contacts.cathodes[0][0] if surplus > 0 else contacts.anodes[0][0]
        currents[first] -= surplus
        return currents


class _RemainderThroughCase(_OtherSplit):
    def split(self, contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
        currents = {contact: amplitude_ua * share // WHOLE for contact, share in contacts.anodes}
        currents |= {contact: -(amplitude_ua * share // WHOLE) for contact, share in contacts.cathodes}
        left = sum(currents.values())
        return {**currents, CASE: currents.get(CASE, 0) - left} if left else currents


class _SharedEqually(OutputStage):
    def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
        shares: dict[int, int] = {}
        for sign, polarity in ((-1, program.contacts.cathodes), (1, program.contacts.anodes)):
            part, more = divmod(WHOLE, len(polarity))
            for place, (contact, _) in enumerate(polarity):
                shares[contact] = sign * (part + (place < more))
        even = program.model_copy(update={"contacts": ElectrodeConfig.of(shares)})
        return super().pulse(even, amplitude_ua, window_us)


class _Tenfold(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(
            pulse, currents_ua=_times(TENFOLD, pulse.currents_ua), recharge_ua=_times(TENFOLD, pulse.recharge_ua)
        )


class _OnePulseMore(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        if pulse.count == 1:
            return pulse
        return replace(pulse, count=pulse.count + 1, occupation_us=pulse.occupation_us + pulse.intra_us)


class _ClippingUntold(_Bent):
    def bend(self, program: Program, pulse: Pulse) -> Pulse:
        return replace(pulse, is_clipped=False)


def _times(factor: int, currents_ua: Mapping[int, int]) -> dict[int, int]:
    return {contact: factor * current for contact, current in currents_ua.items()}


def _output(fault: str, description: str, hazard: str, stage: type[OutputStage]) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, output_stage=stage))


FAULTS = (
    _output("recharge-missing", "the driven recharge has no current", "H05", _NoRecharge),
    _output("recharge-passive-for-driven", "a driven recharge is left to flow back by itself", "H05",
            _PassiveForDriven),
    _output("recharge-on-wrong-contact", "the recharge of one contact is driven through its neighbour", "H05",
            _RechargeOnNeighbour),
    _output("recharge-tick-short", "the driven recharge ends 1 µs early", "H06", _RechargeTickShort),
    _output("recharge-unstretched", "a recharge at a fraction of the amplitude lasts no longer than the pulse", "H06",
            _RechargeUnstretched),
    _output("recharge-rounded-up", "the current of an asymmetric recharge is rounded up", "H06", _RechargeRoundedUp),
    _output("width-plus-tick", "every leading phase lasts 1 µs longer than asked", "H06", _WiderByTick),
    _output("output-tenfold", "the output is set in tens of what is meant and reported", "H33", _Tenfold),
    _output("polarity-swapped", "cathodes and anodes are exchanged", "H04", _Swapped),
    _output("contact-off-by-one", "every current leaves through the next contact", "H04", _NextContact),
    _output("shares-ignored", "a polarity's current is shared equally, whatever the shares say", "H04", _SharedEqually),
    _output("split-rounded-up", "each share of a current is rounded up, so they sum to more", "H34", _SharesRoundedUp),
    _output("remainder-through-case", "what rounding leaves of a split flows through the case", "H34",
            _RemainderThroughCase),
    _output("burst-one-pulse-more", "a burst has one pulse more than asked", "H04", _OnePulseMore),
    _output("clipping-not-told", "a current that the rail cannot drive is not entered in the log", "H25",
            _ClippingUntold),
)  # fmt: skip
