"""Implants that put something else onto the electrodes than the program says.

A fault before the sense lines is seen by the interlocks as well, where they look for it. One behind them, in a switch
or a timer of the output itself, is seen by nobody inside: what leaves has to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad
from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.stimulator import Stimulator
from scs.domain.charge import contact_currents_ua
from scs.domain.lead import CASE
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Program

TICK_US = 1
TENFOLD = 10
Bend = Callable[[Program, Pulse], Pulse]
"""The pulse of a program as it should be, and as it is."""
Split = Callable[[ElectrodeConfig, int], dict[int, int]]
"""How a whole current is shared, signed, in the leading phase."""


def _before_sense(bend: Bend) -> type[OutputStage]:
    """An output stage that is wrong, and shows the interlocks what it does."""

    class Bent(OutputStage):
        def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
            return bend(program, super().pulse(program, amplitude_ua, window_us))

    return Bent


def _behind_sense(bend: Bend) -> type[Stimulator]:
    """The sense lines show the interlocks what was meant; what leaves is something else."""

    class Unsensed(Stimulator):
        def set_amplitude(self, index: int, amplitude_ua: int) -> None:
            super().set_amplitude(index, amplitude_ua)
            train = self._trains[index]
            if train.pulse is not None and self._group is not None:
                train.pulse = bend(self._group.programs[index], train.pulse)

    return Unsensed


def _no_recharge(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, recharge_ua=dict.fromkeys(pulse.recharge_ua, 0))


def _passive_for_driven(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, recharge_ua={}, recharge_us=0)


def _recharge_on_neighbour(program: Program, pulse: Pulse) -> Pulse:
    """The switch of the last contact is taken for that of the one before it, whether that is in use or not."""
    if not pulse.recharge_ua:
        return pulse
    last = max(pulse.recharge_ua)
    moved = dict(pulse.recharge_ua)
    moved[last - 1] = moved.get(last - 1, 0) + moved.pop(last)
    return replace(pulse, recharge_ua=moved)


def _recharge_tick_short(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, recharge_us=max(0, pulse.recharge_us - TICK_US))


def _recharge_unstretched(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, recharge_us=min(pulse.recharge_us, pulse.width_us))


def _recharge_rounded_up(program: Program, pulse: Pulse) -> Pulse:
    if not isinstance(program.recharge, ActiveRecharge):
        return pulse
    back_ua = -(-pulse.amplitude_ua // program.recharge.ratio)
    return replace(pulse, recharge_ua=_times(-1, contact_currents_ua(program.contacts, back_ua)))


def _wider_by_tick(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, width_us=pulse.width_us + TICK_US)


def _swapped(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, currents_ua=_times(-1, pulse.currents_ua), recharge_ua=_times(-1, pulse.recharge_ua))


def _tenfold(program: Program, pulse: Pulse) -> Pulse:
    return replace(
        pulse, currents_ua=_times(TENFOLD, pulse.currents_ua), recharge_ua=_times(TENFOLD, pulse.recharge_ua)
    )


def _contact_before(program: Program, pulse: Pulse) -> Pulse:
    """Contacts counted from 0 where the switches are counted from 1."""
    return replace(
        pulse,
        currents_ua=_moved_down(pulse.currents_ua),
        recharge_ua=_moved_down(pulse.recharge_ua),
        residues_pc=_moved_down(pulse.residues_pc),
    )


def _one_pulse_more(program: Program, pulse: Pulse) -> Pulse:
    if pulse.count == 1:
        return pulse
    return replace(pulse, count=pulse.count + 1, occupation_us=pulse.occupation_us + pulse.intra_us)


def _clipping_untold(program: Program, pulse: Pulse) -> Pulse:
    return replace(pulse, is_clipped=False)


def _split_by(split: Split) -> Bend:
    """Another split than the real one, in both phases alike."""

    def bend(program: Program, pulse: Pulse) -> Pulse:
        recharge = program.recharge
        back: dict[int, int] = {}
        if isinstance(recharge, ActiveRecharge):
            back = _times(-1, split(program.contacts, pulse.amplitude_ua // recharge.ratio))
        return replace(pulse, currents_ua=split(program.contacts, pulse.amplitude_ua), recharge_ua=back)

    return bend


def _rounded_up(contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
    currents = {contact: -(-amplitude_ua * share // WHOLE) for contact, share in contacts.anodes}
    currents |= {contact: -amplitude_ua * share // WHOLE for contact, share in contacts.cathodes}
    # One side may have been rounded up further than the other: the first contact of the other makes up for it.
    surplus = sum(currents.values())
    first = contacts.cathodes[0][0] if surplus > 0 else contacts.anodes[0][0]
    currents[first] -= surplus
    return currents


def _remainder_to_case(contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
    currents = {contact: amplitude_ua * share // WHOLE for contact, share in contacts.anodes}
    currents |= {contact: -(amplitude_ua * share // WHOLE) for contact, share in contacts.cathodes}
    left = sum(currents.values())
    return {**currents, CASE: currents.get(CASE, 0) - left} if left else currents


def _equally(contacts: ElectrodeConfig, amplitude_ua: int) -> dict[int, int]:
    currents: dict[int, int] = {}
    for sign, polarity in ((-1, contacts.cathodes), (1, contacts.anodes)):
        part, more = divmod(amplitude_ua, len(polarity))
        currents |= {contact: sign * (part + (place < more)) for place, (contact, _) in enumerate(polarity)}
    return currents


def _times(factor: int, currents_ua: Mapping[int, int]) -> dict[int, int]:
    return {contact: factor * current for contact, current in currents_ua.items()}


def _moved_down(currents_ua: Mapping[int, int]) -> dict[int, int]:
    moved: dict[int, int] = {}
    for contact, current in currents_ua.items():
        there = max(CASE, contact - 1)
        moved[there] = moved.get(there, 0) + current
    return moved


def _output(fault: str, description: str, hazard: str, bend: Bend) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, output_stage=_before_sense(bend)))


def _unsensed(fault: str, description: str, hazard: str, bend: Bend) -> KnownBad:
    whole = f"{description}, and the sense lines do not show it"
    return KnownBad(f"{fault}-unsensed", whole, hazard, replace(AS_DESIGNED, stimulator=_behind_sense(bend)))


FAULTS = (
    _output("recharge-missing", "the driven recharge has no current", "H05", _no_recharge),
    _output("recharge-passive-for-driven", "a driven recharge is left to flow back by itself", "H05",
            _passive_for_driven),
    _output("recharge-on-wrong-contact", "the recharge of one contact is driven through its neighbour", "H05",
            _recharge_on_neighbour),
    _output("recharge-tick-short", "the driven recharge ends 1 µs early", "H06", _recharge_tick_short),
    _output("recharge-unstretched", "a recharge at a fraction of the amplitude lasts no longer than the pulse", "H06",
            _recharge_unstretched),
    _output("recharge-rounded-up", "the current of an asymmetric recharge is rounded up", "H06", _recharge_rounded_up),
    _output("width-plus-tick", "every leading phase lasts 1 µs longer than asked", "H06", _wider_by_tick),
    _output("output-tenfold", "the output is set in tens of what is meant and reported", "H33", _tenfold),
    _output("polarity-swapped", "cathodes and anodes are exchanged", "H04", _swapped),
    _output("contact-off-by-one", "every current leaves through the contact before", "H04", _contact_before),
    _output("shares-ignored", "a polarity's current is shared equally, whatever the shares say", "H04",
            _split_by(_equally)),
    _output("split-rounded-up", "each share of a current is rounded up, so they sum to more", "H34",
            _split_by(_rounded_up)),
    _output("remainder-through-case", "what rounding leaves of a split flows through the case", "H34",
            _split_by(_remainder_to_case)),
    _output("burst-one-pulse-more", "a burst has one pulse more than asked", "H04", _one_pulse_more),
    _output("clipping-not-told", "a current that the rail cannot drive is not entered in the log", "H25",
            _clipping_untold),
    _unsensed("recharge-missing", "the driven recharge has no current", "H05", _no_recharge),
    _unsensed("recharge-on-wrong-contact", "the recharge of one contact is driven through its neighbour", "H05",
              _recharge_on_neighbour),
    _unsensed("recharge-tick-short", "the driven recharge ends 1 µs early", "H06", _recharge_tick_short),
    _unsensed("width-plus-tick", "every leading phase lasts 1 µs longer than asked", "H06", _wider_by_tick),
    _unsensed("output-tenfold", "the output is set in tens of what is meant", "H33", _tenfold),
    _unsensed("polarity-swapped", "cathodes and anodes are exchanged", "H04", _swapped),
    _unsensed("contact-off-by-one", "every current leaves through the contact before", "H04", _contact_before),
    _unsensed("shares-ignored", "a polarity's current is shared equally", "H04", _split_by(_equally)),
    _unsensed("burst-one-pulse-more", "a burst has one pulse more than asked", "H04", _one_pulse_more),
)  # fmt: skip
