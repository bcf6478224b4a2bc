"""Every picocoulomb that passes a contact, counted anew from what leaves, and held against the implant's own account.

The arithmetic is this file's own: current times width, in whole numbers. Charge that a driven recharge leaves is exact;
what has not flowed back passively when the next pulse comes is bounded from above by the profile's time constant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import exp

from scs.domain.lead import contact_name
from scs.simulation.observations import TEST_PROGRAM, Checker, Ledgers, PulseLike, RunLike, Scene

SECOND_US = 1_000_000


class ChargeLedger(Checker):
    """Sums to the last picocoulomb, and no more direct current than the policy lets pass in any second."""

    id = "charge-ledger"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.leading_pc: Counter[int] = Counter()
        self.driven_pc: Counter[int] = Counter()
        self.pulses = self.test_pulses = 0
        self._marks: list[tuple[int, dict[int, int], dict[int, int], int]] = []
        self._left: dict[int, tuple[PulseLike, dict[int, int]]] = {}
        self._second: dict[int, Counter[int]] = {}
        self._tau_us = _time_constant_us(scene)

    def on_run(self, run: RunLike) -> None:
        times, pulse = run.count * run.pulses, run.pulse
        if run.program == TEST_PROGRAM:
            self.test_pulses += times
            return
        self.pulses += times
        if len(self._marks) > MARKS_MAX:
            del self._marks[: MARKS_MAX // 2]
        leading = {contact: times * ua * pulse.width_us for contact, ua in pulse.currents_ua.items()}
        driven = {contact: times * ua * pulse.recharge_us for contact, ua in pulse.recharge_ua.items()}
        self._marks.append((run.first_us, leading, driven, times))
        for contact, charge in leading.items():
            self.leading_pc[contact] += charge
        for contact, charge in driven.items():
            self.driven_pc[contact] += charge
        self._look_at_direct_current(run)

    def on_again(self, since_us: int, period_us: int, times: int) -> None:
        for at_us, leading, driven, pulses in reversed(self._marks):
            if at_us < since_us:
                break
            self.pulses += times * pulses
            for contact, charge in leading.items():
                self.leading_pc[contact] += times * charge
            for contact, charge in driven.items():
                self.driven_pc[contact] += times * charge

    def on_ledgers(self, at_us: int, ledgers: Ledgers) -> None:
        self.looked += 1
        for name, ours, theirs in (
            ("pulses", self.pulses, ledgers.pulses),
            ("test pulses", self.test_pulses, ledgers.test_pulses),
        ):
            if ours != theirs:
                self.say(at_us, f"{ours} {name} left the electrodes, and the implant counts {theirs}")
        for contact in sorted({*self.leading_pc, *ledgers.leading_pc}):
            ours, theirs = self.leading_pc[contact], ledgers.leading_pc.get(contact, 0)
            if ours != theirs:
                self.say(at_us, f"{contact_name(contact)} was given {ours} pC, and the implant counts {theirs} pC")

    def _look_at_direct_current(self, run: RunLike) -> None:
        """What stays behind in one second, all programs together, is at most what the policy's direct current gives."""
        self.looked += 1
        left = self._left_by(run)
        if not left:
            return
        limit_pc = self.scene.policy.dc_block_na * 1_000
        for second, pulses in _by_second(run):
            bucket = self._second.setdefault(second, Counter())
            for contact, charge in left.items():
                bucket[contact] += charge * pulses
                # A pulse more than the mean may fall into a second, of each of four programs.
                if abs(bucket[contact]) > limit_pc + 4 * abs(charge) * run.pulses:
                    said = f"{abs(bucket[contact])} pC were left on {contact_name(contact)} in one second"
                    self.say(run.first_us, f"{said}, above {limit_pc} pC")
        if len(self._second) > MARKS_MAX:
            for old in sorted(self._second)[: MARKS_MAX // 2]:
                del self._second[old]

    def _left_by(self, run: RunLike) -> dict[int, int]:
        """Per contact what one pulse leaves for good; worked out once for each pulse that there is."""
        pulse = run.pulse
        known = self._left.get(id(pulse))
        if known is not None and known[0] is pulse:
            return known[1]
        left: dict[int, int] = {}
        for contact, current in pulse.currents_ua.items():
            charge = current * pulse.width_us
            if pulse.recharge_ua:
                left[contact] = charge + pulse.recharge_ua.get(contact, 0) * pulse.recharge_us
            elif run.spacing_us:
                quiet_us = max(0, run.spacing_us - (run.pulses - 1) * pulse.intra_us - pulse.pulse_us)
                left[contact] = int(charge * exp(-quiet_us / self._tau_us))
        left = {contact: charge for contact, charge in left.items() if charge}
        self._left[id(pulse)] = (pulse, left)
        return left


MARKS_MAX = 20_000
"""What may be counted again reaches back two days at most; this is more than two days of any cycle hold."""


def _by_second(run: RunLike) -> Iterator[tuple[int, int]]:
    """(second, pulses in it) of the first, the second and the last second of a run: those between are like the second.

    What one second holds is what its runs have in it, so neither the end of one nor the beginning of the next is lost.
    """
    if not run.spacing_us:
        yield run.first_us // SECOND_US, run.pulses
        return
    first, last = run.first_us // SECOND_US, (run.first_us + (run.count - 1) * run.spacing_us) // SECOND_US
    for second in sorted({first, min(first + 1, last), last}):
        begin = max(0, -(-(second * SECOND_US - run.first_us) // run.spacing_us))
        end = min(run.count, -(-((second + 1) * SECOND_US - run.first_us) // run.spacing_us))
        yield second, (end - begin) * run.pulses


def _time_constant_us(scene: Scene) -> float:
    """Of two contacts and two blocking capacitors in series. Ohm times nanofarad is a thousandth of a microsecond."""
    row = scene.profile.interface
    series_nf = row.blocking_nf * row.double_layer_nf / (2 * (row.blocking_nf + row.double_layer_nf))
    return row.loop_ohm * series_nf / 1_000
