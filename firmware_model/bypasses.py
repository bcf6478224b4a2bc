"""Ways around the gate, by name: each breaks one thing between the order and the electrodes, at the bench only.

They stand for what rules cannot see, a gate that is left out, a stuck converter, a timer out of step. What they leave
untouched is the interlocks, so that these can be seen at work. A bypass lasts until it is undone: no reset mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.parts import Parts
from scs.domain.program import Program
from scs.domain.pulse import period_us
from scs.errors import BadPrescription

FORCED_PERMILLE = 1_100
"""A forced amplitude: so much of what the whole device can drive."""
WELDED_US = 10_000
"""How long a welded switch goes on conducting: ten of the longest phases."""

Bend = Callable[[Pulse], Pulse]
Change = Callable[[Parts], None]


@dataclass(frozen=True, slots=True)
class Bypass:
    """One way around the gate. `needs` says in which groups it changes anything."""

    id: str
    sentence: str
    apply: Change
    undo: Change
    needs: str = "any"
    """`any`, `driven` (a driven recharge) or `burst`."""


class _Bent(OutputStage):
    """Another output stage, and then one thing about the pulse is wrong."""

    def __init__(self, straight: OutputStage, bend: Bend, *, only_driven: bool = False) -> None:
        self._straight = straight
        self._bend = bend
        self._only_driven = only_driven

    def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
        pulse = self._straight.pulse(program, amplitude_ua, window_us)
        return pulse if self._only_driven and not pulse.recharge_ua else self._bend(pulse)

    @property
    def surroundings(self) -> tuple[int, int]:
        return self._straight.surroundings

    def without(self, bend: Bend) -> OutputStage:
        """The same with this thing right again, and whatever else is wrong as it was."""
        if self._bend == bend:
            return self._straight
        if not isinstance(self._straight, _Bent):
            return self
        return _Bent(self._straight.without(bend), self._bend, only_driven=self._only_driven)


@dataclass(frozen=True, slots=True)
class _Forced:
    """The converters drive at least so much, whatever is ordered."""

    total_ua: int

    def __call__(self, pulse: Pulse) -> Pulse:
        factor = -(-self.total_ua // pulse.amplitude_ua)
        return replace(
            pulse, currents_ua=_times(factor, pulse.currents_ua), recharge_ua=_times(factor, pulse.recharge_ua)
        )


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that runs at `numerator / denominator` of its speed. Rates in millihertz, periods in microseconds."""

    numerator: int
    denominator: int

    def __call__(self, rate_mhz: int) -> int:
        return period_us(rate_mhz) * self.denominator // self.numerator


def _bending(bend: Bend, *, only_driven: bool = False) -> tuple[Change, Change]:
    return (
        lambda parts: parts.stimulator.rewire(_Bent(parts.stimulator.output, bend, only_driven=only_driven)),
        lambda parts: _straighten(parts, bend),
    )


def _straighten(parts: Parts, bend: Bend) -> None:
    output = parts.stimulator.output
    if isinstance(output, _Bent):
        parts.stimulator.rewire(output.without(bend))


def _forced(parts: Parts) -> _Forced:
    return _Forced(parts.config.profile.total_current.max_ua * FORCED_PERMILLE // 1_000)


def _timing(timer: Timer) -> tuple[Change, Change]:
    return lambda parts: parts.stimulator.retime(timer), lambda parts: parts.stimulator.retime(period_us)


def _gate(*, is_open: bool) -> Change:
    def change(parts: Parts) -> None:
        parts.is_gate_open = is_open

    return change


# ----------------------------------------------------------------------------------------------- one pulse, bent


def _stretched(pulse: Pulse) -> Pulse:
    """Both phases, so that the charge is balanced all the same."""
    return _lasting(pulse, 2 * pulse.width_us, 2 * pulse.recharge_us)


def _welded(pulse: Pulse) -> Pulse:
    return _lasting(pulse, WELDED_US, pulse.recharge_us)


def _recharge_dropped(pulse: Pulse) -> Pulse:
    """The output stage goes on telling that nothing is left."""
    return replace(pulse, recharge_ua=_times(0, pulse.recharge_ua))


def _recharge_left_out(pulse: Pulse) -> Pulse:
    """It is left to flow back by itself."""
    return replace(_lasting(pulse, pulse.width_us, 0), recharge_ua={})


def _recharge_small(pulse: Pulse) -> Pulse:
    """Half of it: no rounding ever takes so much."""
    halves = {contact: (abs(current) // 2) * _sign(current) for contact, current in pulse.recharge_ua.items()}
    return replace(pulse, recharge_ua=_summing_to_zero(halves))


def _recharge_reversed(pulse: Pulse) -> Pulse:
    return replace(pulse, recharge_ua=_times(-1, pulse.recharge_ua))


def _recharge_elsewhere(pulse: Pulse) -> Pulse:
    """What one contact should give back comes from one that is not in use."""
    first = min(pulse.recharge_ua)
    other = next(contact for contact in range(1, 34) if contact not in pulse.recharge_ua)
    moved = {other if contact == first else contact: current for contact, current in pulse.recharge_ua.items()}
    return replace(pulse, recharge_ua=moved)


def _contact_doubled(pulse: Pulse) -> Pulse:
    """One converter stuck high; the surplus goes a way of its own."""
    worst = _largest(pulse.currents_ua)
    return replace(pulse, currents_ua={**pulse.currents_ua, worst: 2 * pulse.currents_ua[worst]})


def _everything_doubled(pulse: Pulse) -> Pulse:
    """In both phases and on all contacts alike, so that only the amplitude is wrong."""
    return replace(pulse, currents_ua=_times(2, pulse.currents_ua), recharge_ua=_times(2, pulse.recharge_ua))


def _one_microampere(pulse: Pulse) -> Pulse:
    worst = _largest(pulse.currents_ua)
    current = pulse.currents_ua[worst]
    return replace(pulse, currents_ua={**pulse.currents_ua, worst: current + _sign(current)})


def _swapped(pulse: Pulse) -> Pulse:
    return replace(pulse, currents_ua=_times(-1, pulse.currents_ua), recharge_ua=_times(-1, pulse.recharge_ua))


def _longer_burst(pulse: Pulse) -> Pulse:
    more_us = pulse.intra_us
    return replace(pulse, count=pulse.count + (more_us > 0), occupation_us=pulse.occupation_us + more_us)


def _quicker_burst(pulse: Pulse) -> Pulse:
    """As close as the pulses can follow each other."""
    inner_us = min(pulse.intra_us, pulse.intra_us * 9 // 10)
    return replace(pulse, intra_us=inner_us, occupation_us=(pulse.count - 1) * inner_us + pulse.pulse_us)


def _lasting(pulse: Pulse, width_us: int, recharge_us: int) -> Pulse:
    whole_us = width_us + pulse.gap_us + recharge_us
    return replace(
        pulse,
        width_us=width_us,
        recharge_us=recharge_us,
        pulse_us=whole_us,
        occupation_us=(pulse.count - 1) * pulse.intra_us + whole_us,
    )


def _times(factor: int, currents_ua: Mapping[int, int]) -> dict[int, int]:
    return {contact: factor * current for contact, current in currents_ua.items()}


def _sign(current: int) -> int:
    return 1 if current > 0 else -1


def _largest(currents_ua: Mapping[int, int]) -> int:
    return max(currents_ua, key=lambda contact: abs(currents_ua[contact]))


def _summing_to_zero(currents_ua: dict[int, int]) -> dict[int, int]:
    """What halving has left over is put onto one contact, so that nothing but the size is wrong."""
    currents_ua[_largest(currents_ua)] -= sum(currents_ua.values())
    return currents_ua


BYPASSES = (
    Bypass("gate-open", "nothing is judged any more: whatever is ordered is delivered",
           _gate(is_open=True), _gate(is_open=False)),
    Bypass("amplitude-forced", "the converters are driven beyond what the device can, past every order",
           lambda parts: parts.stimulator.rewire(_Bent(parts.stimulator.output, _forced(parts))),
           lambda parts: _straighten(parts, _forced(parts))),
    Bypass("everything-doubled", "all currents are twice what is ordered", *_bending(_everything_doubled)),
    Bypass("contact-doubled", "one converter is stuck high and drives twice its current", *_bending(_contact_doubled)),
    Bypass("contact-unbalanced", "one contact carries a microampere that no other one takes back",
           *_bending(_one_microampere)),
    Bypass("polarity-swapped", "cathodes and anodes are exchanged", *_bending(_swapped)),
    Bypass("width-stretched", "both phases last twice as long as ordered", *_bending(_stretched)),
    Bypass("switch-welded", "a switch is welded and goes on conducting", *_bending(_welded)),
    Bypass("recharge-dropped", "the driven recharge has no current, and its account says it had",
           *_bending(_recharge_dropped, only_driven=True), "driven"),
    Bypass("recharge-left-out", "no recharge is driven where one is ordered",
           *_bending(_recharge_left_out, only_driven=True), "driven"),
    Bypass("recharge-small", "the driven recharge has half its current",
           *_bending(_recharge_small, only_driven=True), "driven"),
    Bypass("recharge-reversed", "the recharge flows the same way as the pulse",
           *_bending(_recharge_reversed, only_driven=True), "driven"),
    Bypass("recharge-elsewhere", "the recharge of one contact flows through another one",
           *_bending(_recharge_elsewhere, only_driven=True), "driven"),
    Bypass("rate-doubled", "the timer runs twice as fast", *_timing(Timer(2, 1))),
    Bypass("rate-fast", "the timer runs three percent fast", *_timing(Timer(103, 100))),
    Bypass("burst-longer", "a burst has one pulse more than ordered", *_bending(_longer_burst), "burst"),
    Bypass("burst-quicker", "the pulses of a burst follow each other a tenth quicker",
           *_bending(_quicker_burst), "burst"),
)  # fmt: skip
"""Every way around the gate that the bench knows."""


def find_bypass(bypass_id: str) -> Bypass:
    """The bypass with this id; raise BadPrescription that lists the ids there are."""
    for bypass in BYPASSES:
        if bypass.id == bypass_id:
            return bypass
    known = ", ".join(bypass.id for bypass in BYPASSES)
    raise BadPrescription(f'no bypass "{bypass_id}"; choose one of {known}')
